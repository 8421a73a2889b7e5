"""Templates of the category inflatable."""
