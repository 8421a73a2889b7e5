"""Templates of the category rope."""
