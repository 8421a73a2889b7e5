# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""What every pattern is given and gives: a spot on the surface, knobs, and the pattern there."""

import warp as wp

from simgen.renderers.texture_noise import fractal, noise_at, resolved


@wp.struct
class Spot:
    """A point of a surface, as patterns see it."""

    p: wp.vec3
    """Place in the endless pattern, rest frame [m]."""
    side: wp.int32
    """Axis most nearly normal to the surface: flat patterns are laid on the other two."""
    axis: wp.int32
    """Longest axis of the object: the grain of wood, the lay of brushing."""
    scale: wp.float32
    """`Look.scale` [m]."""
    footprint: wp.float32
    """Size of the sample [m]."""


@wp.struct
class Knobs:
    """Settings of a pattern; each pattern reads those it knows. Lengths are in scales unless they
    say metres; shares are 0..1."""

    size: wp.float32
    """Period of the pattern."""
    aspect: wp.float32
    """Length of a piece over its width."""
    layout: wp.int32
    """Variant of the pattern."""
    count: wp.int32
    """Threads, bars or layers until the pattern repeats."""
    bits: wp.uint32
    """Which of `count` bars are in the accent, from the lowest bit up."""
    over: wp.int32
    """Of `count` threads, how many the warp runs over."""
    step: wp.int32
    """By how many threads the binding moves on from one weft to the next."""
    reverse: wp.int32
    """Threads after which a twill turns about; 0: never."""
    gap: wp.float32
    """Half width of joints and creases, in sizes."""
    gap_mix: wp.float32
    """Share of the accent in joints, creases and pits."""
    gap_shade: wp.float32
    """Factor on the brightness there."""
    gap_rough: wp.float32
    """Added to the roughness there."""
    tone: wp.float32
    """Spread of brightness among pieces."""
    tint: wp.float32
    """Spread of the accent's share among pieces."""
    jitter: wp.float32
    """Disorder, 0 a lattice to 1 at random."""
    cover: wp.float32
    """Share of the area, or of the pieces, that is in the pattern."""
    sharp: wp.float32
    """Steepness of the transitions."""
    warp: wp.float32
    """Bending of lines, in sizes."""
    angle: wp.float32
    """Direction of the lay [rad]."""
    relief: wp.float32
    """Height of the pattern's relief, in sizes."""
    tree: wp.float32
    """Size of the trees that boards are cut from, in sizes."""
    white: wp.float32
    """Share of the pieces that are white."""
    metal: wp.float32
    """Factor on `metallic` in the accent."""
    rough: wp.float32
    """Added to the roughness in the accent."""
    mix: wp.float32
    """Share of the accent everywhere."""
    cloud: wp.float32
    """Period of the clouds; 0: none."""
    strata: wp.float32
    """How much flatter than wide the clouds are."""
    mix_cloud: wp.float32
    """Swing of the accent's share with the clouds."""
    shade_cloud: wp.float32
    rough_cloud: wp.float32
    relief_cloud: wp.float32
    """Height of the clouds, in their periods."""
    fine: wp.float32
    """Size of the finest grain [m]; 0: none."""
    mix_fine: wp.float32
    shade_fine: wp.float32
    relief_fine: wp.float32
    """Height of the grain, in its size."""


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
    film: wp.float32
    """Optical thickness of a thin film that colours the surface [m]; 0: none."""
    relief: wp.vec4
    """Field of the height above the mean surface, rest frame [m]."""


@wp.struct
class Surface:
    """The optical constants of one point."""

    albedo: wp.vec3
    """Linear RGB base colour."""
    roughness: wp.float32
    metallic: wp.float32
    slope: wp.vec3
    """Gradient of the relief in the rest frame."""
    spread: wp.float32
    """Squared mean slope of the relief that is too fine for the sample."""


@wp.func
def new_pattern(k: Knobs) -> Pattern:
    """The even surface."""
    out = Pattern()
    out.mix = k.mix
    out.shade = 1.0
    out.metal = 1.0
    return out


@wp.func(inline=False)
def grounded(out: Pattern, s: Spot, k: Knobs) -> Pattern:
    """The pattern with the unevenness all matter has: clouds of tone, and grain at true size."""
    if k.cloud > 0.0:
        period = k.cloud * s.scale
        q = wp.vec3(s.p[0], s.p[1], s.p[2] * k.strata)
        n = fractal(q, period, 4, s.footprint)
        n = wp.vec4(n[0], n[1], n[2] * k.strata, n[3])
        out.mix += k.mix_cloud * n[3]
        out.shade = out.shade * (1.0 + k.shade_cloud * n[3])
        out.rough += k.rough_cloud * n[3]
        out.relief += n * (k.relief_cloud * period)
    if k.fine > 0.0 and s.footprint < 2.0 * k.fine:
        a = noise_at(s.p, k.fine) * (0.6 * resolved(k.fine, s.footprint))
        b = noise_at(s.p + wp.vec3(4.2, 9.1, 6.6), 0.47 * k.fine)
        n = a + b * (0.45 * resolved(0.47 * k.fine, s.footprint))
        out.mix += k.mix_fine * n[3]
        out.shade = out.shade * wp.max(1.0 + k.shade_fine * n[3], 0.1)
        out.relief += n * (k.relief_fine * k.fine)
    return out


@wp.func
def pressed(out: Pattern, share: wp.float32, k: Knobs) -> Pattern:
    """The pattern where a joint, crease or pit takes `share` of the sample; light adds up."""
    plain = wp.lerp(1.0 - out.mix, (1.0 - k.gap_mix) * k.gap_shade, share)
    accent = wp.lerp(out.mix, k.gap_mix * k.gap_shade, share)
    out.mix = accent / wp.max(plain + accent, 1.0e-3)
    out.shade = out.shade * (plain + accent)
    out.white = out.white * (1.0 - share)
    out.rough += k.gap_rough * share
    return out


@wp.func
def colored(out: Pattern, share: wp.float32, k: Knobs) -> Pattern:
    """The pattern where the accent takes `share` of the sample."""
    out.mix = wp.lerp(out.mix, 1.0, share)
    out.metal = out.metal * wp.lerp(1.0, k.metal, share)
    out.rough += k.rough * share
    return out


@wp.func
def raised(out: Pattern, height: wp.vec4, unit: wp.float32, footprint: wp.float32) -> Pattern:
    """The pattern with a relief added: `height` in `unit` [m], gone where `unit` is too fine."""
    keep = resolved(unit, footprint)
    out.relief += height * (unit * keep)
    return out
