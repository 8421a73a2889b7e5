"""What the articulated and rope templates compute in closed form is right."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simgen.key import Key
from simgen.scene import Articulation, Rope
from simgen.template import find


def _articulation(name: str, seed: int) -> tuple[Articulation, object]:
    key = Key(seed, (name,))
    template = find(name).sample(key)
    scene = template.build(key)
    found = [e for e in scene.elements if isinstance(e, Articulation)]
    return found[0], template


@pytest.mark.parametrize("seed", range(3))
def test_figure_weighs_what_it_should_and_stands_at_its_place(seed: int) -> None:
    figure, template = _articulation("articulated/ragdoll_fall", seed)
    mass = sum(link.mass_properties.mass for link in figure.links)
    # The shares of de Leva (1996) sum to 1 with both sides counted; rounding leaves 1e-3.
    assert mass == pytest.approx(template.body_mass, rel=1e-3)  # pyright: ignore
    # A rigid start: every link moves with one velocity field v = v0 + w x r.
    spins = {link.angular_velocity for link in figure.links}
    assert len(spins) == 1


@pytest.mark.parametrize("seed", range(4))
def test_crank_starts_closed_with_consistent_rates(seed: int) -> None:
    name = "articulated/crank_slider"
    template = find(name).sample(Key(seed, (name,)))
    h = 1e-6
    later = template.model_copy(update={"phase": template.phase + template.speed * h})  # pyright: ignore
    for k in range(template.cylinders):  # pyright: ignore
        pin, end, psi, rate, velocity = template._slide(k)  # pyright: ignore
        # The rod has its length, and the rates are the derivatives of the angles (order h).
        assert np.linalg.norm(end - pin) == pytest.approx(template._rod, rel=1e-12)  # pyright: ignore
        _, end2, psi2, _, _ = later._slide(k)  # pyright: ignore
        assert (psi2 - psi) / h == pytest.approx(rate, abs=1e-3)
        assert float((end2 - end) @ template._along) / h == pytest.approx(velocity, abs=1e-3)  # pyright: ignore


def test_robot_servos_move_the_tip_along_the_table() -> None:
    from simgen.scenes.articulated import robot_arm as arm

    assert arm._servo_targets(0.0) == pytest.approx((0.0, 0.0, 0.0), abs=1e-12)  # pyright: ignore
    for stretch in (-0.2, 0.08):
        lift, bend, level = arm._servo_targets(stretch)  # pyright: ignore
        (ex, ez), (wx, wz), s = arm._ELBOW, arm._WRIST, arm._SHOULDER  # pyright: ignore
        a, b = math.atan2(ez - s, ex) + lift, math.atan2(wz - ez, wx - ex) + lift + bend
        upper, fore = math.hypot(ex, ez - s), math.hypot(wx - ex, wz - ez)
        x = upper * math.cos(a) + fore * math.cos(b)
        z = s + upper * math.sin(a) + fore * math.sin(b)
        assert (x, z) == pytest.approx((wx + stretch, wz), abs=1e-12)
        assert lift + bend + level == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_rope_hangs_as_a_catenary(seed: int) -> None:
    name = "rope/rope_release"
    key = Key(seed, (name,))
    template = find(name).sample(key)
    rope = next(e for e in template.build(key).elements if isinstance(e, Rope))
    steps = np.linalg.norm(np.diff(rope.points, axis=0), axis=1)
    # Equal arcs have almost equal chords; a chord is shorter by (ds / a)^2 / 24 < 1 %.
    assert np.ptp(steps) < 0.01 * steps.mean()
    assert steps.min() > 2 * rope.radius
    assert steps.sum() == pytest.approx(template._length, rel=0.01)  # pyright: ignore
    rise = rope.points[-1] - rope.points[0]
    assert rise[0] == pytest.approx(template.span, rel=1e-9)  # pyright: ignore
    assert rise[2] == pytest.approx(template.tilt * template.span, abs=1e-9)  # pyright: ignore
    # A chain in equilibrium has constant horizontal tension: z'' = sqrt(1 + z'^2) / a (Bernoulli).
    x, z = rope.points[:, 0], rope.points[:, 2]
    slope = np.gradient(z, x)
    shape = np.gradient(slope, x)[3:-3] / np.sqrt(1 + slope[3:-3] ** 2)
    assert np.ptp(shape) < 0.05 * shape.mean()
