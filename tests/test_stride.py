"""Strided clips: states at every k-th instant, and motion between them as the states say."""

from dataclasses import replace

import numpy as np
import pytest

import simgen
from simgen.camera import still
from simgen.errors import SimgenError
from simgen.geometry import Plane, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.record import (
    Contacts,
    GridStates,
    HeatStates,
    MeshStates,
    ParticleStates,
    RigidStates,
    Solver,
    Tracks,
    Trajectory,
    array_specs,
)
from simgen.scene import Clock, RigidBody, Scene, Shape
from simgen.stride import step_between, strided, strided_scene

SIZES = {"time": 7, "body": 2, "vertex": 5, "particle": 4, "x": 2, "y": 3, "z": 2, "contact": 6}


def filled(record, **fields):
    """A record whose arrays are random, every one there."""
    rng = Key(0).child(record.__name__).rng()
    arrays = {}
    for name, spec in array_specs(record).items():
        shape = [int(a) if a.isdigit() else SIZES.get(a, 3) for a in spec.axes.split()]
        arrays[name] = (rng.random(shape) * 50).astype(spec.dtype)
    return record(**arrays | fields)


def whole_trajectory() -> Trajectory:
    frames = np.array([0, 1, 3, 3, 5, 6])
    return filled(
        Trajectory,
        time=np.arange(7) / 60,
        bodies=filled(RigidStates, names=("a", "b")),
        solver=Solver(engine="x", version="1", device="cpu", dt=1 / 480, substeps=8),
        meshes={"cloth": filled(MeshStates)},
        particles={"sand": filled(ParticleStates)},
        heat={"pan": filled(HeatStates)},
        grids={"smoke": filled(GridStates, cell=0.1)},
        contacts=filled(Contacts, frame=frames),
    )


@pytest.mark.parametrize("step", [1, 2, 3, 7])
def test_every_array_over_time_is_strided_and_no_other(step) -> None:
    whole = whole_trajectory()
    part = strided(whole, slice(None, None, step))
    assert np.array_equal(part.time, whole.time[::step])
    assert part.frames == -(-7 // step)
    pairs = [(whole.bodies, part.bodies)]
    for group in ("meshes", "particles", "heat", "grids"):
        found = getattr(whole, group)
        assert set(found) == set(getattr(part, group))
        pairs += [(found[name], getattr(part, group)[name]) for name in found]
    for before, after in pairs:
        for name, spec in array_specs(type(before)).items():
            array = getattr(before, name)
            expected = array[::step] if spec.axes.split()[0] == "time" else array
            assert np.array_equal(getattr(after, name), expected), name
    assert part.solver.dt == whole.solver.dt
    assert part.solver.substeps == 8 * step
    assert part.bodies.names == ("a", "b")


def test_a_cut_begins_and_ends_where_it_says() -> None:
    whole = whole_trajectory()
    part = strided(whole, slice(1, 6, 2))
    assert np.array_equal(part.time, whole.time[[1, 3, 5]])
    assert np.array_equal(part.meshes["cloth"].position, whole.meshes["cloth"].position[1:6:2])
    assert part.contacts is not None
    assert whole.contacts is not None
    assert part.contacts.frame.tolist() == [0, 1, 1, 2]
    assert np.array_equal(part.contacts.depth, whole.contacts.depth[1:5])


def test_quaternions_go_on_without_a_change_of_sign() -> None:
    """A turn by 100 degrees per frame: neighbours agree in sign, every second frame does not."""
    whole = whole_trajectory()
    angle = np.radians(100) * np.arange(7)[:, None].repeat(2, 1) / 2
    turn = np.stack([np.cos(angle), np.sin(angle), 0 * angle, 0 * angle], -1)
    bodies = replace(whole.bodies, quaternion=turn.astype(whole.bodies.quaternion.dtype))
    part = strided(replace(whole, bodies=bodies), slice(None, None, 2)).bodies.quaternion
    assert (np.sum(part[1:] * part[:-1], -1) > 0).all()
    assert np.array_equal(np.abs(part), np.abs(bodies.quaternion[::2]))


def test_contacts_keep_their_instant() -> None:
    whole = whole_trajectory()
    part = strided(whole, slice(None, None, 3)).contacts
    assert part is not None
    assert whole.contacts is not None
    assert part.frame.tolist() == [0, 1, 1, 2]
    assert np.array_equal(part.impulse, whole.contacts.impulse[[0, 2, 3, 5]])


def test_tracks_are_strided_along_their_second_axis() -> None:
    tracks = filled(Tracks)
    assert np.array_equal(strided(tracks, slice(None, None, 3)).pixels, tracks.pixels[:, ::3])
    assert np.array_equal(strided(tracks, slice(None, None, 3)).instance, tracks.instance)


@pytest.mark.parametrize(
    ("stored", "asked", "step"), [(24, 24, 1), (24, 8, 3), (240, 30, 8), (29.97, 9.99, 3)]
)
def test_rates_that_are_among_the_stored_instants(stored, asked, step) -> None:
    assert step_between(stored, asked, "clip") == step


@pytest.mark.parametrize("asked", [16, 25, 48, 0, -8, 1e-9 + 16])
def test_other_rates_are_refused_with_what_there_is(asked) -> None:
    with pytest.raises(SimgenError, match="gives 24, 12, 8, 6") as caught:
        step_between(24, asked, "rigid/x/3")
    assert "rigid/x/3 is stored at 24 frames/s" in str(caught.value)
    if asked == 16:
        assert "fps=48 or fps=240" in str(caught.value)


def test_strided_render_is_the_render_at_these_instants() -> None:
    """A ball crosses the picture and comes closer; flow over three frames is its way over three."""
    clock = Clock(frames=7, fps=60)
    wood = material("wood/oak")
    floor = RigidBody(
        name="floor", motion="static", shapes=(Shape(geometry=Plane(), material=wood),)
    )
    ball = RigidBody(name="ball", shapes=(Shape(geometry=Sphere(0.3), material=wood),))
    camera = still(clock, eye=(0, -3, 1), target=(0, 0, 0.5))
    scene = Scene(elements=(ball, floor), clock=clock, cameras=(camera,))
    moved = Trajectory(
        time=clock.times,
        bodies=straight_ways(7, start=(-0.4, 0, 0.6), each=(0.07, -0.05, 0)),
        solver=Solver(engine="x", version="1", device="cpu", dt=1 / 60, substeps=1),
    )
    passes = ("depth", "segmentation", "forward_flow", "forward_depth_change", "backward_flow")
    size = {"width": 64, "height": 40}
    every = simgen.render(scene, moved, passes=passes, **size)
    part = slice(None, None, 3)
    third = simgen.render(strided_scene(scene, part), strided(moved, part), passes=passes, **size)
    assert len(third) == 3
    for t in range(3):
        for name in ("depth", "segmentation"):
            assert np.array_equal(third.read(name, t), every.read(name, 3 * t))
    on_ball = third.read("segmentation", 0) == 1
    flow, change = third.read("forward_flow", 0)[on_ball], third.read("forward_depth_change", 0)
    rows, columns = np.nonzero(on_ball)
    matrix, pose = every.intrinsics, every.camera_to_world[0]
    z = third.read("depth", 0)[on_ball]
    pixel = np.stack([columns + 0.5, rows + 0.5], 1)
    local = np.concatenate(
        [(pixel - matrix[:2, 2]) / matrix[[0, 1], [0, 1]], np.ones((len(z), 1))], 1
    )
    there = local * z[:, None] + 3 * np.array([0.07, -0.05, 0]) @ pose[:3, :3]
    expected = there[:, :2] / there[:, 2:] * matrix[[0, 1], [0, 1]] + matrix[:2, 2] - pixel
    assert np.abs(flow - expected).max() < 2e-3
    assert np.abs(change[on_ball] - (there[:, 2] - z)).max() < 1e-5
    assert np.abs(flow - 3 * every.read("forward_flow", 0)[on_ball]).max() > 0.1  # not a multiple
    assert np.isnan(third.read("forward_flow", 2)).all()


def straight_ways(frames, start, each) -> RigidStates:
    """A ball that moves by `each` from frame to frame, and a floor that does not."""
    position = np.zeros((frames, 2, 3))
    position[:, 0] = np.asarray(start) + np.arange(frames)[:, None] * np.asarray(each)
    return RigidStates(
        names=("ball", "floor"),
        position=position,
        quaternion=np.tile([1.0, 0, 0, 0], (frames, 2, 1)),
        velocity=np.zeros((frames, 2, 3)),
        angular_velocity=np.zeros((frames, 2, 3)),
        mass=np.full(2, np.inf),
        center_of_mass=np.zeros((2, 3)),
    )


def test_a_strided_scene_keeps_everything_but_its_clock_and_cameras() -> None:
    clock = Clock(frames=7, fps=60, substeps=4)
    scene = Scene(
        elements=(), clock=clock, cameras=(still(clock, eye=(0, -3, 1), target=(0, 0, 0)),)
    )
    part = strided_scene(scene, slice(None, None, 3))
    assert part.clock == Clock(frames=3, fps=20, substeps=12)
    assert part.cameras[0].camera_to_world.shape == (3, 4, 4)
    assert replace(part, clock=clock, cameras=scene.cameras).sun == scene.sun
