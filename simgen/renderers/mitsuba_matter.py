# pyright: basic
"""Opaque matter for Mitsuba: the model of our looks, written again for it.

None of Mitsuba's own BSDFs means the same. Its `principled` adds the specular lobe to a whole
diffuse one (Burley 2012), which in a furnished room makes 9 % more light; `roughplastic` takes the
colour for that beneath the surface and loses light at widths beyond 0.1; `principledthin` has a
diffuse lobe of its own. So Lambert's law, scaled by what the surface above leaves as in OpenPBR and
in Blender's Principled BSDF, is said here in Dr.Jit. Microfacets and their sampling are Mitsuba's.
What is not modelled: light beneath the surface (`Look.subsurface`) leaves where it entered.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from simgen.renderers.reflectance import reflectance_table

COAT_ALPHA, COAT_F0 = 0.012, 0.04
"""GGX width and reflectance of varnish."""
SMOOTHEST = 0.002
"""Least GGX width."""
LEAST_COSINE = 0.02
"""Between the eye and a normal that counts."""
LEAST_FACING = 0.03
"""A normal with relief is turned until the eye sees it at this cosine."""


@dataclass(frozen=True, eq=False)
class Surface:
    """Optical constants at the hits, as arrays of Dr.Jit."""

    albedo: Any
    """Linear RGB."""
    roughness: Any
    metallic: Any
    refractive_index: Any
    coat: Any
    through: Any
    """Share of the matt light that leaves on the other side."""
    slope: Any
    """Gradient of the relief, world frame; None: smooth."""


@dataclass(frozen=True, eq=False)
class Lobes:
    """What of the light each way of scattering may take, seen from the eye."""

    frame: Any
    """About the normal with relief, in the frame of the hit."""
    facet: Any
    """Normal of the geometry towards the eye, in the frame of the hit."""
    eye: Any
    """In `frame`."""
    matt: Any
    f0: Any
    gain: Any
    alpha: Any
    under: Any
    """Share of light that passes the varnish."""
    coat: Any
    through: Any
    choose_coat: Any
    choose_gloss: Any


@cache
def matter_class(variant: str) -> Any:
    """The BSDF for `variant` of Mitsuba, which must be the one now set; made from an object whose
    `at(si, active)` gives a `Surface`."""
    import drjit as dr
    import mitsuba

    mi: Any = mitsuba  # typed for one variant
    table = mi.Texture2f(mi.TensorXf(reflectance_table().transpose(1, 0, 2)))
    sizes = reflectance_table().shape[:2]

    def edge_of(f0: Any) -> Any:
        """Reflectance at grazing incidence: all, but for what hardly reflects at all."""
        return dr.minimum(50.0 * dr.max(f0), 1.0)

    def fresnel(f0: Any, edge: Any, cosine: Any) -> Any:
        return f0 + (edge - f0) * dr.power(dr.clip(1.0 - cosine, 0.0, 1.0), 5)

    def glossy(alpha: Any, eye: Any, toward: Any, half: Any) -> tuple[Any, Any]:
        """(BRDF times cosine without Fresnel, density): height-correlated masking (Heitz 2014)."""
        facets = mi.MicrofacetDistribution(mi.MicrofacetType.GGX, alpha, True)
        seen = facets.smith_g1(eye, half), facets.smith_g1(toward, half)
        mask = dr.rcp(dr.maximum(dr.rcp(seen[0]) + dr.rcp(seen[1]) - 1.0, 1.0))
        value = facets.eval(half) * mask / (4.0 * eye.z)
        return value, facets.pdf(eye, half) / (4.0 * dr.maximum(dr.dot(eye, half), 1e-6))

    class Matter(mi.BSDF):
        """Matt and translucent under GGX metal-rough under varnish."""

        def __init__(self, skin: Any) -> None:
            mi.BSDF.__init__(self, mi.Properties())
            self._skin = skin
            kinds = mi.BSDFFlags.GlossyReflection | mi.BSDFFlags.DiffuseReflection
            kinds |= mi.BSDFFlags.DiffuseTransmission | mi.BSDFFlags.SpatiallyVarying
            self.m_components = [kinds | mi.BSDFFlags.FrontSide | mi.BSDFFlags.BackSide]
            self.m_flags = self.m_components[0]

        def _normal(self, si: Any, slope: Any) -> tuple[Any, Any]:
            """(facet normal, normal with relief) towards the eye, in the frame of the hit."""
            facet = si.to_local(si.n)
            facet = dr.mulsign(facet, dr.dot(facet, si.wi))
            normal = mi.Vector3f(0.0, 0.0, dr.sign(facet.z))
            if slope is not None:
                along = si.to_local(slope)
                normal = dr.normalize(normal - mi.Vector3f(along.x, along.y, 0.0))
            facing = dr.dot(normal, si.wi)
            turned = dr.normalize(normal + si.wi * (LEAST_FACING - facing))
            return facet, dr.select(facing < LEAST_FACING, turned, normal)

        def _lobes(self, si: Any, active: Any) -> Lobes:
            it = self._skin.at(si, active)
            facet, normal = self._normal(si, it.slope)
            frame = mi.Frame3f(normal)
            eye = frame.to_local(si.wi)
            facing = dr.maximum(eye.z, LEAST_COSINE)
            mirror = dr.square((it.refractive_index - 1.0) / (it.refractive_index + 1.0))
            f0 = dr.lerp(mi.Color3f(mirror), it.albedo, it.metallic)
            place = dr.clip(facing, 0.0, 1.0), it.roughness
            texel = (x * (1.0 - 1.0 / n) + 0.5 / n for x, n in zip(place, sizes, strict=True))
            a, b = table.eval(mi.Point2f(*texel))
            gain = 1.0 + f0 * dr.maximum(1.0 / dr.maximum(a + b, 0.1) - 1.0, 0.0)
            shine = dr.minimum((f0 * a + b * edge_of(f0)) * gain, 1.0)
            matt = it.albedo * (1.0 - shine) * (1.0 - it.metallic)
            varnish = it.coat * fresnel(COAT_F0, 1.0, facing)
            under = 1.0 - varnish
            gloss, dull = mi.luminance(shine) * under, mi.luminance(matt) * under
            total = dr.maximum(varnish + gloss + dull, 1e-6)
            choose = gloss / total
            return Lobes(
                frame=frame,
                facet=facet,
                eye=mi.Vector3f(eye.x, eye.y, facing),
                matt=matt,
                f0=f0,
                gain=gain,
                alpha=dr.maximum(dr.square(it.roughness), SMOOTHEST),
                under=under,
                coat=it.coat,
                through=it.through,
                choose_coat=varnish / total,
                choose_gloss=dr.select(dull > 0.0, dr.maximum(choose, 0.1), choose),
            )

        def _scattered(self, it: Lobes, wo: Any, active: Any) -> tuple[Any, Any]:
            """(BSDF times cosine, density) of a direction in the frame of the hit."""
            toward, side = it.frame.to_local(wo), dr.dot(it.facet, wo)
            dull = 1.0 - it.choose_coat - it.choose_gloss
            cosine = dr.abs(toward.z) / dr.pi
            back = active & (side < 0.0) & (toward.z < 0.0)
            front = active & (side > 0.0) & (toward.z > 0.0)
            share = dr.select(front, 1.0 - it.through, dr.select(back, it.through, 0.0))
            value, density = it.matt * (it.under * share * cosine), dull * share * cosine
            half = dr.normalize(it.eye + toward)
            meets = dr.dot(it.eye, half)
            gloss, chance = glossy(it.alpha, it.eye, toward, half)
            color = fresnel(it.f0, edge_of(it.f0), meets) * it.gain
            coat, coat_chance = glossy(mi.Float(COAT_ALPHA), it.eye, toward, half)
            shine = color * (gloss * it.under) + it.coat * fresnel(COAT_F0, 1.0, meets) * coat
            chance = it.choose_gloss * chance + it.choose_coat * coat_chance
            return value + dr.select(front, shine, 0.0), density + dr.select(front, chance, 0.0)

        def sample(
            self, ctx: Any, si: Any, sample1: Any, sample2: Any, active: Any = True
        ) -> tuple[Any, Any]:
            it = self._lobes(si, active)
            shiny = it.choose_coat + it.choose_gloss
            alpha = dr.select(sample1 < it.choose_coat, COAT_ALPHA, it.alpha)
            facets = mi.MicrofacetDistribution(mi.MicrofacetType.GGX, alpha, True)
            half, _ = facets.sample(it.eye, sample2)
            flat = mi.warp.square_to_cosine_hemisphere(sample2)
            crosses = (sample1 - shiny) < it.through * (1.0 - shiny)
            flat.z = dr.select(crosses, -flat.z, flat.z)
            local = dr.select(sample1 < shiny, mi.reflect(it.eye, half), flat)
            drawn = mi.BSDFSample3f()
            drawn.wo = it.frame.to_world(local)
            value, drawn.pdf = self._scattered(it, drawn.wo, active)
            drawn.eta = 1.0
            drawn.sampled_type = mi.UInt32(+mi.BSDFFlags.GlossyReflection)
            drawn.sampled_component = 0
            lit = active & (drawn.pdf > 1e-6)
            return drawn, dr.select(lit, value / drawn.pdf, 0.0)

        def eval_pdf(self, ctx: Any, si: Any, wo: Any, active: Any = True) -> tuple[Any, Any]:
            return self._scattered(self._lobes(si, active), wo, active)

        def eval(self, ctx: Any, si: Any, wo: Any, active: Any = True) -> Any:
            return self.eval_pdf(ctx, si, wo, active)[0]

        def pdf(self, ctx: Any, si: Any, wo: Any, active: Any = True) -> Any:
            return self.eval_pdf(ctx, si, wo, active)[1]

        def eval_diffuse_reflectance(self, si: Any, active: Any = True) -> Any:
            return self._skin.at(si, active).albedo

        def to_string(self) -> str:
            return "Matter"

    return Matter
