# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Looks on the device.

Textures are computed at the hit from its rest position, in metres: they stick to deforming matter,
have real sizes, need no unwrapping and never repeat. A texture (`simgen.texture`) is one of
`PATTERNS` with its knobs set; kernels see patterns and knobs only, so that a new texture compiles
nothing.
"""

from collections.abc import Sequence

import numpy as np
import warp as wp

from simgen.errors import SimgenError, unknown
from simgen.geometry import Box, Plane, bounds
from simgen.material import Look
from simgen.renderers.texture_pattern import Knobs
from simgen.renderers.texture_tables import texture_means, texture_spreads
from simgen.renderers.texture_wear import DUST, DUST_MEAN
from simgen.rotation import to_matrix
from simgen.scene import Grains, Scene
from simgen.texture import Texture, texture

PATTERNS = (
    "even",
    "wood",
    "veins",
    "crystals",
    "scratches",
    "patches",
    "ridges",
    "checker",
    "stripes",
    "gores",
    "film",
    "boards",
    "tiles",
    "stones",
    "spots",
    "studs",
    "flakes",
    "weave",
    "knit",
    "ribs",
    "newsprint",
    "circuit",
)
"""Names of the patterns; their places are their numbers in the kernels. `pattern_at` calls each by
name: functions reached through `wp.static` are not in Warp's hash, so edits would not recompile."""

NUMBER = {name: i for i, name in enumerate(PATTERNS)}

GRAIN_VARIATION = 0.5
"""Range of brightness among the grains of one heap, as a share of the mean."""
WHITE = wp.constant(wp.vec3(0.85, 0.85, 0.84))
"""Linear RGB of what a pattern paints white."""
OFFSET = 10.0
"""Patterns are cut from this far around the origin [m]; float32 still resolves a micrometre."""


@wp.struct
class LookTable:
    """Every look of a scene; colours are linear RGB."""

    color: wp.array(dtype=wp.vec3)
    accent: wp.array(dtype=wp.vec3)
    mean: wp.array(dtype=wp.vec3)
    """Mean colour of the pattern."""
    finish: wp.array(dtype=wp.vec2)
    """Mean of what the pattern adds to the roughness, and of its factor on `metallic`."""
    pattern: wp.array(dtype=wp.int32)
    """Index into `PATTERNS`."""
    knobs: wp.array(dtype=Knobs)
    lost: wp.array2d(dtype=wp.float32)
    """`texture_spreads` of each look's texture."""
    fade: wp.array(dtype=wp.float32)
    """Period of the pattern [m]: samples wider than it see the mean."""
    offset: wp.array(dtype=wp.vec3)
    """Where in the endless pattern the object is cut from [m]."""
    axis: wp.array(dtype=wp.int32)
    """Longest axis of the object: the grain of wood, the lay of stripes."""
    scale: wp.array(dtype=wp.float32)
    roughness: wp.array(dtype=wp.float32)
    metallic: wp.array(dtype=wp.float32)
    wear: wp.array(dtype=wp.float32)
    box: wp.array(dtype=wp.vec3)
    """Half extents of the box that wears the look, whose edges wear off [m]; 0: none."""
    middle: wp.array(dtype=wp.vec3)
    """Centre of that box in the rest frame [m]."""
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


def linear_from_srgb(color: np.ndarray) -> np.ndarray:
    """Linear RGB of sRGB values in [0, 1] (IEC 61966-2-1)."""
    c = np.asarray(color, np.float64)
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def absorption(look: Look) -> np.ndarray:
    """(3,) coefficient [1/m] at which clear matter takes the look's colour at its distance."""
    color = np.clip(linear_from_srgb(np.array(look.color)), 1e-3, 1.0)
    return -np.log(color) / max(look.attenuation_distance, 1e-5)


def knobs_of(kind: Texture) -> np.ndarray:
    """The settings of a texture as one `Knobs` of the device; an unknown knob is refused."""
    row = np.zeros((), Knobs.numpy_dtype())
    for knob, value in kind.knobs.items():
        if knob not in row.dtype.names:
            raise unknown(f"knob of texture {kind.name!r}", knob, row.dtype.names)
        row[knob] = value
    return row


def _checked(look: Look) -> Texture:
    """The look's texture; sizes and names that cannot be drawn are refused."""
    if not 1e-5 <= look.scale <= 1e4:
        raise SimgenError(
            f"a look with texture {look.texture!r} has scale {look.scale}; give the size of one "
            "period on the surface between 1e-5 and 1e4 m"
        )
    if not 0.0 <= look.wear <= 1.0:
        raise SimgenError(f"a look has wear {look.wear}; give a number from 0 (new) to 1 (worn)")
    kind = texture(look.texture)
    if kind.pattern not in PATTERNS:
        raise unknown(f"pattern of texture {kind.name!r}", kind.pattern, PATTERNS)
    return kind


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


def worn_boxes(scene: Scene, looks: Sequence[Look]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Half extents and centre [m, body frame] of the box that wears each look; zeros where other
    shapes, turned boxes or boxes of other sizes wear it too."""
    nothing = np.zeros(3)
    found: dict[Look, tuple[np.ndarray, np.ndarray]] = {}
    for body in scene.bodies:
        for shape in body.shapes:
            straight = np.allclose(to_matrix(shape.quaternion), np.eye(3), atol=1e-6)
            box = (nothing, nothing)
            if isinstance(shape.geometry, Box) and straight:
                box = (0.5 * np.ptp(bounds(shape.geometry), axis=0), np.array(shape.position))
            first = found.setdefault(shape.look, box)
            if not np.allclose(first, box, atol=1e-5):
                found[shape.look] = (nothing, nothing)
    return [found.get(look, (nothing, nothing)) for look in looks]


def _mean_color(look: Look) -> np.ndarray:
    """(3,) mean albedo of a look: its colours by the weights of its texture, and dust."""
    of_color, of_accent, of_white = texture_means()[look.texture][:3]
    color = of_color * linear_from_srgb(np.array(look.color))
    color = color + of_accent * linear_from_srgb(np.array(look.accent)) + of_white * np.array(WHITE)
    dust = DUST_MEAN * look.wear
    return np.clip((1.0 - dust) * color + dust * np.array(DUST), 0.004, 0.95)


def look_table(scene: Scene, looks: Sequence[Look], device: str) -> LookTable:
    """The looks as arrays on the device.

    Raises:
        SimgenError: a texture nobody knows, a scale that is not a size, wear out of range.
    """
    table = LookTable()
    kinds = [_checked(look) for look in looks]

    def vectors(rows: Sequence[np.ndarray]) -> wp.array:
        flat = np.array(rows, np.float32).reshape(-1, 3)
        return wp.array(flat, dtype=wp.vec3, device=device)

    def colors(rows: Sequence[tuple[float, float, float]]) -> wp.array:
        return vectors([linear_from_srgb(np.array(row)) for row in rows])

    def pairs(rows: Sequence[Sequence[float]]) -> wp.array:
        flat = np.array(rows, np.float32).reshape(-1, 2)
        return wp.array(flat, dtype=wp.vec2, device=device)

    def values(rows: Sequence[float]) -> wp.array:
        return wp.array(np.array(rows, np.float32), dtype=wp.float32, device=device)

    def numbers(rows: Sequence[int]) -> wp.array:
        return wp.array(np.array(rows, np.int32), dtype=wp.int32, device=device)

    table.color = colors([look.color for look in looks])
    table.accent = colors([look.accent for look in looks])
    table.faded = colors([look.faded for look in looks])
    table.mean = vectors([_mean_color(look) for look in looks])
    table.finish = pairs([texture_means()[look.texture][3:] for look in looks])
    table.pattern = numbers([NUMBER[kind.pattern] for kind in kinds])
    rows = np.array([knobs_of(kind) for kind in kinds], Knobs.numpy_dtype())
    table.knobs = wp.array(rows, dtype=Knobs, device=device)
    lost = np.array([texture_spreads()[look.texture] for look in looks], np.float32)
    table.lost = wp.array(lost.reshape(len(looks), -1), dtype=wp.float32, device=device)
    pairs_of = zip(kinds, looks, strict=True)
    table.fade = values([kind.fade * look.scale for kind, look in pairs_of])
    places = [np.random.default_rng(look.seed).uniform(-OFFSET, OFFSET, 3) for look in looks]
    pairs_of = zip(kinds, places, strict=True)
    table.offset = vectors([place * (not kind.centred) for kind, place in pairs_of])
    table.axis = numbers(grain_axes(scene, looks))
    boxes = worn_boxes(scene, looks)
    table.box = vectors([half for half, _ in boxes])
    table.middle = vectors([middle for _, middle in boxes])
    table.fades = pairs([look.fades_at or (0.0, 0.0) for look in looks])
    table.attenuation = vectors([absorption(look) for look in looks])
    table.emission = vectors([np.array(look.emission) for look in looks])
    for name in _COPIED:
        setattr(table, name, values([getattr(look, name) for look in looks]))
    grains = {element.look for element in scene.elements if isinstance(element, Grains)}
    table.variation = values([GRAIN_VARIATION if look in grains else 0.0 for look in looks])
    return table


_COPIED = (
    "scale",
    "roughness",
    "metallic",
    "wear",
    "refractive_index",
    "transmission",
    "clear_coat",
    "translucency",
    "subsurface",
)
"""Numbers of a look that the table holds as they are."""
