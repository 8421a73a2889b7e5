"""Inflatables against closed-form laws: Laplace, Boyle, Archimedes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from xpbd_scenes import HARD, VACUUM, G, ball, floor, mesh, simulate, textile

from simgen.geometry import Box
from simgen.scene import (
    Inflatable,
    Keyframes,
    RigidBody,
    Shape,
)

pytest.importorskip("warp")


def balloon(radius: float, pressure: float, **rest: Any) -> Inflatable:
    points, faces = ball(radius)
    lift = np.array(rest.pop("position", (0, 0, 0)))
    stuff = textile(**rest.pop("constants", {}))
    options = {"vertices": points + lift, "faces": faces, "material": stuff, "pressure": pressure}
    return Inflatable(name="thing", **options, **rest)


@pytest.mark.parametrize(("stretch", "areal"), [(1000.0, 1.0), (2.0e4, 0.3)])
def test_balloon_obeys_laplace_and_stays_as_placed(stretch: float, areal: float) -> None:
    """p = 2 T / r: a membrane strained to T = p r / 2 as placed keeps its radius (0.3 %: facets).

    Without gravity or air. The stiff film is the hard case: a wave crosses three edges per step.
    """
    thing = balloon(0.2, 500.0, constants={"stretch_stiffness": stretch, "areal_density": areal})
    run = simulate(thing, seconds=0.5, ambient=VACUUM, gravity=(0, 0, 0))
    radius = np.linalg.norm(mesh(run).position, axis=-1)
    print("laplace", radius[12].mean(), radius[12].std(), run.solver.parameters)
    np.testing.assert_allclose(radius.mean(axis=1), 0.2, rtol=0.003)
    np.testing.assert_allclose(radius, 0.2, rtol=0.01)


def test_a_heavy_ball_rests_on_a_patch_that_carries_its_weight() -> None:
    """Gauge pressure times contact area = weight (membrane tension is horizontal at the floor).

    A 2.5 kg membrane at 1 kPa: patch 0.0245 m^2. Tolerance 20 %: the patch's rim is one edge (2 cm)
    wide.
    """
    radius, areal = 0.2, 5.0
    thing = balloon(
        radius, 1000.0, position=(0, 0, radius + 0.001),
        constants={"areal_density": areal, "stretch_stiffness": 3000.0, "restitution": 0.3},
    )  # fmt: skip
    state = mesh(simulate(thing, floor(), seconds=3.0))
    assert state.pressure is not None
    mass = areal * 4 * np.pi * radius**2
    area = 0.0
    for x in state.position[-12:]:
        p = x[thing.faces]
        size = np.linalg.norm(np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]), axis=1) / 2
        area += float(((p[..., 2] < 2e-4).mean(axis=1) * size).sum()) / 12
    print("patch", area * state.pressure[-12:].mean(), mass * G, state.pressure[[0, -1]])
    assert area * state.pressure[-12:].mean() == pytest.approx(mass * G, rel=0.2)
    assert state.pressure[-1] > state.pressure[0]


def test_boyles_law_carries_a_heavy_limp_ball() -> None:
    """(p + rho_A g) A = m g with p = (p0 + p_gauge) V0 / V - p0 from the measured volume.

    A 10 kg film of 500 Pa sinks until the gas is at twice that. Patch A and volume are measured
    on the mesh, the weight is known, the law is written here; gas of constant pressure would need
    a patch 1.6 times as large. Tolerance 20 %: the patch's rim is one edge (2 cm) wide.
    """
    radius, areal, gauge = 0.2, 20.0, 500.0
    thing = balloon(
        radius, gauge, position=(0, 0, radius + 0.001),
        constants={"areal_density": areal, "stretch_stiffness": 1500.0, "restitution": 0.1},
    )  # fmt: skip
    x = mesh(simulate(thing, floor(), seconds=3.0)).position[[0, *range(-12, 0)]].astype(float)
    p = x[:, thing.faces]
    normal = np.cross(p[:, :, 1] - p[:, :, 0], p[:, :, 2] - p[:, :, 0])
    volume = np.einsum("tfi,tfi->t", p[:, :, 0], normal) / 6
    down = (p[..., 2] < 2e-4).mean(axis=2)
    patch = (down * np.linalg.norm(normal, axis=2) / 2).sum(axis=1)[1:].mean()
    pressure = ((101_325.0 + gauge) * volume[0] / volume[1:] - 101_325.0).mean()
    print("limp", patch, pressure)
    weight = areal * 4 * np.pi * radius**2 * G
    assert pressure > 1.8 * gauge
    assert (pressure + areal * G) * patch == pytest.approx(weight, rel=0.2)


def test_a_plate_squeezes_a_ball_without_entering_it() -> None:
    """The film stays between plate and floor to 1 mm while the plate takes 36 % of the height.

    The recorded pressure is derived from the recorded volume: their product only shows that both
    are written consistently; that this pressure acts is the test above.
    """
    times = np.array([0.0, 1.5])
    plate = RigidBody(
        name="plate", shapes=(Shape(geometry=Box((1, 1, 0.05)), material=HARD),),
        motion="kinematic", keyframes=Keyframes(times=times, positions=np.array([[0, 0, 0.43], [0,
        0, 0.28]])),
    )  # fmt: skip
    thing = balloon(0.2, 3000.0, position=(0, 0, 0.201), constants={"stretch_stiffness": 2e4})
    state = mesh(simulate(thing, plate, floor(), seconds=1.5))
    p, v, x = state.pressure, state.volume, state.position
    assert p is not None
    assert v is not None
    np.testing.assert_allclose((p + 101_325.0) * v, (3000.0 + 101_325.0) * v[0], rtol=1e-7)
    print("squeeze", p[[0, -1]], v[[0, -1]])
    assert p[-1] > 1.5 * p[0]
    assert x[-1][:, 2].max() < 0.256 + 1e-3
    assert x[-1][:, 2].min() > -1e-4


def test_buoyancy_and_added_mass_of_a_light_balloon() -> None:
    """First 0.1 s of a drop: a = g (m - rho V) / (m + rho V / 2), m film and gas (Lamb 1932,
    sphere)."""
    thing = balloon(0.2, 500.0, constants={"areal_density": 0.2, "stretch_stiffness": 1e4})
    run = simulate(thing, seconds=0.125)
    volume = float(mesh(run).volume[0])  # type: ignore[index]
    rho = 101_325 * 0.0289652 / (8.314462618 * 293.15)
    film = 0.2 * 4 * np.pi * 0.04
    gas = rho * (1 + 500 / 101_325) * volume
    expected = G * (film + gas - rho * volume) / (film + gas + 0.5 * rho * volume)
    fall = -float(mesh(run).position[-1, :, 2].mean() - mesh(run).position[0, :, 2].mean())
    # Tolerance 3 %: the drag of 1 m/s at the end, facets of the sphere.
    assert fall == pytest.approx(expected * 0.125**2 / 2, rel=0.03)
