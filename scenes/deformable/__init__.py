"""Templates of the category deformable."""
