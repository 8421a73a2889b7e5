"""Stages: the event is seen, the sun reaches it, and pictures are neither black nor blown out."""

import math
from typing import Any

import numpy as np
import pytest

from simgen.camera import Focus
from simgen.engine import make_engine
from simgen.errors import SimgenError
from simgen.geometry import Box
from simgen.key import Key
from simgen.material import material
from simgen.record import Trajectory
from simgen.renderer import View, make_renderer
from simgen.scene import Ambient, Clock, RigidBody, Scene, Shape
from simgen.stage import ENVIRONMENTS, FLOORS, LIGHTS, build_stage

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
    for seed, light in enumerate(LIGHTS):
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
            assert scene.sun is not None
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
        return [*looks, scene.sun.direction if scene.sun else None, scene.sky.zenith]

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


def test_the_sun_is_a_unit_vector_above_the_horizon() -> None:
    for light in LIGHTS:
        sun = _stage(0, 0.8, light=light).sun
        assert sun is not None
        assert math.dist(sun.direction, (0.0, 0.0, 0.0)) == pytest.approx(1.0)
        assert sun.direction[2] > 0.2
