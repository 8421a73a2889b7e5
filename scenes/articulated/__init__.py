"""Templates of the category articulated."""
