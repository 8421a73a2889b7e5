# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Patterns that fill space: wood, stone, metal, patches. Carved, they need no unwrapping."""

import warp as wp

from simgen.renderers.texture_noise import (
    TURN,
    along,
    band,
    bars,
    curve,
    folded,
    fractal,
    fraction,
    from_along,
    gradient,
    hash_bits,
    hash_unit,
    inside,
    noise,
    noise_at,
    noise_of,
    plus,
    ramp,
    resolved,
)
from simgen.renderers.texture_pattern import Knobs, Pattern, Spot, colored, new_pattern, raised


@wp.func(inline=False)
def timber(q: wp.vec3, scale: wp.float32, footprint: wp.float32, shift: wp.float32) -> Pattern:
    """Sawn wood at `q`, grain along its third axis: year rings about a pith beside the piece,
    fibres and pores. `scale` / 48 is a ring, in the mean: good years and bad ones follow each other
    in spells; `shift` in 0..1 takes another tree."""
    out = Pattern()
    out.metal = 1.0
    ring = scale / 48.0
    sway = noise(wp.vec3(q[0] / scale * 2.0, q[1] / scale * 2.0, q[2] / scale * 0.7 + 31.0 * shift))
    bend = noise(wp.vec3(q[0] / scale * 7.0, q[1] / scale * 7.0, q[2] / scale * 1.3 + 7.0 * shift))
    x = q[0] + scale * (0.35 + 0.5 * shift) + ring * (1.5 * sway[3] + 0.45 * bend[3])
    y = q[1] + scale * (0.12 + 0.25 * shift) + ring * 0.27 * sway[0]
    years = wp.sqrt(x * x + y * y) / ring
    spell = noise(wp.vec3(years / 5.0, 3.7 * shift, 1.3))
    years += 1.8 * spell[3]
    phase = fraction(years)
    late = wp.pow(phase, 2.5) * wp.clamp((1.0 - phase) * 7.0, 0.0, 1.0)
    late *= 0.35 + 0.65 * hash_unit(wp.int32(years), 3, 5)
    late = wp.lerp(0.18, late, resolved(ring, footprint))
    fine = scale / 110.0
    fibre = noise(wp.vec3(q[0] / fine, q[1] / fine, q[2] / (40.0 * fine)))
    pore = noise(wp.vec3(q[0] / (0.4 * fine), q[1] / (0.4 * fine), q[2] / (9.0 * fine)))
    keep = resolved(fine, footprint)
    dark = wp.clamp((pore[3] - 0.45) * 2.2, 0.0, 1.0) * resolved(0.4 * fine, footprint)
    out.mix = wp.clamp(late + 0.16 * fibre[3] * keep + 0.1 * sway[3] + 0.06, 0.0, 1.0)
    out.shade = (1.0 - 0.22 * dark) * (1.0 + 0.05 * bend[3])
    out.rough = -0.08 * late + 0.1 * dark
    out.relief = wp.vec4(fibre[0], fibre[1], 0.025 * fibre[2], fibre[3] * fine) * (0.025 * keep)
    return out


@wp.func
def wood(s: Spot, k: Knobs) -> Pattern:
    """A piece of timber with its grain along the longest edge, or across it (layout 1)."""
    out = timber(along(s.p, s.axis), s.scale, s.footprint, 0.3)
    out.relief = from_along(out.relief, s.axis)
    return out


@wp.func(inline=False)
def veins(s: Spot, k: Knobs) -> Pattern:
    """Polished stone: clouded ground, broad and thin warped veins (`cover`, `tint`)."""
    out = new_pattern(k)
    bend = fractal(s.p, 0.9 * s.scale, 3, s.footprint)
    q = s.p + wp.vec3(bend[3], -bend[3], 0.7 * bend[3]) * (k.warp * s.scale)
    a = fractal(q, 0.75 * s.scale, 4, s.footprint)
    b = fractal(q + wp.vec3(3.7, 1.1, 2.9), 0.28 * s.scale, 3, s.footprint)
    broad = wp.pow(wp.clamp(1.0 - k.sharp * wp.abs(a[3]), 0.0, 1.0), 3.0)
    thin = wp.pow(wp.clamp(1.0 - 1.25 * k.sharp * wp.abs(b[3]), 0.0, 1.0), 4.0)
    out.mix += k.cover * broad + k.tint * thin + k.mix_cloud * bend[3]
    out.shade = 1.0 + k.tone * bend[3]
    out.rough = 0.03 * thin
    return out


@wp.func(inline=False)
def crystal_at(q: wp.vec3, seed: wp.int32) -> wp.vec2:
    """Of the crystal around `q`, about unit size: a number in [0, 1) and the depth below its
    faces (cells of Worley's noise, searched among the nearest eight points)."""
    base = wp.vec3(wp.floor(q[0] - 0.5), wp.floor(q[1] - 0.5), wp.floor(q[2] - 0.5))
    near = wp.float32(9.0)
    second = wp.float32(9.0)
    bits = wp.uint32(0)
    for n in range(8):
        corner = base + wp.vec3(wp.float32(n & 1), wp.float32((n >> 1) & 1), wp.float32(n >> 2))
        h = hash_bits(wp.int32(corner[0]), wp.int32(corner[1]), wp.int32(corner[2]) + seed)
        aside = wp.vec3(
            wp.float32(h & wp.uint32(255)),
            wp.float32((h >> wp.uint32(8)) & wp.uint32(255)),
            wp.float32((h >> wp.uint32(16)) & wp.uint32(255)),
        )
        d = wp.length(q - corner - wp.vec3(0.1, 0.1, 0.1) - aside * (0.8 / 255.0))
        if d < near:
            second = near
            near = d
            bits = h
        elif d < second:
            second = d
    tone = fraction(wp.float32(bits >> wp.uint32(8)) * 5.9604645e-8 * 977.0)
    return wp.vec2(tone, second - near)


@wp.func(inline=False)
def crystals(s: Spot, k: Knobs) -> Pattern:
    """Grains of three minerals: ground, accent (`cover`) and white feldspar (`white`), of which
    there is the more the larger the number, and of two sizes."""
    out = new_pattern(k)
    size = k.size * s.scale
    small = 0.5 * size
    bend = noise(s.p / (0.8 * size))
    cloud = noise(s.p / (6.0 * size))
    q = s.p / size + wp.vec3(bend[0], bend[1], bend[2]) * 0.12
    a = crystal_at(q, 0)
    b = crystal_at(q * 2.0, 5021)
    keep = resolved(size, s.footprint)
    fine = resolved(small, s.footprint)
    share = 0.28 * k.cover
    mica = wp.float32(b[0] < share * (1.0 + 0.5 * cloud[3])) * wp.clamp(b[1] * 12.0, 0.0, 1.0)
    spar = wp.float32(a[0] > 1.0 - 0.6 * k.white) * wp.clamp(a[1] * 8.0, 0.0, 1.0)
    out.mix = wp.lerp(0.75 * share, 0.85 * mica, fine)
    out.white = wp.lerp(0.2 * k.white, 0.4 * spar * (1.0 - mica), keep)
    grain = (fraction(a[0] * 7.3) - 0.5) * keep + (fraction(b[0] * 5.1) - 0.5) * fine
    out.shade = 1.0 + k.tone * (grain + 0.35 * cloud[3])
    return out


@wp.func(inline=False)
def scratches(s: Spot, k: Knobs) -> Pattern:
    """Metal worked with fine scratches along the longest edge, or turned about it (layout 1)."""
    out = new_pattern(k)
    q = along(s.p, s.axis)
    x = wp.vec4(1.0, 0.0, 0.0, q[0]) / k.size
    y = wp.vec4(0.0, 1.0, 0.0, q[1]) / k.size
    z = wp.vec4(0.0, 0.0, 1.0, q[2]) / wp.max(s.scale, 0.05)
    if k.layout == 1:
        r = wp.max(wp.sqrt(q[0] * q[0] + q[1] * q[1]), 1.0e-4)
        turn = wp.atan2(q[1], q[0]) * wp.clamp(r / 0.02, 1.0, 4.0)
        x = wp.vec4(q[0] / r, q[1] / r, 0.0, r) / k.size
        y = wp.vec4(0.0, 0.0, 0.0, 2.0 * wp.cos(turn))
        z = wp.vec4(0.0, 0.0, 1.0 / k.size, q[2] / k.size)
    a = noise_of(x, y, z) * resolved(k.size, s.footprint)
    b = noise_of(x * 0.31, y * 0.31, plus(z, 2.0)) * resolved(3.2 * k.size, s.footprint)
    out.shade = 1.0 + k.tone * (a[3] + 1.2 * b[3])
    out.rough = k.rough * (0.6 + 0.7 * a[3] + b[3])
    height = from_along((a + b * 2.8) * (k.relief * k.size), s.axis)
    out.relief = height
    return out


@wp.func(inline=False)
def patches(s: Spot, k: Knobs) -> Pattern:
    """Patches of the accent with torn edges, a step of `relief` high; camouflage has a second
    family that is dark (layout 1), peeling paint only bare matter with a shadowed rim (2)."""
    out = new_pattern(k)
    size = k.size * s.scale
    a = fractal(s.p, size, 4, s.footprint)
    b = fractal(s.p + wp.vec3(1.3, 5.9, 2.7), 0.12 * size, 3, s.footprint)
    field = plus(a + b * k.jitter, k.cover)
    steep = wp.length(gradient(field)) * s.footprint
    soft = wp.max(1.0 / k.sharp, steep)
    eaten = ramp(field, -0.5 * soft, 0.5 * soft)
    if k.layout == 1:
        c = fractal(s.p + wp.vec3(7.7, 3.1, 6.3), size, 3, s.footprint)
        soft = wp.max(1.0 / k.sharp, wp.length(gradient(c)) * s.footprint)
        out.shade = wp.lerp(1.0, k.gap_shade, inside(0.18 - c[3], soft))
        d = fractal(s.p + wp.vec3(2.9, 8.8, 0.4), size, 3, s.footprint)
        out.white = 0.35 * inside(0.3 - d[3], soft) * inside(c[3] - 0.18, soft)
    out = colored(out, eaten[3], k)
    if k.layout == 2:
        rim = wp.clamp(1.0 - wp.abs(field[3]) * 0.35 * k.sharp, 0.0, 1.0)
        out.shade = wp.lerp(1.0, k.gap_shade, rim * inside(field[3], soft))
    out.shade = out.shade * (1.0 + k.tone * b[3] * eaten[3])
    out = raised(out, eaten * k.relief, size, s.footprint)
    return out


@wp.func(inline=False)
def ridges(s: Spot, k: Knobs) -> Pattern:
    """Matter folded or torn into ridges, drawn out `aspect` times along the longest edge: bark,
    crumpled sheets; in flat terraces (layout 1) for split stone."""
    out = new_pattern(k)
    size = k.size * s.scale
    q = along(s.p, s.axis)
    x = wp.vec4(1.0, 0.0, 0.0, q[0]) / size
    y = wp.vec4(0.0, 1.0, 0.0, q[1]) / size
    z = wp.vec4(0.0, 0.0, 1.0, q[2]) / (size * k.aspect)
    bend = noise_of(x * 0.4, y * 0.4, plus(z * 0.4, 3.0)) * k.warp
    a = noise_of(x + bend, y - bend, z)
    b = noise_of((x - bend) * 2.3, (y + bend) * 2.3, plus(z * 2.3, 5.0))
    keep = resolved(size, s.footprint)
    fine = resolved(0.43 * size, s.footprint)
    height = wp.vec4(0.0, 0.0, 0.0, 0.0)
    crease = wp.float32(0.0)
    if k.layout == 1:
        level = plus(a * 2.0 + b * fine * 0.7, 0.0)
        step = wp.floor(level[3])
        rise = ramp(plus(level, -step), 0.5 - 0.5 / k.sharp, 0.5 + 0.5 / k.sharp)
        height = plus(rise, step) * 0.25
        crease = 4.0 * rise[3] * (1.0 - rise[3])
        out.shade = 1.0 + k.tone * height[3] * keep
        out.mix += k.tint * (hash_unit(wp.int32(step + rise[3] + 0.5), 3, 9) - 0.5) * keep
    else:
        height = folded(a) + folded(b) * (0.45 * fine)
        crease = wp.clamp(1.0 - k.sharp * height[3], 0.0, 1.0)
        height = curve(height, wp.min(height[3], 0.8), wp.where(height[3] < 0.8, 1.0, 0.0))
        out.shade = 1.0 + k.tone * (height[3] - 0.5) * keep
        out.mix += k.tint * (height[3] - 0.5) * keep
    share = wp.lerp(0.15, crease, keep)
    out.mix = wp.lerp(out.mix, k.gap_mix, share)
    out.shade = out.shade * wp.lerp(1.0, k.gap_shade, share)
    out.rough += k.gap_rough * share
    return raised(out, from_along(height, s.axis) * k.relief, size, s.footprint)


@wp.func
def checker(s: Spot, k: Knobs) -> Pattern:
    """Cubes of both colours, two to a scale; offset so that no face lies in their planes."""
    out = new_pattern(k)
    cell = 0.5 * s.scale
    q = s.p / cell + wp.vec3(0.013, 0.017, 0.011)
    width = wp.vec3(s.footprint, s.footprint, s.footprint) / cell
    width[s.side] = 0.0  # a sample does not reach into the matter
    two = wp.uint32(2)
    x = 1.0 - 2.0 * bars(q[0], two, 2, width[0])
    y = 1.0 - 2.0 * bars(q[1], two, 2, width[1])
    z = 1.0 - 2.0 * bars(q[2], two, 2, width[2])
    out.mix = 0.5 - 0.5 * x * y * z
    return out


@wp.func
def stripes(s: Spot, k: Knobs) -> Pattern:
    """Printed bars around the longest edge, slanting (layout 1), or with waves in them (`warp`)."""
    out = new_pattern(k)
    x = s.p[s.axis] / s.scale
    if k.layout == 1:
        x = (s.p[0] + s.p[1] + s.p[2]) / s.scale
    if k.warp > 0.0:
        n = fractal(s.p, 2.0 * k.size * s.scale, 3, s.footprint)
        x += k.warp * n[3]
    width = s.footprint / s.scale
    if k.layout == 0 and s.axis == s.side:
        width = 0.0  # a sample does not reach into the matter
    out.mix = bars(x * wp.float32(k.count), k.bits, k.count, width * wp.float32(k.count))
    return out


@wp.func
def gores(s: Spot, k: Knobs) -> Pattern:
    """A beach ball, six gores between poles on z: colour, white, accent, white, and white caps."""
    out = new_pattern(k)
    turn = fraction(wp.atan2(s.p[1], s.p[0]) / TURN) * 6.0
    gore = wp.int32(turn) % 6
    radius = wp.length(s.p)
    axial = wp.sqrt(s.p[0] * s.p[0] + s.p[1] * s.p[1])
    if gore % 2 == 1:
        out.white = 1.0
    elif gore == 2:
        out.mix = 1.0
    elif gore == 4:
        out.mix = 0.5
    out.white = wp.max(out.white, inside(axial - 0.14 * radius, s.footprint))
    edge = wp.min(fraction(turn), 1.0 - fraction(turn)) * axial * (TURN / 6.0)
    out.shade = 1.0 - 0.2 * band(edge, 0.004 * radius, s.footprint)
    return out


@wp.func
def film(s: Spot, k: Knobs) -> Pattern:
    """A film of clouded thickness, `cover` [um] thick, that shows the colours of interference."""
    out = new_pattern(k)
    bend = noise_at(s.p, 2.0 * s.scale)
    q = s.p + wp.vec3(bend[3], bend[0] * s.scale, -bend[3]) * (k.warp * s.scale)
    n = fractal(q, s.scale, 4, s.footprint)
    out.film = wp.max(k.cover * (1.0 + k.tone * n[3]), 0.05) * 1.0e-6
    return out
