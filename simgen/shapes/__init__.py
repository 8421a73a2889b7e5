"""A library of procedural meshes with convex hulls for contact, metres, z up.

Every entry of `SHAPES` takes keyword sizes and returns a `TriangleMesh`: a closed surface to draw
and to weigh, and hulls that keep a mug, a bowl or a ring hollow for any engine of convex parts.
"""

from __future__ import annotations

from collections.abc import Callable

from simgen.geometry import TriangleMesh
from simgen.shapes.furniture import book, chair, open_box, ramp, shelf, stairs, stool, table
from simgen.shapes.household import (
    barrel,
    bucket,
    crate,
    cushion,
    flask,
    pallet,
    plant_pot,
    traffic_cone,
    tyre,
)
from simgen.shapes.kitchen import bottle, bowl, can, cup, mug, pan, plate, spoon, vase, wine_glass
from simgen.shapes.polyhedra import (
    bevelled_box,
    cone,
    fulcrum,
    polyhedron,
    pyramid,
    regular_prism,
    rock,
    wedge,
)
from simgen.shapes.tools import bolt, gear, hammer, nut, screwdriver, wrench
from simgen.shapes.toys import (
    arch,
    bowling_pin,
    cells,
    channel,
    dumbbell,
    half_pipe,
    hoop,
    jack,
    spinning_top,
    star,
    torus,
)

SHAPES: dict[str, Callable[..., TriangleMesh]] = {
    f.__name__: f
    for f in (
        *(mug, cup, bowl, plate, vase, wine_glass, bottle, can, pan, spoon),
        *(hammer, wrench, screwdriver, gear, nut, bolt),
        *(stool, chair, table, shelf, stairs, ramp, open_box, book),
        *(bowling_pin, spinning_top, torus, hoop, dumbbell, star, cells, arch, channel, half_pipe),
        *(cushion, bucket, plant_pot, flask, barrel, traffic_cone, tyre, crate, pallet),
        *(jack, polyhedron, bevelled_box, wedge, fulcrum, pyramid, cone, regular_prism, rock),
    )
}
"""Name -> function; `rock` needs a `key`."""

__all__ = ["SHAPES", *(name for name in SHAPES)]  # pyright: ignore[reportUnsupportedDunderAll]
