"""Templates of the category rigid."""
