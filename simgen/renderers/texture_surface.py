# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""The surface of a look at a point."""

import warp as wp

from simgen.renderers import texture_cloth as cloth
from simgen.renderers import texture_laid as laid
from simgen.renderers import texture_solid as solid
from simgen.renderers.texture import NUMBER, WHITE, LookTable
from simgen.renderers.texture_noise import dominant_axis, gradient, resolved
from simgen.renderers.texture_pattern import Knobs, Pattern, Spot, Surface, grounded, new_pattern
from simgen.renderers.texture_tables import FINEST
from simgen.renderers.texture_wear import edge_distance, worn

SEAM = wp.constant(0.15)
"""Flat patterns of two planes are blended where the components of the normal differ by less."""


@wp.func(inline=False)
def pattern_at(kind: wp.int32, s: Spot, k: Knobs) -> Pattern:
    """What pattern number `kind` says about a spot."""
    out = new_pattern(k)
    if kind == wp.static(NUMBER["wood"]):
        out = solid.wood(s, k)
    elif kind == wp.static(NUMBER["veins"]):
        out = solid.veins(s, k)
    elif kind == wp.static(NUMBER["crystals"]):
        out = solid.crystals(s, k)
    elif kind == wp.static(NUMBER["scratches"]):
        out = solid.scratches(s, k)
    elif kind == wp.static(NUMBER["patches"]):
        out = solid.patches(s, k)
    elif kind == wp.static(NUMBER["ridges"]):
        out = solid.ridges(s, k)
    elif kind == wp.static(NUMBER["checker"]):
        out = solid.checker(s, k)
    elif kind == wp.static(NUMBER["stripes"]):
        out = solid.stripes(s, k)
    elif kind == wp.static(NUMBER["gores"]):
        out = solid.gores(s, k)
    elif kind == wp.static(NUMBER["film"]):
        out = solid.film(s, k)
    elif kind == wp.static(NUMBER["boards"]):
        out = laid.boards(s, k)
    elif kind == wp.static(NUMBER["tiles"]):
        out = laid.tiles(s, k)
    elif kind == wp.static(NUMBER["stones"]):
        out = laid.stones(s, k)
    elif kind == wp.static(NUMBER["spots"]):
        out = laid.spots(s, k)
    elif kind == wp.static(NUMBER["studs"]):
        out = laid.studs(s, k)
    elif kind == wp.static(NUMBER["flakes"]):
        out = laid.flakes(s, k)
    elif kind == wp.static(NUMBER["weave"]):
        out = cloth.weave(s, k)
    elif kind == wp.static(NUMBER["knit"]):
        out = cloth.knit(s, k)
    elif kind == wp.static(NUMBER["ribs"]):
        out = cloth.ribs(s, k)
    elif kind == wp.static(NUMBER["newsprint"]):
        out = cloth.newsprint(s, k)
    elif kind == wp.static(NUMBER["circuit"]):
        out = cloth.circuit(s, k)
    return grounded(out, s, k)


@wp.func
def spot_at(
    looks: LookTable, look: wp.int32, rest: wp.vec3, normal: wp.vec3, footprint: wp.float32
) -> Spot:
    """A rest position and normal of `look` as its pattern sees them."""
    s = Spot()
    s.p = rest + looks.offset[look]
    s.side = dominant_axis(normal)
    s.axis = looks.axis[look]
    s.scale = looks.scale[look]
    s.footprint = footprint
    return s


@wp.func
def weights_of(pattern: Pattern) -> wp.vec3:
    """Weights of colour, accent and white in the albedo of a pattern."""
    mix = wp.clamp(pattern.mix, 0.0, 1.0)
    tinted = wp.max(pattern.shade, 0.0) * (1.0 - pattern.white)
    return wp.vec3((1.0 - mix) * tinted, mix * tinted, pattern.white)


@wp.func
def interference(thickness: wp.float32) -> wp.vec3:
    """Tint of a thin film of optical thickness [m] on a mirror: two beams, half a wave apart
    (Hecht, Optics, section 9.4), at the wavelengths of the primaries."""
    turn = 2.0 * 6.2831853 * thickness
    return wp.vec3(
        0.55 - 0.45 * wp.cos(turn / 6.1e-7),
        0.55 - 0.45 * wp.cos(turn / 5.5e-7),
        0.55 - 0.45 * wp.cos(turn / 4.6e-7),
    )


@wp.func
def lost_relief(looks: LookTable, look: wp.int32, footprint: wp.float32) -> wp.float32:
    """Squared mean slope of the relief that a sample of `footprint` [m] does not see."""
    x = wp.log2(wp.max(footprint, 1.0e-9) / looks.scale[look]) - wp.float32(wp.static(FINEST))
    last = looks.lost.shape[1] - 1
    if x <= 0.0:
        return looks.lost[look, 0] * wp.exp(0.69314718 * x)
    i = wp.min(wp.int32(x), last - 1)
    b = wp.min(x - wp.float32(i), 1.0)
    return wp.lerp(looks.lost[look, i], looks.lost[look, i + 1], b)


@wp.func(inline=False)
def _fine(looks: LookTable, look: wp.int32, spot: Spot, normal: wp.vec3) -> Surface:
    """The pattern of a look: colour, slope, what it adds to roughness, its share of metal. Where a
    curved surface turns from one plane of a flat pattern to the next, both are blended."""
    out = Surface()
    near = wp.abs(normal)
    total = wp.float32(0.0)
    s = spot
    for side in range(3):
        weight = near[side] - wp.max(near) + SEAM
        if weight > 0.0:
            s.side = side
            pattern = pattern_at(looks.pattern[look], s, looks.knobs[look])
            weights = weights_of(pattern)
            color = looks.color[look] * weights[0] + looks.accent[look] * weights[1]
            color += WHITE * weights[2]
            if pattern.film > 0.0:
                color = wp.cw_mul(color, interference(pattern.film))
            out.albedo += color * weight
            out.roughness += pattern.rough * weight
            out.metallic += pattern.metal * weight
            out.slope += gradient(pattern.relief) * weight
            total += weight
    out.albedo = out.albedo / total
    out.roughness /= total
    out.metallic /= total
    out.slope = out.slope / total
    return out


@wp.func(inline=False)
def surface_at(
    looks: LookTable, look: wp.int32, rest: wp.vec3, normal: wp.vec3, footprint: wp.float32
) -> Surface:
    """The surface of `look` at a rest position and normal; a sample covers `footprint` [m]."""
    out = Surface()
    s = spot_at(looks, look, rest, normal, footprint)
    keep = resolved(looks.fade[look], footprint)
    finish = looks.finish[look]
    color = looks.mean[look]
    if keep > 0.0:
        fine = _fine(looks, look, s, normal)
        color = wp.lerp(color, fine.albedo, keep)
        finish = wp.lerp(finish, wp.vec2(fine.roughness, fine.metallic), keep)
        out.slope = fine.slope * keep
    out.albedo = wp.vec3(
        wp.clamp(color[0], 0.004, 0.95),
        wp.clamp(color[1], 0.004, 0.95),
        wp.clamp(color[2], 0.004, 0.95),
    )
    out.spread = lost_relief(looks, look, footprint)
    out.roughness = wp.clamp(looks.roughness[look] + finish[0], 0.02, 1.0)
    out.metallic = looks.metallic[look] * finish[1]
    if looks.wear[look] > 0.0:
        rim = wp.float32(1.0)
        if looks.box[look][0] > 0.0:
            rim = edge_distance(rest - looks.middle[look], looks.box[look])
        out = worn(out, s, looks.wear[look], rim)
    return out


@wp.func
def mean_surface(looks: LookTable, look: wp.int32) -> Surface:
    """The mean of a look over its pattern: enough for light that bounces."""
    out = Surface()
    out.albedo = looks.mean[look]
    out.roughness = wp.clamp(looks.roughness[look] + looks.finish[look][0], 0.02, 1.0)
    out.metallic = looks.metallic[look] * looks.finish[look][1]
    out.spread = looks.lost[look, looks.lost.shape[1] - 1]
    return out
