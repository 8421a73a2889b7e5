"""Warp kernels, one kind of matter per module; the same source on cpu and cuda."""
