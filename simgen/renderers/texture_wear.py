# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Traces of use on any texture, at true size: smudges, scratches, fading, dust, rubbed edges."""

import warp as wp

from simgen.renderers.texture_noise import (
    across,
    another,
    band,
    cell_of,
    fractal,
    noise_at,
    resolved,
    upward,
)
from simgen.renderers.texture_pattern import Spot, Surface

DUST = wp.constant(wp.vec3(0.42, 0.38, 0.32))
"""Linear RGB of house dust and dry soil."""
DUST_MEAN = wp.constant(0.064)
"""Share of a fully worn surface that dust covers."""


@wp.func
def _scratched(s: Spot, wear: wp.float32, size: wp.float32, seed: wp.int32) -> wp.float32:
    """Share of the sample under hairline scratches, one to a cell of `size` [m] or none."""
    cell = cell_of(across(s.p, s.side) / size, upward(s.p, s.side) / size, 1.0, seed)
    if cell.tone > 0.75 * wear:
        return 0.0
    turn = 6.2831853 * another(cell.tone, 37.7)
    x = (cell.x * wp.cos(turn) + cell.y * wp.sin(turn)) * size
    y = (cell.y * wp.cos(turn) - cell.x * wp.sin(turn)) * size
    bow = x + 1.5 * (another(cell.tone, 91.3) - 0.5) * y * y / size
    end = wp.clamp(cell.edge[3] * 4.0, 0.0, 1.0)
    return end * band(wp.abs(bow), 0.0002 + 0.0003 * another(cell.tone, 53.1), s.footprint)


@wp.func
def edge_distance(p: wp.vec3, half: wp.vec3) -> wp.float32:
    """How far a point of a box's surface is from its nearest edge [m]."""
    d = wp.vec3(half[0] - wp.abs(p[0]), half[1] - wp.abs(p[1]), half[2] - wp.abs(p[2]))
    least = wp.min(d)
    most = wp.max(d)
    return d[0] + d[1] + d[2] - least - most


@wp.func(inline=False)
def worn(given: Surface, s: Spot, wear: wp.float32, rim: wp.float32) -> Surface:
    """The surface after use, `wear` 0..1; `rim` [m] is its distance from the nearest edge."""
    out = Surface()
    smudge = fractal(s.p + wp.vec3(3.3, 7.1, 1.9), 0.09, 3, s.footprint)
    patch = fractal(s.p + wp.vec3(8.2, 0.7, 5.5), 0.35, 2, s.footprint)
    grit = wp.float32(0.0)
    line = wp.float32(0.0)
    keep = resolved(0.003, s.footprint)
    if keep > 0.0:
        grit = noise_at(s.p, 0.003)[3] * keep
        line = _scratched(s, wear, 0.045, 81) + _scratched(s, wear, 0.11, 82)
        line *= keep
    faded = wear * 0.3 * wp.clamp(0.5 + 1.2 * patch[3], 0.0, 1.0)
    grey = wp.dot(given.albedo, wp.vec3(0.2126, 0.7152, 0.0722))
    albedo = wp.lerp(given.albedo, wp.vec3(grey, grey, grey), faded)
    dust = wear * wp.clamp(0.4 * smudge[3] - 0.25 * patch[3] + 0.12 * grit + 0.02, 0.0, 0.4)
    rubbed = wp.float32(0.0)
    if rim < 0.03:
        reach = 0.0035 * wear * (1.2 + 1.6 * smudge[3] + 0.8 * grit)
        rubbed = wp.clamp((reach - rim) / wp.max(s.footprint, 0.0006) + 0.5, 0.0, 1.0)
    bare = wp.clamp(line + rubbed, 0.0, 1.0) * (1.0 - given.metallic)
    pale = given.albedo * 0.8 + wp.vec3(0.1, 0.095, 0.085)
    albedo = wp.lerp(albedo, pale, 0.7 * bare)
    out.albedo = wp.lerp(albedo, DUST, dust)
    out.metallic = given.metallic * (1.0 - dust)
    rough = given.roughness + wear * (0.12 + 0.3 * smudge[3]) * (1.0 - given.roughness)
    rough = wp.lerp(rough, 0.55, 0.6 * wp.clamp(line, 0.0, 1.0))
    rough = wp.lerp(rough, 0.3, 0.7 * rubbed * given.metallic)
    out.roughness = wp.clamp(wp.lerp(rough, 0.95, dust), 0.02, 1.0)
    filled = 1.0 - 0.7 * dust
    out.slope = given.slope * filled
    out.spread = given.spread * filled * filled
    return out
