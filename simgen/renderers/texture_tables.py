"""What `benchmarks/textures.py --means` measured of the textures; tests measure it again."""

import tomllib
from functools import cache
from importlib.resources import files

FINEST = -10
"""Exponent of the smallest sample in `texture_spreads`; the others follow by doubling."""


@cache
def texture_means() -> dict[str, tuple[float, ...]]:
    """Texture -> means over its area of the weights of colour, accent and white in the albedo, of
    what is added to the roughness and of the factor on `metallic`."""
    return _table("texture_means.toml")


@cache
def texture_spreads() -> dict[str, tuple[float, ...]]:
    """Texture -> squared mean slope of the relief that samples of 2^FINEST, 2^(FINEST + 1), ...
    scales do not see; not the mean square, since a few steep joints do not make flat stones dull.
    """
    return _table("texture_spreads.toml")


def _table(name: str) -> dict[str, tuple[float, ...]]:
    text = files("simgen.renderers").joinpath(name).read_text(encoding="utf-8")
    return {texture: tuple(values) for texture, values in tomllib.loads(text).items()}
