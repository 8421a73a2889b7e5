"""Soft bodies on both engines: flow, contact with each other, coupling, ties, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import griddata
from xpbd_scenes import floor, rubber

from simgen.engine import make_engine
from simgen.errors import Rejected, SimgenError
from simgen.geometry import Box, Sphere
from simgen.key import Key
from simgen.lattice import block
from simgen.material import Material
from simgen.record import Trajectory
from simgen.scene import Ambient, Clock, Keyframes, RigidBody, Scene, Shape, SoftBody
from simgen.template import find

ENGINES = ["warp", "mujoco"]
IRON = Material(name="test/iron", density=5000.0, friction=0.5, restitution=0.2)
GROUND = RigidBody(
    name="ground",
    shapes=(Shape(geometry=Box((4, 4, 0.2)), material=IRON),),
    position=(0, 0, -0.1),
    motion="static",
)


def roll(engine: str, *things: object, seconds: float, **options: object) -> Trajectory:
    pytest.importorskip(engine)
    clock = Clock(frames=1 + round(24 * seconds), fps=24)
    scene = Scene(elements=things, clock=clock, **options)  # type: ignore[arg-type]
    (result,) = make_engine(engine).simulate([scene])
    assert isinstance(result, Trajectory), result
    assert not result.solver.warnings
    return result


def cube(name: str, at: tuple[float, float, float], size: float = 0.1, **constants: float):
    points, tets = block((size, size, size), (3, 3, 3))
    stuff = rubber(**({"youngs_modulus": 3e4, "restitution": 0.3} | constants))
    return SoftBody(name=name, vertices=points + np.array(at), tetrahedra=tets, material=stuff)


@pytest.mark.parametrize("engine", ENGINES)
def test_soft_bodies_rest_on_each_other(engine: str) -> None:
    """A smaller cube lies on a larger one without sinking in, and both come to rest."""
    low, high = cube("low", (0, 0, 0.052)), cube("high", (0.004, 0.002, 0.145), 0.08)
    t = roll(engine, low, high, floor(), seconds=1.5)
    x, v = t.meshes["high"].position[-1], t.meshes["high"].velocity[-6:]
    under = t.meshes["low"].position[-1][np.asarray(low.vertices)[:, 2] > 0.1]
    foot = x[np.asarray(high.vertices)[:, 2] < 0.106]
    gap = foot[:, 2] - griddata(under[:, :2], under[:, 2], foot[:, :2])
    assert -0.003 < np.nanmin(gap) < 0.003
    assert np.sqrt((v**2).sum(axis=-1).mean()) < 0.03


@pytest.mark.parametrize("engine", ENGINES)
def test_a_heavy_ball_falls_into_a_soft_block(engine: str) -> None:
    """It sinks in and momentum is exchanged: the ball stops above the floor, the block bulges."""
    ball = RigidBody(
        name="ball", shapes=(Shape(geometry=Sphere(0.03), material=IRON),), position=(0, 0, 0.2)
    )
    t = roll(engine, cube("block", (0, 0, 0.052)), ball, GROUND, seconds=1.2)
    z = t.bodies.position[:, t.bodies.names.index("ball"), 2]
    assert 0.06 < z.min() < 0.128
    assert np.ptp(z[-4:]) < 0.01


@pytest.mark.parametrize("engine", ENGINES)
def test_tied_vertices_follow_a_moving_body(engine: str) -> None:
    """A cube glued to a plate that rises hangs from it."""
    body = cube("cube", (0, 0, 0.2))
    top = np.flatnonzero(np.asarray(body.vertices)[:, 2] > 0.2499)
    way = np.array([[0, 0, 0.26], [0, 0, 0.46]])
    plate = RigidBody(
        name="plate",
        shapes=(Shape(geometry=Box((0.2, 0.2, 0.02)), material=IRON),),
        position=(0, 0, 0.26),
        motion="kinematic",
        keyframes=Keyframes(times=np.array([0.0, 0.8]), positions=way),
    )
    glued = SoftBody(
        name="cube",
        vertices=body.vertices,
        tetrahedra=body.tetrahedra,
        material=body.material,
        attachments=tuple((int(i), "plate") for i in top),
    )
    t = roll(engine, glued, plate, seconds=0.75)
    moved = t.meshes["cube"].position[:, top, 2].mean(axis=1) - 0.25
    np.testing.assert_allclose(moved, 0.25 * t.time, atol=2e-3)
    assert t.meshes["cube"].position[-1, :, 2].min() > 0.25


def test_plastic_matter_keeps_its_volume_as_it_flows() -> None:
    """Flow is isochoric: a nearly incompressible lump pressed to half its height keeps 97 %."""
    points, tets = block((0.1, 0.1, 0.1), (4, 4, 4))
    dough = rubber(
        youngs_modulus=2e4, poissons_ratio=0.47, yield_stress=1e3, flow_viscosity=300.0,
        restitution=0.05,
    )  # fmt: skip
    lump = SoftBody(name="lump", vertices=points + [0, 0, 0.051], tetrahedra=tets, material=dough)
    way = np.array([[0, 0, 0.112], [0, 0, 0.055]])
    press = RigidBody(
        name="press",
        shapes=(Shape(geometry=Box((0.4, 0.4, 0.02)), material=IRON),),
        position=(0, 0, 0.112),
        motion="kinematic",
        keyframes=Keyframes(times=np.array([0.0, 0.6]), positions=way),
    )
    t = roll("warp", lump, press, floor(), seconds=0.7)
    volume = t.meshes["lump"].volume
    assert volume is not None
    assert abs(volume[-1] / volume[0] - 1) < 0.03
    assert np.ptp(t.meshes["lump"].position[-1, :, 0]) > 0.125


def test_a_ring_of_dough_under_the_press_keeps_its_mesh() -> None:
    """The thinnest lump under the lowest press flows out to three times its breadth at most; meshes
    too coarse for it grew spikes of 20 edges."""
    draw = {
        "form": "ring", "tool": "plate", "stuff": "food/bread_dough", "count": 1, "size": 0.1,
        "flatness": 0.45, "pace": 0.65, "frame_count": 20,
    }  # fmt: skip
    dough = find("deformable/dough_press").sample(Key(7), override=draw)
    scene = dough.build(Key(7))
    (result,) = make_engine("warp").simulate([scene])
    assert isinstance(result, Trajectory), result
    assert result.solver.parameters["xpbd.max_stretch"] < 5.0
    volume = result.meshes["dough_0"].volume
    assert volume is not None
    assert volume.min() > 0.85 * volume[0]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_slender_stiff_beam_is_solved_without_warnings(engine: str) -> None:
    """Held at one end it swings about the sag of a linear beam, w L^4 / (8 E I) = 6.3 mm, which a
    mesh of one cell across does not quite reach."""
    points, tets = block((0.3, 0.02, 0.02), (24, 1, 1))
    held = tuple(int(i) for i in np.flatnonzero(points[:, 0] < -0.149))
    stuff = rubber(youngs_modulus=4e7)
    beam = SoftBody(name="beam", vertices=points, tetrahedra=tets, material=stuff, pinned=held)
    t = roll(engine, beam, seconds=0.25)
    assert 0.006 < 0.01 - t.meshes["beam"].position[:, -1, 2].min() < 0.013


def test_mujoco_refuses_what_creeps() -> None:
    """Relaxation and viscous flow are the warp engine's."""
    body = cube("cube", (0, 0, 0.2), relaxing_modulus=3e4, relaxation_time=0.3)
    scene = Scene(elements=(body,), clock=Clock(frames=2, fps=24))
    assert "viscous flow" in make_engine("mujoco").refusal(scene)


@pytest.mark.parametrize("poisson", [0.5, -0.2])
def test_mujoco_refuses_a_poissons_ratio_out_of_its_range(poisson: float) -> None:
    body = cube("cube", (0, 0, 0.1), poissons_ratio=poisson)
    with pytest.raises(SimgenError, match=r"0\.\.0\.4999"):
        roll("mujoco", body, seconds=0.1)


@pytest.mark.parametrize("poisson", [-0.2, 0.3, 0.49])
def test_a_dull_cube_bounces_less_than_a_lively_one(poisson: float) -> None:
    """Friction inside comes from restitution whatever Poisson's ratio."""
    rise = []
    for restitution in (0.4, 0.9):
        thing = cube("cube", (0, 0, 0.25), poissons_ratio=poisson, restitution=restitution)
        z = roll("warp", thing, GROUND, seconds=0.75).meshes["cube"].position[:, :, 2].mean(axis=1)
        rise.append(z[int(np.argmin(z)) :].max())
    dull, lively = np.array(rise) - 0.05
    assert 1.3 * dull < lively < 0.2


def test_contradicting_constants_are_refused() -> None:
    """Matter that both yields and relaxes has no model here."""
    body = cube("cube", (0, 0, 0.2), yield_stress=1e3, relaxing_modulus=3e4, relaxation_time=0.3)
    scene = Scene(elements=(body,), clock=Clock(frames=2, fps=24), ambient=Ambient(pressure=0.0))
    with pytest.raises(SimgenError, match="both yields and relaxes"):
        list(make_engine("warp").simulate([scene]))


@pytest.mark.parametrize("engine", ENGINES)
def test_soft_bodies_that_start_inside_a_solid_are_rejected(engine: str) -> None:
    ground = RigidBody(
        name="ground", shapes=(Shape(geometry=Box((4, 4, 0.2)), material=IRON),), motion="static"
    )
    scene = Scene(elements=(cube("cube", (0, 0, 0.12)), ground), clock=Clock(frames=2, fps=24))
    pytest.importorskip(engine)
    (result,) = make_engine(engine).simulate([scene])
    assert isinstance(result, Rejected)
