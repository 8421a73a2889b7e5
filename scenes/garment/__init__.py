"""Templates of the category garment."""
