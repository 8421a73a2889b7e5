# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Edge-aware smoothing of light (not of texture), and the last step from light to bytes.

An a-trous filter (Dammertz et al. 2010) over the mean light per pixel, held back by differences of
instance, normal, depth and light. Colours are multiplied back afterwards, so texture stays sharp.
"""

import warp as wp

from simgen.renderers.tone import film, luminance, to_srgb8

wp.set_module_options({"max_unroll": 1})  # compiles much faster, runs the same


@wp.struct
class Layers:
    """Per pixel, all arrays (width * height): what one frame is put together from."""

    rest: wp.array(dtype=wp.vec3)
    """Radiance that is not filtered, and what the products of means below leave out."""
    diffuse: wp.array(dtype=wp.vec3)
    """Mean matt colour."""
    sky: wp.array(dtype=wp.vec3)
    """Mean light of sky and surroundings."""
    sun_factor: wp.array(dtype=wp.vec3)
    sun: wp.array(dtype=wp.vec3)
    """Mean share of the sun."""
    gloss: wp.array(dtype=wp.vec3)
    mirror: wp.array(dtype=wp.vec3)
    normal: wp.array(dtype=wp.vec3)
    """Mean normal without relief; 0 where nothing is to be filtered."""
    depth: wp.array(dtype=wp.float32)
    """Mean distance [m]."""
    instance: wp.array(dtype=wp.int32)
    roughness: wp.array(dtype=wp.float32)


@wp.func
def _alike(a: wp.vec3, b: wp.vec3, softness: wp.float32) -> wp.float32:
    la = luminance(a)
    lb = luminance(b)
    x = (la - lb) / (softness * (la + lb) + 1.0e-3)
    return wp.exp(-x * x)


@wp.func
def _partial(sun: wp.vec3) -> wp.bool:
    """Whether a pixel lies in a penumbra (or on the edge of a shadow)."""
    return sun[1] > 0.02 and sun[1] < 0.98


@wp.kernel
def smooth_light(
    offset: wp.int32,
    width: wp.int32,
    height: wp.int32,
    step: wp.int32,
    pixel: wp.float32,
    soft_sun: wp.int32,
    layers: Layers,
    sky: wp.array(dtype=wp.vec3),
    sun: wp.array(dtype=wp.vec3),
    mirror: wp.array(dtype=wp.vec3),
    sky_out: wp.array(dtype=wp.vec3),
    sun_out: wp.array(dtype=wp.vec3),
    mirror_out: wp.array(dtype=wp.vec3),
):
    """One a-trous pass of 3 x 3 taps `step` pixels apart; `pixel` is the angle of one [rad]."""
    i = wp.tid() + offset
    normal = layers.normal[i]
    sky_out[i] = sky[i]
    sun_out[i] = sun[i]
    mirror_out[i] = mirror[i]
    if wp.length_sq(normal) < 0.25:
        return
    x = i % width
    y = i / width
    depth = layers.depth[i]
    rough = layers.roughness[i]
    blur = wp.clamp((rough - 0.06) * 6.0, 0.0, 1.0)
    sky_sum = sky[i] * 4.0
    sky_weight = wp.float32(4.0)
    sun_sum = sun[i] * 4.0
    sun_weight = wp.float32(4.0)
    mirror_sum = mirror[i] * 4.0
    mirror_weight = wp.float32(4.0)
    for dy in range(-1, 2):
        for dx in range(-1, 2):
            u = x + dx * step
            v = y + dy * step
            inside = u >= 0 and v >= 0 and u < width and v < height and (dx != 0 or dy != 0)
            if inside:
                j = v * width + u
                along = wp.dot(normal, layers.normal[j])
                if along > 0.7 and layers.instance[j] == layers.instance[i]:
                    kernel = wp.where(dx == 0 or dy == 0, 2.0, 1.0)
                    gap = wp.abs(layers.depth[j] - depth)
                    gap = gap / (depth * pixel * wp.float32(step) * 12.0 + 1.0e-6)
                    a2 = along * along
                    a4 = a2 * a2
                    near = kernel * wp.exp(-gap) * a4 * a4
                    w = near
                    if step > 2:
                        w = near * _alike(sky[i], sky[j], 0.5)
                    sky_sum += sky[j] * w
                    sky_weight += w
                    if step < 3 or soft_sun != 0:
                        s = near
                        if not (_partial(sun[i]) or _partial(sun[j])):
                            s = near * _alike(sun[i], sun[j], 0.3)
                        sun_sum += sun[j] * s
                        sun_weight += s
                    if blur > 0.0:
                        m = near * blur * _alike(mirror[i], mirror[j], 0.5)
                        mirror_sum += mirror[j] * m
                        mirror_weight += m
    sky_out[i] = sky_sum / sky_weight
    sun_out[i] = sun_sum / sun_weight
    mirror_out[i] = mirror_sum / mirror_weight


@wp.kernel
def compose(
    offset: wp.int32,
    layers: Layers,
    sky: wp.array(dtype=wp.vec3),
    sun: wp.array(dtype=wp.vec3),
    mirror: wp.array(dtype=wp.vec3),
    picture: wp.array(dtype=wp.vec3),
):
    """Filtered light times colour, plus the rest: linear radiance."""
    i = wp.tid() + offset
    light = layers.rest[i] + wp.cw_mul(layers.diffuse[i], sky[i])
    light += wp.cw_mul(layers.sun_factor[i], sun[i]) + wp.cw_mul(layers.gloss[i], mirror[i])
    picture[i] = wp.vec3(wp.max(light[0], 0.0), wp.max(light[1], 0.0), wp.max(light[2], 0.0))


@wp.kernel
def develop(
    offset: wp.int32,
    exposure: wp.vec3,
    picture: wp.array(dtype=wp.vec3),
    bytes_: wp.array(dtype=wp.uint8),
):
    """Exposure and white balance, film curve, sRGB."""
    i = wp.tid() + offset
    color = film(wp.cw_mul(picture[i], exposure))
    bytes_[3 * i] = to_srgb8(color[0])
    bytes_[3 * i + 1] = to_srgb8(color[1])
    bytes_[3 * i + 2] = to_srgb8(color[2])
