"""Small scenes drawn by the path tracer, for tests against closed forms."""

from typing import Any

from simgen.camera import still
from simgen.device import warp_device
from simgen.engine import make_engine
from simgen.geometry import Geometry
from simgen.material import Look, material
from simgen.record import Trajectory
from simgen.renderer import View
from simgen.scene import Clock, Element, RigidBody, Scene, Shape, Sky, Sun, Vector
from simgen.surface import SurfaceModel

wp: Any = warp_device("cpu")

from simgen.renderers.frame_geometry import (  # noqa: E402
    FrameGeometry,
    looks_table,
    pinhole,
)
from simgen.renderers.shade import Shader  # noqa: E402
from simgen.renderers.volume import Volume  # noqa: E402

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


def world(*elements: Element, sun: Sun | None = None, sky: Sky = DARK, eye=(0.0, -3.0, 3.0)):
    camera = still(CLOCK, eye=eye, target=(0.0, 0.0, 0.0), field_of_view=0.3)
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


def draw(scene: Scene, *, width=WIDTH, height=HEIGHT, **options):
    """Shader, linear radiance (H, W, 3) and bytes of frame 0."""
    shader, geometry = prepare(scene, width=width, height=height, **options)
    camera = pinhole(scene.camera(), 0, width, height)
    volume = Volume()
    volume.present = 0
    linear = shader.radiance(geometry, camera, volume).numpy().copy()
    bytes_ = shader.rgb(geometry, camera, volume)
    return shader, linear.reshape(height, width, 3), bytes_
