"""The Genesis adapter: what it refuses, how a scene is put to it, what comes back."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from simgen.engine import make_engine
from simgen.engines.genesis import GenesisEngine, library
from simgen.engines.genesis_build import build
from simgen.errors import Rejected, SimgenError
from simgen.geometry import Box, Plane, Sphere
from simgen.inflow import Inflow
from simgen.key import Key
from simgen.lattice import block
from simgen.material import material
from simgen.particles import fill
from simgen.record import Trajectory
from simgen.scene import (
    Clock,
    Domain,
    Element,
    Fluid,
    Grains,
    Keyframes,
    RigidBody,
    Scene,
    Shape,
    SoftBody,
    Vector,
)

pytestmark = pytest.mark.skipif(find_spec("genesis") is None, reason="genesis is not installed")
WOOD = material("wood/oak")


def heap(*, high: float = 0.0, **rest) -> Grains:
    return Grains(
        **{
            "name": "sand",
            "positions": fill((0.0, 0.0, high), (0.12, 0.12, high + 0.06), 0.012, Key(1)),
            "radius": 0.006,
            "spacing": 0.012,
            "material": material("granular/dry_sand"),
            "domain": Domain(lower=(-0.1, -0.1, 0.0), upper=(0.22, 0.22, 0.3)),
            **rest,
        }
    )


def pool(**rest) -> Fluid:
    return Fluid(
        **{
            "name": "water",
            "positions": fill((0.0, 0.0, 0.0), (0.1, 0.1, 0.05), 0.01, Key(1)),
            "spacing": 0.01,
            "material": material("liquid/water"),
            "domain": Domain(lower=(0.0, 0.0, 0.0), upper=(0.2, 0.1, 0.15)),
            **rest,
        }
    )


def cube(**rest) -> SoftBody:
    points, tets = block((0.1, 0.1, 0.1), (3, 3, 3))
    stuff = replace(material("food/gelatin"), yield_stress=None, relaxation_time=None)
    return SoftBody(
        **{
            "name": "cube",
            "vertices": points + [0.0, 0.0, 0.2],
            "tetrahedra": tets,
            "material": stuff,
            **rest,
        }
    )


def body(name: str, solid, position: Vector, path: Keyframes | None = None) -> RigidBody:
    motion = "static" if path is None else "kinematic"
    shape = Shape(geometry=solid, material=WOOD)
    return RigidBody(name=name, shapes=(shape,), position=position, motion=motion, keyframes=path)


def scene(*elements: Element, frames: int = 4, substeps: int | None = None) -> Scene:
    return Scene(elements=elements, clock=Clock(frames=frames, fps=24.0, substeps=substeps))


def simulated(*elements: Element, frames: int = 4) -> Trajectory:
    (result,) = GenesisEngine().simulate([scene(*elements, frames=frames)])
    assert isinstance(result, Trajectory), result
    return result


@pytest.mark.parametrize(
    ("elements", "word"),
    [
        ((heap(), replace(body("loose", Sphere(0.02), (0, 0, 0.2)), motion="dynamic")), "loose"),
        ((body("alone", Sphere(0.02), (0, 0, 0.2)),), "rigid bodies alone"),
        ((heap(), pool()), "Fluid and Grains"),
        ((cube(pinned=(0,)),), "held vertices"),
        (
            (
                pool(
                    inflows=(
                        Inflow(
                            position=(0.1, 0.05, 0.1),
                            direction=(0, 0, -1),
                            radius=0.01,
                            speed=1.0,
                            stop=1.0,
                        ),
                    )
                ),
            ),
            "inflows",
        ),
        ((cube(material=replace(cube().material, flow_viscosity=5.0)),), "viscous flow"),
    ],
)
def test_it_refuses_what_it_cannot_do(elements, word: str) -> None:
    assert word in make_engine("genesis").refusal(scene(*elements))


def test_constants_steps_and_sizes_out_of_reach_are_errors() -> None:
    with pytest.raises(SimgenError, match="friction_angle"):
        build(scene(heap(material=material("liquid/water"))), "cpu")
    with pytest.raises(SimgenError, match="substeps >="):
        build(scene(heap(), substeps=1), "cpu")
    with pytest.raises(SimgenError, match="steps a second"):
        build(scene(cube(material=replace(cube().material, youngs_modulus=1e10))), "cpu")
    huge = Domain(lower=(-9.0, -9.0, 0.0), upper=(9.0, 9.0, 9.0))
    with pytest.raises(SimgenError, match="cells"):
        build(scene(heap(domain=huge)), "cpu")


def test_a_body_is_filled_with_its_mass_and_traced_at_its_vertices() -> None:
    setup, points = build(scene(cube(velocity=(0.3, 0, 0), angular_velocity=(0, 0, 2.0))), "cpu")
    inside, tracers = setup.matter
    (density,) = cube().material.require("density")
    assert math.isclose(inside.mass.sum(), density * 0.1**3, rel_tol=1e-6)
    assert np.array_equal(tracers.position, cube().vertices)
    assert points.owners == ("cube", "cube")
    right = np.argmax(tracers.position[:, 0])
    y = tracers.position[right, 0]
    assert np.allclose(tracers.velocity[right, :2], (0.3 - 2 * tracers.position[right, 1], 2 * y))


def test_only_bodies_within_reach_are_obstacles_and_paths_are_exact() -> None:
    times = np.linspace(0.0, 1.0, 5)
    way = Keyframes(times=times, positions=times[:, None] * [0.4, 0.0, 0.0] + [0.0, 0.0, 0.1])
    pusher = body("pusher", Box((0.02, 0.1, 0.1)), (0.0, 0.0, 0.1), way)
    far = body("far", Box((0.1, 0.1, 0.1)), (3.0, 0.0, 0.05))
    setup, _ = build(scene(pool(no_slip=False), far, pusher), "cpu")
    (solid,) = setup.solids
    assert solid.moving == 0
    seconds = np.arange(len(setup.poses)) * setup.frame_time / setup.pieces
    assert np.allclose(setup.poses[:, 0, 0], 0.4 * seconds)
    assert np.allclose(setup.rates[:, 0], (0.4, 0, 0, 0, 0, 0), atol=1e-9)


def test_free_fall_repeats_bit_for_bit() -> None:
    """Matter in the air falls at g, but for g t dt / 2 of steps of first order; a second
    scene in the same process gives the same bits."""
    drop = heap(high=0.15, velocity=(0.0, 0.0, -0.2))
    first, second = simulated(drop), simulated(drop)
    states = first.particles["sand"]
    fall = 0.2 * first.time + 4.905 * first.time**2
    assert np.allclose(states.position[0], drop.positions, atol=1e-6)
    height = states.position[:, :, 2].astype(float).mean(axis=1)
    late = 0.5 * 9.81 * first.time * first.solver.dt
    assert np.all(np.abs(height[0] - height - fall) <= 1.05 * late + 1e-6)
    assert np.array_equal(states.position, second.particles["sand"].position)


def test_a_soft_cube_lands_on_the_floor_and_not_in_it() -> None:
    """The grid feels the floor before a body is there: a light one rests .13 cells above it."""
    floor = RigidBody(
        name="floor", shapes=(Shape(geometry=Plane(), material=WOOD),), motion="static"
    )
    low = cube().vertices - [0.0, 0.0, 0.145]
    result = simulated(cube(vertices=low), floor, frames=6)
    least = result.meshes["cube"].position[:, :, 2].min(axis=1)
    cell = float(result.solver.parameters["cell"])
    assert -0.05 * cell < least.min() < 0.2 * cell


def test_what_breaks_in_the_library_is_a_rejection() -> None:
    """A message from its process; the next scene runs again."""
    setup, _ = build(scene(heap(high=0.1)), "cpu")
    failed = library("cpu", os.getpid()).call(replace(setup, matter=()))
    assert isinstance(failed, Rejected)
    assert failed.reason == "simulation/engine_failed"
