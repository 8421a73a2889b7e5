# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""The ground of every texture: hashes, noises, filters, and fields that carry their gradient.

A *field* is a `vec4`: the gradient in the rest frame (x, y, z) and the value (w). Coordinates,
noises and distances are fields; sums are vector sums, everything else goes through `curve` (chain
rule), `product`, `ramp` or `noise_of`. So the slope of a relief is exact without differencing
(forward-mode differentiation).

Lengths are metres of the rest shape. `footprint` is the size of one sample on the surface [m]: what
is finer is averaged away, so that far floors do not shimmer.
"""

import warp as wp

Field = wp.vec4
TURN = wp.constant(6.2831853)


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
def fraction(x: wp.float32) -> wp.float32:
    """x minus its floor."""
    return x - wp.floor(x)


@wp.func
def another(tone: wp.float32, times: wp.float32) -> wp.float32:
    """A further number in [0, 1) from a hash in [0, 1)."""
    return fraction(tone * times)


# Fields


@wp.func
def curve(a: wp.vec4, value: wp.float32, rate: wp.float32) -> wp.vec4:
    """f(a), given the value and the derivative of f there."""
    return wp.vec4(a[0] * rate, a[1] * rate, a[2] * rate, value)


@wp.func
def product(a: wp.vec4, b: wp.vec4) -> wp.vec4:
    """a times b."""
    return wp.vec4(
        a[0] * b[3] + b[0] * a[3],
        a[1] * b[3] + b[1] * a[3],
        a[2] * b[3] + b[2] * a[3],
        a[3] * b[3],
    )


@wp.func
def plus(a: wp.vec4, value: wp.float32) -> wp.vec4:
    """a plus a constant."""
    return wp.vec4(a[0], a[1], a[2], a[3] + value)


@wp.func
def wrapped(a: wp.vec4) -> wp.vec4:
    """a minus its floor."""
    return plus(a, -wp.floor(a[3]))


@wp.func
def folded(a: wp.vec4) -> wp.vec4:
    """|a|."""
    return a * wp.where(a[3] < 0.0, -1.0, 1.0)


@wp.func
def lesser(a: wp.vec4, b: wp.vec4) -> wp.vec4:
    """The smaller of two fields."""
    if a[3] < b[3]:
        return a
    return b


@wp.func
def ramp(a: wp.vec4, low: wp.float32, high: wp.float32) -> wp.vec4:
    """Smooth step from 0 at `low` to 1 at `high`."""
    t = wp.clamp((a[3] - low) / (high - low), 0.0, 1.0)
    return curve(a, t * t * (3.0 - 2.0 * t), 6.0 * t * (1.0 - t) / (high - low))


@wp.func
def gradient(a: wp.vec4) -> wp.vec3:
    """The gradient part of a field."""
    return wp.vec3(a[0], a[1], a[2])


# Noises


@wp.func(inline=False)
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
def noise_at(p: wp.vec3, size: wp.float32) -> wp.vec4:
    """Noise with a lattice of `size` [m], as a field of p."""
    n = noise(p / size)
    return curve(n, n[3], 1.0 / size)


@wp.func
def noise_of(x: wp.vec4, y: wp.vec4, z: wp.vec4) -> wp.vec4:
    """Noise with unit lattice of three fields."""
    n = noise(wp.vec3(x[3], y[3], z[3]))
    sum = x * n[0] + y * n[1] + z * n[2]
    return wp.vec4(sum[0], sum[1], sum[2], n[3])


@wp.func
def resolved(period: wp.float32, footprint: wp.float32) -> wp.float32:
    """How much of a pattern of this period survives the averaging over one sample, 0..1."""
    return wp.clamp(period / wp.max(footprint, 1.0e-9) * 0.5 - 0.25, 0.0, 1.0)


@wp.func(inline=False)
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
        total += curve(n, n[3], frequency) * (amplitude * keep)
        amplitude *= 0.5
        frequency *= 2.03
    return total


@wp.struct
class Cell:
    """Where a point lies among scattered cells (Worley 1996)."""

    near: wp.vec4
    """Distance to the nearest centre."""
    edge: wp.vec4
    """Distance to the second centre minus that to the nearest: 0 on the border."""
    x: wp.float32
    """Offset from the centre."""
    y: wp.float32
    tone: wp.float32
    """A number in [0, 1) of the cell."""


@wp.func(inline=False)
def cell_of(u: wp.vec4, v: wp.vec4, jitter: wp.float32, seed: wp.int32) -> Cell:
    """The cell around (u, v), unit size; `jitter` 0 gives squares, 1 cells at random."""
    fu = wp.floor(u[3])
    fv = wp.floor(v[3])
    i = wp.int32(fu)
    j = wp.int32(fv)
    near = wp.float32(9.0)
    second = wp.float32(9.0)
    a = wp.vec2(1.0, 0.0)
    b = wp.vec2(0.0, 1.0)
    bits = wp.uint32(0)
    for dj in range(-1, 2):
        for di in range(-1, 2):
            h = hash_bits(i + di, j + dj, seed)
            x = wp.float32(h & wp.uint32(1023)) / 1023.0 - 0.5
            y = wp.float32((h >> wp.uint32(10)) & wp.uint32(1023)) / 1023.0 - 0.5
            c = wp.vec2(
                u[3] - fu - wp.float32(di) - 0.5 - jitter * x,
                v[3] - fv - wp.float32(dj) - 0.5 - jitter * y,
            )
            d = wp.length_sq(c)
            if d < near:
                second = near
                near = d
                b = wp.vec2(a[0], a[1])
                a = wp.vec2(c[0], c[1])
                bits = h
            elif d < second:
                second = d
                b = wp.vec2(c[0], c[1])
    out = Cell()
    da = wp.sqrt(near)
    db = wp.sqrt(second)
    ga = a / wp.max(da, 1.0e-6)
    gb = b / wp.max(db, 1.0e-6)
    slope = u * ga[0] + v * ga[1]
    out.near = wp.vec4(slope[0], slope[1], slope[2], da)
    slope = u * (gb[0] - ga[0]) + v * (gb[1] - ga[1])
    out.edge = wp.vec4(slope[0], slope[1], slope[2], db - da)
    out.x = a[0]
    out.y = a[1]
    out.tone = wp.float32(bits >> wp.uint32(20)) / 4096.0
    return out


# Coverage


@wp.func
def slab(distance: wp.float32, half: wp.float32, width: wp.float32) -> wp.float32:
    """Coverage of a line of half width `half` at `distance` from its middle: exact box filter."""
    reach = 0.5 * width
    d = wp.abs(distance)
    return wp.max(wp.min(d + reach, half) - wp.max(d - reach, -half), 0.0) / width


@wp.func
def band(distance: wp.float32, half: wp.float32, footprint: wp.float32) -> wp.float32:
    """`slab` with edges no sharper than 0.4 of the half width: joints."""
    return slab(distance, half, wp.max(footprint, 0.4 * half))


@wp.func
def inside(distance: wp.float32, soft: wp.float32) -> wp.float32:
    """Coverage of what lies at negative distance, with an edge `soft` wide."""
    return wp.clamp(0.5 - distance / wp.max(soft, 1.0e-6), 0.0, 1.0)


@wp.func
def disc(distance: wp.float32, radius: wp.float32, soft: wp.float32) -> wp.float32:
    """Coverage of a disc at `distance` from its centre, blurred over `soft`, its area kept."""
    grown = radius * radius + soft * soft / 12.0
    if soft > 2.0 * radius:  # the area under a cone
        reach = radius + 0.5 * soft
        grown = reach * reach * reach / (3.0 * soft)
    return inside(distance - radius, soft) * (radius * radius / grown)


@wp.func
def _bars_until(x: wp.float32, bits: wp.uint32, count: wp.int32) -> wp.float32:
    """Integral from 0 to x of a row of unit bars that repeats after `count` of them."""
    turns = wp.floor(x / wp.float32(count))
    rest = x - turns * wp.float32(count)
    whole = wp.min(wp.int32(rest), count - 1)
    total = wp.float32(0.0)
    below = wp.float32(0.0)
    for i in range(count):
        bit = wp.float32((bits >> wp.uint32(i)) & wp.uint32(1))
        total += bit
        if i < whole:
            below += bit
        elif i == whole:
            below += bit * (rest - wp.float32(whole))
    return turns * total + below


@wp.func(inline=False)
def bars(x: wp.float32, bits: wp.uint32, count: wp.int32, width: wp.float32) -> wp.float32:
    """Mean over `width` of a row of unit bars, those black whose bit is set; exact box filter."""
    half = 0.5 * wp.max(width, 1.0e-3)
    return (_bars_until(x + half, bits, count) - _bars_until(x - half, bits, count)) / (2.0 * half)


# The plane a flat pattern is laid on


@wp.func
def dominant_axis(normal: wp.vec3) -> wp.int32:
    """Index of the largest component: the normal of the plane."""
    a = wp.abs(normal)
    if a[2] >= a[0] and a[2] >= a[1]:
        return 2
    if a[0] >= a[1]:
        return 0
    return 1


@wp.func
def across(p: wp.vec3, side: wp.int32) -> wp.vec4:
    """First coordinate in the plane normal to `side` [m], as a field."""
    if side == 0:
        return wp.vec4(0.0, 1.0, 0.0, p[1])
    return wp.vec4(1.0, 0.0, 0.0, p[0])


@wp.func
def upward(p: wp.vec3, side: wp.int32) -> wp.vec4:
    """Second coordinate, on walls the height [m], as a field."""
    if side == 2:
        return wp.vec4(0.0, 1.0, 0.0, p[1])
    return wp.vec4(0.0, 0.0, 1.0, p[2])


@wp.func
def along(p: wp.vec3, axis: wp.int32) -> wp.vec3:
    """p with `axis` as its third coordinate."""
    if axis == 0:
        return wp.vec3(p[1], p[2], p[0])
    if axis == 1:
        return wp.vec3(p[2], p[0], p[1])
    return wp.vec3(p[0], p[1], p[2])


@wp.func
def from_along(a: wp.vec4, axis: wp.int32) -> wp.vec4:
    """A field of `along(p, axis)` as a field of p."""
    if axis == 0:
        return wp.vec4(a[2], a[0], a[1], a[3])
    if axis == 1:
        return wp.vec4(a[1], a[2], a[0], a[3])
    return wp.vec4(a[0], a[1], a[2], a[3])
