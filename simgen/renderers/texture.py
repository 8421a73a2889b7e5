# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Procedural textures: their names, the looks on the device, and one function to read them.

They are computed at the hit from its rest position, in metres: they stick to deforming matter,
have real sizes, need no unwrapping and never repeat. `Look.scale` is the period [m] where a texture
has one.
"""

from collections.abc import Sequence

import numpy as np
import warp as wp

from simgen.errors import unknown
from simgen.geometry import Plane, bounds
from simgen.material import Look
from simgen.renderers import texture_solid as solid
from simgen.renderers import texture_tiling as tiling
from simgen.renderers.texture_noise import Pattern, dominant_axis, flat, new_pattern
from simgen.rotation import to_matrix
from simgen.scene import Grains, Scene

TEXTURES: dict[str, str] = {
    "plain": "moulded or painted, faintly uneven",
    "noise": "clouds of the accent; scale is the size of the largest",
    "wood": "sawn wood, grain along the longest edge; scale / 36 is a year ring",
    "planks": "floor boards; scale is their width",
    "parquet": "squares of five strips; scale is the square",
    "marble": "veined; scale is the distance of main veins",
    "granite": "crystals of three minerals; scale / 5 is a crystal",
    "speckle": "fine granite: rubber crumb, foam beads, cork",
    "concrete": "stains, sand grain and pores at true size; scale is the size of clouds",
    "plaster": "orange peel and waves at true size",
    "brick": "stretcher bond, mortar in the accent; scale is the length with joint",
    "tiles": "square tiles, grout in the accent; scale is the pitch",
    "terrazzo": "chips in cement; scale is a large chip",
    "checker": "two squares to a scale",
    "stripes": "rings around the longest edge; scale is the period",
    "dots": "dots of the accent; scale is their distance",
    "beach_ball": "six gores in colour, white and accent",
    "weave": "plain woven cloth; scale is twice the distance of threads",
    "denim": "twill, warp in the colour, weft in the accent; scale is four threads",
    "carpet": "tufts; scale is their distance",
    "felt": "matted fibres",
    "brushed": "scratches along the longest edge",
    "rust": "patches of oxide in the accent; scale is the size of patches",
    "cardboard": "kraft paper over flutes",
    "paper": "fibres at true size",
    "sand": "grains of 0.8 mm",
    "soil": "crumbs of 8 mm; scale is the size of patches",
    "grass": "short turf seen from afar; scale is the size of patches",
    "foam": "open pores; scale is four pores",
    "leather": "plates with creases; scale is five plates",
    "grain": "the fine relief of moulded plastic",
    "rope": "twisted strands; scale is their distance",
    "gravel": "pebbles; scale is a pebble",
}
"""Name -> what it shows and what `Look.scale` measures in it."""

GRAIN_VARIATION = 0.5
"""Range of brightness among the grains of one heap, as a share of the mean."""

_INDEX = {name: i for i, name in enumerate(TEXTURES)}


@wp.struct
class LookTable:
    """Every look of a scene; colours are linear RGB."""

    color: wp.array(dtype=wp.vec3)
    accent: wp.array(dtype=wp.vec3)
    offset: wp.array(dtype=wp.vec3)
    """Where in the endless pattern the object is cut from [m]."""
    texture: wp.array(dtype=wp.int32)
    axis: wp.array(dtype=wp.int32)
    """Longest axis of the object: the grain of wood, the lay of stripes."""
    scale: wp.array(dtype=wp.float32)
    roughness: wp.array(dtype=wp.float32)
    metallic: wp.array(dtype=wp.float32)
    refractive_index: wp.array(dtype=wp.float32)
    transmission: wp.array(dtype=wp.float32)
    attenuation: wp.array(dtype=wp.vec3)
    """Absorption coefficient of clear matter [1/m]."""
    clear_coat: wp.array(dtype=wp.float32)
    translucency: wp.array(dtype=wp.float32)
    subsurface: wp.array(dtype=wp.float32)
    emission: wp.array(dtype=wp.vec3)
    fades: wp.array(dtype=wp.vec2)
    """Temperatures [K] between which thermochromic paint turns to `faded`; 0, 0: it does not."""
    faded: wp.array(dtype=wp.vec3)
    variation: wp.array(dtype=wp.float32)
    """Spread of brightness from grain to grain."""


@wp.struct
class Surface:
    """The optical constants of one point."""

    albedo: wp.vec3
    """Linear RGB base colour."""
    roughness: wp.float32
    metallic: wp.float32
    slope: wp.vec3
    """Gradient of the relief in the rest frame."""


def linear_from_srgb(color: np.ndarray) -> np.ndarray:
    """Linear RGB of sRGB values in [0, 1] (IEC 61966-2-1)."""
    c = np.asarray(color, np.float64)
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def absorption(look: Look) -> np.ndarray:
    """(3,) coefficient [1/m] at which clear matter takes the look's colour at its distance."""
    color = np.clip(linear_from_srgb(np.array(look.color)), 1e-3, 1.0)
    return -np.log(color) / max(look.attenuation_distance, 1e-5)


def texture_index(name: str) -> int:
    """Number of a texture in the kernels; an unknown name is refused."""
    if name not in _INDEX:
        raise unknown("texture", name, TEXTURES)
    return _INDEX[name]


def grain_axes(scene: Scene, looks: Sequence[Look]) -> list[int]:
    """Longest axis (0, 1, 2 = x, y, z of the body) of the first shape that wears each look."""
    longest: dict[Look, int] = {}
    for body in scene.bodies:
        for shape in body.shapes:
            if isinstance(shape.geometry, Plane):
                longest.setdefault(shape.look, 0)
                continue
            size = np.abs(to_matrix(shape.quaternion)) @ np.ptp(bounds(shape.geometry), axis=0)
            longest.setdefault(shape.look, int(np.argmax(size * (1.0, 1.001, 1.002))))
    return [longest.get(look, 0) for look in looks]


def look_table(scene: Scene, looks: Sequence[Look], device: str) -> LookTable:
    """The looks as arrays on the device."""
    table = LookTable()
    offsets = [np.random.default_rng(look.seed).uniform(-40.0, 40.0, 3) for look in looks]
    centred = {"beach_ball", "checker"}
    keep = np.array([look.texture not in centred for look in looks], np.float64)[:, None]

    def vectors(rows: list[np.ndarray]) -> wp.array:
        return wp.array(np.array(rows, np.float32).reshape(-1, 3), dtype=wp.vec3, device=device)

    def values(rows: list[float]) -> wp.array:
        return wp.array(np.array(rows, np.float32), dtype=wp.float32, device=device)

    def numbers(rows: list[int]) -> wp.array:
        return wp.array(np.array(rows, np.int32), dtype=wp.int32, device=device)

    table.color = vectors([linear_from_srgb(np.array(look.color)) for look in looks])
    table.accent = vectors([linear_from_srgb(np.array(look.accent)) for look in looks])
    table.faded = vectors([linear_from_srgb(np.array(look.faded)) for look in looks])
    fades = np.array([look.fades_at or (0.0, 0.0) for look in looks], np.float32).reshape(-1, 2)
    table.fades = wp.array(fades, dtype=wp.vec2, device=device)
    table.offset = vectors(list(np.array(offsets).reshape(-1, 3) * keep))
    table.texture = numbers([texture_index(look.texture) for look in looks])
    table.axis = numbers(grain_axes(scene, looks))
    table.scale = values([max(look.scale, 1e-4) for look in looks])
    table.roughness = values([look.roughness for look in looks])
    table.metallic = values([look.metallic for look in looks])
    table.refractive_index = values([look.refractive_index for look in looks])
    table.transmission = values([look.transmission for look in looks])
    table.attenuation = vectors([absorption(look) for look in looks])
    table.clear_coat = values([look.clear_coat for look in looks])
    table.translucency = values([look.translucency for look in looks])
    table.subsurface = values([look.subsurface for look in looks])
    table.emission = vectors([np.array(look.emission) for look in looks])
    grains = {element.look for element in scene.elements if isinstance(element, Grains)}
    table.variation = values([GRAIN_VARIATION if look in grains else 0.0 for look in looks])
    return table


@wp.func
def _solid_pattern(
    texture: wp.int32, p: wp.vec3, axis: wp.int32, scale: wp.float32, footprint: wp.float32
) -> Pattern:
    out = new_pattern()
    if texture == wp.static(_INDEX["plain"]):
        out = solid.plain(p, scale, footprint)
    elif texture == wp.static(_INDEX["noise"]):
        out = solid.mottled(p, scale, footprint, 0.5, 0.006)
    elif texture == wp.static(_INDEX["wood"]):
        out = solid.wood(p, axis, scale, footprint, 0.3)
    elif texture == wp.static(_INDEX["marble"]):
        out = solid.marble(p, scale, footprint)
    elif texture == wp.static(_INDEX["granite"]):
        out = solid.granite(p, scale, footprint, 0.4, 0.4)
    elif texture == wp.static(_INDEX["speckle"]):
        out = solid.granite(p, scale, footprint, 0.25, 0.05)
    elif texture == wp.static(_INDEX["concrete"]):
        out = solid.concrete(p, scale, footprint)
    elif texture == wp.static(_INDEX["plaster"]):
        out = solid.plaster(p, scale, footprint)
    elif texture == wp.static(_INDEX["felt"]):
        out = solid.grainy(p, 0.0012, 0.12, footprint, 0.7)
    elif texture == wp.static(_INDEX["brushed"]):
        out = solid.brushed(p, axis, scale, footprint)
    elif texture == wp.static(_INDEX["rust"]):
        out = solid.rust(p, scale, footprint)
    elif texture == wp.static(_INDEX["paper"]):
        out = solid.grainy(p, 0.0009, 0.05, footprint, 0.15)
    elif texture == wp.static(_INDEX["sand"]):
        out = solid.grainy(p, 0.0016, 0.7, footprint, 1.3)
    elif texture == wp.static(_INDEX["soil"]):
        out = solid.grainy(p, 0.016, scale, footprint, 1.3)
    elif texture == wp.static(_INDEX["grass"]):
        out = solid.grainy(p, 0.012, scale, footprint, 1.2)
    elif texture == wp.static(_INDEX["foam"]):
        out = solid.grainy(p, 0.25 * scale, 0.2, footprint, 0.8)
    elif texture == wp.static(_INDEX["grain"]):
        out = solid.grainy(p, 0.0009, 0.1, footprint, 0.25)
    elif texture == wp.static(_INDEX["beach_ball"]):
        out = solid.beach_ball(p, footprint)
    elif texture == wp.static(_INDEX["checker"]):
        out = tiling.checker(p, scale, footprint)
    elif texture == wp.static(_INDEX["stripes"]):
        out = tiling.stripes(p, axis, scale, footprint)
    return out


@wp.func
def _laid_pattern(
    texture: wp.int32, p: wp.vec3, side: wp.int32, scale: wp.float32, footprint: wp.float32
) -> Pattern:
    out = new_pattern()
    uv = flat(p, side)
    u = uv[0]
    v = uv[1]
    if texture == wp.static(_INDEX["planks"]):
        out = tiling.planks(u, v, side, scale, footprint)
    elif texture == wp.static(_INDEX["parquet"]):
        out = tiling.parquet(u, v, side, scale, footprint)
    elif texture == wp.static(_INDEX["brick"]):
        out = tiling.bricks(u, v, p, side, scale, footprint)
    elif texture == wp.static(_INDEX["tiles"]):
        out = tiling.tiles(u, v, p, side, scale, footprint)
    elif texture == wp.static(_INDEX["terrazzo"]):
        out = tiling.terrazzo(u, v, scale, footprint, side)
    elif texture == wp.static(_INDEX["dots"]):
        out = tiling.dots(p, side, scale, footprint)
    elif texture == wp.static(_INDEX["weave"]):
        out = tiling.weave(u, v, p, side, 0.5 * scale, footprint, False)
    elif texture == wp.static(_INDEX["denim"]):
        out = tiling.weave(u, v, p, side, 0.25 * scale, footprint, True)
    elif texture == wp.static(_INDEX["carpet"]):
        out = tiling.carpet(u, v, p, side, scale, footprint)
    elif texture == wp.static(_INDEX["cardboard"]):
        out = tiling.cardboard(u, v, p, side, footprint)
    elif texture == wp.static(_INDEX["leather"]):
        out = tiling.leather(u, v, p, side, 0.2 * scale, footprint)
    elif texture == wp.static(_INDEX["rope"]):
        out = tiling.rope_lay(p, u, v, side, scale, footprint)
    elif texture == wp.static(_INDEX["gravel"]):
        out = tiling.carpet(u, v, p, side, scale, footprint)
    return out


@wp.func
def surface_at(
    looks: LookTable, look: wp.int32, rest: wp.vec3, normal: wp.vec3, footprint: wp.float32
) -> Surface:
    """The surface of `look` at a rest position and normal; a sample covers `footprint` [m]."""
    texture = looks.texture[look]
    p = rest + looks.offset[look]
    side = dominant_axis(normal)
    pattern = new_pattern()
    if (
        texture == wp.static(_INDEX["planks"])
        or texture == wp.static(_INDEX["parquet"])
        or texture == wp.static(_INDEX["brick"])
        or texture == wp.static(_INDEX["tiles"])
        or texture == wp.static(_INDEX["terrazzo"])
        or texture == wp.static(_INDEX["dots"])
        or texture == wp.static(_INDEX["weave"])
        or texture == wp.static(_INDEX["denim"])
        or texture == wp.static(_INDEX["carpet"])
        or texture == wp.static(_INDEX["cardboard"])
        or texture == wp.static(_INDEX["leather"])
        or texture == wp.static(_INDEX["rope"])
        or texture == wp.static(_INDEX["gravel"])
    ):
        pattern = _laid_pattern(texture, p, side, looks.scale[look], footprint)
    else:
        pattern = _solid_pattern(texture, p, looks.axis[look], looks.scale[look], footprint)
    color = wp.lerp(looks.color[look], looks.accent[look], wp.clamp(pattern.mix, 0.0, 1.0))
    color = wp.lerp(color * pattern.shade, wp.vec3(0.85, 0.85, 0.84), pattern.white)
    out = Surface()
    out.albedo = wp.vec3(
        wp.clamp(color[0], 0.004, 0.95),
        wp.clamp(color[1], 0.004, 0.95),
        wp.clamp(color[2], 0.004, 0.95),
    )
    out.roughness = wp.clamp(looks.roughness[look] + pattern.rough, 0.02, 1.0)
    out.metallic = looks.metallic[look] * pattern.metal
    out.slope = pattern.slope
    return out


@wp.func
def mean_albedo(looks: LookTable, look: wp.int32) -> wp.vec3:
    """The colour of a look without its pattern: enough for light that bounces."""
    return wp.lerp(looks.color[look], looks.accent[look], 0.25)
