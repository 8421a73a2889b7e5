"""Small scenes drawn by the path tracer, for tests against closed forms."""

from dataclasses import replace
from typing import Any

import numpy as np

from simgen.camera import still
from simgen.device import warp_device
from simgen.engine import make_engine
from simgen.geometry import Geometry
from simgen.material import Look, material
from simgen.record import Trajectory
from simgen.renderer import View
from simgen.scene import (
    Clock,
    Domain,
    Element,
    Gas,
    RigidBody,
    Scene,
    Shape,
    Sky,
    Sun,
    Vector,
)
from simgen.surface import SurfaceModel

wp: Any = warp_device("cpu")

from simgen.renderers.flame import flames_at  # noqa: E402
from simgen.renderers.frame_geometry import (  # noqa: E402
    FrameGeometry,
    looks_table,
    pinhole,
    volume_at,
)
from simgen.renderers.shade import Shader  # noqa: E402

CLOCK = Clock(frames=1, fps=24.0)
DARK = Sky(zenith=(0.0, 0.0, 0.0), horizon=(0.0, 0.0, 0.0), ground=(0.0, 0.0, 0.0))
EVEN = Sky(zenith=(1.0, 1.0, 1.0), horizon=(1.0, 1.0, 1.0), ground=(1.0, 1.0, 1.0))
GREY = Look(color=(0.7354, 0.7354, 0.7354), accent=(0.7354, 0.7354, 0.7354), roughness=1.0)
"""sRGB 0.7354 is linear 0.5."""
GLOWING = Look(emission=(1.0, 1.0, 1.0))
WIDTH, HEIGHT = 48, 27


def solid(
    name: str, geometry: Geometry, look: Look, position: Vector = (0.0, 0.0, 0.0)
) -> RigidBody:
    """A static body of one shape."""
    shape = Shape(geometry=geometry, material=material("plastic/abs"), look=look)
    return RigidBody(name=name, shapes=(shape,), position=position, motion="static")


def world(
    *elements: Element,
    sun: Sun | None = None,
    sky: Sky = DARK,
    eye: Vector = (0.0, -3.0, 3.0),
    target: Vector = (0.0, 0.0, 0.0),
):
    camera = still(CLOCK, eye=eye, target=target, field_of_view=0.3)
    return Scene(elements=elements, clock=CLOCK, cameras=(camera,), sun=sun, sky=sky)


def prepare(scene: Scene, *, width=WIDTH, height=HEIGHT, samples=4, threads=1, denoise=False):
    """The shader of a scene and its geometry at frame 0."""
    (trajectory,) = make_engine("null").simulate([scene])
    assert isinstance(trajectory, Trajectory)
    model = SurfaceModel(scene, trajectory)
    geometry = FrameGeometry(model, "cpu")
    geometry.move_to(0)
    view = View(width=width, height=height, samples=samples, denoise=denoise)
    return Shader(scene, looks_table(model), view, "cpu", threads), geometry


def smoke(lower: Vector, upper: Vector, cell: float, **fields: Any) -> Gas:
    """Air in a box, of extinction 1/m at concentration 1 unless told otherwise."""
    domain = Domain(lower=lower, upper=upper)
    return Gas(name="smoke", domain=domain, cell=cell, sources=(), **{"absorption": 1.0} | fields)


def draw_filled(scene: Scene, *, width=WIDTH, height=HEIGHT, samples=4, **fields: Any):
    """Linear radiance (H, W, 3) of a scene whose `smoke` has these fields throughout."""
    (trajectory,) = make_engine("null").simulate([scene])
    assert isinstance(trajectory, Trajectory)
    grid = trajectory.grids["smoke"]
    full = {k: np.broadcast_to(np.float32(v), grid.smoke.shape).copy() for k, v in fields.items()}
    filled = replace(trajectory, grids={"smoke": replace(grid, **full)})
    model = SurfaceModel(scene, filled)
    geometry = FrameGeometry(model, "cpu")
    geometry.move_to(0)
    view = View(width=width, height=height, samples=samples, denoise=False)
    shader = Shader(scene, looks_table(model), view, "cpu", 1)
    camera = pinhole(scene.camera(), 0, width, height)
    volume = volume_at(model, scene, 0, "cpu")
    linear = shader.radiance(geometry, camera, volume, flames_at(model.gases, 0)).numpy()
    return linear.reshape(height, width, 3).copy()


def draw(scene: Scene, *, width=WIDTH, height=HEIGHT, **options):
    """Shader, linear radiance (H, W, 3) and bytes of frame 0."""
    shader, geometry = prepare(scene, width=width, height=height, **options)
    camera = pinhole(scene.camera(), 0, width, height)
    volume = volume_at(geometry._model, scene, 0, "cpu")
    linear = shader.radiance(geometry, camera, volume).numpy().copy()
    bytes_ = shader.rgb(geometry, camera, volume)
    return shader, linear.reshape(height, width, 3), bytes_
