"""A renderer that sees nothing: grey pictures, empty passes, for fast tests of the data path."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simgen.record import OPTIONAL_PASSES, PASSES, AnyArray, Frame, Trajectory
from simgen.renderer import Renderer, View
from simgen.scene import Scene


class NullRenderer(Renderer):
    """Every pixel is background."""

    name = "null"
    passes = frozenset(PASSES)

    def render(
        self, scene: Scene, trajectory: Trajectory, view: View, passes: frozenset[str]
    ) -> Iterator[Frame]:
        for t in view.frames or range(trajectory.frames):
            yield Frame(
                t,
                {
                    name: empty_pass(name, view)
                    for name in PASSES
                    if name in passes - OPTIONAL_PASSES
                },
            )


def empty_pass(name: str, view: View) -> AnyArray:
    """The pass of a picture in which nothing is hit."""
    spec = PASSES[name]
    shape = (view.height, view.width, *(int(a) for a in spec.axes.split()[2:]))
    fill = 128 if name == "rgb" else np.inf if name in ("depth", "volume_depth") else 0
    if name == "transmittance":
        fill = 1
    elif name.endswith(("_flow", "_depth_change")) or name == "temperature":
        fill = np.nan
    return np.full(shape, fill, dtype=spec.dtype)
