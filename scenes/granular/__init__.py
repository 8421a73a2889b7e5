"""Templates of the category granular."""
