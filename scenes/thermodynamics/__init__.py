"""Templates of the category thermodynamics."""
