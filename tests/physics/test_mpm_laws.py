"""Laws of the liquid: rest, hydrostatics, free fall, viscosity, dam break, volume, energy."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simgen.engines.warp import WarpEngine
from simgen.errors import Rejected, SimgenError
from simgen.geometry import Box, Sphere
from simgen.key import Key
from simgen.material import Material, material
from simgen.particles import fill
from simgen.record import ParticleStates, Trajectory
from simgen.scene import (
    Clock,
    Domain,
    Element,
    Fluid,
    Keyframes,
    RigidBody,
    Scene,
    Shape,
    Vector,
)

G = 9.81


def pool(
    size: Vector,
    domain: Vector,
    spacing: float,
    *,
    stuff: Material | None = None,
    at: Vector = (0.0, 0.0, 0.0),
    velocity: Vector = (0.0, 0.0, 0.0),
    jitter: float = 0.3,
) -> Fluid:
    upper = tuple(a + s for a, s in zip(at, size))
    return Fluid(
        name="liquid",
        positions=fill(at, upper, spacing, Key(0), jitter=jitter),  # type: ignore[arg-type]
        spacing=spacing,
        material=stuff or material("liquid/water"),
        domain=Domain(lower=(0.0, 0.0, 0.0), upper=domain),
        velocity=velocity,
    )


def run(
    *elements: Element, frames: int, fps: float = 24.0, gravity: Vector = (0.0, 0.0, -G)
) -> Trajectory:
    scene = Scene(elements=elements, clock=Clock(frames=frames, fps=fps), gravity=gravity)
    (result,) = WarpEngine().simulate([scene])
    assert not isinstance(result, Rejected), result
    return result


def energy(states: ParticleStates) -> np.ndarray:
    v, x = states.velocity.astype(float), states.position.astype(float)
    return (states.mass * ((v**2).sum(-1) / 2 + G * x[..., 2])).sum(1)


def test_still_water_stays_and_bears_its_weight() -> None:
    """A pool stays at rest; p = rho g h by the equation of state p = c^2 rho0 (1/J - 1)."""
    liquid = pool((0.12, 0.12, 0.2), (0.12, 0.12, 0.3), 0.01, jitter=0.0)
    result = run(liquid, frames=13)
    states = result.particles["liquid"]
    # rest: nothing exceeds 5 mm/s in half a second, 1/400 of the speed of a fall from the surface
    assert np.abs(states.velocity).max() < 5e-3
    assert np.abs(states.position - states.position[0]).max() < 1e-3
    sound = float(result.solver.parameters["mpm.sound_speed"])
    assert states.volume_ratio is not None
    pressure = 998.2 * sound**2 * (1 / states.volume_ratio[-1].astype(float) - 1)
    depth = 0.2 - states.position[-1, :, 2]
    slope = np.polyfit(depth, pressure, 1)[0]
    assert slope == pytest.approx(998.2 * G, rel=0.02)
    # every particle within 5 % of the pressure at the bottom (a surface of one cell blurs the top)
    assert np.abs(pressure - 998.2 * G * depth).max() < 0.05 * 998.2 * G * 0.2


@pytest.mark.parametrize("top", [0.062, 0.006])
def test_a_step_goes_on_behind_the_walls(top: float) -> None:
    # Its ends lie 2 mm beyond the domain's walls, nearer to the nodes there than its top, and so
    # may its bottom: a step that ended there would let liquid fall into it.
    spacing = 0.01
    shape = Shape(geometry=Box((0.304, 0.124, top)), material=material("stone/granite"))
    step = RigidBody(name="step", shapes=(shape,), position=(0.15, 0.06, top / 2), motion="static")
    liquid = pool((0.3, 0.12, 0.04), (0.3, 0.12, 0.2), spacing, at=(0, 0, top), jitter=0.0)
    states = run(liquid, step, frames=13).particles["liquid"]
    assert np.abs(states.velocity).max() < 0.02
    assert states.position[..., 2].min() > top


def test_a_blob_in_the_air_falls_freely() -> None:
    """No wall, no support: v = v0 + g t; momentum is exact to single precision."""
    liquid = pool(
        (0.06, 0.06, 0.06), (0.4, 0.2, 0.6), 0.01, at=(0.05, 0.07, 0.5), velocity=(0.5, 0.0, 1.0)
    )
    result = run(liquid, frames=9)
    states, t = result.particles["liquid"], result.time
    mean = states.velocity.astype(float).mean(1)
    assert mean[:, 0] == pytest.approx(0.5, abs=1e-4)
    assert mean[:, 2] == pytest.approx(1.0 - G * t, abs=1e-3)
    # a symplectic step is behind the parabola by g t dt / 2 [m]
    z = states.position.astype(float).mean(1)[:, 2]
    late = G * t * result.solver.dt / 2
    assert z - z[0] == pytest.approx(t - G * t * t / 2 - late, abs=2e-4)
    # nothing is squeezed: the blob keeps its shape
    assert states.position[-1].std(0) == pytest.approx(states.position[0].std(0), rel=0.01)


def test_a_scene_runs_twice_to_the_same_bits() -> None:
    """The same scene gives bit-equal states: CPU launches are sequential."""
    ball = RigidBody(
        name="ball",
        shapes=(Shape(geometry=Sphere(0.03), material=material("wood/oak")),),
        position=(0.15, 0.05, 0.03),
        motion="static",
    )
    liquid = pool((0.08, 0.1, 0.1), (0.24, 0.1, 0.2), 0.01)
    first, second = (run(liquid, ball, frames=7).particles["liquid"] for _ in range(2))
    assert np.array_equal(first.position, second.position)
    assert np.array_equal(first.velocity, second.velocity)


def test_a_dam_break_follows_martin_and_moyce() -> None:
    """Front of a column twice as high as wide on a dry bed: Z = x / a against T = t sqrt(2 g / a).

    Martin & Moyce, Phil. Trans. R. Soc. A 244 (1952), n^2 = 2, a = 2.25 in. Band 10 %: their
    scatter and the thin tip, which sixteen cells of height cannot resolve.
    """
    a = 0.1
    result = run(pool((a, 0.05, 2 * a), (0.5, 0.05, 0.4), 0.01), frames=26, fps=100.0)
    states = result.particles["liquid"]
    assert states.position.shape[1] == 10 * 5 * 20
    front = np.quantile(states.position[..., 0], 0.99, axis=1) / a
    time = result.time * math.sqrt(2 * G / a)
    measured = ((1.19, 1.44), (1.63, 1.89), (1.98, 2.33), (2.32, 2.78), (2.65, 3.22), (2.97, 3.67))
    for t, z in measured:
        assert float(np.interp(t, time, front)) == pytest.approx(z, rel=0.10), t
    total = energy(states)
    released = float(np.ptp((states.mass * G * states.position[..., 2]).sum(1)))
    # never above the start; 1 % covers the elastic energy stored by the start's pressure
    assert total.max() - total[0] < 0.01 * released
    low, high = np.zeros(3), np.array([0.5, 0.05, np.inf])
    assert (states.position >= low).all()
    assert (states.position <= high + 1e-6).all()


def test_a_viscous_film_reaches_the_duct_profile() -> None:
    """Honey flowing in an open channel on a tilt: the lower half of a duct of twice the depth.

    No slip at bottom and sides, no shear at the surface; u by the Fourier series of White, Viscous
    Fluid Flow (3-48), half-width a, half-height b: du is the driving g sin(tilt) / nu.
    """
    honey = material("liquid/honey")
    rho, mu = honey.require("density", "viscosity")
    width, depth, pull = 0.04, 0.02, 1.0
    liquid = pool((0.24, width, depth), (0.24, width, 0.06), 0.0025, stuff=honey)
    result = run(liquid, frames=3, fps=24.0, gravity=(pull, 0.0, -G))
    assert result.solver.parameters["mpm.no_slip"] == 1
    states = result.particles["liquid"]
    x, v = states.position[-1].astype(float), states.velocity[-1].astype(float)
    a, b = width / 2, depth
    y, z = x[:, 1] - a, x[:, 2] - b
    series = np.zeros(len(x))
    for i in range(1, 40, 2):
        k = i * math.pi / (2 * a)
        sign = (-1) ** ((i - 1) // 2)
        series += sign * (1 - np.cosh(k * z) / math.cosh(k * b)) * np.cos(k * y) / i**3
    u = 16 * a * a / math.pi**3 * (rho * pull / mu) * series
    # steady after 4 h^2 / (pi^2 nu) = .02 s; later the film piles up at the ends and slows down
    middle = (np.abs(x[:, 0] - 0.12) < 0.04) & (np.abs(y) < 0.5 * a)
    ratio = v[middle, 0].sum() / u[middle].sum()
    # four cells deep and eight across: the first cell at a wall is stiff, the flow .85 of the law
    assert ratio == pytest.approx(1.0, abs=0.2)


def test_honey_spreads_more_slowly_than_water() -> None:
    """The same column: the front of honey is held back by viscosity (Huppert 1982)."""
    fronts: list[float] = []
    for name in ("water", "glycerol", "honey"):
        liquid = pool((0.1, 0.05, 0.1), (0.5, 0.05, 0.2), 0.01, stuff=material(f"liquid/{name}"))
        states = run(liquid, frames=8).particles["liquid"]
        fronts.append(float(np.quantile(states.position[-1, :, 0], 0.99)))
    assert fronts[0] > fronts[1] + 0.1 > fronts[2] + 0.104


def test_obstacles_and_moving_plates_keep_the_liquid_out() -> None:
    """No particle is inside a block or behind a plate that pushes at .5 m/s; none is lost."""
    oak = material("wood/oak")
    block = RigidBody(
        name="block",
        shapes=(Shape(geometry=Box((0.06, 0.06, 0.08)), material=oak),),
        position=(0.34, 0.08, 0.04),
        motion="static",
    )
    path = Keyframes(
        times=np.array([0.0, 0.2, 1.0]),
        positions=np.array([[-0.02, 0.08, 0.1], [0.08, 0.08, 0.1], [0.08, 0.08, 0.1]]),
    )
    plate = RigidBody(
        name="plate",
        shapes=(Shape(geometry=Box((0.04, 0.2, 0.24)), material=oak),),
        position=(-0.02, 0.08, 0.1),
        motion="kinematic",
        keyframes=path,
    )
    liquid = pool((0.15, 0.16, 0.12), (0.5, 0.16, 0.3), 0.01)
    states = run(liquid, block, plate, frames=13).particles["liquid"]
    x = states.position.astype(float)
    inside = np.abs(x - np.array([0.34, 0.08, 0.04])) - np.array([0.03, 0.03, 0.04])
    assert (inside.max(-1) > -1e-3).all()
    behind = x[5:, :, 0] - 0.1  # the plate's front from .2 s on
    assert behind.min() > -1e-3
    assert x.shape[1] == len(liquid.positions)


def test_settled_glycerol_has_its_volume_back() -> None:
    """After the collapse the liquid fills its box to volume / area: within 2 %."""
    spacing = 0.0125
    liquid = pool((0.15, 0.1, 0.25), (0.375, 0.1, 0.4), spacing, stuff=material("liquid/glycerol"))
    states = run(liquid, frames=101, fps=20.0).particles["liquid"]
    # at rest the mean height is half the depth; what still sloshes lies lowest when it is level
    depth = 2 * float(states.position[-20:, :, 2].astype(float).mean(1).min())
    assert depth == pytest.approx(0.15 * 0.25 / 0.375, rel=0.02)


@pytest.mark.slow
def test_settled_water_has_its_volume_back() -> None:
    """Water that still sloshes after eight violent seconds is as dense below its surface as at the
    start, within 2 %, and waves lift its centre by at most 5 %."""
    spacing = 0.0125
    liquid = pool((0.2, 0.2, 0.3), (0.6, 0.2, 0.5), spacing)
    late = run(liquid, frames=241).particles["liquid"].position[-48:].astype(float)
    low, high = np.array([0.05, 0.025, 0.02]), np.array([0.55, 0.175, 0.06])
    below = ((late > low) & (late < high)).all(-1).sum(1).mean()
    assert below * spacing**3 == pytest.approx(np.prod(high - low), rel=0.02)
    assert 2 * late[..., 2].mean(1).min() == pytest.approx(0.2 * 0.3 / 0.6, rel=0.05)


def test_bad_starts_are_refused_by_name() -> None:
    """Particles outside the domain or inside a body are input errors, not physics."""
    liquid = pool((0.1, 0.1, 0.1), (0.08, 0.1, 0.2), 0.01)
    with pytest.raises(SimgenError, match="outside its domain"):
        run(liquid, frames=2)
    inner = RigidBody(
        name="inner",
        shapes=(Shape(geometry=Sphere(0.04), material=material("wood/oak")),),
        position=(0.05, 0.05, 0.05),
        motion="static",
    )
    with pytest.raises(SimgenError, match="inside a static"):
        run(pool((0.1, 0.1, 0.1), (0.2, 0.1, 0.2), 0.01), inner, frames=2)
