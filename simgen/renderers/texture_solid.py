# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Textures that fill space: wood, stone, metal, grains. Carved, they need no unwrapping."""

import warp as wp

from simgen.renderers.texture_noise import (
    Pattern,
    band,
    fractal,
    fraction,
    gradient,
    hash_unit,
    new_pattern,
    noise,
    resolved,
)


@wp.func
def plain(p: wp.vec3, scale: wp.float32, footprint: wp.float32) -> Pattern:
    """Moulded or painted matter: faintly uneven in gloss and tone, never quite flat."""
    out = new_pattern()
    n = fractal(p, 0.35 * scale, 3, footprint)
    out.shade = 1.0 + 0.025 * n[3]
    out.rough = 0.05 * n[3]
    out.slope = gradient(n) * (0.0025 * scale)
    return out


@wp.func
def mottled(
    p: wp.vec3, scale: wp.float32, footprint: wp.float32, strength: wp.float32, relief: wp.float32
) -> Pattern:
    """Clouds of the second colour; `relief` is the height of the bumps in periods."""
    out = new_pattern()
    n = fractal(p, scale, 5, footprint)
    out.mix = wp.clamp(0.5 * strength + strength * n[3], 0.0, 1.0)
    out.shade = 1.0 + 0.1 * strength * n[3]
    out.rough = 0.1 * n[3]
    out.slope = gradient(n) * (relief * scale)
    return out


@wp.func
def wood(
    p: wp.vec3, axis: wp.int32, scale: wp.float32, footprint: wp.float32, shift: wp.float32
) -> Pattern:
    """Sawn wood: year rings about a pith beside the piece, fibres and pores along `axis`."""
    out = new_pattern()
    q = wp.vec3(p[0], p[1], p[2])
    if axis == 0:
        q = wp.vec3(p[1], p[2], p[0])
    elif axis == 1:
        q = wp.vec3(p[2], p[0], p[1])
    ring = scale / 36.0
    sway = noise(wp.vec3(q[0] / scale * 2.0, q[1] / scale * 2.0, q[2] / scale * 0.7 + 31.0 * shift))
    bend = noise(wp.vec3(q[0] / scale * 7.0, q[1] / scale * 7.0, q[2] / scale * 1.3 + 7.0 * shift))
    x = q[0] + scale * (0.35 + 0.5 * shift) + ring * (1.5 * sway[3] + 0.45 * bend[3])
    y = q[1] + scale * (0.12 + 0.25 * shift) + ring * 0.9 * sway[0] * 0.3
    radius = wp.sqrt(x * x + y * y)
    phase = fraction(radius / ring)
    late = wp.pow(phase, 2.5) * wp.clamp((1.0 - phase) * 7.0, 0.0, 1.0)
    late *= 0.55 + 0.45 * hash_unit(wp.int32(radius / ring), 3, 5)
    late = wp.lerp(0.2, late, resolved(ring, footprint))
    fine = scale / 110.0
    fibre = noise(wp.vec3(q[0] / fine, q[1] / fine, q[2] / (40.0 * fine)))
    pore = noise(wp.vec3(q[0] / (0.4 * fine), q[1] / (0.4 * fine), q[2] / (9.0 * fine)))
    keep = resolved(fine, footprint)
    dark = wp.clamp((pore[3] - 0.45) * 2.2, 0.0, 1.0) * resolved(0.4 * fine, footprint)
    out.mix = wp.clamp(1.15 * late + 0.16 * fibre[3] * keep + 0.1 * sway[3] + 0.06, 0.0, 1.0)
    out.shade = (1.0 - 0.22 * dark) * (1.0 + 0.05 * bend[3])
    out.rough = -0.08 * late + 0.1 * dark
    across = wp.vec3(fibre[0], fibre[1], 0.0) * (0.025 * keep)
    if axis == 0:
        across = wp.vec3(0.0, across[0], across[1])
    elif axis == 1:
        across = wp.vec3(across[1], 0.0, across[0])
    out.slope = across
    return out


@wp.func
def marble(p: wp.vec3, scale: wp.float32, footprint: wp.float32) -> Pattern:
    """Polished marble: clouded ground, two families of warped veins."""
    out = new_pattern()
    warp_ = fractal(p, 0.9 * scale, 4, footprint)
    q = p + wp.vec3(warp_[3], -warp_[3], 0.7 * warp_[3]) * (0.35 * scale)
    a = fractal(q, 0.75 * scale, 4, footprint)
    b = fractal(q + wp.vec3(3.7, 1.1, 2.9), 0.28 * scale, 3, footprint)
    vein = wp.pow(wp.clamp(1.0 - 3.2 * wp.abs(a[3]), 0.0, 1.0), 3.0)
    thin = wp.pow(wp.clamp(1.0 - 4.0 * wp.abs(b[3]), 0.0, 1.0), 4.0)
    out.mix = wp.clamp(0.75 * vein + 0.3 * thin + 0.12 + 0.2 * warp_[3], 0.0, 1.0)
    out.rough = 0.03 * thin
    return out


@wp.func
def granite(
    p: wp.vec3, scale: wp.float32, footprint: wp.float32, dark: wp.float32, pale: wp.float32
) -> Pattern:
    """Crystals of three minerals: ground, `accent` and white feldspar; the shares are 0..1."""
    out = new_pattern()
    size = 0.22 * scale
    keep = resolved(size, footprint)
    a = noise(p / size)
    b = noise(p / (0.62 * size) + wp.vec3(7.1, 3.3, 1.7))
    c = noise(p / (0.3 * size) + wp.vec3(1.9, 8.2, 4.4))
    d = noise(p / (4.0 * size))
    mica = wp.clamp((a[3] + 0.5 * c[3] - 1.05 + 1.3 * dark) * 6.0, 0.0, 1.0)
    spar = wp.clamp((b[3] + 0.3 * d[3] - 1.0 + 1.2 * pale) * 5.0, 0.0, 1.0)
    out.mix = wp.lerp(0.45 * dark, mica, keep)
    out.white = wp.lerp(0.3 * pale, 0.75 * spar * (1.0 - mica), keep)
    out.shade = 1.0 + 0.14 * c[3] * keep + 0.05 * d[3]
    return out


@wp.func
def concrete(p: wp.vec3, scale: wp.float32, footprint: wp.float32) -> Pattern:
    """Cast concrete: stains over metres, cement clouds, sand grain and open pores."""
    out = new_pattern()
    stain = fractal(p, 2.2 * scale, 3, footprint)
    cloud = fractal(p, 0.35 * scale, 4, footprint)
    grain = noise(p / 0.0021)
    hole = noise(p / 0.007 + wp.vec3(5.5, 2.1, 0.3))
    open = wp.clamp((hole[3] - 0.8) * 9.0, 0.0, 1.0) * resolved(0.007, footprint)
    fine = resolved(0.0021, footprint)
    out.mix = wp.clamp(0.3 + 0.45 * stain[3] + 0.35 * cloud[3], 0.0, 1.0)
    out.shade = (1.0 + 0.06 * grain[3] * fine + 0.07 * cloud[3]) * (1.0 - 0.35 * open)
    out.rough = 0.08 * cloud[3] + 0.1 * stain[3]
    out.slope = gradient(grain) * (0.06 * fine) + gradient(cloud) * (0.006 * scale)
    out.slope -= gradient(hole) * (0.25 * open)
    return out


@wp.func
def plaster(p: wp.vec3, scale: wp.float32, footprint: wp.float32) -> Pattern:
    """A rolled or trowelled wall: orange peel at 4 mm, waves over decimetres."""
    out = new_pattern()
    wave = fractal(p, 0.6 * scale, 3, footprint)
    peel = fractal(p, 0.007, 2, footprint)
    out.shade = 1.0 + 0.03 * wave[3] + 0.03 * peel[3]
    out.mix = wp.clamp(0.12 + 0.25 * wave[3], 0.0, 1.0)
    out.slope = gradient(peel) * 0.0005 + gradient(wave) * (0.006 * scale)
    out.rough = 0.05 * peel[3]
    return out


@wp.func
def grainy(
    p: wp.vec3, grain: wp.float32, patch: wp.float32, footprint: wp.float32, relief: wp.float32
) -> Pattern:
    """Loose or fibrous matter (sand, felt, foam): grains of `grain`, tone over `patch` [m]."""
    out = new_pattern()
    a = noise(p / grain)
    b = noise(p / (0.47 * grain) + wp.vec3(4.2, 9.1, 6.6))
    c = fractal(p, patch, 4, footprint)
    keep_a = resolved(grain, footprint)
    keep_b = resolved(0.47 * grain, footprint)
    speck = 0.55 * a[3] * keep_a + 0.6 * b[3] * keep_b
    out.mix = wp.clamp(0.35 + 0.45 * speck + (0.08 + 0.16 * relief) * c[3], 0.0, 1.0)
    out.shade = wp.max(1.0 + 0.22 * relief * speck + (0.03 + 0.05 * relief) * c[3], 0.2)
    out.slope = gradient(a) * (0.22 * relief * keep_a) + gradient(c) * (0.012 * relief * patch)
    out.slope += gradient(b) * (0.14 * relief * keep_b)
    return out


@wp.func
def brushed(p: wp.vec3, axis: wp.int32, scale: wp.float32, footprint: wp.float32) -> Pattern:
    """Metal with fine scratches along `axis`."""
    out = new_pattern()
    thin = 0.0009
    long = wp.max(scale, 0.05)
    q = p / thin
    if axis == 0:
        q = wp.vec3(p[0] / long, q[1], q[2])
    elif axis == 1:
        q = wp.vec3(q[0], p[1] / long, q[2])
    else:
        q = wp.vec3(q[0], q[1], p[2] / long)
    a = noise(q)
    b = noise(q * 0.31 + wp.vec3(3.0, 1.0, 2.0))
    keep_a = resolved(thin, footprint)
    keep_b = resolved(3.2 * thin, footprint)
    out.shade = 1.0 + 0.05 * a[3] * keep_a + 0.06 * b[3] * keep_b
    out.rough = 0.05 + 0.06 * a[3] * keep_a + 0.08 * b[3] * keep_b
    across = wp.vec3(a[0], a[1], a[2]) * (0.035 * keep_a)
    across += wp.vec3(b[0], b[1], b[2]) * (0.03 * keep_b)
    across[axis] = 0.0
    out.slope = across
    return out


@wp.func
def rust(p: wp.vec3, scale: wp.float32, footprint: wp.float32) -> Pattern:
    """Metal eaten by patches of oxide in the accent colour."""
    out = new_pattern()
    a = fractal(p, scale, 5, footprint)
    b = fractal(p, 0.12 * scale, 3, footprint)
    eaten = wp.clamp((a[3] + 0.35 * b[3] + 0.12) * 3.5, 0.0, 1.0)
    out.mix = eaten
    out.metal = 1.0 - eaten
    out.rough = 0.4 * eaten + 0.05 * b[3]
    out.shade = 1.0 + 0.3 * b[3] * eaten
    out.slope = gradient(b) * (0.02 * scale * eaten)
    return out


@wp.func
def beach_ball(p: wp.vec3, footprint: wp.float32) -> Pattern:
    """Six gores between poles on z: colour, white, accent, white, and white caps."""
    out = new_pattern()
    turn = fraction(wp.atan2(p[1], p[0]) / 6.2831853) * 6.0
    gore = wp.int32(turn) % 6
    axial = wp.sqrt(p[0] * p[0] + p[1] * p[1])
    if gore % 2 == 1:
        out.white = 1.0
    elif gore == 2:
        out.mix = 1.0
    elif gore == 4:
        out.mix = 0.5
    if axial < 0.14 * wp.length(p):
        out.white = 1.0
    edge = wp.min(fraction(turn), 1.0 - fraction(turn)) * axial * 1.047
    seam = band(edge, 0.004 * wp.length(p), footprint)
    out.shade = 1.0 - 0.2 * seam
    return out
