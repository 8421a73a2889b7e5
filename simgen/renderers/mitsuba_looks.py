# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Looks as Mitsuba's BSDFs; their procedural textures are read by our own texture functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import warp as wp

from simgen.geometry import Array
from simgen.material import Look
from simgen.renderers.launch import launch_pixels
from simgen.renderers.mitsuba_matter import Surface, matter_class
from simgen.renderers.texture import LookTable, absorption, linear_from_srgb, look_table
from simgen.renderers.texture_surface import surface_at
from simgen.renderers.tone import GLOW_FIRST, GLOW_STEP, glow_table
from simgen.scene import Scene
from simgen.surface.mesh import Ints

OPAQUE = 0.02
"""Looks that transmit less are drawn opaque."""
SMOOTH = 0.03
"""Dielectrics below this roughness are perfectly smooth."""
RELIEF = tuple(f"face_relief_{k}" for k in range(3))
"""Attributes of meshes: rows of the map from gradients in the rest frame to the world's."""
SCALE = 12.0
"""How fast a hot surface darkens with the light it sends, as in our own renderer."""
Pose = tuple[Array, Array, Array]
FOOTPRINT = 1e-4
"""Size of a texture sample [m]: the pixel's samples average the pattern, nothing is prefiltered."""

wp.set_module_options({"max_unroll": 1})  # compiles much faster, runs the same


@wp.kernel
def read_surface(
    offset: wp.int32,
    looks: LookTable,
    look: wp.array(dtype=wp.int32),
    rest: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    footprint: wp.float32,
    albedo: wp.array(dtype=wp.vec3),
    slope: wp.array(dtype=wp.vec3),
    other: wp.array(dtype=wp.vec2),
):
    """The texture at rest positions with rest normals; `other` is roughness, with
    that of lost relief, and metallic."""
    i = wp.tid() + offset
    surface = surface_at(looks, look[i], rest[i], normal[i], footprint)
    albedo[i] = surface.albedo
    slope[i] = surface.slope
    facets = surface.roughness * surface.roughness
    dulled = wp.min(wp.sqrt(wp.sqrt(facets * facets + surface.spread)), 1.0)
    other[i] = wp.vec2(dulled, surface.metallic)


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

    def __init__(
        self, scene: Scene, looks: list[Look], *, threads: int = 0, thermal: bool = False
    ) -> None:
        self.looks, self._threads = looks, threads
        self.thermal = thermal
        """Whether vertices have a temperature (`vertex_heat`)."""
        self._table = look_table(scene, looks, "cpu")

    def read(self, look: Ints, rest: Array, normal: Array) -> Surfaces:
        """The surfaces of (N,) looks at (N, 3) rest positions [m] and unit normals, rest frame."""
        count = len(rest)
        worn = wp.array(look.astype(np.int32), dtype=wp.int32)
        places = [wp.array(a.astype(np.float32), dtype=wp.vec3) for a in (rest, normal)]
        albedo, slope = (wp.empty(count, dtype=wp.vec3) for _ in range(2))
        other = wp.empty(count, dtype=wp.vec2)
        inputs = [self._table, worn, *places, FOOTPRINT, albedo, slope, other]
        launch_pixels(read_surface, count, inputs, threads=self._threads)
        rough, metal = other.numpy().T
        return Surfaces(albedo.numpy(), slope.numpy(), rough, metal)

    def mean(self, look: int) -> Surfaces:
        """(1,) constants of a look: means of its texture, as `texture.mean_surface` has them."""
        table, worn = self._table, self.looks[look]
        albedo = table.mean.numpy()[look : look + 1].astype(float)
        rough, metal = table.finish.numpy()[look].astype(float)
        roughness = np.clip([worn.roughness + rough], 0.02, 1.0)
        return Surfaces(albedo, 0 * albedo, roughness, np.array([worn.metallic * metal]))


def is_clear(look: Look) -> bool:
    """Whether a look is drawn as a refracting body."""
    return look.transmission > OPAQUE


def bsdf(look: Look, opaque: Any) -> Any:
    """A look as Mitsuba's BSDF; `opaque` is the one of matter that lets no light through."""
    if not is_clear(look):
        return opaque
    clear = {"type": "dielectric", "int_ior": look.refractive_index, "ext_ior": 1.0}
    if look.roughness >= SMOOTH:
        rough = {"type": "roughdielectric", "distribution": "ggx", "alpha": look.roughness**2}
        clear |= rough
    if look.transmission > 0.99:
        return clear
    return {"type": "blendbsdf", "weight": look.transmission, "a": opaque, "b": clear}


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


def glowing(heat: Array) -> Array:
    """(V, 3) radiance of black bodies at temperatures [K], 0 for NaN."""
    table = glow_table()
    place = np.nan_to_num((heat - GLOW_FIRST) / GLOW_STEP).clip(0, len(table) - 1)
    steps = np.arange(len(table))
    return np.stack([np.interp(place, steps, table[:, k]) for k in range(3)], axis=1)


class Skin:
    """What opaque matter is like at hits. Looks, rest positions and rest normals come from the
    attributes of meshes (`mitsuba_stage.mesh_attributes`), or from one look and the pose of a ball,
    given as (centre, rotation, rest centre)."""

    def __init__(
        self, reader: LookReader, look: int | None = None, pose: Pose | None = None
    ) -> None:
        import mitsuba as mi

        self._mi, self._reader, self._look, self._pose = mi, reader, look, pose
        self._last: tuple[Any, Surface] | None = None
        looks = reader.looks
        self._index = mi.Float([each.refractive_index for each in looks])
        self._coat = mi.Float([each.clear_coat for each in looks])
        self._through = mi.Float([each.translucency for each in looks])

    def bsdf(self) -> Any:
        """The BSDF of what wears this skin."""
        return matter_class(self._mi.variant())(self)

    def looks(self, si: Any, active: Any) -> Any:
        """Index of the look at each hit."""
        mi = self._mi
        if self._look is not None:
            return mi.UInt32(self._look)
        return mi.UInt32(si.shape.eval_attribute_1("face_look", si, active))

    def at(self, si: Any, active: Any) -> Surface:
        """What is read at these hits, kept as the same are asked for more than once."""
        if self._last is None or self._last[0].index != si.p.x.index:
            self._last = si.p.x, self._at(si, active)
        return self._last[1]

    def _at(self, si: Any, active: Any) -> Surface:
        mi, look = self._mi, self.looks(si, active)
        found = self._read(np.array(look).ravel(), si, active)
        return self._surface(
            look,
            albedo=mi.Color3f(found.albedo.T),
            roughness=mi.Float(found.roughness),
            metallic=mi.Float(found.metallic),
            slope=mi.Vector3f(found.slope.T),
        )

    def _surface(self, look: Any, **read: Any) -> Surface:
        import drjit as dr

        index, coat, through = (
            dr.gather(self._mi.Float, table, look)
            for table in (self._index, self._coat, self._through)
        )
        return Surface(refractive_index=index, coat=coat, through=through, **read)

    def _attribute(self, name: str, si: Any, active: Any) -> Array:
        return np.array(si.shape.eval_attribute_3(name, si, active)).T

    def _read(self, look: Ints, si: Any, active: Any) -> Surfaces:
        """Textures at the hits, the slope as a vector of the world."""
        if self._pose is not None:
            center, turn, rest_center = self._pose
            offset = (np.array(si.p).T - center) @ turn
            normal = offset / np.linalg.norm(offset, axis=1, keepdims=True).clip(1e-12)
            worn = np.broadcast_to(look, len(offset))
            found = self._reader.read(worn, offset + rest_center, normal)
            return replace(found, slope=found.slope @ turn.T)
        rest, normal, *relief = (
            self._attribute(name, si, active)
            for name in ("vertex_rest", "face_rest_normal", *RELIEF)
        )
        found = self._reader.read(look, rest, normal)
        slope = np.stack([(row * found.slope).sum(axis=1) for row in relief], axis=1)
        albedo = found.albedo
        if self._reader.thermal:
            heat = np.array(si.shape.eval_attribute_1("vertex_heat", si, active))
            for k in np.unique(look):
                worn = look == k
                albedo[worn] = faded(self._reader.looks[k], albedo[worn], heat[worn])
            albedo /= 1.0 + SCALE * glowing(heat).max(axis=1, keepdims=True)
        return replace(found, albedo=albedo, slope=slope)


class PlainSkin(Skin):
    """Every look in its mean colour: no kernel of ours is called, so that Mitsuba may record its
    loops."""

    def __init__(self, reader: LookReader, look: int | None = None) -> None:
        super().__init__(reader, look)
        mi, means = self._mi, [reader.mean(k) for k in range(len(reader.looks))]
        self._albedo = [mi.Float([m.albedo[0, c] for m in means]) for c in range(3)]
        self._roughness = mi.Float([m.roughness[0] for m in means])
        self._metallic = mi.Float([m.metallic[0] for m in means])

    def at(self, si: Any, active: Any) -> Surface:
        import drjit as dr

        mi, look = self._mi, self.looks(si, active)
        *color, roughness, metallic = (
            dr.gather(mi.Float, table, look)
            for table in (*self._albedo, self._roughness, self._metallic)
        )
        return self._surface(
            look, albedo=mi.Color3f(*color), roughness=roughness, metallic=metallic, slope=None
        )
