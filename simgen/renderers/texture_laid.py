# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Patterns of pieces laid on a surface: boards, tiles, stones, studs, flakes."""

import warp as wp

from simgen.renderers.texture_noise import (
    across,
    another,
    band,
    cell_of,
    curve,
    disc,
    folded,
    fraction,
    hash_unit,
    lesser,
    noise_at,
    noise_of,
    plus,
    product,
    ramp,
    resolved,
    slab,
    upward,
    wrapped,
)
from simgen.renderers.texture_pattern import (
    Knobs,
    Pattern,
    Spot,
    colored,
    new_pattern,
    pressed,
    raised,
)
from simgen.renderers.texture_solid import timber


@wp.struct
class Piece:
    """One piece of a laid surface; lengths are in sizes."""

    x: wp.vec4
    """Across the piece, from its edge."""
    y: wp.vec4
    """Along it."""
    edge: wp.vec4
    """Distance to the nearest edge."""
    sides: wp.vec4
    """Distance to the nearer of its sides."""
    ends: wp.vec4
    """Distance to the nearer of its ends."""
    tone: wp.float32
    """A number in [0, 1) of the piece."""
    odd: wp.int32
    """1 for every other piece."""


@wp.func
def _piece(
    x: wp.vec4, y: wp.vec4, length: wp.float32, i: wp.int32, j: wp.int32, odd: wp.int32
) -> Piece:
    """The piece (i, j) with x in 0..1 across and y in 0..length along."""
    out = Piece()
    out.x = x
    out.y = y
    out.sides = lesser(x, plus(-x, 1.0))
    out.ends = lesser(y, plus(-y, length))
    out.edge = lesser(out.sides, out.ends)
    out.tone = hash_unit(i, j, 21)
    out.odd = odd & 1
    return out


@wp.func
def _row(u: wp.vec4, v: wp.vec4, length: wp.float32, jitter: wp.float32) -> Piece:
    """Rows along u, each moved on by half a piece, at random (`jitter` 1) or not at all (-1)."""
    row = wp.floor(v[3])
    j = wp.int32(row)
    shift = 0.5 * wp.float32(j & 1)
    if jitter > 0.0:
        shift = hash_unit(j, 7, 1)
    elif jitter < 0.0:
        shift = 0.0
    y = plus(u / length, shift)
    i = wp.int32(wp.floor(y[3]))
    return _piece(plus(v, -row), wrapped(y) * length, length, i, j, i + j)


@wp.func
def _basket(u: wp.vec4, v: wp.vec4, length: wp.float32) -> Piece:
    """Squares of `length` strips, turned every other square."""
    i = wp.int32(wp.floor(u[3] / length))
    j = wp.int32(wp.floor(v[3] / length))
    y = wrapped(u / length) * length
    x = wrapped(v / length) * length
    odd = (i + j) & 1
    if odd == 1:
        swap = x + wp.vec4(0.0, 0.0, 0.0, 0.0)
        x = y + wp.vec4(0.0, 0.0, 0.0, 0.0)
        y = swap + wp.vec4(0.0, 0.0, 0.0, 0.0)
    strip = wp.floor(x[3])
    return _piece(plus(x, -strip), y, length, i * 7 + wp.int32(strip), j, odd)


@wp.func
def _herringbone(u: wp.vec4, v: wp.vec4, length: wp.int32) -> Piece:
    """Blocks 1 x `length` in broken zigzags."""
    a = (u - v) * 0.70710678
    b = (u + v) * 0.70710678
    i = wp.int32(wp.floor(a[3]))
    j = wp.int32(wp.floor(b[3]))
    turn = 2 * length
    d = (i - j) % turn
    d = (d + turn) % turn
    if d < length:
        return _piece(wrapped(b), plus(wrapped(a), wp.float32(d)), wp.float32(length), i - d, j, 0)
    e = turn - 1 - d
    return _piece(wrapped(a), plus(wrapped(b), wp.float32(e)), wp.float32(length), i, j - e, 1)


@wp.func
def _hexagon(u: wp.vec4, v: wp.vec4) -> Piece:
    """Regular hexagons of unit width: the nearer of two staggered lattices of rectangles."""
    tall = 1.7320508
    i = wp.floor(u[3] + 0.5)
    j = wp.floor(v[3] / tall + 0.5)
    x = plus(u, -i)
    y = plus(v, -j * tall)
    m = wp.floor(u[3])
    n = wp.floor(v[3] / tall)
    p = plus(u, -m - 0.5)
    q = plus(v, (-n - 0.5) * tall)
    tag = wp.int32(2.0 * i)
    tag_v = wp.int32(2.0 * j)
    if p[3] * p[3] + q[3] * q[3] < x[3] * x[3] + y[3] * y[3]:
        x = p + wp.vec4(0.0, 0.0, 0.0, 0.0)
        y = q + wp.vec4(0.0, 0.0, 0.0, 0.0)
        tag = wp.int32(2.0 * m) + 1
        tag_v = wp.int32(2.0 * n) + 1
    out = _piece(plus(x, 0.5), plus(y, 0.5), 1.0, tag, tag_v, tag)
    fx = folded(x)
    fy = folded(y)
    slant = plus(-(fx * 0.5 + fy * 0.8660254), 0.5)
    out.sides = plus(-fx, 0.5)
    out.ends = slant
    out.edge = lesser(out.sides, out.ends)
    return out


@wp.func(inline=False)
def piece_at(s: Spot, k: Knobs, ragged: wp.vec4) -> Piece:
    """The piece under a spot: rows (layout 0), basket (1), herringbone (2), hexagons (3)."""
    size = k.size * s.scale
    u = across(s.p, s.side) / size + ragged
    v = upward(s.p, s.side) / size + ragged
    if k.layout == 1:
        return _basket(u, v, k.aspect)
    if k.layout == 2:
        return _herringbone(u, v, wp.int32(k.aspect))
    if k.layout == 3:
        return _hexagon(u, v)
    return _row(u, v, k.aspect, k.jitter)


@wp.func(inline=False)
def boards(s: Spot, k: Knobs) -> Pattern:
    """Pieces of timber, each from its own tree, dark at the gaps; the grain runs along them, or
    up out of the surface (`over` 1), or so in every other row (`over` 2: plywood's edge)."""
    width = k.size * s.scale
    piece = piece_at(s, k, wp.vec4(0.0, 0.0, 0.0, 0.0))
    tone = piece.tone
    x = piece.x[3] * width
    y = piece.y[3] * width
    q = wp.vec3(x + 6.2 * tone * width, 0.42 * tone * width, y + 11.0 * tone)
    upright = k.over == 1
    if k.over == 2:
        upright = piece.odd == 1
    if upright:
        q = wp.vec3(x + 4.0 * tone * width, y + 3.0 * another(tone, 17.3) * width, 5.0 * tone)
    out = timber(q, k.tree * width, s.footprint, tone)
    g = out.relief
    out.relief = (piece.x * g[0] + piece.y * g[2]) * width
    if upright:
        out.relief = (piece.x * g[0] + piece.y * g[1]) * width
        out.shade = out.shade * k.gap_shade
    out.relief = wp.vec4(out.relief[0], out.relief[1], out.relief[2], g[3])
    gap = band(piece.edge[3], k.gap, s.footprint / width)
    out.shade = out.shade * (1.0 + k.tone * (another(tone, 7.13) - 0.5)) * (1.0 - 0.8 * gap)
    out.mix = wp.clamp(out.mix + k.tint * (another(tone, 3.7) - 0.5), 0.0, 1.0)
    out.rough += 0.12 * (another(tone, 5.3) - 0.5) + 0.3 * gap
    tilt = piece.x * ((tone - 0.5) * k.relief) + piece.y * (0.2 * (tone - 0.5) * k.relief)
    if k.strata > 1.0:  # nodes of bamboo
        node = wp.abs(piece.y[3] - 0.5 * k.strata * (1.0 + wp.floor(piece.y[3] / k.strata)))
        out.shade = out.shade * (1.0 - 0.45 * band(node, 0.12, s.footprint / width))
    return raised(out, tilt, width, s.footprint)


@wp.func(inline=False)
def tiles(s: Spot, k: Knobs) -> Pattern:
    """Pieces with joints, each with its own tone, pillowed by `relief` over a lip `sharp` wide
    and tilted (`angle`), with ragged edges (`warp`); every other one is in the accent
    where `over` is 1."""
    size = k.size * s.scale
    ragged = wp.vec4(0.0, 0.0, 0.0, 0.0)
    if k.warp > 0.0:
        ragged = noise_at(s.p, 0.12 * size) * (k.warp * resolved(0.12 * size, s.footprint))
    piece = piece_at(s, k, ragged)
    out = new_pattern(k)
    out.shade = 1.0 + k.tone * (piece.tone - 0.5)
    out.mix += k.tint * (another(piece.tone, 5.7) - 0.5)
    if k.over == 1:
        out.mix = wp.lerp(out.mix, 1.0, wp.float32(piece.odd))
    if another(piece.tone, 31.7) < k.white:
        out.white = 0.8
    joint = band(piece.edge[3], k.gap, s.footprint / size)
    out = pressed(out, joint, k)
    lip = k.gap + k.sharp
    height = product(ramp(piece.sides, k.gap, lip), ramp(piece.ends, k.gap, lip)) * k.relief
    tilt = piece.x * (piece.tone - 0.5) + piece.y * (another(piece.tone, 9.1) - 0.5)
    return raised(out, height + tilt * k.angle, size, s.footprint)


@wp.func(inline=False)
def stones(s: Spot, k: Knobs) -> Pattern:
    """Worley cells as stones, plates or tufts: creases `gap` wide, domed by `relief`, each with
    its own tone and tilt (`angle`). Layout 1 domes them from their centres (dents), layout 2 so
    within the creases (pebbles); dark between where `over` is 1 (tufts)."""
    size = k.size * s.scale
    u = across(s.p, s.side) / size
    v = upward(s.p, s.side) / size
    if k.warp > 0.0:
        n = noise_at(s.p, 1.7 * size) * k.warp
        u = u + n
        v = v - n
    cell = cell_of(u, v / k.aspect, k.jitter, 61)
    soft = s.footprint / size
    out = new_pattern(k)
    present = another(cell.tone, 13.7) < k.cover
    out.mix += k.tint * (another(cell.tone, 5.7) - 0.5)
    out.shade = 1.0 + k.tone * (cell.tone - 0.5)
    if another(cell.tone, 31.7) < k.white:
        out.white = 0.7
    if not present:
        out = pressed(new_pattern(k), 1.0, k)
    out.rough += k.rough * (another(cell.tone, 3.3) - 0.5)
    share = band(cell.edge[3], 2.0 * k.gap, 2.0 * soft)
    out = pressed(out, share, k)
    height = ramp(cell.edge, 2.0 * k.gap, 2.0 * k.gap + 1.0 / k.sharp)
    if k.layout > 0:
        dome = curve(cell.near, 1.0 - cell.near[3] * cell.near[3], -2.0 * cell.near[3])
        height = product(height, dome)
        if k.layout == 1:
            height = dome
        if k.over == 1:
            out.shade = out.shade * wp.clamp(1.15 * height[3] + 0.1, 0.25, 1.1)
    height = height * k.relief
    if k.angle > 0.0:
        x = plus(u, cell.x - u[3]) * (another(cell.tone, 7.7) - 0.5)
        y = plus(v, cell.y - v[3]) * (another(cell.tone, 9.1) - 0.5)
        height += (x + y) * k.angle
    if present:
        out = raised(out, height, size, s.footprint)
    return out


@wp.func(inline=False)
def spots(s: Spot, k: Knobs) -> Pattern:
    """Scattered round spots of many sizes in two generations: chips, holes, bubbles. They are
    pressed in (`relief` < 0) or stand out."""
    out = new_pattern(k)
    for generation in range(2):
        size = k.size * s.scale * wp.where(generation == 0, 1.0, 0.37)
        u = across(s.p, s.side) / size
        v = upward(s.p, s.side) / size
        if k.warp > 0.0:
            n = noise_at(s.p, 0.5 * size) * k.warp
            u = u + n
            v = v - n
        cell = cell_of(u, v, k.jitter, 71 + generation)
        radius = k.aspect * (0.25 + 0.75 * another(cell.tone, 5.7))
        if another(cell.tone, 13.7) < k.cover:
            soft = wp.max(s.footprint / size, 0.1 * radius)
            share = disc(cell.near[3], radius, soft)
            light = 1.0 + k.tone * (another(cell.tone, 9.3) - 0.5)
            if another(cell.tone, 31.7) < k.white:
                out.white = wp.max(out.white, share)
            else:
                out = pressed(out, share, k)
            out.shade = out.shade * wp.lerp(1.0, light, share)
            bowl = ramp(cell.near, radius, radius * (1.0 - 1.0 / k.sharp))
            out = raised(out, bowl * (k.relief * radius), size, s.footprint)
    return out


@wp.func(inline=False)
def studs(s: Spot, k: Knobs) -> Pattern:
    """Equal shapes on a lattice, staggered (layout 0), square (1) or turned by quarters on a
    slanting lattice (2); round for `sharp` 2, ever squarer above; `aspect` long for their width,
    `cover` wide."""
    size = k.size * s.scale
    u = across(s.p, s.side) / size
    v = upward(s.p, s.side) / size
    if k.layout == 2:
        w = (u + v) * 0.70710678
        v = (v - u) * 0.70710678
        u = w + wp.vec4(0.0, 0.0, 0.0, 0.0)
    row = wp.floor(v[3])
    j = wp.int32(row)
    if k.layout == 0:
        u = plus(u, 0.5 * wp.float32(j & 1))
    i = wp.int32(wp.floor(u[3]))
    x = plus(wrapped(u), -0.5)
    y = plus(wrapped(v), -0.5)
    if k.layout == 2 and ((i + j) & 1) == 1:
        swap = x + wp.vec4(0.0, 0.0, 0.0, 0.0)
        x = y + wp.vec4(0.0, 0.0, 0.0, 0.0)
        y = swap + wp.vec4(0.0, 0.0, 0.0, 0.0)
    half = 0.5 * k.cover
    fx = folded(x) / half
    fy = folded(y) * (k.aspect / half)
    px = wp.pow(wp.max(fx[3], 1.0e-3), k.sharp - 1.0)
    py = wp.pow(wp.max(fy[3], 1.0e-3), k.sharp - 1.0)
    power = px * fx[3] + py * fy[3]
    r = wp.pow(wp.max(power, 1.0e-9), 1.0 / k.sharp)
    rate = r / wp.max(power, 1.0e-9)
    slope = (fx * px + fy * py) * rate
    radius = wp.vec4(slope[0], slope[1], slope[2], r)
    share = disc(r * half, half, s.footprint / size)
    out = new_pattern(k)
    out = colored(out, share * wp.float32(k.over), k)
    out.shade = wp.lerp(1.0, k.gap_shade, share)
    dome = ramp(radius, 1.0, 0.95 - k.tint)
    return raised(out, dome * k.relief, size, s.footprint)


@wp.func(inline=False)
def flakes(s: Spot, k: Knobs) -> Pattern:
    """Flat pieces strewn in `count` layers, the topmost shows: strands, needles, leaves. Each is
    `aspect` times as long as wide, tapering (`warp`), bent (`jitter`), with its own tone."""
    width = k.size * s.scale
    sway = noise_at(s.p, 2.5 * width)
    u = across(s.p, s.side) / width + sway * k.jitter
    v = upward(s.p, s.side) / width - sway * k.jitter
    out = pressed(new_pattern(k), 1.0, k)
    soft = wp.max(s.footprint / width, 1.0e-3)
    accent = out.mix * out.shade
    left = wp.float32(1.0)
    for layer in range(k.count):
        turn = k.angle * fraction(0.618034 * wp.float32(layer))
        c = wp.cos(turn)
        t = wp.sin(turn)
        row = v * c - u * t
        j = wp.int32(wp.floor(row[3]))
        piece = plus((u * c + v * t) / k.aspect, hash_unit(j, layer, 33))
        i = wp.int32(wp.floor(piece[3]))
        tone = hash_unit(i, j, 40 + layer)
        x = plus(wrapped(piece), -0.5)
        y = plus(wrapped(row), -0.5)
        thin = 0.5 - k.gap - 0.3 * another(tone, 3.1) - k.warp * 2.0 * x[3] * x[3]
        thin = wp.max(thin, 0.01)
        half = 0.5 * k.aspect - 0.1
        if another(tone, 13.7) < k.cover:
            share = slab(y[3], thin, soft) * slab(x[3] * k.aspect, half, soft) * left
            light = 1.1 + k.tone * (tone - 0.5) - 0.5 * wp.float32(layer) / wp.float32(k.count)
            mix = wp.clamp(k.mix + k.tint * (another(tone, 5.7) - 0.5), 0.0, 1.0)
            accent += (mix * light - k.gap_mix * k.gap_shade) * share
            out.shade += (light - k.gap_shade) * share
            out.rough -= k.gap_rough * share
            tilt = x * (k.aspect * another(tone, 7.7)) + y * (another(tone, 9.1) - 0.5)
            out = raised(out, tilt * (k.relief * share), width, s.footprint)
            left -= share
        if left < 0.02:
            break
    out.mix = accent / wp.max(out.shade, 1.0e-3)
    if k.sharp > 0.0:  # fibres along
        n = noise_of(u * 6.0 + sway * 4.0, v * 6.0 - sway * 4.0, plus(u, 0.5))
        out.shade = out.shade * (1.0 + k.sharp * n[3] * resolved(0.17 * width, s.footprint))
    return out
