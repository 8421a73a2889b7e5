"""Stages: the event is seen, the sun reaches it, and pictures are neither black nor blown out."""

import math

import numpy as np
import pytest
from stages import SIZES, make_stage

from simgen.engine import make_engine
from simgen.errors import SimgenError
from simgen.geometry import Box, Sphere
from simgen.material import Look, material
from simgen.record import Trajectory
from simgen.renderer import View, make_renderer
from simgen.rotation import to_matrix
from simgen.scene import RigidBody, Scene, Shape, Sky
from simgen.spectrum import LUMINANCE
from simgen.stage import ENVIRONMENTS, LIGHTS
from simgen.stage.lamp import Bulb, panel
from simgen.stage.light import dim

LIT = ("studio", "living_room", "kitchen", "gallery", "terrace", "street")
"""Environments that lights are tried in: a sweep, a room, a counter before a wall, the open."""


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_event_is_seen_in_good_light(environment: str) -> None:
    renderer = make_renderer("warp", threads=1)
    view = View(width=64, height=36, samples=2)
    for seed, size in enumerate(SIZES):
        light = LIGHTS[(seed + ENVIRONMENTS.index(environment)) % len(LIGHTS)]
        scene = make_stage(seed, size, environment=environment, light=light)
        (trajectory,) = make_engine("null").simulate([scene])
        assert isinstance(trajectory, Trajectory)
        frame = next(renderer.render(scene, trajectory, view, frozenset({"rgb", "segmentation"})))
        # Nothing stands between the camera and the event: its instance is in the middle.
        assert (frame["segmentation"][14:24, 28:36] == 1).mean() > 0.3
        # Luma of the picture inside what a trainer can use; no large black or white areas.
        luma = frame["rgb"] @ np.array([0.2126, 0.7152, 0.0722]) / 255
        assert 0.15 <= luma.mean() <= 0.8, (environment, size, light)
        assert (luma < 0.02).mean() < 0.15
        assert (luma > 0.98).mean() < 0.15


def test_a_stage_follows_from_its_key() -> None:
    def summary(scene: Scene) -> list[object]:
        looks = [(b.name, b.position, s.look) for b in scene.bodies for s in b.shapes]
        return [*looks, scene.sun.direction if scene.sun else None, repr(scene.sky)]

    for environment in ENVIRONMENTS:
        one = make_stage(5, 0.8, environment=environment)
        assert summary(one) == summary(make_stage(5, 0.8, environment=environment))
        assert summary(one) != summary(make_stage(6, 0.8, environment=environment))


def test_the_floor_is_at_zero_and_named() -> None:
    for environment in ENVIRONMENTS:
        floor = next(
            b for b in make_stage(0, 0.8, environment=environment).bodies if b.name == "floor"
        )
        assert floor.position[2] == 0.0
        assert floor.motion == "static"


def test_unknown_names_are_refused() -> None:
    with pytest.raises(SimgenError, match="environment"):
        make_stage(0, 0.8, environment="moon")
    with pytest.raises(SimgenError, match="light"):
        make_stage(0, 0.8, light="disco")


@pytest.mark.parametrize("environment", LIT)
def test_suns_are_unit_vectors_well_above_the_horizon(environment: str) -> None:
    for seed, light in enumerate(LIGHTS):
        sun = make_stage(seed, 0.8, light=light, environment=environment).sun
        if sun is not None:
            assert math.dist(sun.direction, (0.0, 0.0, 0.0)) == pytest.approx(1.0)
            assert sun.direction[2] > 0.15


def _lamps(scene: Scene) -> list[tuple[RigidBody, Shape]]:
    return [(b, s) for b in scene.bodies for s in b.shapes if max(s.look.emission) > 0.0]


@pytest.mark.parametrize("environment", LIT)
@pytest.mark.parametrize("light", LIGHTS)
def test_every_rig_lights_the_event(environment: str, light: str) -> None:
    for seed, size in enumerate(SIZES):
        scene = make_stage(seed, size, light=light, environment=environment)
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


@pytest.mark.parametrize("environment", LIT)
@pytest.mark.parametrize("light", LIGHTS)
def test_lamps_are_out_of_the_picture_and_leave_the_event_free(
    environment: str, light: str
) -> None:
    for seed, size in enumerate(SIZES):
        scene = make_stage(seed, size, light=light, environment=environment)
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
        scene = make_stage(0, 0.8, light=light)
        less = dim(scene, 0.25)
        assert less.sky.brightness == pytest.approx(np.multiply(scene.sky.brightness, 0.25))
        for (_, before), (_, after) in zip(_lamps(scene), _lamps(less), strict=True):
            assert after.look.emission == pytest.approx(np.multiply(before.look.emission, 0.25))
        if scene.sun is not None and less.sun is not None:
            assert less.sun.irradiance == pytest.approx(np.multiply(scene.sun.irradiance, 0.25))


def test_few_stages_are_dusty_and_beams_show_there() -> None:
    def stages(light: str, count: int) -> list[Scene]:
        return [make_stage(n, 0.8, environment="studio", light=light) for n in range(count)]

    assert all(scene.haze is None for scene in stages("overcast", 4))  # it sends no beam
    dusty = [(scene, scene.haze) for scene in stages("spot", 24) if scene.haze is not None]
    assert 2 <= len(dusty) <= 14  # 0.3 of them
    for scene, dust in dusty:
        eyes = scene.camera().camera_to_world[:, :3, 3]
        assert (eyes > dust.lower).all()
        assert (eyes < dust.upper).all()
        assert 0.0 < dust.extinction * (dust.upper[0] - dust.lower[0]) < 0.5
