"""The Newton adapter: what it refuses, what it records, and where leaks are caught."""

from __future__ import annotations

import numpy as np
import pytest

from simgen.engine import make_engine
from simgen.engines.newton import NewtonEngine
from simgen.errors import Rejected, SimgenError
from simgen.geometry import Box
from simgen.key import Key
from simgen.material import material
from simgen.particles import fill
from simgen.scene import Clock, Domain, Element, Grains, Keyframes, RigidBody, Scene, Shape, Vector

pytest.importorskip("newton")


def heap(*, at: Vector = (0.0, 0.0, 0.0), velocity: Vector = (0.0, 0.0, 0.0)) -> Grains:
    upper = (at[0] + 0.12, at[1] + 0.12, at[2] + 0.06)
    return Grains(
        name="sand",
        positions=fill(at, upper, 0.012, Key(1)),
        radius=0.006,
        spacing=0.012,
        material=material("granular/dry_sand"),
        domain=Domain(lower=(-0.3, -0.3, 0.0), upper=(0.4, 0.4, 0.6)),
        velocity=velocity,
    )


def box(name: str, size: Vector, position: Vector, path: Keyframes | None = None) -> RigidBody:
    shape = Shape(geometry=Box(size), material=material("wood/oak"))
    motion = "static" if path is None else "kinematic"
    return RigidBody(name=name, shapes=(shape,), position=position, motion=motion, keyframes=path)


def scene(*elements: Element, frames: int = 5) -> Scene:
    return Scene(elements=elements, clock=Clock(frames=frames, fps=24.0))


def test_it_refuses_what_it_cannot_do() -> None:
    """Dynamic bodies and scenes without grains are refused before any run, in words."""
    shape = Shape(geometry=Box((0.1, 0.1, 0.1)), material=material("wood/oak"))
    loose = RigidBody(name="loose", shapes=(shape,), position=(0.0, 0.0, 1.0))
    engine = make_engine("newton")
    assert "loose" in engine.refusal(scene(heap(), loose))
    assert "grains" in engine.refusal(scene(box("b", (0.1, 0.1, 0.1), (0, 0, 0))))
    assert engine.refusal(scene(heap(), box("b", (0.1, 0.1, 0.1), (0.3, 0.3, 0.05)))) == ""


def test_grains_fall_freely_and_land_on_a_box() -> None:
    """v = v0 + g t until the landing; then the heap lies on the box, not in it."""
    grains = heap(at=(0.0, 0.0, 0.4), velocity=(0.0, 0.0, -0.5))
    block = box("block", (0.5, 0.5, 0.1), (0.06, 0.06, 0.05))
    (result,) = NewtonEngine().simulate([scene(grains, block, frames=14)])
    assert not isinstance(result, Rejected), result
    states = result.particles["sand"]
    assert np.allclose(states.position[0], grains.positions, atol=1e-6)
    mean = states.velocity.astype(float).mean(1)[:, 2]
    # .3 m at 0.5 m/s + g t lasts .2 s: the first four frames are in the air
    assert mean[:4] == pytest.approx(-0.5 - 9.81 * result.time[:4], abs=5e-3)
    on_top = (np.abs(states.position[-1, :, :2] - 0.06) < 0.24).all(1)
    assert on_top.mean() > 0.95
    assert states.position[-1, on_top, 2].min() > 0.1 - 0.006
    assert float(states.mass.sum()) == pytest.approx(1515.0 * len(grains.positions) * 0.012**3)


def test_a_pushed_heap_moves_or_the_leak_is_reported() -> None:
    """A plate at .4 m/s through the heap: grains are in front of it, or the roll-out is Rejected.

    Newton's colliders are known to let particles through when they move (newton#2697).
    """
    path = Keyframes(
        times=np.array([0.0, 0.5]), positions=np.array([[-0.05, 0.06, 0.05], [0.15, 0.06, 0.05]])
    )
    plate = box("plate", (0.06, 0.6, 0.12), (-0.05, 0.06, 0.05), path)
    (result,) = NewtonEngine().simulate([scene(heap(), plate, frames=11)])
    if isinstance(result, Rejected):
        assert result.reason == "simulation/leaked"
        return
    x = result.particles["sand"].position.astype(float)
    front = result.bodies.position[:, 0, 0][:, None] + 0.03
    # all but a few stay ahead of the plate's front face, a cell of slack for the grid
    assert (x[..., 0] > front - 0.024).mean(1).min() > 0.98


def test_bad_starts_are_refused_by_name() -> None:
    """Particles outside the domain are an input error."""
    with pytest.raises(SimgenError, match="outside the domain"):
        list(NewtonEngine().simulate([scene(heap(at=(0.35, 0.0, 0.0)))]))
