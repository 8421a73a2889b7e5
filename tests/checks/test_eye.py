"""Where the camera is inside of matter, and what becomes of such clips."""

from dataclasses import replace
from io import BytesIO

import h5py
import numpy as np
import pytest

from simgen.camera import still
from simgen.checks.eye import swallowed_at_start, swallowed_by, winding_number
from simgen.engine import make_engine
from simgen.geometry import Box, Capsule, Geometry, Plane, Sphere, triangulate
from simgen.material import material
from simgen.pipeline import check, produce, render
from simgen.record import Trajectory
from simgen.scene import (
    Clock,
    Cloth,
    Domain,
    Element,
    Fluid,
    Grains,
    Inflatable,
    Keyframes,
    RigidBody,
    Scene,
    Shape,
)
from simgen.shot import CameraPath, Keyframe, Shot
from simgen.surface import SurfaceModel

CLOCK = Clock(frames=5, fps=24)
INSIDE = (0.02, 0.01, 0.97)


def solid(geometry: Geometry) -> RigidBody:
    shape = Shape(geometry=geometry, material=material("wood/oak"))
    return RigidBody(name="thing", shapes=(shape,), position=(0.0, 0.0, 1.0), motion="static")


def around() -> np.ndarray:
    """(125, 3) places about the inner eye, 5 cm apart."""
    grid = np.stack(np.meshgrid(*[np.linspace(-0.1, 0.1, 5)] * 3), -1).reshape(-1, 3)
    return grid + np.array([0.0, 0.0, 1.0])


BALLOON = triangulate(Sphere(0.3))
DOMAIN = Domain(lower=(-1.0, -1.0, 0.0), upper=(1.0, 1.0, 2.0))
THINGS: dict[str, Element] = {
    "box": solid(Box((0.4, 0.3, 0.5))),
    "capsule": solid(Capsule(0.2, 0.3)),
    "ball": solid(Sphere(0.2)),
    "mesh": solid(replace(triangulate(Box((0.4, 0.3, 0.5))), smooth=False)),
    "ground": replace(solid(Plane(5.0)), position=(0.0, 0.0, 1.5)),
    "balloon": Inflatable(
        name="thing",
        vertices=BALLOON.vertices + [0.0, 0.0, 1.0],
        faces=BALLOON.faces,
        material=material("rubber/latex"),
    ),
    "liquid": Fluid(
        name="thing",
        positions=around(),
        spacing=0.05,
        material=material("liquid/water"),
        domain=DOMAIN,
    ),
    "grains": Grains(
        name="thing",
        positions=np.array([INSIDE]),
        radius=0.05,
        spacing=0.1,
        material=material("granular/gravel"),
        domain=DOMAIN,
    ),
}


@pytest.mark.parametrize("name", THINGS)
def test_the_camera_is_in_what_is_around_it(name: str) -> None:
    scene = Scene(elements=(THINGS[name],), clock=CLOCK)
    ahead = (0.0, 0.0, 0.9)
    assert swallowed_at_start(scene, still(CLOCK, eye=INSIDE, target=ahead)) == "thing"
    above = (0.0, -3.0, 2.0)
    assert swallowed_at_start(scene, still(CLOCK, eye=above, target=ahead)) == ""


def test_sheets_have_no_inside() -> None:
    grid = np.stack(np.meshgrid([-0.5, 0.5], [-0.5, 0.5]), -1).reshape(-1, 2)
    corners = np.concatenate([grid, np.full((4, 1), 1.0)], 1)
    sheet = Cloth(
        name="sheet",
        vertices=corners,
        faces=np.array([[0, 1, 2], [1, 3, 2]], np.int32),
        material=material("textile/cotton"),
    )
    scene = Scene(elements=(sheet,), clock=CLOCK)
    (states,) = make_engine("null").simulate([scene])
    assert isinstance(states, Trajectory)
    model = SurfaceModel(scene, states)
    for height in (0.999, 1.0, 1.001):
        assert swallowed_by(model, scene, states, np.array([[0.1, 0.1, height]])) == [""]


def test_winding_numbers() -> None:
    mesh = triangulate(Sphere(1.0))
    for place, turns in (((0.1, 0.2, 0.3), 1.0), ((0.0, 0.0, 2.0), 0.0)):
        found = winding_number(mesh.vertices, mesh.faces, np.array(place))
        assert found == pytest.approx(turns, abs=1e-9)


def test_a_body_that_passes_the_camera_fails_the_clip() -> None:
    path = Keyframes(
        times=np.array([0.0, 4 / 24]), positions=np.array([[0.0, -2.0, 1.0], [0.0, 2.0, 1.0]])
    )
    box = replace(solid(Box((0.5, 0.5, 0.5))), motion="kinematic", keyframes=path)
    for eye, inside in (((0.0, 0.0, 1.0), 1.0), ((0.0, 0.0, 1.5), 0.0)):
        camera = still(CLOCK, eye=eye, target=(0.0, 2.0, 1.0))
        scene = Scene(elements=(box,), clock=CLOCK, cameras=(camera,))
        (states,) = make_engine("null").simulate([scene])
        assert isinstance(states, Trajectory)
        frames = render(scene, states, width=16, height=16, renderer="null", passes=("rgb",))
        certificate = check(scene, states, frames)
        (found,) = (f for f in certificate.findings if f.check == "eye")
        assert found.measured == {"frames_inside": inside}
        assert found.passed == (inside == 0.0)
        assert found.detail == ("the camera is inside thing at frame 2" if inside else "")


def test_a_camera_in_a_body_is_refused_before_physics(null_job) -> None:
    seen = null_job().scene(0)
    domino = next(b for b in seen.bodies if b.motion == "dynamic")
    views = {domino.position: False, (0.0, -2.0, 5.0): True}
    for eye, fine in views.items():
        camera = CameraPath(field_of_view=0.7, keyframes=(Keyframe(eye=eye, target=(9, 9, 0)),))
        job = null_job(shots=[Shot(camera=camera)])
        file = h5py.File(BytesIO(), "w")
        outcome = produce(job, 0, file)
        assert (outcome.reason == "camera/inside") == (not fine)
        assert (outcome.seconds["simulate"] > 0.0) == fine
        assert ("clips" in file) == fine
