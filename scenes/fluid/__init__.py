"""Templates of the category fluid."""
