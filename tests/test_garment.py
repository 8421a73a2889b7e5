"""Sewing patterns: stitched panels are sound meshes that fit their cut."""

from __future__ import annotations

import numpy as np
import pytest

from simgen.errors import SimgenError
from simgen.shapes.garment import Garment, cut_panel, dress, flared, t_shirt, trousers

BODICE = [(0.15, 0.25), (0.13, 0.1), (0.12, 0.0)]
OPENINGS = {"t_shirt": 4, "trousers": 3, "skirt": 2, "dress": 2}


def made(name: str) -> Garment:
    match name:
        case "t_shirt":
            return t_shirt()
        case "trousers":
            return trousers()
        case "skirt":
            return flared()
        case _:
            return dress(BODICE)


@pytest.mark.parametrize("name", OPENINGS)
def test_a_garment_has_its_openings_and_no_other_edge(name: str) -> None:
    """Every edge has one triangle (at openings) or two of opposite direction; the edges of one
    triangle form one closed line per opening."""
    garment = made(name)
    f = garment.faces
    edges = np.concatenate([f[:, [0, 1]], f[:, [1, 2]], f[:, [2, 0]]])
    directed = {(int(a), int(b)) for a, b in edges}
    assert len(directed) == len(edges)
    rim = {a: b for a, b in directed if (b, a) not in directed}
    lines = 0
    left = set(rim)
    while left:
        start = at = left.pop()
        while (at := rim[at]) != start:
            left.remove(at)
        lines += 1
    assert lines == OPENINGS[name]


@pytest.mark.parametrize("name", OPENINGS)
def test_a_garment_is_placed_almost_without_stretch(name: str) -> None:
    """Edges as placed against edges as cut: within 2 %."""
    garment = made(name)
    corner = garment.vertices[garment.faces]
    for a, b in ((0, 1), (1, 2), (2, 0)):
        placed = np.linalg.norm(corner[:, a] - corner[:, b], axis=-1)
        cut = np.linalg.norm(garment.pattern[:, a] - garment.pattern[:, b], axis=-1)
        np.testing.assert_allclose(placed, cut, rtol=0.02)


def test_a_panel_fills_its_outline() -> None:
    """The triangles of an L-shaped panel have the area of the L."""
    outline = [(0, 0), (1, 0), (1, 0.4), (0.4, 0.4), (0.4, 1), (0, 1)]
    points, faces, sides = cut_panel(outline, 0.05)
    a, b, c = (points[faces[:, k]] for k in range(3))
    area = ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
    assert (area > 0).all()
    assert area.sum() == pytest.approx(0.64, rel=1e-6)
    assert len(sides) == 6


def test_a_skirt_is_at_most_a_circle() -> None:
    with pytest.raises(SimgenError, match="fullness"):
        flared(fullness=1.2)
