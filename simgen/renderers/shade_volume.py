# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Smoke and flame in the picture: single scattering, octaves in place of multiple scattering."""

import warp as wp

from simgen.renderers.light import Light
from simgen.renderers.sample import sample_index, sample_square
from simgen.renderers.shadow import smoke_shadow
from simgen.renderers.tone import glow
from simgen.renderers.trace import FAR, Pinhole, camera_direction, camera_origin
from simgen.renderers.volume import (
    Volume,
    sample_grid,
    smoke_extinction,
    soot_absorption,
    volume_span,
    volume_temperature,
)

STEPS = wp.constant(64)

wp.set_module_options({"max_unroll": 1})  # compiles much faster, runs the same


@wp.kernel
def add_smoke(
    offset: wp.int32,
    camera: Pinhole,
    light: Light,
    volume: Volume,
    albedo: wp.vec3,
    depth: wp.array(dtype=wp.float32),
    picture: wp.array(dtype=wp.vec3),
):
    """March each pixel's ray through the grid up to the surface and lay the smoke over the picture.

    Emission-absorption with sun shadows; multiple scattering by octaves of shorter optical depth
    (Wrenninge et al. 2013). Smoke above 750 K glows like a thin grey body, soot like small
    particles; the flame sheet shines blue.
    """
    i = wp.tid() + offset
    x = i % camera.width
    y = i // camera.width + camera.top
    origin = camera_origin(camera)
    way = camera_direction(camera, wp.float32(x) + 0.5, wp.float32(y) + 0.5)
    stop = depth[i]
    if stop <= 0.0:
        stop = FAR
    span = volume_span(volume, origin, way, stop)
    if span[1] <= span[0]:
        return
    step = wp.max((span[1] - span[0]) / wp.float32(STEPS), 0.5 * volume.cell)
    count = wp.int32(wp.ceil((span[1] - span[0]) / step))
    start = sample_square(sample_index(x, y, 0, 1), 0)[0]
    clear = wp.float32(1.0)
    total = wp.vec3(0.0, 0.0, 0.0)
    cosine = wp.dot(way, light.sun)
    g = 0.35
    phase = (1.0 - g * g) / (12.566371 * wp.pow(1.0 + g * g - 2.0 * g * cosine, 1.5))
    for k in range(count):
        if clear > 0.01:
            p = origin + way * (span[0] + (wp.float32(k) + start) * step)
            smoke = smoke_extinction(volume, p)
            soot = soot_absorption(volume, p)
            sigma = smoke + soot
            if smoke > 1.0e-3:
                lit = wp.vec3(0.0, 0.0, 0.0)
                if light.has_sun != 0:
                    tau = -wp.log(wp.max(smoke_shadow(volume, p, light.sun, FAR), 1.0e-6))
                    many = wp.exp(-tau) * phase
                    many += (0.5 * wp.exp(-0.4 * tau) + 0.25 * wp.exp(-0.16 * tau)) * 0.0795775
                    lit = light.irradiance * many
                rise = (p[2] - volume.lower[2]) / (volume.upper[2] - volume.lower[2])
                lit += wp.lerp(light.below, light.above, 0.35 + 0.4 * rise) * 0.75
                for n in range(light.flames):
                    place = light.flame_place[n]
                    toward = wp.vec3(place[0], place[1], place[2]) - p
                    near = wp.length_sq(toward) + place[3] * place[3]
                    lit += light.flame_power[n] * (0.0795775 / near)
                source = wp.cw_mul(albedo, lit) + glow(light.glow, volume_temperature(volume, p))
                total += source * (clear * (1.0 - wp.exp(-sigma * step)) * smoke / sigma)
            if volume.burning != 0:
                hot = glow(light.flame, volume_temperature(volume, p)) * soot
                hot += light.blue * (volume.blue * sample_grid(volume.sheet, volume, p, 0.0))
                thick = sigma * step
                if thick > 1.0e-4:
                    total += hot * (clear * (1.0 - wp.exp(-thick)) / sigma)
                else:
                    total += hot * (clear * step)
            if sigma > 1.0e-3:
                clear *= wp.exp(-sigma * step)
    picture[i] = total + picture[i] * clear
