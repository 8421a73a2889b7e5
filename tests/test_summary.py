"""A clip in a few numbers, on states and pictures whose numbers are known beforehand."""

import numpy as np
import pytest

from simgen.annotators.tracks import project
from simgen.camera import still
from simgen.geometry import Box, Plane
from simgen.material import material
from simgen.record import Frame, GridStates, MeshStates, RigidStates, Solver, Trajectory
from simgen.rotation import from_axis_angle, look_at, multiply
from simgen.scene import Camera, Clock, RigidBody, Scene, Shape
from simgen.summary import (
    Meter,
    events,
    parameter_fingerprint,
    picture_hash,
    six_digits,
    trajectory_fingerprint,
)

CLOCK = Clock(frames=17, fps=16)
WIDTH, HEIGHT = 64, 36


def body(name: str, motion: str = "dynamic") -> RigidBody:
    shape = Box((0.1, 0.1, 0.2)) if motion == "dynamic" else Plane()
    return RigidBody(
        name=name,
        motion=motion,  # type: ignore[arg-type]
        position=(0, 0, 1),
        shapes=(Shape(geometry=shape, material=material("wood/oak")),),
    )


def trajectory(
    position: np.ndarray, quaternion: np.ndarray | None = None, **more: object
) -> Trajectory:
    """Two free bodies (T, 2, 3) and a floor; velocities by central differences."""
    frames = len(position)
    position = np.concatenate([position, np.zeros((frames, 1, 3))], 1)
    turn = np.tile([1.0, 0, 0, 0], (frames, 3, 1))
    if quaternion is not None:
        turn[:, 0] = quaternion
    velocity = np.gradient(position, 1 / CLOCK.fps, axis=0)
    return Trajectory(
        time=np.arange(frames) / CLOCK.fps,
        bodies=RigidStates(
            names=("a", "b", "floor"),
            position=position,
            quaternion=turn,
            velocity=velocity,
            angular_velocity=np.zeros_like(position),
            mass=np.array([1, 1, np.inf]),
            center_of_mass=np.zeros((3, 3)),
        ),
        solver=Solver(engine="null", version="", device="cpu", dt=1 / 16, substeps=1),
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
def scene() -> Scene:
    return Scene(
        elements=(body("a"), body("b"), body("floor", "static")),
        clock=CLOCK,
        cameras=(still(CLOCK, eye=(0, -4, 1), target=(0, 0, 1)),),
    )


def at(*path: tuple[float, float, float]) -> np.ndarray:
    """(17, 3) straight from the first place to the last, the second half of the time at rest."""
    share = np.clip(np.arange(17) / 8, 0, 1)[:, None]
    return np.array(path[0]) * (1 - share) + np.array(path[-1]) * share


def became(scene: Scene, states: Trajectory) -> dict[str, float]:
    return events(scene, states, scene.camera(), WIDTH, HEIGHT)


def test_events_of_bodies(scene) -> None:
    fall = np.stack([at((0, 0, 1), (0, 0, 0.5)), at((1, 0, 1))], 1)
    found = became(scene, trajectory(fall))
    assert found["speed_max"] == pytest.approx(1.0)
    assert (found["moved_share"], found["left_share"], found["resting_share"]) == (0.5, 0.0, 1.0)
    assert found["toppled_share"] == 0.0
    away = np.stack([at((0, 0, 1), (9, 0, 1)), at((1, 0, 1), (1, -8, 1))], 1)
    assert became(scene, trajectory(away))["left_share"] == 1.0
    going = np.stack([np.linspace((0, 0, 1), (0.5, 0, 1), 17), at((1, 0, 1))], 1)
    assert became(scene, trajectory(going))["resting_share"] == 0.5


@pytest.mark.parametrize(("angle", "share"), [(55.0, 0.0), (65.0, 0.5), (180.0, 0.5)])
def test_what_turns_over_has_toppled(scene, angle, share) -> None:
    """Relative to how it stood at the start, which may be any way up."""
    start = from_axis_angle((0, 1, 0), 1.2)
    turns = [from_axis_angle((1, 0, 0), np.radians(angle) * k / 16) for k in range(17)]
    path = np.array([multiply(turn, start) for turn in turns])
    rest = np.stack([at((0, 0, 1)), at((1, 0, 1))], 1)
    assert became(scene, trajectory(rest, path))["toppled_share"] == share


def test_matter_counts_as_one_thing(scene) -> None:
    rest = np.stack([at((0, 0, 1)), at((1, 0, 1))], 1)
    vertices = np.zeros((17, 50, 3), np.float32)
    vertices[..., 2] = at((0, 0, 1), (0, 0, 0.4))[:, None, 2]
    velocity = np.zeros_like(vertices)
    velocity[-1, :, 2] = -3
    cloth = MeshStates(position=vertices, velocity=velocity)
    found = became(scene, trajectory(rest, meshes={"cloth": cloth}))
    assert found["moved_share"] == pytest.approx(1 / 3)
    assert found["resting_share"] == pytest.approx(2 / 3)
    assert found["speed_max"] == 3.0


def test_gas_has_a_speed_where_there_is_smoke(scene) -> None:
    rest = np.stack([at((0, 0, 1)), at((1, 0, 1))], 1)
    smoke, velocity = np.zeros((17, 4, 4, 4)), np.zeros((17, 4, 4, 4, 3))
    smoke[8, 1, 1, 1] = 1.0
    velocity[8, 1, 1, 1], velocity[8, 2, 2, 2] = (0, 0, 2), (0, 0, 50)
    grid = GridStates(
        origin=np.zeros(3),
        cell=0.1,
        smoke=smoke,
        temperature=np.full_like(smoke, 300),
        velocity=velocity,
    )
    states = trajectory(rest, grids={"gas": grid})
    assert became(scene, states)["speed_max"] == 2.0
    assert trajectory_fingerprint(scene, states) != trajectory_fingerprint(scene, trajectory(rest))


def test_like_trajectories_have_like_fingerprints(scene) -> None:
    def code(height: float, shift: float = 0.0) -> np.ndarray:
        first = at((shift, 0, 1), (0.3 + shift, 0, height))
        states = trajectory(np.stack([first, at((1, 0, 1), (1, 0.2, 1))], 1))
        return np.frombuffer(bytes.fromhex(trajectory_fingerprint(scene, states)), np.uint8)

    assert code(0.5).shape == (32,)
    assert np.abs(code(0.5).astype(int) - code(0.505)).max() <= 1
    assert np.abs(code(0.5).astype(int) - code(0.8)).max() > 5
    rest = np.stack([at((0, 0, 1)), at((1, 0, 1))], 1)
    assert trajectory_fingerprint(scene, trajectory(rest)) == "80" * 32
    assert trajectory_fingerprint(Scene(elements=(), clock=CLOCK), trajectory(rest)) == ""


def test_pictures_hash_by_their_layout() -> None:
    rng = np.random.default_rng(0)
    picture = np.kron(rng.integers(40, 200, (8, 9, 1)), np.ones((9, 9, 3))).astype(np.uint8)
    same = picture_hash(picture)
    noisy = np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)
    other = picture[:, ::-1]

    def distance(a: str, b: str) -> int:
        return (int(a, 16) ^ int(b, 16)).bit_count()

    assert len(same) == 16
    assert distance(same, picture_hash(np.minimum(picture.astype(int) + 30, 255))) == 0
    assert distance(same, picture_hash(noisy)) <= 2
    assert distance(same, picture_hash(other)) > 20
    assert len(picture_hash(np.zeros((16, 16, 3), np.uint8))) == 16


def frames_of_a_wall(camera: Camera, shift: np.ndarray) -> list[Frame]:
    """A wall 4 m in front of the first camera, a tenth of which moves by `shift` [m] a frame."""
    matrix = camera.intrinsics(WIDTH, HEIGHT)
    row, column = np.mgrid[0:HEIGHT, 0:WIDTH].reshape(2, -1) + 0.5
    found = []
    for t in range(CLOCK.frames - 1):
        pose = camera.camera_to_world[[t, t + 1]]
        ray = np.stack(
            [(column - matrix[0, 2]) / matrix[0, 0], (row - matrix[1, 2]) / matrix[1, 1]]
        )
        direction = np.vstack([ray, np.ones_like(column)]).T @ pose[0, :3, :3].T
        depth = (0.0 - pose[0, 1, 3]) / direction[:, 1]  # the wall is y = 0
        world = pose[0, :3, 3] + depth[:, None] * direction
        moved = world + np.where((row < HEIGHT / 10 + 0.1)[:, None], shift, 0.0)
        pixels, _ = project(moved[:, None], pose[1:], matrix)
        flow = (pixels[:, 0] - np.stack([column, row], 1)).reshape(HEIGHT, WIDTH, 2)
        picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        passes = {"rgb": picture, "depth": depth.reshape(HEIGHT, WIDTH), "forward_flow": flow}
        found.append(Frame(t, passes))
    return [*found, Frame(CLOCK.frames - 1, found[-1].passes)]


@pytest.mark.parametrize("shift", [0.0, 0.2])
@pytest.mark.parametrize("camera_moves", [False, True])
def test_motion_is_told_from_that_of_the_camera(shift, camera_moves) -> None:
    eyes = [(0.05 * t * camera_moves, -4.0, 1.0) for t in range(17)]
    poses = np.array([look_at(eye, np.array(eye) + (0, 1, 0)) for eye in eyes])
    camera = Camera(camera_to_world=poses, field_of_view=0.8)
    meter = Meter(camera, camera.intrinsics(WIDTH, HEIGHT), CLOCK.frames)
    for frame in frames_of_a_wall(camera, np.array([shift, 0, 0])):
        meter.add(frame)
    found = meter.motion()
    pixel = camera.intrinsics(WIDTH, HEIGHT)[0, 0] / 4.0
    assert found["flow_median"] == pytest.approx(0.05 * pixel * camera_moves, abs=1e-4)
    assert found["flow_p95"] == pytest.approx(pixel * abs(0.05 * camera_moves - shift), abs=1e-3)
    assert found["flow_p95_share"] == pytest.approx(found["flow_p95"] / WIDTH)
    assert found["moving_share"] == pytest.approx(4 / 36 if shift else 0.0)
    assert found["moving_flow"] == pytest.approx(pixel * shift, abs=1e-4)
    assert found["active_share"] == (1.0 if shift else 0.0)
    assert len(meter.fingerprint()) == 48


def test_without_passes_nothing_is_said(scene) -> None:
    meter = Meter(scene.camera(), np.eye(3), 17)
    meter.add(Frame(0, {}))
    assert (meter.motion(), meter.fingerprint()) == ({}, "")


def test_small_things() -> None:
    one = parameter_fingerprint("rigid/box", {"a": 1.0, "b": "x"})
    assert one == parameter_fingerprint("rigid/box", {"b": "x", "a": 1.0})
    assert len({one, parameter_fingerprint("rigid/bin", {"a": 1.0, "b": "x"})}) == 2
    assert six_digits({"a": 1 / 3, "b": 0.0}) == {"a": 0.333333, "b": 0.0}
    assert str(six_digits({"a": float("nan")})["a"]) == "nan"
