"""Stages: the event is seen, the sun reaches it, and pictures are neither black nor blown out."""

import math
from typing import Any

import numpy as np
import pytest

from simgen.camera import Focus
from simgen.engine import make_engine
from simgen.errors import SimgenError
from simgen.geometry import Box, Sphere
from simgen.key import Key
from simgen.material import Look, material
from simgen.record import Trajectory
from simgen.renderer import View, make_renderer
from simgen.rotation import to_matrix
from simgen.scene import Ambient, Clock, RigidBody, Scene, Shape, Sky
from simgen.spectrum import LUMINANCE
from simgen.stage import ENVIRONMENTS, FLOORS, LIGHTS, build_stage
from simgen.stage.lamp import Bulb, panel
from simgen.stage.light import dim

SIZES = (0.06, 0.8, 4.0)
"""Billiard balls, a tower of blocks, a tall structure [m]."""


def _stage(seed: int, size: float, **change: Any) -> Scene:
    stuff = material("plastic/abs")
    edge = 0.3 * size
    shape = Shape(geometry=Box((edge, edge, edge)), material=stuff, look=stuff.look(Key(seed)))
    body = RigidBody(name="event", shapes=(shape,), position=(0.0, 0.0, 0.15 * size + 0.001))
    half = 0.5 * size
    options: dict[str, Any] = {
        "clock": Clock(frames=2, fps=24.0),
        "focus": Focus(lower=(-half, -half, 0.0), upper=(half, half, 0.6 * size)),
        "environment": "room",
        "floor": FLOORS[seed % len(FLOORS)],
        "floor_size": None,
        "light": "day",
        "sun_azimuth": -2.0 + 1.3 * seed,
        "camera_motion": "static",
        "camera_azimuth": 0.4,
        "camera_elevation": 0.3,
        "field_of_view": 0.6,
        "aspect_ratio": 16 / 9,
        "gravity": (0.0, 0.0, -9.81),
        "ambient": Ambient(),
    }
    return build_stage(Key(seed), (body,), **(options | change))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("size", SIZES)
def test_the_event_is_seen_in_good_light(environment: str, size: float) -> None:
    renderer = make_renderer("warp", threads=1)
    view = View(width=64, height=36, samples=2)
    first = SIZES.index(size)
    for seed, light in list(enumerate(LIGHTS))[first :: len(SIZES)]:
        scene = _stage(seed, size, environment=environment, light=light)
        (trajectory,) = make_engine("null").simulate([scene])
        assert isinstance(trajectory, Trajectory)
        frame = next(renderer.render(scene, trajectory, view, frozenset({"rgb", "segmentation"})))
        # Nothing stands between the camera and the event: its instance is in the middle.
        assert (frame["segmentation"][14:24, 28:36] == 1).mean() > 0.3
        # Luma of the picture inside what a trainer can use; no large black or white areas.
        luma = frame["rgb"] @ np.array([0.2126, 0.7152, 0.0722]) / 255
        assert 0.2 <= luma.mean() <= 0.75, (environment, size, light)
        assert (luma < 0.02).mean() < 0.15
        assert (luma > 0.98).mean() < 0.15


def _blocked(scene: Scene, start: np.ndarray, way: np.ndarray) -> bool:
    """Whether a box of the surroundings lies on a ray (slab test, boxes are not turned)."""
    for body in scene.bodies:
        for shape in body.shapes:
            if body.name == "event" or not isinstance(shape.geometry, Box):
                continue
            middle = np.add(body.position, shape.position)
            half = np.asarray(shape.geometry.size) / 2
            near, far = (middle - half - start) / way, (middle + half - start) / way
            enter, leave = np.minimum(near, far).max(), np.maximum(near, far).min()
            if leave > max(enter, 0.0):
                return True
    return False


@pytest.mark.parametrize("environment", ["room", "tabletop"])
@pytest.mark.parametrize("light", LIGHTS)
def test_walls_let_the_sun_in(environment: str, light: str) -> None:
    for size in SIZES:
        for azimuth in np.arange(-3.0, 3.0, 0.37):
            scene = _stage(1, size, environment=environment, light=light, sun_azimuth=azimuth)
            if scene.sun is None:
                continue
            way = np.asarray(scene.sun.direction)
            spots = np.random.default_rng(0).uniform(-0.35, 0.35, (40, 3)) * size
            spots[:, 2] = 0.3 * size + 0.2 * spots[:, 2]
            shaded = np.mean([_blocked(scene, spot, way) for spot in spots])
            # Glazing bars may shade some of it, a wall would shade all of it.
            assert shaded < 0.5, (size, azimuth)


def test_the_camera_is_inside_the_room() -> None:
    for motion in ("orbit", "dolly", "hand_held"):
        scene = _stage(2, 0.8, camera_motion=motion, clock=Clock(frames=48, fps=24.0))
        walls = [b for b in scene.bodies if b.name.startswith("wall_")]
        inner = np.abs([b.position[:2] for b in walls]).max(axis=0) - 0.06
        eyes = np.abs(scene.cameras[0].camera_to_world[:, :2, 3])
        assert (eyes < inner - 0.1).all()


def test_a_stage_follows_from_its_key() -> None:
    def summary(scene: Scene) -> list[object]:
        looks = [(b.name, b.position, s.look) for b in scene.bodies for s in b.shapes]
        return [*looks, scene.sun.direction if scene.sun else None, repr(scene.sky)]

    for environment in ENVIRONMENTS:
        one = _stage(5, 0.8, environment=environment)
        assert summary(one) == summary(_stage(5, 0.8, environment=environment))
        assert summary(one) != summary(_stage(6, 0.8, environment=environment))


def test_the_floor_is_at_zero_and_named() -> None:
    for environment in ENVIRONMENTS:
        floor = next(b for b in _stage(0, 0.8, environment=environment).bodies if b.name == "floor")
        assert floor.position[2] == 0.0
        assert floor.motion == "static"


def test_unknown_names_are_refused() -> None:
    with pytest.raises(SimgenError, match="environment"):
        _stage(0, 0.8, environment="moon")
    with pytest.raises(SimgenError, match="light"):
        _stage(0, 0.8, light="disco")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_suns_are_unit_vectors_well_above_the_horizon(environment: str) -> None:
    for seed, light in enumerate(LIGHTS):
        sun = _stage(seed, 0.8, light=light, environment=environment).sun
        if sun is not None:
            assert math.dist(sun.direction, (0.0, 0.0, 0.0)) == pytest.approx(1.0)
            assert sun.direction[2] > 0.15


def _lamps(scene: Scene) -> list[tuple[RigidBody, Shape]]:
    return [(b, s) for b in scene.bodies for s in b.shapes if max(s.look.emission) > 0.0]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("light", LIGHTS)
def test_every_rig_lights_the_event(environment: str, light: str) -> None:
    for seed, size in enumerate(SIZES):
        scene = _stage(seed, size, light=light, environment=environment)
        lamps = _lamps(scene)
        assert all(b.motion == "static" and not s.collides for b, s in lamps)
        middle = np.array([0.0, 0.0, 0.3 * size])
        # Irradiance of a surface that faces the lamp, of a point source: radiance area / d^2.
        received = sum(
            float(s.look.emission @ LUMINANCE)
            * _shadow(s, b, middle)
            / float(np.sum((middle - _at(b, s)) ** 2))
            for b, s in lamps
        )
        if not lamps:
            assert scene.sun is not None or not isinstance(scene.sky, Sky)
        elif light != "blue_hour":
            assert 0.5 < received < 6.0


def _at(body: RigidBody, shape: Shape) -> np.ndarray:
    return np.add(body.position, to_matrix(body.quaternion) @ shape.position)


def _shadow(shape: Shape, body: RigidBody, point: np.ndarray) -> float:
    """Area of a ball or a box as seen from a point [m^2]."""
    if isinstance(shape.geometry, Sphere):
        return math.pi * shape.geometry.radius**2
    assert isinstance(shape.geometry, Box)
    way = to_matrix(body.quaternion).T @ (point - _at(body, shape))
    x, y, z = shape.geometry.size
    return float(np.abs(way / np.linalg.norm(way)) @ (y * z, z * x, x * y))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("light", LIGHTS)
def test_lamps_are_out_of_the_picture_and_leave_the_event_free(
    environment: str, light: str
) -> None:
    for seed, size in enumerate(SIZES):
        scene = _stage(seed, size, light=light, environment=environment)
        camera = scene.cameras[0]
        pose, height = camera.camera_to_world[0], 9.0
        matrix = camera.intrinsics(16, 9)
        eye, middle = pose[:3, 3], np.array([0.0, 0.0, 0.3 * size])
        for body, shape in _lamps(scene):
            local = pose[:3, :3].T @ (_at(body, shape) - eye)
            x, y, _ = matrix @ (local / local[2])
            assert local[2] < 0 or not (0 < x < 16 and 0 < y < height), (body.name, size)
            # It hangs above everything that moves, not on the way from the eye to the event.
            along = np.clip(
                (_at(body, shape) - eye) @ (middle - eye) / np.sum((middle - eye) ** 2), 0, 1
            )
            nearest = eye + along * (middle - eye)
            assert np.linalg.norm(_at(body, shape) - nearest) > 0.1 * np.linalg.norm(middle - eye)


def test_lamps_refuse_what_gives_no_light() -> None:
    with pytest.raises(SimgenError, match="irradiance"):
        Bulb(irradiance=-1.0)
    with pytest.raises(SimgenError, match="kelvin"):
        Bulb(irradiance=1.0, kelvin=0.0)
    with pytest.raises(SimgenError, match="area"):
        panel("lamp", (0.0, 0.0, 2.0), (0.0, 0.0, 0.0), (0.0, 0.1), Bulb(irradiance=1.0))


def test_shapes_refuse_light_that_cannot_be() -> None:
    stuff = material("plastic/abs")
    with pytest.raises(SimgenError, match="not negative"):
        Shape(geometry=Sphere(0.1), material=stuff, look=Look(emission=(1.0, -1.0, 0.0)))
    with pytest.raises(SimgenError, match="no area"):
        Shape(geometry=Box((1.0, 0.0, 0.0)), material=stuff, look=Look(emission=(1.0, 1.0, 1.0)))


def test_a_dimmed_scene_keeps_the_balance_of_its_lights() -> None:
    for light in ("day", "studio"):
        scene = _stage(0, 0.8, light=light)
        less = dim(scene, 0.25)
        assert less.sky.brightness == pytest.approx(np.multiply(scene.sky.brightness, 0.25))
        for (_, before), (_, after) in zip(_lamps(scene), _lamps(less), strict=True):
            assert after.look.emission == pytest.approx(np.multiply(before.look.emission, 0.25))
        if scene.sun is not None and less.sun is not None:
            assert less.sun.irradiance == pytest.approx(np.multiply(scene.sun.irradiance, 0.25))
