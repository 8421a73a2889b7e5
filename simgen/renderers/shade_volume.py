# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""What a ray gathers and loses on its way through smoke and flame."""

import warp as wp

from simgen.renderers.light import Light
from simgen.renderers.tone import glow
from simgen.renderers.volume import (
    Moments,
    Volume,
    incident,
    is_filled,
    sample_grid,
    smoke_extinction,
    soot_absorption,
    volume_span,
    volume_temperature,
)

FOUR_PI = wp.constant(12.5663706)
THINNEST = wp.constant(1.0e-3)
"""Extinction below which there is nothing to see [1/m]."""
FLAME_STEPS = wp.constant(2)
"""Steps per cell beyond one through a gas that burns: its light is steep in temperature."""


@wp.struct
class Crossing:
    """A ray's way through the volume."""

    light: wp.vec3
    """Radiance that it adds, as seen from the ray's start."""
    clear: wp.float32
    """Share of the light from behind that passes."""


@wp.func
def phase(asymmetry: wp.float32, cosine: wp.float32) -> wp.float32:
    """Scattering function of Henyey & Greenstein (ApJ 93 (1941) 70) [1/sr]; `cosine` is that of the
    turn."""
    g = asymmetry
    a = 1.0 + g * g - 2.0 * g * cosine
    return (1.0 - g * g) / (FOUR_PI * a * wp.sqrt(a))


@wp.func
def scattered(asymmetry: wp.float32, moments: Moments, way: wp.vec3) -> wp.vec3:
    """Radiance that light of these moments scatters backwards along a ray, per depth of scattering;
    with `asymmetry` 1, the light itself.

    Each channel is spread about its net flux as the phase function is about a beam, with the flux
    over the fluence for mean cosine: scattering multiplies mean cosines.
    """
    out = wp.vec3(0.0, 0.0, 0.0)
    for c in range(3):
        flux = wp.vec3(moments[c, 1], moments[c, 2], moments[c, 3])
        size = wp.length(flux)
        if moments[c, 0] > 0.0:
            mean = wp.min(size / moments[c, 0], 0.99)
            turn = -wp.dot(flux, way) / wp.max(size, 1.0e-12)
            out[c] = moments[c, 0] * phase(asymmetry * mean, turn)
    return out


@wp.func
def smoke_light(volume: Volume, sun: wp.vec3, point: wp.vec3, way: wp.vec3) -> wp.vec3:
    """Radiance that the smoke at a point scatters backwards along a ray, per optical depth."""
    here = incident(volume, point)
    g = volume.asymmetry
    light = here.sun * phase(g, wp.dot(way, sun)) + scattered(g, here.moments, way)
    return wp.cw_mul(volume.albedo, light)


@wp.func(inline=False)
def cross_volume(
    light: Light,
    volume: Volume,
    origin: wp.vec3,
    way: wp.vec3,
    reach: wp.float32,
    steps: wp.int32,
    start: wp.float32,
    flames: wp.float32,
) -> Crossing:
    """March a ray up to `reach` [m] through a lit volume, in so many steps at most.

    `start` in [0, 1) shifts the steps, `flames` is the share of their light that counts. Smoke
    above 750 K glows like a thin grey body, soot like small particles; the flame sheet shines blue.
    """
    out = Crossing()
    out.clear = 1.0
    span = volume_span(volume, origin, way, reach)
    length = span[1] - span[0]
    if length <= 0.0:
        return out
    stride = volume.cell / wp.float32(1 + FLAME_STEPS * volume.burning)
    count = wp.min(wp.int32(wp.ceil(length / stride)), steps)
    step = length / wp.float32(count)
    for k in range(count):
        p = origin + way * (span[0] + (wp.float32(k) + start) * step)
        if out.clear > 0.003 and is_filled(volume, p):
            smoke = smoke_extinction(volume, p)
            soot = soot_absorption(volume, p)
            sigma = smoke + soot
            source = wp.vec3(0.0, 0.0, 0.0)
            if smoke > THINNEST or volume.burning != 0:
                hot = volume_temperature(volume, p)
                source = glow(light.glow, hot) * smoke
                if volume.burning != 0 and flames > 0.0:
                    sheet = volume.blue * sample_grid(volume.sheet, volume, p, 0.0)
                    source += (glow(light.flame, hot) * soot + light.blue * sheet) * flames
            if smoke > THINNEST:
                source += smoke_light(volume, light.sun, p, way) * smoke
            thick = sigma * step
            if thick > 1.0e-4:
                passed = wp.exp(-thick)
                out.light += source * (out.clear * (1.0 - passed) / sigma)
                out.clear *= passed
            else:
                out.light += source * (out.clear * step)
    return out
