# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""The light that reaches the middle of a volume, to light its smoke by."""

import numpy as np
import warp as wp

from simgen.renderers.light import Light, within_cone
from simgen.renderers.path import follow
from simgen.renderers.sample import sample_square
from simgen.renderers.texture import LookTable
from simgen.renderers.trace import Geometry
from simgen.renderers.volume import Volume

wp.set_module_options({"max_unroll": 1})  # compiles much faster, runs the same

PATHS = 512
BOUNCES = 2
USE = wp.constant(1 << 21)
"""The use of samples for directions, far beyond those of paths."""


@wp.kernel
def _look_around(
    geometry: Geometry,
    looks: LookTable,
    light: Light,
    volume: Volume,
    direction: wp.array(dtype=wp.vec3),
    radiance: wp.array(dtype=wp.vec3),
):
    i = wp.tid()
    way = within_cone(wp.vec3(0.0, 0.0, 1.0), -1.0, sample_square(wp.uint32(i), USE))
    middle = 0.5 * (volume.lower + volume.upper)
    sight = follow(geometry, looks, light, volume, middle, way, 1.0, wp.uint32(i), BOUNCES)
    direction[i] = way
    radiance[i] = sight.radiance


def set_ambient(light: Light, geometry: Geometry, looks: LookTable, volume: Volume) -> None:
    """Set `light.above` and `light.below` to what arrives at the volume's middle, the sun's disc
    left out: it is asked for apart."""
    device = light.glow.device
    direction = wp.zeros(PATHS, dtype=wp.vec3, device=device)
    radiance = wp.zeros(PATHS, dtype=wp.vec3, device=device)
    inputs = [geometry, looks, light, volume, direction, radiance]
    wp.launch(_look_around, dim=PATHS, inputs=inputs, device=device)
    way, color = direction.numpy(), radiance.numpy()
    if light.has_sun:
        color[way @ np.array(light.sun) > light.sun_cosine] = 0.0
    z = way[:, 2:3]
    for name, weight in (("above", np.maximum(z, 0.0)), ("below", np.maximum(-z, 0.0))):
        setattr(light, name, wp.vec3(*((weight * color).sum(axis=0) / weight.sum())))
