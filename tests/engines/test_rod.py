"""The rods of the warp engine, and what every engine of ropes refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("warp")
pytest.importorskip("mujoco")

from simgen.checks.matter import MeshInvariants
from simgen.engine import capable, make_engine
from simgen.engines.rope import crossing, segment_distance
from simgen.errors import Rejected, SimgenError
from simgen.geometry import Array, Box, Sphere
from simgen.material import Material, material
from simgen.record import Annotations, Frames, Trajectory
from simgen.scene import Clock, Element, RigidBody, Rope, Scene, Shape

HEMP = material("textile/hemp_rope")


def straight(start: tuple, end: tuple, count: int) -> Array:
    return np.linspace(np.asarray(start, float), np.asarray(end, float), count)


def rope(points: Array, **options) -> Rope:
    given = {"name": "rope", "radius": 0.01, "material": HEMP, "straight_at_rest": True}
    return Rope(points=points, **(given | options))


def simulate(*elements: Element, frames: int = 13, engine: str = "warp", **options):
    scene = Scene(elements=elements, clock=Clock(frames=frames, fps=24.0), **options)
    (result,) = make_engine(engine).simulate([scene])
    return scene, result


def body(name: str, mass: float, position: tuple, **options) -> RigidBody:
    shape = Shape(geometry=Sphere(0.05), material=HEMP)
    return RigidBody(name=name, shapes=(shape,), position=position, mass=mass, **options)


@pytest.mark.parametrize("engine", ["mujoco", "warp"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"points": straight((0, 0, 1), (1, 0, 1), 81)}, "diameter"),
        ({"points": np.zeros((5, 2))}, r"\(N, 3\)"),
        ({"points": straight((0, 0, np.nan), (1, 0, 1), 11)}, "not finite"),
        ({"radius": -1.0}, "positive"),
        ({"pinned": (11,)}, "point 11"),
        ({"attachments": ((0, "ghost"),)}, "ghost"),
        ({"pinned": (0,), "attachments": ((0, "ball"),)}, "held twice"),
        (
            {"material": Material(name="test/thing", density=1.0, friction=0.3, restitution=0.1)},
            "youngs_modulus",
        ),
    ],
)
def test_ropes_that_no_physics_can_be_put_on_are_refused(engine, change, words) -> None:
    points = straight((0, 0, 1), (1, 0, 1), 11)
    ball = body("ball", 1.0, (3, 0, 1))
    with pytest.raises(SimgenError, match=words):
        simulate(ball, rope(**({"points": points} | change)), engine=engine)


@pytest.mark.parametrize("engine", ["mujoco", "warp"])
def test_ropes_that_start_inside_each_other_or_a_body_are_rejected(engine) -> None:
    along, across = straight((0, 0, 1), (1, 0, 1), 11), straight((0.5, -1, 1), (0.5, 1, 1), 11)
    _, found = simulate(rope(along), rope(across, name="other"), engine=engine)
    assert isinstance(found, Rejected)
    assert found.reason == "simulation/initial_overlap"
    block = Shape(geometry=Box((0.2, 0.2, 0.2)), material=HEMP)
    wall = RigidBody(name="wall", shapes=(block,), position=(0.5, 0, 1), motion="static")
    _, found = simulate(rope(along), wall, engine=engine)
    assert isinstance(found, Rejected)
    assert found.reason == "simulation/initial_overlap"


def test_distance_of_segments_is_that_of_many_points_on_them() -> None:
    rng = np.random.default_rng(1)
    a, b, c, d = rng.normal(size=(4, 40, 3))
    s = np.linspace(0, 1, 201)
    p = a[:, None] + s[:, None] * (b - a)[:, None]
    q = c[:, None] + s[:, None] * (d - c)[:, None]
    least = np.linalg.norm(p[:, :, None] - q[:, None], axis=-1).min(axis=(1, 2))
    assert segment_distance(a, b, c, d) == pytest.approx(least, abs=1e-3)


def test_two_runs_are_equal_to_the_bit() -> None:
    points = straight((0, 0, 1), (1, 0, 1), 21)
    ball = body("ball", 0.5, (1.06, 0, 1))
    runs = [simulate(rope(points, pinned=(0,), attachments=((20, "ball"),)), ball)[1] for _ in "ab"]
    first, second = (r.meshes["rope"].position for r in runs)
    assert np.array_equal(first, second)


def test_tied_bodies_and_rope_keep_their_momentum() -> None:
    # Nothing holds the two balls and the rope between them: without gravity the momentum of the
    # thrown one stays, whatever the rope does (impulses on both sides of a tie are equal; the
    # staggered step leaves the rope's own share, 3 % of the mass, out for one step).
    points = straight((0, 0, 0), (1, 0, 0), 21)
    balls = (
        body("a", 1.0, (-0.06, 0, 0), velocity=(0, 2, 0)),
        body("b", 2.0, (1.06, 0, 0)),
    )
    cord = rope(points, attachments=((0, "a"), (20, "b")))
    _, t = simulate(cord, *balls, frames=25, gravity=(0, 0, 0))
    assert isinstance(t, Trajectory)
    mass = np.full(21, 900 * np.pi * 1e-4 * 0.05)
    mass[[0, 20]] /= 2
    total = t.bodies.mass @ t.bodies.velocity[-1] + mass @ t.meshes["rope"].velocity[-1]
    assert total == pytest.approx([0, 2, 0], abs=0.03)
    assert np.abs(t.bodies.velocity[-1, 1]).max() > 0.3  # the rope has pulled the other one along


def test_two_engines_take_ropes() -> None:
    scene, _ = simulate(rope(straight((0, 0, 1), (1, 0, 1), 21)))
    assert {"mujoco", "warp"} <= set(capable(scene))


def test_a_rope_through_itself_fails_the_clip() -> None:
    points = straight((0, 0, 1), (1, 0, 1), 21)
    scene, t = simulate(rope(points, pinned=(0,)), frames=3)
    assert isinstance(t, Trajectory)
    check = MeshInvariants()
    nothing = (Frames([], np.zeros((0, 4, 4)), np.eye(3)), Annotations())
    assert check.check(scene, t, *nothing).passed
    states = t.meshes["rope"]
    bent = states.position.copy()
    bent[1, 11:, 0] = bent[1, 9::-1, 0][: len(bent[1, 11:])] + 0.02  # folded back on itself
    broken = replace(t, meshes={"rope": replace(states, position=bent)})
    found = check.check(scene, broken, *nothing)
    assert not found.passed
    assert found.measured["rope_overlap"] > 0.9


def test_crossing_names_the_ropes() -> None:
    along, across = straight((0, 0, 1), (1, 0, 1), 11), straight((0.5, -1, 1), (0.5, 1, 1), 11)
    assert crossing([rope(along), rope(across, name="other")]) == (
        "rope and other overlap by 20.00 mm"
    )
    assert not crossing([rope(along), rope(across + [0, 0, 0.021], name="other")])


def test_contacts_beside_a_tied_point_are_no_rows_of_the_solver() -> None:
    """MuJoCo's sparse solver misses its minimum when rows stand for contacts that never act."""
    from simgen.engines.mujoco_rollout import World
    from simgen.engines.mujoco_rope import Quiet

    block = Shape(geometry=Box((0.3, 0.1, 0.02)), material=HEMP)
    plank = RigidBody(name="plank", shapes=(block,), position=(0.5, 0, 1.021))
    line = rope(straight((0, 0, 1), (1, 0, 1), 21), pinned=(0, 20))
    tied = replace(line, attachments=((8, "plank"), (12, "plank")))
    scene = Scene(elements=(plank, tied), clock=Clock(frames=2, fps=24))
    world = World(scene, 100)
    assert world.begin() is None
    contact = world.data.contact
    quiet = Quiet(scene, world.built.geom_body).of(contact)
    assert quiet.any()
    assert (contact.efc_address[quiet] == -1).all()
    assert world.data.nefc > 0
    assert world.end() is None
    assert np.isfinite(world.data.qpos).all()
