# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Looks as Mitsuba's BSDFs; their procedural textures are read by our own texture functions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import warp as wp

from simgen.geometry import Array
from simgen.material import Look
from simgen.renderers.texture import LookTable, absorption, linear_from_srgb, look_table, surface_at
from simgen.scene import Scene

OPAQUE = 0.02
"""Looks that transmit less are drawn opaque."""
SMOOTH = 0.03
"""Dielectrics below this roughness are perfectly smooth."""
FOOTPRINT = 1e-4
"""Size of a texture sample [m]: the pixel's samples average the pattern, nothing is prefiltered."""
COAT_ALPHA, COAT_INDEX = 0.012, 1.5
"""GGX width and refractive index of varnish."""
COAT = 4.0
"""Strength of Mitsuba's coat of metal that reflects like a full layer of varnish: its lobe carries
a factor 1/4 (Burley, Physically based shading at Disney, 2012)."""

wp.set_module_options({"max_unroll": 1})  # compiles much faster, runs the same


@wp.kernel
def read_surface(
    looks: LookTable,
    look: wp.int32,
    rest: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    footprint: wp.float32,
    albedo: wp.array(dtype=wp.vec3),
    slope: wp.array(dtype=wp.vec3),
    other: wp.array(dtype=wp.vec2),
):
    """The texture at rest positions with rest normals; `other` is roughness and metallic."""
    i = wp.tid()
    surface = surface_at(looks, look, rest[i], normal[i], footprint)
    albedo[i] = surface.albedo
    slope[i] = surface.slope
    other[i] = wp.vec2(surface.roughness, surface.metallic)


@dataclass(frozen=True, eq=False)
class Surfaces:
    """Optical constants at N points."""

    albedo: Array
    """(N, 3) linear RGB."""
    slope: Array
    """(N, 3) gradient of the relief, rest frame."""
    roughness: Array
    metallic: Array


class LookReader:
    """Reads the textures of a scene's looks on the CPU."""

    def __init__(self, scene: Scene, looks: list[Look]) -> None:
        self.looks = looks
        self._table = look_table(scene, looks, "cpu")

    def read(self, look: int, rest: Array, normal: Array) -> Surfaces:
        """The surface at (N, 3) rest positions [m] and unit normals, rest frame."""
        count = len(rest)
        places = [wp.array(a.astype(np.float32), dtype=wp.vec3) for a in (rest, normal)]
        albedo, slope = (wp.empty(count, dtype=wp.vec3) for _ in range(2))
        other = wp.empty(count, dtype=wp.vec2)
        inputs = [self._table, look, *places, FOOTPRINT, albedo, slope, other]
        wp.launch(read_surface, dim=count, inputs=inputs)
        rough, metal = other.numpy().T
        return Surfaces(albedo.numpy(), slope.numpy(), rough, metal)

    def mean(self, look: int) -> Surfaces:
        """(1,) constants averaged over some square metres of the texture, relief left out."""
        rng = np.random.default_rng(0)
        normal = rng.normal(size=(4096, 3))
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        found = self.read(look, rng.uniform(-1, 1, (4096, 3)), normal)
        parts = (found.albedo, 0 * found.slope, found.roughness, found.metallic)
        return Surfaces(*(part.mean(axis=0, keepdims=True) for part in parts))


def is_clear(look: Look) -> bool:
    """Whether a look is drawn as a refracting body."""
    return look.transmission > OPAQUE


def bsdf(look: Look, color: Any, roughness: Any, metallic: Any) -> dict[str, Any]:
    """A look as Mitsuba's BSDF; the three inputs are numbers, spectra or textures.

    GGX with alpha = roughness^2 throughout. Thin cloth passes its share of the matt light on; light
    beneath the surface is not modelled (Mitsuba has no BSSRDF): such looks are drawn matt.
    """
    eta = look.refractive_index
    if look.transmission > OPAQUE:
        clear = _clear(look)
        if look.transmission > 0.99:
            return clear
        blend = {"type": "blendbsdf", "weight": look.transmission}
        return blend | {"a": _body(look, color, roughness, metallic), "b": clear}
    if look.translucency > 0.0:
        thin = {"type": "principledthin", "base_color": color, "roughness": roughness, "eta": eta}
        return thin | {"diff_trans": 2.0 * look.translucency}
    return {"type": "twosided", "inside": _body(look, color, roughness, metallic)}


def _clear(look: Look) -> dict[str, Any]:
    if look.roughness < SMOOTH:
        return {"type": "dielectric", "int_ior": look.refractive_index, "ext_ior": 1.0}
    glass = {"type": "roughdielectric", "distribution": "ggx", "alpha": look.roughness**2}
    return glass | {"int_ior": look.refractive_index, "ext_ior": 1.0}


def _body(look: Look, color: Any, roughness: Any, metallic: Any) -> dict[str, Any]:
    """An opaque look from outside. Not `roughplastic`: from alpha 0.1 on it loses much of the matt
    light (measured under an even sky: 0.26 of 0.32 at alpha 0.25)."""
    if look.metallic <= 0.0 and look.refractive_index <= 1.0:  # no surface to reflect
        return {"type": "diffuse", "reflectance": color}
    body = {"type": "principled", "base_color": color, "roughness": roughness}
    body |= {"metallic": metallic, "eta": max(look.refractive_index, 1.001)}
    if look.clear_coat <= 0.0:
        return body
    if look.metallic > 0.0:
        return body | {"clearcoat": COAT * look.clear_coat, "clearcoat_gloss": 1.0}
    varnished = {"type": "roughplastic", "distribution": "ggx", "alpha": COAT_ALPHA}
    varnished |= {"diffuse_reflectance": color, "int_ior": COAT_INDEX, "ext_ior": 1.0}
    return {"type": "blendbsdf", "weight": look.clear_coat, "a": body, "b": varnished}


def interior(look: Look) -> dict[str, Any] | None:
    """The absorbing medium inside a clear body (Beer-Lambert); None where it absorbs nothing."""
    density = absorption(look)
    scale = float(density.max())
    if scale < 1e-3:
        return None
    color = {"type": "rgb", "value": (density / scale).tolist()}
    return {"type": "homogeneous", "albedo": 0.0, "sigma_t": color, "scale": scale}


def faded(look: Look, albedo: Array, temperature: Array) -> Array:
    """(N, 3) colour of thermochromic paint at temperatures [K]; NaN leaves it as it is."""
    if look.fades_at is None:
        return albedo
    low, high = look.fades_at
    share = np.nan_to_num(np.clip((temperature - low) / (high - low), 0.0, 1.0))[:, None]
    target = linear_from_srgb(np.array(look.faded))
    return albedo + (target - albedo) * share**2 * (3.0 - 2.0 * share)


class Skin:
    """What a look's BSDF reads at hits: rest position and normal from the attributes of a mesh
    (`MESH_ATTRIBUTES`), or from the pose of a ball, given as (centre, rotation, rest centre)."""

    def __init__(
        self, reader: LookReader, look: int, pose: tuple[Array, Array, Array] | None = None
    ) -> None:
        self._reader, self._look, self._pose = reader, look, pose
        self._last: tuple[Any, Surfaces] | None = None

    def _attribute(self, name: str, si: Any, active: Any) -> Array:
        return np.array(si.shape.eval_attribute_3(name, si, active)).T

    def _surfaces(self, si: Any, active: Any) -> Surfaces:
        """What is read at these hits, kept as the same are asked for each quantity in turn."""
        if self._last is None or self._last[0].index != si.p.x.index:
            self._last = si.p.x, self._read(si, active)
        return self._last[1]

    def _read(self, si: Any, active: Any) -> Surfaces:
        if self._pose is None:
            rest = self._attribute("vertex_rest", si, active)
            normal = self._attribute("face_rest_normal", si, active)
        else:
            center, turn, rest_center = self._pose
            offset = (np.array(si.p).T - center) @ turn
            rest = offset + rest_center
            normal = offset / np.linalg.norm(offset, axis=1, keepdims=True).clip(1e-12)
        return self._reader.read(self._look, rest, normal)

    def albedo(self, si: Any, active: Any) -> Array:
        """(3, N) linear RGB."""
        found, look = self._surfaces(si, active), self._reader.looks[self._look]
        if look.fades_at is None or self._pose is not None:
            return found.albedo.T
        temperature = self._attribute("vertex_heat", si, active)[:, 0]
        return faded(look, found.albedo, temperature).T

    def roughness(self, si: Any, active: Any) -> Array:
        """(N,)."""
        return self._surfaces(si, active).roughness

    def metallic(self, si: Any, active: Any) -> Array:
        """(N,)."""
        return self._surfaces(si, active).metallic

    def relief(self, si: Any, active: Any) -> Array:
        """(3, N) normal with relief in the shading frame, as a normal map codes it."""
        slope = self._surfaces(si, active).slope
        if self._pose is None:
            rows = [self._attribute(f"face_relief_{k}", si, active) for k in range(3)]
            world = np.stack([(row * slope).sum(axis=1) for row in rows])
        else:
            world = (slope @ self._pose[1].T).T
        frame = [np.array(v) for v in (si.sh_frame.s, si.sh_frame.t, si.sh_frame.n)]
        # a back side sees the relief through the same frame: twosided turns the ray, not the shape
        local = np.stack([-(world * axis).sum(axis=0) for axis in frame]) + [[0.0], [0.0], [1.0]]
        return 0.5 + 0.5 * local / np.linalg.norm(local, axis=0)


@cache
def texture_class() -> Any:
    """The Mitsuba texture (of the variant now set) that reads a `Skin`; made once per process."""
    import mitsuba as mi

    class LookTexture(mi.Texture):
        """One quantity of a skin: `albedo`, `roughness`, `metallic` or `relief`."""

        def __init__(self, skin: Any, quantity: str) -> None:
            mi.Texture.__init__(self, mi.Properties())
            self.skin, self.quantity = skin, quantity

        def _values(self, si: Any, active: Any) -> Any:
            return getattr(self.skin, self.quantity)(si, active)

        def eval(self, si: Any, active: Any = True) -> Any:
            return mi.Color3f(*(mi.Float(v) for v in self._values(si, active)))

        def eval_3(self, si: Any, active: Any = True) -> Any:
            return self.eval(si, active)

        def eval_1(self, si: Any, active: Any = True) -> Any:
            return mi.Float(self._values(si, active))

        def mean(self) -> Any:
            return mi.Float(0.5)

        def is_spatially_varying(self) -> bool:
            return True

        def to_string(self) -> str:
            return f"LookTexture[{self.quantity}]"

    return LookTexture
