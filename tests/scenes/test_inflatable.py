"""Inflatables as they stand before a clip begins."""

from __future__ import annotations

import numpy as np
import pytest

from simgen.geometry import Array
from simgen.scene import Inflatable
from simgen.scenes.inflatable._equilibrium import SKIN, settled
from simgen.scenes.inflatable._parts import balloon_gauge, film, pad_mesh, sphere_mesh

RADIUS = 0.2


def radius_of(ball: Inflatable) -> float:
    points: Array = np.asarray(ball.vertices, float)
    return float(np.linalg.norm(points - points.mean(0), axis=1).mean())


def test_a_film_strains_by_laplaces_law() -> None:
    """p R = 2 T, T = K e / ((1 - nu) (1 + e)) per grown length: e = p R (1 - nu) / (2 K) and its
    square. Facets: 2 % of the pressure at 162 vertices."""
    stuff = film("plastic/pvc_film", 3e-4)
    stretch, poisson = stuff.require("stretch_stiffness", "poissons_ratio")
    points, faces = sphere_mesh(RADIUS, 3)
    ball = Inflatable(
        name="ball", vertices=points + [0, 0, 1], faces=faces, material=stuff, pressure=1500.0
    )
    strain = radius_of(settled(ball, gravity=0.0)) / RADIUS - 1.0
    small = 1500.0 * RADIUS * (1.0 - poisson) / (2.0 * stretch)
    assert strain == pytest.approx(small * (1 + 2 * small), rel=0.02)


def test_rubber_stretches_by_mooneys_law() -> None:
    stuff = film("rubber/latex", 3e-4)
    points, faces = sphere_mesh(RADIUS, 3)
    for stretch in (1.05, 1.15):
        ball = Inflatable(
            name="ball", vertices=points + [0, 0, 1], faces=faces, material=stuff,
            pressure=balloon_gauge(stuff, RADIUS, stretch),
        )  # fmt: skip
        found = radius_of(settled(ball, gravity=0.0)) / RADIUS
        assert found - 1.0 == pytest.approx(stretch - 1.0, rel=0.03)


def test_a_pad_lies_on_the_floor_with_its_ribs_taut_and_its_pins_in_place() -> None:
    lines = np.linspace(-0.3, 0.3, 9)
    height = np.full((9, 9), 0.1)
    points, faces, pairs = pad_mesh(lines, lines, height)
    points[:, 2] += 0.05 + SKIN
    ribs = pairs[4, 2:-2]
    mat = Inflatable(
        name="mat", vertices=points, faces=faces, material=film("plastic/pvc_film", 5e-4),
        pressure=1000.0, ribs=ribs, pinned=(0, 8),
    )  # fmt: skip
    laid = settled(mat)
    found = np.asarray(laid.vertices)
    assert found[:, 2].min() >= SKIN - 1e-9
    np.testing.assert_array_equal(found[:9:8], points[:9:8])
    length = np.linalg.norm(found[ribs[:, 0]] - found[ribs[:, 1]], axis=1)
    assert length == pytest.approx(0.1, rel=0.05)  # p times the area of a rib strains it by 3 %
    assert np.ptp(found[:, 2]) > 0.15  # bulges between ribs and rim
    assert laid.rest_vertices is not None
    np.testing.assert_array_equal(laid.rest_vertices, points)
