"""The checks of CONVENTIONS, grouped by what they read."""
