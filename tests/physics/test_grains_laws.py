"""Laws of the grains: run-out and repose of a collapsing column, rest, energy, determinism."""

from __future__ import annotations

import numpy as np
import pytest

from simgen.engines.newton import NewtonEngine
from simgen.errors import Rejected
from simgen.geometry import Plane
from simgen.key import Key
from simgen.material import material
from simgen.particles import cylinder, fill
from simgen.record import ParticleStates
from simgen.scene import Clock, Domain, Grains, RigidBody, Scene, Shape

pytest.importorskip("newton")
G = 9.81
RADIUS = 0.06


def collapse(
    aspect: float, *, name: str = "dry_sand", spacing: float, frames: int
) -> ParticleStates:
    """A column of radius RADIUS and height aspect * RADIUS, let go on a concrete floor."""
    height = round(aspect * RADIUS / spacing) * spacing
    points = fill(
        (-RADIUS, -RADIUS, 0.0),
        (RADIUS, RADIUS, height),
        spacing,
        Key(0),
        inside=cylinder((0.0, 0.0, 0.0), RADIUS),
    )
    sand = Grains(
        name="sand",
        positions=points,
        radius=spacing / 2,
        spacing=spacing,
        material=material(f"granular/{name}"),
        domain=Domain(lower=(-0.4, -0.4, 0.0), upper=(0.4, 0.4, 0.5)),
    )
    shape = Shape(geometry=Plane(), material=material("stone/concrete"))
    floor = RigidBody(name="floor", shapes=(shape,), motion="static")
    scene = Scene(elements=(sand, floor), clock=Clock(frames=frames, fps=24.0))
    (result,) = NewtonEngine().simulate([scene])
    assert not isinstance(result, Rejected), result
    return result.particles["sand"]


def runout(states: ParticleStates) -> float:
    """Radius [m] that holds 99 % of the grains at the end: single grains roll on."""
    return float(np.quantile(np.hypot(*states.position[-1, :, :2].astype(float).T), 0.99))


def test_a_column_of_sand_runs_out_and_comes_to_rest() -> None:
    """Final radius (r - r0) / r0 = 1.24 a for a < 1.7 (Lube et al., J. Fluid Mech. 508, 2004).

    Within 25 %: the column is eight cells wide, and the front is thinner than a cell.
    """
    states = collapse(1.2, spacing=0.0075, frames=16)
    assert runout(states) / RADIUS - 1 == pytest.approx(1.24 * 1.2, rel=0.25)
    v, z = states.velocity.astype(float), states.position[..., 2].astype(float)
    kinetic = (states.mass * (v**2).sum(-1) / 2).sum(1)
    total = kinetic + (states.mass * G * z).sum(1)
    # plastic flow only takes energy: never above the start, and at the end it stands still
    assert total.max() <= total[0] * 1.001
    assert kinetic[-1] < 1e-3 * kinetic.max()
    assert z.min() > -0.0075


def test_the_same_column_collapses_to_the_same_bits() -> None:
    """Bit-equal on the CPU, particle for particle."""
    first, second = (collapse(1.0, spacing=0.012, frames=5) for _ in range(2))
    assert np.array_equal(first.position, second.position)


@pytest.mark.slow
def test_tall_columns_follow_the_square_root() -> None:
    """(r - r0) / r0 = 1.6 sqrt(a) for a > 1.7 (Lube et al. 2004), within 25 %."""
    states = collapse(3.0, spacing=0.006, frames=24)
    assert runout(states) / RADIUS - 1 == pytest.approx(1.6 * 3.0**0.5, rel=0.25)


@pytest.mark.slow
def test_rougher_grains_heap_higher() -> None:
    """Glass beads (24 deg) run out farther and lie flatter than sand (33 deg)."""
    beads, sand = (
        collapse(1.5, name=n, spacing=0.0075, frames=18) for n in ("glass_beads", "dry_sand")
    )
    assert runout(beads) > 1.04 * runout(sand)
    assert beads.position[-1, :, 2].max() < sand.position[-1, :, 2].max()
