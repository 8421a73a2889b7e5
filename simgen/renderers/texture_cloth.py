# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Patterns of yarn and of print: weaves with dyed threads, knits, ribs, text, circuits."""

import warp as wp

from simgen.renderers.texture_noise import (
    TURN,
    across,
    band,
    bars,
    curve,
    folded,
    fraction,
    hash_bits,
    hash_unit,
    inside,
    noise,
    noise_at,
    plus,
    resolved,
    upward,
    wrapped,
)
from simgen.renderers.texture_pattern import Knobs, Pattern, Spot, new_pattern, pressed, raised


@wp.func
def _on_top(i: wp.int32, j: wp.int32, k: Knobs) -> wp.bool:
    """Whether warp thread i passes over weft thread j."""
    column = i + wp.int32(0)
    if k.reverse > 0:
        column = i % (2 * k.reverse)
        column = (column + 2 * k.reverse) % (2 * k.reverse)
        if column >= k.reverse:
            column = -column - 1
    place = (column + k.step * j) % k.count
    return (place + k.count) % k.count < k.over


@wp.func(inline=False)
def weave(s: Spot, k: Knobs) -> Pattern:
    """Woven threads `size` apart: `over` of `count`, moved on by `step` (1, 2, 1 is plain, 2, 4, 1
    twill, 4, 5, 2 satin); threads dyed by `bits` in both directions (`aspect` threads to a bit:
    gingham, tartan, houndstooth), or the weft in the accent (`tint`) where there are none."""
    pitch = k.size * s.scale
    u = across(s.p, s.side) / pitch
    v = upward(s.p, s.side) / pitch
    i = wp.int32(wp.floor(u[3]))
    j = wp.int32(wp.floor(v[3]))
    over = _on_top(i, j, k)
    x = plus(wrapped(u), -0.5)
    y = plus(wrapped(v), -0.5)
    before = _on_top(i, j - 1, k)
    after = _on_top(i, j + 1, k)
    yarn = i + wp.int32(0)
    place = v[3]
    if not over:
        swap = x + wp.vec4(0.0, 0.0, 0.0, 0.0)
        x = y + wp.vec4(0.0, 0.0, 0.0, 0.0)
        y = swap + wp.vec4(0.0, 0.0, 0.0, 0.0)
        before = not _on_top(i - 1, j, k)
        after = not _on_top(i + 1, j, k)
        yarn = j + 1000
        place = u[3]
    keep = resolved(1.5 * pitch, s.footprint)
    height = curve(x, 1.0 - k.sharp * x[3] * x[3], -2.0 * k.sharp * x[3])
    if (y[3] < 0.0 and not before) or (y[3] > 0.0 and not after):
        height -= curve(y, 2.0 * y[3] * y[3], 4.0 * y[3])
    share = wp.float32(k.over) / wp.float32(k.count)
    dyed = wp.vec2(0.0, k.tint)
    if k.bits != wp.uint32(0):
        n = wp.int32(wp.static(24))
        width = wp.max(s.footprint / pitch, 0.02) / k.aspect
        dyed = wp.vec2(
            bars(wp.floor(u[3] + 0.5 * keep) / k.aspect, k.bits, n, width),
            bars(wp.floor(v[3] + 0.5 * keep) / k.aspect, k.bits, n, width),
        )
    one = wp.where(over, dyed[0], dyed[1])
    out = new_pattern(k)
    out.mix += wp.lerp(share * dyed[0] + (1.0 - share) * dyed[1], one, keep)
    slub = noise(wp.vec3(wp.float32(yarn) * 3.7, place * 0.06, 0.5))
    out.shade = 1.0 + keep * (k.tone * (height[3] - 0.7) + 0.5 * k.tone * slub[3])
    hole = band(0.5 - wp.abs(x[3]), k.gap, s.footprint / pitch)
    out = pressed(out, hole, k)
    return raised(out, height * k.relief, pitch, s.footprint)


@wp.func(inline=False)
def knit(s: Spot, k: Knobs) -> Pattern:
    """Stockinette: columns of V's `size` wide and `aspect` high, rows in the accent by `bits`."""
    width = k.size * s.scale
    u = across(s.p, s.side) / width
    v = upward(s.p, s.side) / (width * k.aspect)
    x = folded(plus(wrapped(u), -0.5))
    y = v - x * k.angle
    row = wp.floor(y[3])
    d = plus(wrapped(y), -0.5)
    keep = resolved(width, s.footprint)
    strand = curve(d, 1.0 - 3.2 * d[3] * d[3], -6.4 * d[3])
    arm = plus(x, -0.25)
    height = strand - curve(arm, 7.0 * arm[3] * arm[3], 14.0 * arm[3])
    out = new_pattern(k)
    if k.count > 0:
        out.mix += bars(row + 0.5, k.bits, k.count, s.footprint / (width * k.aspect))
    ply = wp.sin((x[3] * 3.0 + d[3] * 2.0) * TURN) * resolved(0.3 * width, s.footprint)
    out.shade = 1.0 + keep * (k.tone * (height[3] - 0.65) + 0.25 * k.tone * ply)
    return raised(out, height * k.relief, width, s.footprint)


@wp.func(inline=False)
def ribs(s: Spot, k: Knobs) -> Pattern:
    """Parallel ribs across u turned by `angle`: rounded cords, with `count` yarns twisted in each,
    or waves (layout 1); their lines bend by `warp`; valleys as deep as `sharp`."""
    pitch = k.size * s.scale
    u = across(s.p, s.side) / pitch
    v = upward(s.p, s.side) / pitch
    if k.warp > 0.0:
        n = noise_at(s.p, 4.0 * pitch)
        u = u + n * k.warp
    line = u * wp.cos(k.angle) + v * wp.sin(k.angle)
    x = plus(wrapped(line), -0.5)
    keep = resolved(pitch, s.footprint)
    height = curve(x, 1.0 - 4.0 * x[3] * x[3], -8.0 * x[3])
    if k.layout == 1:
        turn = x[3] * TURN
        height = curve(x, 0.5 + 0.5 * wp.cos(turn), -0.5 * TURN * wp.sin(turn))
    out = new_pattern(k)
    valley = wp.clamp(1.0 - k.sharp * height[3], 0.0, 1.0)
    out = pressed(out, wp.lerp(0.25, valley, keep), k)
    out.shade = out.shade * (1.0 + k.tone * (height[3] - 0.6) * keep)
    out.mix += k.tint * (hash_unit(wp.int32(wp.floor(line[3])), 3, 5) - 0.5) * keep
    if k.count > 0:
        other = v * wp.cos(k.angle) - u * wp.sin(k.angle)
        yarn = plus(wrapped(line * wp.float32(k.count) + other), -0.5)
        fine = resolved(pitch / wp.float32(k.count), s.footprint)
        out.shade = out.shade * (1.04 - 0.5 * yarn[3] * yarn[3] * fine)
        height -= curve(yarn, yarn[3] * yarn[3], 2.0 * yarn[3]) * (0.35 * fine)
    return raised(out, height * k.relief, pitch, s.footprint)


@wp.func
def _ink(x: wp.float32, y: wp.float32, seed: wp.int32) -> wp.float32:
    """Ink of a line of type 1 high at (x, y), y in 0..1: words of letters of 3 x 5 bars."""
    letter = wp.floor(x / 0.62)
    if hash_unit(wp.int32(letter), seed, 8) < 0.17:
        return 0.0
    column = wp.int32((x / 0.62 - letter) * 4.0)
    row = wp.int32((y - 0.2) / 0.14)
    if column >= 3 or y < 0.2 or row >= 5:
        return 0.0
    bits = hash_bits(wp.int32(letter), seed, 9)
    if column == 0 and (bits & wp.uint32(3)) != wp.uint32(0):
        return 1.0
    return wp.float32((bits >> wp.uint32(2 + column + 3 * row)) & wp.uint32(1))


@wp.func(inline=False)
def newsprint(s: Spot, k: Knobs) -> Pattern:
    """Columns of type with headlines and screened pictures; `scale` is a column."""
    line = s.scale / 26.0
    u = across(s.p, s.side)[3] / s.scale
    v = -upward(s.p, s.side)[3] / line
    column = wp.floor(u)
    x = (u - column) * 26.0
    block = wp.floor(v / 12.0)
    lot = hash_unit(wp.int32(column), wp.int32(block), 14)
    ink = wp.float32(0.0)
    grey = wp.float32(0.32)
    at = v - 12.0 * block
    inside_column = x > 1.2 and x < 24.8
    if lot < 0.2 and inside_column and at < 11.4:
        n = noise(wp.vec3(x * 0.22, v * 0.3, lot * 50.0))
        grey = 0.45 + 0.45 * n[3]
        dot = wp.vec2(fraction(x * 2.5 + v * 2.5) - 0.5, fraction(x * 2.5 - v * 2.5) - 0.5)
        ink = inside(wp.length(dot) - 0.6 * wp.sqrt(wp.max(grey, 0.0)), 0.2)
    elif lot < 0.4 and at < 4.5:
        high = wp.where(at < 3.0, 3.0, 1.5)
        y = fraction(at / 3.0) if at < 3.0 else fraction((at - 3.0) / 1.5)
        ink = _ink(x / high, y, wp.int32(block) * 31 + wp.int32(column))
        grey = 0.4
    else:
        ink = _ink(x, fraction(v), wp.int32(wp.floor(v)) * 31 + wp.int32(column))
    if not inside_column:
        ink = 0.0
        grey = 0.0
    out = new_pattern(k)
    out.mix += 0.92 * wp.lerp(grey, ink, resolved(0.3 * line, s.footprint))
    return out


@wp.func
def _track(a: wp.float32, b: wp.float32, open: wp.bool) -> wp.float32:
    """Distance to a track along the axis of a, there if `open`."""
    if open:
        return wp.abs(b)
    return wp.sqrt(a * a + b * b)


@wp.func(inline=False)
def circuit(s: Spot, k: Knobs) -> Pattern:
    """A printed circuit: tracks a little paler than the mask, gilded pads in the accent with
    holes, black packages with pins; `scale` / 40 is the grid."""
    grid = s.scale / 40.0
    u = across(s.p, s.side) / grid
    v = upward(s.p, s.side) / grid
    i = wp.int32(wp.floor(u[3] + 0.5))
    j = wp.int32(wp.floor(v[3] + 0.5))
    a = u[3] - wp.float32(i)
    b = v[3] - wp.float32(j)
    soft = s.footprint / grid
    right = wp.where(a > 0.0, i, i - 1)
    up = wp.where(b > 0.0, j, j - 1)
    lane = hash_unit(right // 5, j, 3) < 0.45
    rise = hash_unit(i, up // 4, 4) < 0.3
    near = wp.min(_track(a, b, lane) + wp.where(lane, 0.0, 9.0), 9.0)
    near = wp.min(near, _track(b, a, rise) + wp.where(rise, 0.0, 9.0))
    out = new_pattern(k)
    track = band(near, 0.17, soft)
    out.shade = 1.0 + 0.5 * track
    radius = wp.sqrt(a * a + b * b)
    if hash_unit(i, j, 6) < 0.16:
        ring = inside(radius - 0.36, soft)
        hole = inside(radius - 0.16, soft)
        out.mix = ring
        out.shade = wp.lerp(out.shade, wp.lerp(1.0, 0.1, hole), ring)
    block_i = i // 12
    block_j = j // 9
    if hash_unit(block_i, block_j, 7) < 0.42:
        x = wp.abs(u[3] - wp.float32(block_i * 12) - 5.5)
        y = wp.abs(v[3] - wp.float32(block_j * 9) - 4.0)
        body = inside(wp.max(x - 4.5, y - 2.0), soft)
        pin = inside(wp.max(wp.abs(a) - 0.22, wp.max(wp.abs(y - 2.5) - 0.6, x - 4.4)), soft)
        out.white = 0.75 * pin * (1.0 - body)
        out.mix = out.mix * (1.0 - body)
        out.shade = wp.lerp(out.shade, 0.09, body)
        x = u[3] - wp.float32(block_i * 12) - 2.0
        y = v[3] - wp.float32(block_j * 9) - 3.0
        out.white += 0.5 * body * inside(wp.sqrt(x * x + y * y) - 0.4, soft)
    keep = resolved(grid, s.footprint)
    out.mix = wp.lerp(0.07, out.mix, keep)
    return out
