# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Textures laid on a surface: boards, tiles, bricks, prints, cloth. (u, v) are metres on it."""

import warp as wp

from simgen.renderers.texture_noise import (
    Pattern,
    band,
    cells,
    flat,
    fractal,
    fraction,
    gradient,
    hash_unit,
    lift,
    new_pattern,
    noise,
    resolved,
)
from simgen.renderers.texture_solid import wood

JOINT = wp.constant(0.0009)
"""Half width of the gap between floor boards [m]."""


@wp.func
def _board(
    across: wp.float32,
    along: wp.float32,
    tone: wp.float32,
    edge: wp.float32,
    scale: wp.float32,
    footprint: wp.float32,
) -> Pattern:
    """One board: its own piece of a tree (`tone` in 0..1), dark at the gap `edge` metres away."""
    start = wp.vec3(across + 3.1 * tone * scale, 0.21 * tone * scale, along + 11.0 * tone)
    out = wood(start, 2, 1.6 * scale, footprint, tone)
    gap = band(edge, JOINT, footprint)
    lot = wp.lerp(0.99, 0.86 + 0.26 * fraction(7.13 * tone), resolved(0.5 * scale, footprint))
    out.shade = out.shade * lot * (1.0 - 0.8 * gap)
    out.mix = wp.clamp(out.mix + 0.3 * (fraction(3.7 * tone) - 0.5), 0.0, 1.0)
    out.rough += 0.12 * (fraction(5.3 * tone) - 0.5) + 0.3 * gap
    return out


@wp.func
def planks(
    u: wp.float32, v: wp.float32, axis: wp.int32, width: wp.float32, footprint: wp.float32
) -> Pattern:
    """Floor boards along u, `width` wide and some ten times as long, joints staggered at random."""
    row = wp.floor(v / width)
    length = 9.0 * width
    x = u / length + hash_unit(wp.int32(row), 7, 1)
    column = wp.floor(x)
    tone = hash_unit(wp.int32(row), wp.int32(column), 2)
    a = v / width - row
    b = x - column
    edge = wp.min(wp.min(a, 1.0 - a) * width, wp.min(b, 1.0 - b) * length)
    out = _board(a * width, b * length, tone, edge, 2.0 * width, footprint)
    tilt = (hash_unit(wp.int32(row), wp.int32(column), 4) - 0.5) * 0.006
    out.slope = lift(0.5 * tilt, tilt + out.slope[0] * 0.6, axis)
    return out


@wp.func
def parquet(
    u: wp.float32, v: wp.float32, axis: wp.int32, block: wp.float32, footprint: wp.float32
) -> Pattern:
    """Basket weave: squares of five strips, turned every other square."""
    i = wp.int32(wp.floor(u / block))
    j = wp.int32(wp.floor(v / block))
    a = u - wp.float32(i) * block
    b = v - wp.float32(j) * block
    turned = (i + j) % 2 != 0
    if turned:
        c = a
        a = b
        b = c
    strip = wp.int32(b / (0.2 * block))
    inside = b - wp.float32(strip) * 0.2 * block
    tone = hash_unit(i * 7 + strip, j, 13)
    edge = wp.min(wp.min(a, block - a), wp.min(inside, 0.2 * block - inside))
    out = _board(inside, a, tone, edge, 0.45 * block, footprint)
    tilt = (tone - 0.5) * 0.006
    if turned:
        out.slope = lift(tilt, 0.0, axis)
    else:
        out.slope = lift(0.0, tilt, axis)
    return out


@wp.func
def tiles(
    u: wp.float32,
    v: wp.float32,
    p: wp.vec3,
    axis: wp.int32,
    size: wp.float32,
    footprint: wp.float32,
) -> Pattern:
    """Square tiles with grout in the accent colour, a pillowed edge, a little uneven in tone."""
    i = wp.floor(u / size)
    j = wp.floor(v / size)
    a = u / size - i
    b = v / size - j
    ea = wp.min(a, 1.0 - a) * size
    eb = wp.min(b, 1.0 - b) * size
    half = wp.clamp(0.006 * size, 0.0008, 0.003)
    keep_tile = resolved(size, footprint)
    grout = wp.max(band(ea, half, footprint), band(eb, half, footprint))
    grout = wp.lerp(4.0 * half / size, grout, keep_tile)
    tone = wp.lerp(0.5, hash_unit(wp.int32(i), wp.int32(j), 21), keep_tile)
    out = new_pattern()
    n = fractal(p + wp.vec3(9.0 * tone, 4.0 * tone, 0.0), 0.4 * size, 4, footprint)
    grit = noise(p / 0.0016)
    out.mix = grout
    out.shade = (1.0 + 0.09 * (tone - 0.5) + 0.05 * n[3]) * (1.0 - 0.12 * grout)
    out.shade += 0.1 * grout * grit[3] * resolved(0.0016, footprint)
    out.rough = 0.55 * grout + 0.04 * n[3]
    lip = 4.0 * half
    sa = wp.clamp(1.0 - ea / lip, 0.0, 1.0) * wp.where(a < 0.5, 0.2, -0.2)
    sb = wp.clamp(1.0 - eb / lip, 0.0, 1.0) * wp.where(b < 0.5, 0.2, -0.2)
    keep = resolved(2.0 * lip, footprint) * (1.0 - grout)
    tilt = 0.004 * (tone - 0.5)
    out.slope = lift(sa * keep + tilt, sb * keep + 0.5 * tilt, axis) + gradient(n) * (0.002 * size)
    return out


@wp.func
def bricks(
    u: wp.float32,
    v: wp.float32,
    p: wp.vec3,
    axis: wp.int32,
    length: wp.float32,
    footprint: wp.float32,
) -> Pattern:
    """Stretcher bond; mortar in the accent colour, each brick with its own tone."""
    height = length * 0.31
    row = wp.floor(v / height)
    x = u / length + 0.5 * (row - 2.0 * wp.floor(0.5 * row))
    column = wp.floor(x)
    a = x - column
    b = v / height - row
    ragged = 0.0016 * noise(p / 0.012)[3] * resolved(0.012, footprint)
    ea = wp.min(a, 1.0 - a) * length + ragged
    eb = wp.min(b, 1.0 - b) * height + ragged
    half = 0.021 * length
    keep_brick = resolved(1.5 * height, footprint)
    mortar = wp.max(band(ea, half, footprint), band(eb, half, footprint))
    mortar = wp.lerp(0.177, mortar, keep_brick)
    tone = hash_unit(wp.int32(column), wp.int32(row), 31)
    out = new_pattern()
    n = fractal(p, 0.25 * length, 4, footprint)
    grit = noise(p / 0.003)
    keep = resolved(0.003, footprint)
    out.mix = mortar
    burnt = wp.clamp((tone - 0.8) * 4.0, 0.0, 1.0)
    body = (0.78 + 0.4 * fraction(tone * 5.7)) * (1.0 - 0.3 * burnt)
    body = wp.lerp(0.95, body, keep_brick) + 0.22 * n[3]
    out.shade = wp.lerp(body, 0.95 + 0.12 * n[3], mortar) + 0.14 * grit[3] * keep
    lip = 0.8 * half
    sa = wp.clamp(1.0 - (ea - half) / lip, 0.0, 1.0) * wp.where(a < 0.5, 0.6, -0.6)
    sb = wp.clamp(1.0 - (eb - half) / lip, 0.0, 1.0) * wp.where(b < 0.5, 0.6, -0.6)
    edge = resolved(2.0 * lip, footprint) * (1.0 - mortar)
    out.slope = lift(sa * edge, sb * edge, axis) + gradient(n) * (0.05 * length)
    out.slope += gradient(grit) * (0.12 * keep)
    return out


@wp.func
def terrazzo(
    u: wp.float32, v: wp.float32, size: wp.float32, footprint: wp.float32, seed: wp.int32
) -> Pattern:
    """Chips of three tones in a ground cement, polished."""
    out = new_pattern()
    keep = resolved(size, footprint)
    big = cells(u / size, v / size, seed)
    small = cells(u / (0.4 * size) + 5.0, v / (0.4 * size), seed + 1)
    chip = wp.clamp((big[1] - 0.16) * 12.0, 0.0, 1.0) * wp.where(big[2] < 0.55, 1.0, 0.0)
    crumb = wp.clamp((small[1] - 0.2) * 10.0, 0.0, 1.0) * wp.where(small[2] < 0.4, 1.0, 0.0)
    tag = wp.where(chip > 0.02, big[2] * 1.8, small[2] * 2.5)
    cover = 0.7 * wp.max(chip, crumb) * keep
    if tag < 0.4:
        out.mix = cover
    elif tag < 0.7:
        out.white = 0.8 * cover
    else:
        out.shade = 1.0 - 0.45 * cover
    out.mix = out.mix + 0.1 * (1.0 - keep)
    return out


@wp.func
def checker(p: wp.vec3, period: wp.float32, footprint: wp.float32) -> Pattern:
    """Cubes of both colours, two to a period; offset so that no face lies in their planes."""
    out = plain_print(p, footprint)
    cell = 0.5 * period
    q = p / cell + wp.vec3(0.013, 0.017, 0.011)
    parity = wp.int32(wp.floor(q[0])) + wp.int32(wp.floor(q[1])) + wp.int32(wp.floor(q[2]))
    out.mix = wp.lerp(0.5, wp.float32(parity & 1), resolved(period, footprint))
    return out


@wp.func
def plain_print(p: wp.vec3, footprint: wp.float32) -> Pattern:
    """The unevenness that printed or painted surfaces share."""
    out = new_pattern()
    n = fractal(p, 0.08, 3, footprint)
    out.shade = 1.0 + 0.03 * n[3]
    out.rough = 0.05 * n[3]
    return out


@wp.func
def stripes(p: wp.vec3, axis: wp.int32, period: wp.float32, footprint: wp.float32) -> Pattern:
    """Rings of both colours around `axis`, one broad and one narrow to a period."""
    out = plain_print(p, footprint)
    x = fraction(p[axis] / period)
    soft = wp.max(footprint / period, 1.0e-4)
    inside = wp.clamp((0.21 - wp.abs(x - 0.5)) / soft + 0.5, 0.0, 1.0)
    out.mix = wp.lerp(0.42, inside, resolved(period, footprint))
    return out


@wp.func
def dots(p: wp.vec3, axis: wp.int32, period: wp.float32, footprint: wp.float32) -> Pattern:
    """Round dots of the accent colour in staggered rows."""
    out = plain_print(p, footprint)
    uv = flat(p, axis)
    row = wp.floor(uv[1] / period)
    a = fraction(uv[0] / period + 0.5 * (row - 2.0 * wp.floor(0.5 * row))) - 0.5
    b = fraction(uv[1] / period) - 0.5
    inside = band(wp.sqrt(a * a + b * b) * period, 0.27 * period, footprint)
    out.mix = wp.lerp(0.23, inside, resolved(period, footprint))
    return out


@wp.func
def weave(
    u: wp.float32,
    v: wp.float32,
    p: wp.vec3,
    axis: wp.int32,
    thread: wp.float32,
    footprint: wp.float32,
    twill: wp.bool,
) -> Pattern:
    """Cloth of threads `thread` apart: plain weave, or twill (denim) with warp over three."""
    out = new_pattern()
    x = u / thread
    y = v / thread
    i = wp.int32(wp.floor(x))
    j = wp.int32(wp.floor(y))
    a = x - wp.floor(x) - 0.5
    b = y - wp.floor(y) - 0.5
    over = (i + j) % 2 == 0
    if twill:
        over = (i + j) % 4 != 0
    keep = resolved(1.5 * thread, footprint)
    lot = hash_unit(wp.where(over, i, j), wp.where(over, 1, 2), 41) - 0.5
    slub = fractal(wp.vec3(u * 0.3, v, 0.0), 14.0 * thread, 4, footprint)
    height = wp.where(over, 0.8 - 2.2 * a * a - 0.7 * b * b, 0.8 - 2.2 * b * b - 0.7 * a * a)
    share = wp.where(twill, 0.25, 0.5)
    tint = wp.where(over, 0.0, 1.0)
    strength = wp.where(twill, 0.8, 0.2)
    out.mix = wp.clamp(strength * wp.lerp(share, tint, keep) + 0.1 * slub[3], 0.0, 1.0)
    out.shade = 1.0 + (0.3 * (height - 0.6) + 0.16 * lot) * keep + 0.1 * slub[3]
    sa = wp.where(over, -1.4 * a, -0.5 * a) * 0.7 * keep
    sb = wp.where(over, -0.5 * b, -1.4 * b) * 0.7 * keep
    out.slope = lift(sa, sb, axis)
    return out


@wp.func
def carpet(
    u: wp.float32,
    v: wp.float32,
    p: wp.vec3,
    axis: wp.int32,
    loop: wp.float32,
    footprint: wp.float32,
) -> Pattern:
    """Tufts about `loop` apart, heathered between both colours, trodden in patches."""
    out = new_pattern()
    tuft = cells(u / loop, v / loop, 51)
    keep = resolved(loop, footprint)
    trodden = fractal(p, 0.6, 4, footprint)
    tone = fractal(p, 9.0 * loop, 3, footprint)
    out.mix = wp.clamp(0.35 + 0.5 * (tuft[2] - 0.5) * keep + 0.25 * tone[3], 0.0, 1.0)
    dark = wp.clamp(1.15 - 0.75 * tuft[0], 0.3, 1.1)
    out.shade = wp.lerp(0.8, dark, keep) * (1.0 + 0.1 * trodden[3] + 0.08 * tone[3])
    out.slope = gradient(trodden) * 0.01
    return out


@wp.func
def cardboard(
    u: wp.float32, v: wp.float32, p: wp.vec3, axis: wp.int32, footprint: wp.float32
) -> Pattern:
    """Kraft liner: fibres, clouds, the faint print of the 7 mm flutes."""
    out = new_pattern()
    n = fractal(p, 0.05, 5, footprint)
    fibre = noise(wp.vec3(u / 0.004, v / 0.0009, 3.0))
    keep = resolved(0.0009, footprint)
    wave = wp.sin(u * 6.2831853 / 0.007) * resolved(0.007, footprint)
    out.mix = wp.clamp(0.25 + 0.3 * n[3] + 0.2 * fibre[3] * keep, 0.0, 1.0)
    out.shade = 1.0 + 0.05 * n[3] + 0.02 * wave + 0.06 * fibre[3] * keep
    out.slope = lift(0.03 * wave, 0.0, axis) + gradient(n) * 0.0008
    return out


@wp.func
def leather(
    u: wp.float32,
    v: wp.float32,
    p: wp.vec3,
    axis: wp.int32,
    grain: wp.float32,
    footprint: wp.float32,
) -> Pattern:
    """Grain of small plates with dark creases between; glossier on the plates."""
    out = new_pattern()
    sway = noise(p / (3.0 * grain))
    plate = cells(u / grain + 0.3 * sway[3], v / grain + 0.3 * sway[0] * 0.2, 61)
    keep = resolved(grain, footprint)
    crease = wp.clamp(1.0 - plate[1] * 5.0, 0.0, 1.0) * keep
    tone = fractal(p, 25.0 * grain, 3, footprint)
    out.mix = wp.clamp(0.3 + 0.5 * tone[3] + 0.35 * crease, 0.0, 1.0)
    out.shade = 1.0 - 0.3 * crease + 0.06 * (plate[2] - 0.5) * keep
    out.rough = 0.25 * crease + 0.08 * tone[3]
    tilt = (plate[2] - 0.5) * 0.1 * keep
    out.slope = lift(tilt, -tilt, axis) + gradient(tone) * (0.02 * grain)
    return out


@wp.func
def rope_lay(
    p: wp.vec3,
    u: wp.float32,
    v: wp.float32,
    axis: wp.int32,
    pitch: wp.float32,
    footprint: wp.float32,
) -> Pattern:
    """Twisted strands running across at an angle, with yarns inside each strand."""
    out = new_pattern()
    x = (u + v) / pitch
    strand = fraction(x) - 0.5
    yarn = fraction(x * 7.0 + 0.6 * (u - v) / pitch) - 0.5
    keep = resolved(pitch, footprint)
    fine = resolved(pitch / 7.0, footprint)
    fuzz = fractal(p, 0.4 * pitch, 3, footprint)
    out.mix = wp.clamp(0.2 + 1.6 * strand * strand * keep + 0.3 * fuzz[3], 0.0, 1.0)
    out.shade = 1.06 - 1.5 * strand * strand * keep - 0.5 * yarn * yarn * fine + 0.08 * fuzz[3]
    out.slope = lift(-1.2 * strand * keep, -1.2 * strand * keep, axis)
    return out
