"""Environments: nothing stands before the event or around the camera, walls let the sun in."""

import numpy as np
import pytest
from stages import SIZES, Solids, make_stage

from simgen.scene import Clock
from simgen.stage import ENVIRONMENTS


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("size", SIZES)
def test_nothing_stands_before_the_event_or_around_the_camera(
    environment: str, size: float
) -> None:
    seed = ENVIRONMENTS.index(environment)
    scene = make_stage(
        seed,
        size,
        environment=environment,
        camera_motion="orbit",
        camera_azimuth=0.1 * seed - 0.7,
        clock=Clock(frames=48, fps=24.0),
    )
    solids = Solids(scene)
    assert solids.triangles < 200_000
    assert len(scene.objects) <= 60
    half = np.array([0.5, 0.5, 0.6]) * size
    spots = np.random.default_rng(seed).uniform((-1, -1, 0.02), (1, 1, 1), (200, 3)) * half
    for eye in scene.cameras[0].camera_to_world[::12, :3, 3]:
        ways = spots - eye
        far = np.linalg.norm(ways, axis=1)
        assert (solids.distances(np.tile(eye, (200, 1)), ways) > 0.999 * far).all()
        around = np.random.default_rng(0).normal(size=(400, 3))
        nearest = solids.distances(np.tile(eye, (400, 1)), around).min()
        assert nearest > min(0.04 * np.linalg.norm(eye), 0.04)


@pytest.mark.parametrize("environment", ["living_room", "kitchen"])
@pytest.mark.parametrize("light", ["day", "noon", "golden_hour"])
def test_walls_let_the_sun_in(environment: str, light: str) -> None:
    for size in SIZES:
        for azimuth in np.arange(-3.0, 3.0, 2.1):
            scene = make_stage(1, size, environment=environment, light=light, sun_azimuth=azimuth)
            if scene.sun is None:
                continue
            way = np.tile(np.asarray(scene.sun.direction), (40, 1))
            spots = np.random.default_rng(0).uniform(-0.35, 0.35, (40, 3)) * size
            spots[:, 2] = 0.3 * size + 0.2 * spots[:, 2]
            # Glazing bars may shade some of it, a wall would shade all of it.
            walls = Solids(scene, without=("set_", "prop_"))
            assert np.isfinite(walls.distances(spots, way)).mean() < 0.7, (size, azimuth)


def test_the_camera_is_inside_the_room() -> None:
    for motion in ("orbit", "dolly", "hand_held"):
        scene = make_stage(
            2, 0.8, environment="office", camera_motion=motion, clock=Clock(frames=48, fps=24.0)
        )
        walls = np.array([b.position[:2] for b in scene.bodies if b.name.startswith("wall_")])
        eyes = scene.cameras[0].camera_to_world[:, :2, 3]
        assert (eyes > walls.min(axis=0) + 0.3).all()
        assert (eyes < walls.max(axis=0) - 0.3).all()


def test_only_floor_and_walls_touch_the_event() -> None:
    for environment in ENVIRONMENTS[::3]:
        for body in make_stage(3, 0.8, environment=environment).bodies:
            if body.name != "event" and not body.name.startswith(("floor", "wall_")):
                assert not any(shape.collides for shape in body.shapes), body.name


def test_objects_stand_about() -> None:
    """Between none and eight, and not the same ones every time."""
    sets = [
        tuple(sorted(b.name for b in scene.bodies if b.name.startswith("prop_")))
        for scene in (make_stage(seed, 0.5, environment="living_room") for seed in range(12))
    ]
    assert max(map(len, sets)) <= 8
    assert len(set(sets)) > 8
    assert np.mean([len(names) for names in sets]) > 1.5
