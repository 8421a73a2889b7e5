# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Hashes, noises with exact gradients and the pattern they fill: the ground of every texture.

Lengths are metres of the rest shape. `footprint` is the size of one sample on the surface [m]: what
is finer is averaged away, so that far floors do not shimmer.
"""

import warp as wp


@wp.struct
class Pattern:
    """What a texture says about one point."""

    mix: wp.float32
    """0: the look's colour, 1: its accent."""
    shade: wp.float32
    """Factor on the colour."""
    white: wp.float32
    """Share of plain white."""
    rough: wp.float32
    """Added to the roughness."""
    metal: wp.float32
    """Factor on `metallic`."""
    slope: wp.vec3
    """Gradient of the height of the relief, rest frame [1]."""


@wp.func
def new_pattern() -> Pattern:
    """The even surface."""
    pattern = Pattern()
    pattern.shade = 1.0
    pattern.metal = 1.0
    return pattern


@wp.func
def hash_bits(x: wp.int32, y: wp.int32, z: wp.int32) -> wp.uint32:
    """A well mixed integer of a lattice point (finaliser of Ettinger's `prospector`)."""
    h = (
        (wp.uint32(x) * wp.uint32(73856093))
        ^ (wp.uint32(y) * wp.uint32(19349663))
        ^ (wp.uint32(z) * wp.uint32(83492791))
    )
    h = (h ^ (h >> wp.uint32(16))) * wp.uint32(2146121005)
    h = (h ^ (h >> wp.uint32(15))) * wp.uint32(1274126177)
    return h ^ (h >> wp.uint32(16))


@wp.func
def hash_unit(x: wp.int32, y: wp.int32, z: wp.int32) -> wp.float32:
    """Uniform in [0, 1)."""
    return wp.float32(hash_bits(x, y, z) >> wp.uint32(8)) * 5.9604645e-8


@wp.func
def noise(p: wp.vec3) -> wp.vec4:
    """Value noise in [-1, 1] with unit lattice: (gradient, value)."""
    fx = wp.floor(p[0])
    fy = wp.floor(p[1])
    fz = wp.floor(p[2])
    i = wp.int32(fx)
    j = wp.int32(fy)
    k = wp.int32(fz)
    x = p[0] - fx
    y = p[1] - fy
    z = p[2] - fz
    u = x * x * x * (x * (x * 6.0 - 15.0) + 10.0)
    v = y * y * y * (y * (y * 6.0 - 15.0) + 10.0)
    w = z * z * z * (z * (z * 6.0 - 15.0) + 10.0)
    a = hash_unit(i, j, k)
    b = hash_unit(i + 1, j, k)
    c = hash_unit(i, j + 1, k)
    d = hash_unit(i + 1, j + 1, k)
    e = hash_unit(i, j, k + 1)
    f = hash_unit(i + 1, j, k + 1)
    g = hash_unit(i, j + 1, k + 1)
    h = hash_unit(i + 1, j + 1, k + 1)
    kx = b - a
    ky = c - a
    kz = e - a
    kxy = a - b - c + d
    kyz = a - c - e + g
    kzx = a - b - e + f
    kxyz = -a + b + c - d + e - f - g + h
    value = a + kx * u + ky * v + kz * w + kxy * u * v + kyz * v * w + kzx * w * u
    value += kxyz * u * v * w
    du = 30.0 * x * x * (x * (x - 2.0) + 1.0)
    dv = 30.0 * y * y * (y * (y - 2.0) + 1.0)
    dw = 30.0 * z * z * (z * (z - 2.0) + 1.0)
    return wp.vec4(
        2.0 * du * (kx + kxy * v + kzx * w + kxyz * v * w),
        2.0 * dv * (ky + kyz * w + kxy * u + kxyz * w * u),
        2.0 * dw * (kz + kzx * u + kyz * v + kxyz * u * v),
        2.0 * value - 1.0,
    )


@wp.func
def resolved(period: wp.float32, footprint: wp.float32) -> wp.float32:
    """How much of a pattern of this period survives the averaging over one sample, 0..1."""
    return wp.clamp(period / wp.max(footprint, 1.0e-9) * 0.5 - 0.25, 0.0, 1.0)


@wp.func
def fractal(p: wp.vec3, period: wp.float32, octaves: wp.int32, footprint: wp.float32) -> wp.vec4:
    """Sum of octaves, about [-1, 1], the coarsest with `period` [m]: (gradient [1/m], value)."""
    total = wp.vec4(0.0, 0.0, 0.0, 0.0)
    amplitude = wp.float32(0.55)
    frequency = 1.0 / period
    for octave in range(octaves):
        keep = resolved(1.0 / frequency, footprint)
        if keep <= 0.0:
            break
        n = noise(p * frequency + wp.vec3(17.3, 5.1, 9.7) * wp.float32(octave))
        scale = amplitude * keep
        total += wp.vec4(
            n[0] * frequency * scale,
            n[1] * frequency * scale,
            n[2] * frequency * scale,
            n[3] * scale,
        )
        amplitude *= 0.5
        frequency *= 2.03
    return total


@wp.func
def gradient(n: wp.vec4) -> wp.vec3:
    """The gradient part of a noise."""
    return wp.vec3(n[0], n[1], n[2])


@wp.func
def band(distance: wp.float32, half: wp.float32, footprint: wp.float32) -> wp.float32:
    """Coverage of a line of half width `half` at `distance` from its middle, box filtered."""
    soft = wp.max(footprint, 0.4 * half)
    inside = wp.clamp((half - distance) / soft + 0.5, 0.0, 1.0)
    return inside * wp.min(1.0, 2.0 * half / soft)


@wp.func
def fraction(x: wp.float32) -> wp.float32:
    """x minus its floor."""
    return x - wp.floor(x)


@wp.func
def cells(u: wp.float32, v: wp.float32, seed: wp.int32) -> wp.vec4:
    """Worley cells of unit size: (nearest distance, second minus nearest, hash of the cell, 0)."""
    i = wp.int32(wp.floor(u))
    j = wp.int32(wp.floor(v))
    near = wp.float32(9.0)
    second = wp.float32(9.0)
    tag = wp.float32(0.0)
    for dj in range(-1, 2):
        for di in range(-1, 2):
            h = hash_bits(i + di, j + dj, seed)
            x = wp.float32(h & wp.uint32(1023)) / 1024.0
            y = wp.float32((h >> wp.uint32(10)) & wp.uint32(1023)) / 1024.0
            a = wp.float32(i + di) + x - u
            b = wp.float32(j + dj) + y - v
            d = a * a + b * b
            if d < near:
                second = near
                near = d
                tag = wp.float32(h >> wp.uint32(20)) / 4096.0
            elif d < second:
                second = d
    return wp.vec4(wp.sqrt(near), wp.sqrt(second) - wp.sqrt(near), tag, 0.0)


@wp.func
def dominant_axis(normal: wp.vec3) -> wp.int32:
    """Index of the largest component: the plane a flat pattern is laid on."""
    a = wp.abs(normal)
    if a[2] >= a[0] and a[2] >= a[1]:
        return 2
    if a[0] >= a[1]:
        return 0
    return 1


@wp.func
def flat(p: wp.vec3, axis: wp.int32) -> wp.vec2:
    """Coordinates in the plane normal to `axis`; on walls the second one is the height [m]."""
    if axis == 2:
        return wp.vec2(p[0], p[1])
    if axis == 0:
        return wp.vec2(p[1], p[2])
    return wp.vec2(p[0], p[2])


@wp.func
def lift(a: wp.float32, b: wp.float32, axis: wp.int32) -> wp.vec3:
    """A gradient (a, b) in the plane of `flat` as a vector."""
    if axis == 2:
        return wp.vec3(a, b, 0.0)
    if axis == 0:
        return wp.vec3(0.0, a, b)
    return wp.vec3(a, 0.0, b)
