"""The heat solver against closed solutions (Carslaw & Jaeger 1959; Incropera 2006)."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import erf

from simgen.engines.warp import Solved
from simgen.engines.warp_solvers.distance import make_solid
from simgen.engines.warp_solvers.heat import solve
from simgen.engines.warp_solvers.heat_grid import make_grid
from simgen.geometry import Box, Geometry, Sphere, triangulate
from simgen.material import Material
from simgen.record import HeatStates
from simgen.scene import Ambient, Clock, RigidBody, Scene, Shape, ThermalBody
from simgen.surface import surface_mesh

AIR = 300.0


def stuff(k: float, rho: float = 8000.0, c: float = 400.0, emissivity: float = 0.0) -> Material:
    return Material(
        name="test/solid",
        density=rho,
        thermal_conductivity=k,
        specific_heat=c,
        emissivity=emissivity,
    )


METAL = stuff(160.0)
ALPHA = 160.0 / (8000.0 * 400.0)
"""5e-5 m^2/s."""
IDEAL = stuff(1e12)
"""Conducts so well that a held block of it is a surface of fixed temperature."""


def body(
    name: str,
    geometry: Geometry,
    x: float,
    temperature: float,
    material: Material = METAL,
    **options: object,
) -> ThermalBody:
    solid = RigidBody(
        name=name,
        shapes=(Shape(geometry=geometry, material=material),),
        position=(x, 0.0, 0.0),
        motion="static",
    )
    return ThermalBody(name=name, body=solid, temperature=temperature, **options)  # type: ignore[arg-type]


def run(
    *bodies: ThermalBody, seconds: float, frames: int = 5, h: float = 0.0, air: float = AIR
) -> dict[str, HeatStates]:
    scene = Scene(
        elements=bodies,
        clock=Clock(frames=frames, fps=(frames - 1) / seconds),
        ambient=Ambient(temperature=air, convection=h),
    )
    solved = solve(scene, bodies, "cpu")
    assert isinstance(solved, Solved)
    return {n: s for n, s in solved.states.items() if isinstance(s, HeatStates)}


def along(element: ThermalBody, margin: float) -> tuple[np.ndarray, np.ndarray]:
    """Vertices of a bar further than `margin` from its ends and their x in the body frame."""
    x = surface_mesh(element.body, refine=True).vertices[:, 0]
    keep = np.flatnonzero(np.abs(x) < np.abs(x).max() - margin)
    return keep, x[keep]


def slab_error(cell: float) -> float:
    """Largest error [K] of a slab at 500 K between faces held at 300 K, after 0.35 of L^2/(pi^2
    alpha)."""
    length = 0.04
    hot = body("hot", Box((length, 0.02, 0.02)), 0.0, 500.0, cell=cell, contact_conductance=1e12)
    ends = [
        body(
            n,
            Box((0.01, 0.02, 0.02)),
            x,
            300.0,
            IDEAL,
            held=True,
            cell=0.0025,
            contact_conductance=1e12,
        )
        for n, x in (("left", -0.025), ("right", 0.025))
    ]
    t = 0.35 * length**2 / (math.pi**2 * ALPHA)
    states = run(hot, *ends, seconds=t, frames=2)
    keep, x = along(hot, 1.01 * cell)
    n = np.arange(1, 60, 2)[:, None]
    series = 4 / (n * math.pi) * np.sin(n * math.pi * (x / length + 0.5))
    exact = 300 + 200 * (series * np.exp(-((n * math.pi / length) ** 2) * ALPHA * t)).sum(0)
    return float(np.abs(states["hot"].temperature[-1, keep] - exact).max())


def test_slab_cools_like_its_fourier_series_with_second_order() -> None:
    # Carslaw & Jaeger 3.3. Central differences with dt ~ h^2: halving h divides the error by 4.
    coarse, fine = slab_error(0.004), slab_error(0.002)
    assert coarse < 1.5  # of 200 K at ten cells
    assert fine < coarse / 3.2


@pytest.mark.parametrize(("k", "layers"), [(400.0, 1), (15.0, 4)])
def test_thin_plate_between_contacts_follows_the_robin_series(k: float, layers: int) -> None:
    # A plate of thickness 2 L that gives heat through h at both faces: the mean excess is the sum
    # of 2 Bi^2 / (z^2 (z^2 + Bi^2 + Bi)) exp(-z^2 alpha t / L^2) with z tan z = Bi = h L / k
    # (Carslaw & Jaeger 3.11). It holds however few layers are cut (`LAYER_TIME`). Forward Euler at
    # the rate r errs by r dt / (2 e): 0.8% with 16 steps per frame.
    thick, h, fps = 8e-4, 2e4, 24.0
    plate = body("plate", Box((thick, 0.01, 0.01)), 0.0, 600.0, stuff(k), cell=0.0025)
    plate = replace(plate, contact_conductance=h)
    size = 0.01 + thick
    walls = [
        body(n, Box((0.01, 0.01, 0.01)), x, 300.0, IDEAL, held=True, cell=0.0025)
        for n, x in (("left", -size / 2), ("right", size / 2))
    ]
    walls = [replace(w, contact_conductance=h) for w in walls]
    grid = make_grid(plate, make_solid(plate.body, "cpu"), fps=fps)
    assert grid.number.shape[0] == layers
    states = run(plate, *walls, seconds=8 / fps, frames=9)["plate"]
    half = thick / 2
    biot = h * half / k
    roots = np.array(
        [
            brentq(lambda z: z * math.sin(z) - biot * math.cos(z), n * math.pi, (n + 0.5) * math.pi)
            for n in range(40)
        ]
    )[:, None]
    t = np.arange(9) / fps
    weight = 2 * biot**2 / (roots**2 * (roots**2 + biot**2 + biot))
    exact = (weight * np.exp(-(roots**2) * k / 3.2e6 * t / half**2)).sum(0)
    np.testing.assert_allclose(states.heat / states.heat[0], exact, atol=0.01)


def test_semi_infinite_solid_follows_the_error_function() -> None:
    # T = Ts + (T0 - Ts) erf(x / (2 sqrt(alpha t))) while the far end feels nothing (Incropera
    # 5.60).
    bar = body("bar", Box((0.1, 0.01, 0.01)), 0.0, 300.0, cell=0.001, contact_conductance=1e12)
    wall = body(
        "wall",
        Box((0.01, 0.01, 0.01)),
        -0.055,
        600.0,
        IDEAL,
        held=True,
        cell=0.0025,
        contact_conductance=1e12,
    )
    states = run(bar, wall, seconds=4.0)
    keep, x = along(bar, 0.0011)
    exact = 600 - 300 * erf((x + 0.05) / (2 * math.sqrt(ALPHA * 4.0)))
    assert np.abs(states["bar"].temperature[-1, keep] - exact).max() < 0.5  # of 300 K
    # Heat through the face: 2 A k dT sqrt(t / (pi alpha)) at every frame.
    t = np.arange(1, 5.0)
    heat = 2 * 1e-4 * 160.0 * 300 * np.sqrt(t / (math.pi * ALPHA))
    np.testing.assert_allclose(states["bar"].flow_in[1:], heat, rtol=0.01)


def test_two_solids_meet_at_the_effusivity_mean() -> None:
    # Contact temperature (b1 T1 + b2 T2) / (b1 + b2), b = sqrt(k rho c) (Incropera 5.63).
    k2, rho2, c2 = 20.0, 4000.0, 500.0
    left = body("left", Box((0.08, 0.01, 0.01)), -0.04, 700.0, cell=8e-4, contact_conductance=1e9)
    right = body(
        "right",
        Box((0.08, 0.01, 0.01)),
        0.04,
        300.0,
        stuff(k2, rho2, c2),
        cell=8e-4,
        contact_conductance=1e9,
    )
    states = run(left, right, seconds=3.0)
    b1, b2 = math.sqrt(160.0 * 8000 * 400), math.sqrt(k2 * rho2 * c2)
    meeting = (b1 * 700 + b2 * 300) / (b1 + b2)
    for element, start, alpha, side in (
        (left, 700.0, ALPHA, -1.0),
        (right, 300.0, k2 / (rho2 * c2), 1.0),
    ):
        keep, x = along(element, 9e-4)
        deep = x * side + 0.04
        exact = meeting + (start - meeting) * erf(deep / (2 * math.sqrt(alpha * 3.0)))
        assert np.abs(states[element.name].temperature[-1, keep] - exact).max() < 1.0  # of 400 K
    given = states["left"].flow_in + states["right"].flow_in
    assert np.abs(given).max() < 1e-9 * states["right"].flow_in[-1]


def test_held_ends_end_in_a_straight_line() -> None:
    # Steady conduction without sources: linear temperature, flux k dT / L.
    bar = body("bar", Box((0.04, 0.01, 0.01)), 0.0, 350.0, cell=0.002, contact_conductance=1e12)
    ends = [
        body(
            n,
            Box((0.01, 0.01, 0.01)),
            x,
            t,
            IDEAL,
            held=True,
            cell=0.0025,
            contact_conductance=1e12,
        )
        for n, x, t in (("left", -0.025, 300.0), ("right", 0.025, 400.0))
    ]
    states = run(bar, *ends, seconds=60.0)  # 18 time constants L^2/(pi^2 alpha)
    keep, x = along(bar, 0.0021)
    exact = 350 + 100 * x / 0.04
    assert np.abs(states["bar"].temperature[-1, keep] - exact).max() < 1e-3


def test_layers_of_two_materials_share_one_flux() -> None:
    # k1 (Ti - T1) / L1 = k2 (T2 - Ti) / L2; the harmonic mean makes the discrete solution exact.
    k1, k2 = 160.0, 8.0
    shapes = tuple(
        Shape(geometry=Box((0.02, 0.01, 0.01)), material=stuff(k), position=(x, 0, 0))
        for k, x in ((k1, -0.01), (k2, 0.01))
    )
    both = ThermalBody(
        name="both",
        body=RigidBody(name="both", shapes=shapes, motion="static"),
        temperature=390.0,
        cell=0.002,
        contact_conductance=1e12,
    )
    ends = [
        body(
            n,
            Box((0.01, 0.01, 0.01)),
            x,
            t,
            IDEAL,
            held=True,
            cell=0.0025,
            contact_conductance=1e12,
        )
        for n, x, t in (("left", -0.025, 400.0), ("right", 0.025, 300.0))
    ]
    states = run(both, *ends, seconds=400.0, frames=21)
    meeting = (400 * k1 + 300 * k2) / (k1 + k2)
    keep, x = along(both, 0.0021)
    exact = np.where(
        x < 0, meeting + (meeting - 400) * x / 0.02, meeting + (300 - meeting) * x / 0.02
    )
    away = np.abs(x) > 0.0011
    error = np.abs(states["both"].temperature[-1, keep] - exact)[away]
    assert error.max() < 0.02


@pytest.mark.parametrize("tilted", [False, True])
def test_small_bodies_cool_exponentially(tilted: bool) -> None:
    # Biot << 1: T - T_air = (T0 - T_air) exp(-h A t / (rho c V)) (Newton). The area is the true
    # one, also of a ball cut into cubes (within 2.5 % 20 cells wide) and of a box turned against
    # the grid.
    turn = (0.9238795, 0.0, 0.0, 0.3826834)
    shape = (
        Shape(geometry=Box((0.02, 0.02, 0.02)), material=METAL, quaternion=turn)
        if tilted
        else Shape(geometry=Sphere(0.01), material=METAL)
    )
    ball = ThermalBody(
        name="ball",
        body=RigidBody(name="ball", shapes=(shape,), motion="static"),
        temperature=600.0,
        cell=0.001,
    )
    states = run(ball, seconds=20.0, frames=6, h=200.0)
    rate = 200.0 * (6 / 0.02 if tilted else 3 / 0.01) / (8000 * 400)
    t = np.linspace(0, 20, 6)
    excess = states["ball"].temperature.mean(1) - AIR
    measured = -np.log(excess[-1] / excess[1]) / (t[-1] - t[1])
    assert measured == pytest.approx(rate, rel=0.025)
    heat = states["ball"].heat / states["ball"].heat[0]
    np.testing.assert_allclose(heat, np.exp(-rate * t), rtol=0.03)


def test_a_black_body_cools_by_radiation() -> None:
    # rho c V dT/dt = -eps sigma A T^4 into cold space: T^-3 = T0^-3 + 3 eps sigma A t / (rho c V).
    black = stuff(400.0, emissivity=0.8)
    cube = body("cube", Box((0.01, 0.01, 0.01)), 0.0, 1200.0, black, cell=0.0025)
    states = run(cube, seconds=20.0, frames=11, air=3.0)
    t = np.linspace(0, 20, 11)
    sink = 3 * 0.8 * 5.670374e-8 * 600 / (8000 * 400)
    exact = (1200.0**-3 + sink * t) ** (-1 / 3)
    # Convection is off; the body is not quite isothermal: 0.1 % at a Biot number of 1e-3.
    np.testing.assert_allclose(states["cube"].temperature.mean(1), exact, rtol=2e-3)


def test_power_heats_an_insulated_body() -> None:
    # T = T0 + P t / (m c), everywhere alike.
    cube = body("cube", Box((0.02, 0.02, 0.02)), 0.0, 300.0, power=128.0, cell=0.002)
    states = run(cube, seconds=2.0)
    rise = 128.0 * np.linspace(0, 2, 5) / (8000 * 8e-6 * 400)
    np.testing.assert_allclose(
        states["cube"].temperature - 300.0,
        np.broadcast_to(rise[:, None], (5, states["cube"].temperature.shape[1])),
        atol=1e-4,
    )
    np.testing.assert_allclose(states["cube"].flow_in, 128.0 * np.linspace(0, 2, 5), rtol=1e-9)


def test_contact_conductance_sets_the_pace() -> None:
    # Two well conducting plates joined by h_c: the difference decays at h_c A (1/C1 + 1/C2) (Biot
    # 4e-3).
    good = stuff(2_000.0)
    one = body(
        "one", Box((0.004, 0.02, 0.02)), -0.002, 500.0, good, cell=0.002, contact_conductance=2000.0
    )
    two = body(
        "two", Box((0.008, 0.02, 0.02)), 0.004, 300.0, good, cell=0.002, contact_conductance=2000.0
    )
    states = run(one, two, seconds=4.0)
    rate = 2000.0 * (1 / (8000 * 400 * 0.004) + 1 / (8000 * 400 * 0.008))
    gap = states["one"].temperature.mean(1) - states["two"].temperature.mean(1)
    np.testing.assert_allclose(gap, 200 * np.exp(-rate * np.linspace(0, 4, 5)), rtol=5e-3)


def test_books_close_with_everything_on() -> None:
    # heat(t) - heat(0) = flow_in - flow_out for curved, touching, radiating, powered and held
    # bodies.
    shiny = stuff(50.0, emissivity=0.5)
    plate = body("plate", Box((0.1, 0.1, 0.01)), 0.0, 300.0, shiny, power=50.0, cell=0.004)
    ball_mesh = triangulate(Sphere(0.02), segments=24)
    ball = ThermalBody(
        name="ball",
        body=RigidBody(
            name="ball",
            shapes=(Shape(geometry=ball_mesh, material=shiny),),
            position=(0.0, 0.0, 0.0245),
            motion="static",
        ),
        temperature=900.0,
        cell=0.002,
    )
    lid = body("lid", Box((0.01, 0.1, 0.01)), 0.055, 280.0, shiny, held=True)
    states = run(plate, ball, lid, seconds=2.0, h=15.0)
    for name, s in states.items():
        change = s.heat - s.heat[0]
        scale = max(np.abs(s.flow_in).max(), np.abs(s.flow_out).max())
        assert scale > 0.1, name
        assert np.abs(change - (s.flow_in - s.flow_out)).max() < 1e-9 * scale + 1e-9 * abs(
            s.heat[0]
        )
    assert states["ball"].flow_in[-1] < 0 < states["ball"].flow_out[-1]


def test_temperatures_stay_between_the_extremes() -> None:
    # Maximum principle of the heat equation without sources.
    hot = body(
        "hot", Box((0.02, 0.02, 0.02)), -0.01, 900.0, stuff(20.0, emissivity=0.9), cell=0.002
    )
    cold = body("cold", Box((0.02, 0.02, 0.02)), 0.01, 280.0, cell=0.002)
    states = run(hot, cold, seconds=1.0, h=25.0)
    for s in states.values():
        assert s.temperature.min() >= 280.0 - 1e-9
        assert s.temperature.max() <= 900.0 + 1e-9
