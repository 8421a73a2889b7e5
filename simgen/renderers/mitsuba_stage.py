# pyright: basic
"""A scene at one frame as Mitsuba's description: meshes by look, balls, light, smoke."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from simgen.geometry import Array, Sphere, triangulate
from simgen.record import Trajectory
from simgen.renderers import mitsuba_looks as looks_
from simgen.renderers.environment import panorama
from simgen.renderers.frame_geometry import join_grids, looks_table
from simgen.renderers.texture import linear_from_srgb
from simgen.renderers.tone import GLOW_FIRST
from simgen.rotation import align_z, to_matrix
from simgen.scene import Scene, Sun
from simgen.spectrum import LUMINANCE
from simgen.surface import SurfaceModel
from simgen.surface.mesh import Ints
from simgen.surface.patch import Balls

SUN_DISTANCE = 1e5
"""Where the sun's disc hangs [m]: far enough that all of a scene sees it in one direction."""
DEPTH = 12
"""Longest path, in edges."""
WHOLE_BALLS = 64
"""Heaps of more balls are drawn as polyhedra: a Mitsuba sphere is an object of its own."""
DULL = 0.7
"""How much less a hot surface sends the more it reflects, as in our own renderer."""


@dataclass(frozen=True, eq=False)
class Piece:
    """Triangles of one look."""

    vertices: Array
    normals: Array
    rest: Array
    heat: Array
    """(V,) [K], NaN where there is none."""
    faces: Ints


class Stage:
    """Describes the frames of one clip."""

    def __init__(
        self,
        mi: Any,
        scene: Scene,
        trajectory: Trajectory,
        *,
        textured: bool = True,
        threads: int = 0,
    ) -> None:
        self._mi, self._scene = mi, scene
        self._model = SurfaceModel(scene, trajectory)
        self._looks = looks_table(self._model)
        thermal = self._model.has_temperature
        self._reader = looks_.LookReader(scene, self._looks, threads=threads, thermal=thermal)
        self._textured = textured
        skin = looks_.Skin(self._reader) if textured else looks_.PlainSkin(self._reader)
        self._matter = skin.bsdf()
        self._far = _far_light(mi, scene)
        clear = any(looks_.is_clear(look) for look in self._looks)
        kind = "volpath" if clear or self._model.gases else "path"
        self._fixed = {"type": "scene", "integrator": {"type": kind, "max_depth": DEPTH}}

    def flags(self) -> Any:
        """Textures are read by kernels of ours, so paths are followed step by step, not in one
        recorded loop."""
        import drjit as dr

        if not self._textured:
            return nullcontext()
        return _Unrecorded(dr)

    def description(self, t: int) -> dict[str, Any]:
        """Everything but the camera at frame t, for `load_dict`."""
        given = {**self._fixed, **self._far}
        together: dict[int, Piece] = {}
        for look, piece in pieces(self._model, t).items():
            if self._is_plain(look, piece):
                together[look] = piece
            else:
                given[f"look_{look}"] = self._mesh({look: piece})
        if together:
            given["matter"] = self._mesh(together)
        for k, balls in enumerate(self._model.balls):
            if len(balls.rest) <= WHOLE_BALLS:
                given |= self._spheres(f"balls_{k}", balls, t)
            else:
                given[f"balls_{k}"] = self._mesh({balls.look: heap(balls, t)})
        if self._model.gases:
            given["smoke"] = self._smoke(t)
        return given

    def _is_plain(self, look: int, piece: Piece) -> bool:
        """Whether a piece sends no light and lets none through."""
        wanted = self._looks[look]
        return not (max(wanted.emission) > 0.0 or looks_.is_clear(wanted) or _is_hot(piece))

    def _bsdf(self, look: int, opaque: Any) -> Any:
        wanted = self._looks[look]
        if max(wanted.emission) > 0.0:
            return {"type": "diffuse", "reflectance": {"type": "rgb", "value": 0.0}}
        return looks_.bsdf(wanted, opaque)

    def _light(self, look: int) -> dict[str, Any]:
        """The emitter and the interior medium of a shape that wears a look."""
        wanted, given = self._looks[look], {}
        if max(wanted.emission) > 0.0:
            radiance = {"type": "rgb", "value": list(wanted.emission)}
            given["emitter"] = {"type": "area", "radiance": radiance}
        medium = looks_.interior(wanted) if looks_.is_clear(wanted) else None
        return given if medium is None else {**given, "interior": medium}

    def _mesh(self, worn: dict[int, Piece]) -> Any:
        """Pieces by look as one mesh: looks that send light or let it through come alone."""
        mi, properties = self._mi, self._mi.Properties()
        look, piece = next(iter(worn)), _joined(list(worn.values()))
        given = {"bsdf": self._bsdf(look, self._matter), **self._light(look)}
        attributes = {
            "face_look": np.repeat(list(worn), [len(p.faces) for p in worn.values()])[:, None]
        }
        if self._textured:
            attributes |= mesh_attributes(piece)
        if _is_hot(piece):
            glow = {"type": "mesh_attribute", "name": "vertex_glow"}
            given["emitter"] = {"type": "area", "radiance": glow}
            sent = 1.0 - DULL * float(self._reader.mean(look).albedo[0] @ LUMINANCE)
            attributes["vertex_glow"] = sent * looks_.glowing(piece.heat)
        for name, part in given.items():
            properties[name] = mi.load_dict(part) if isinstance(part, dict) else part
        sizes = (len(piece.vertices), len(piece.faces))
        mesh = mi.Mesh(f"look_{look}", *sizes, has_vertex_normals=True, props=properties)
        for name, values in attributes.items():
            mesh.add_attribute(name, values[0].size, values.astype(np.float32).ravel())
        fields = mi.traverse(mesh)
        fields["vertex_positions"] = piece.vertices.astype(np.float32).ravel()
        fields["vertex_normals"] = piece.normals.astype(np.float32).ravel()
        fields["faces"] = piece.faces.astype(np.uint32).ravel()
        fields.update()
        return mesh

    def _spheres(self, name: str, balls: Balls, t: int) -> dict[str, Any]:
        given: dict[str, Any] = {}
        radius = np.broadcast_to(balls.radius, len(balls.rest))
        centers, turns = balls.centers(t), balls.orientations(t)
        for k, (center, turn) in enumerate(zip(centers, turns, strict=True)):
            pose = (center, to_matrix(turn), balls.rest[k])
            skin = looks_.Skin(self._reader, balls.look, pose)
            if not self._textured:
                skin = looks_.PlainSkin(self._reader, balls.look)
            given[f"{name}_{k}"] = {
                "type": "sphere",
                "center": center.tolist(),
                "radius": float(radius[k]),
                "bsdf": self._bsdf(balls.look, skin.bsdf()),
                **self._light(balls.look),
            }
        return given

    def _smoke(self, t: int) -> dict[str, Any]:
        """The gases as one medium in a box; the grid is stored z, y, x."""
        mi = self._mi
        gas, grid = self._model.gases[0]
        joined = join_grids([g for _, g in self._model.gases], t, 0.0)["smoke"]
        lower = np.min([g.origin for _, g in self._model.gases], axis=0)
        size = np.array(joined.shape) * grid.cell
        unit = mi.ScalarTransform4f().translate(lower.tolist()).scale(size.tolist())
        box = unit.scale(0.5).translate([1, 1, 1])
        density = np.maximum(joined, 0.0).transpose(2, 1, 0)[..., None].astype(np.float32)
        volume = {"type": "gridvolume", "grid": mi.VolumeGrid(density), "to_world": unit}
        albedo = linear_from_srgb(np.array(gas.color, float)).tolist()
        return {
            "type": "cube",
            "to_world": box,
            "bsdf": {"type": "null"},
            "interior": {
                "type": "heterogeneous",
                "sigma_t": volume,
                "scale": float(gas.extinction),
                "albedo": {"type": "rgb", "value": albedo},
                "phase": {"type": "hg", "g": gas.asymmetry},
            },
        }


class _Unrecorded:
    """Dr.Jit without recorded loops and calls while entered."""

    def __init__(self, dr: Any) -> None:
        self._dr = dr

    def __enter__(self) -> None:
        flags = (self._dr.JitFlag.SymbolicLoops, self._dr.JitFlag.SymbolicCalls)
        self._before = [(flag, self._dr.flag(flag)) for flag in flags]
        for flag in flags:
            self._dr.set_flag(flag, False)

    def __exit__(self, *_: object) -> None:
        for flag, value in self._before:
            self._dr.set_flag(flag, value)


def pieces(model: SurfaceModel, t: int) -> dict[int, Piece]:
    """All triangles at frame t by look; particles and balls apart."""
    found: dict[int, list[Piece]] = {}

    def add(
        faces: Ints,
        face_looks: Ints,
        vertices: Array,
        normals: Array,
        rest: Array,
        heat: Array | None,
    ) -> None:
        warm = np.full(len(vertices), np.nan) if heat is None else heat
        for look in np.unique(face_looks):
            used, index = np.unique(faces[face_looks == look], return_inverse=True)
            own = index.reshape(-1, 3).astype(np.int32)
            part = Piece(vertices[used], normals[used], rest[used], warm[used], own)
            found.setdefault(int(look), []).append(part)

    for patch in model.patches:
        v = patch.vertices(t)
        add(patch.faces, patch.face_looks, v, patch.normals(t, v), patch.rest, patch.temperature(t))
    for liquid in model.liquids:
        mesh = model.liquid_mesh(liquid, t)
        looks = liquid.looks(mesh)
        add(mesh.faces, looks, mesh.vertices, mesh.normals, mesh.rest, mesh.temperature)
    return {look: _joined(parts) for look, parts in sorted(found.items())}


def _joined(parts: list[Piece]) -> Piece:
    start = np.cumsum([0, *(len(p.vertices) for p in parts)])
    faces = np.concatenate([p.faces + s for p, s in zip(parts, start, strict=False)])
    joined = {
        name: np.concatenate([getattr(p, name) for p in parts])
        for name in ("vertices", "normals", "rest", "heat")
    }
    return Piece(**joined, faces=faces.astype(np.int32))


def heap(balls: Balls, t: int) -> Piece:
    """Many balls as polyhedra with the normals of spheres."""
    unit = triangulate(Sphere(1.0), segments=12)
    offset = unit.vertices / np.linalg.norm(unit.vertices, axis=1, keepdims=True)
    turn = np.stack([to_matrix(q) for q in balls.orientations(t)])
    radius = np.broadcast_to(balls.radius, len(balls.rest))[:, None, None]
    normal = np.einsum("sij,vj->svi", turn, offset)
    count = len(balls.rest)
    faces = unit.faces[None] + len(offset) * np.arange(count)[:, None, None]
    return Piece(
        vertices=(balls.centers(t)[:, None] + radius * normal).reshape(-1, 3),
        normals=normal.reshape(-1, 3),
        rest=(balls.rest[:, None] + radius * offset).reshape(-1, 3),
        heat=np.full(count * len(offset), np.nan),
        faces=faces.reshape(-1, 3).astype(np.int32),
    )


def mesh_attributes(piece: Piece) -> dict[str, Array]:
    """What `mitsuba_looks.Skin` reads: rest position and heat at vertices, the rest frame's normal
    and the map from gradients in the rest frame to vectors in the world at faces."""
    rest, world = piece.rest[piece.faces], piece.vertices[piece.faces]
    r1, r2 = rest[:, 1] - rest[:, 0], rest[:, 2] - rest[:, 0]
    e = np.stack([world[:, 1] - world[:, 0], world[:, 2] - world[:, 0]], axis=2)
    gram = e.transpose(0, 2, 1) @ e
    flat = np.linalg.det(gram) <= 1e-20
    gram[flat] = np.eye(2)
    to_world = e @ np.linalg.solve(gram, np.stack([r1, r2], axis=1))
    to_world[flat] = 0.0
    normal = np.cross(r1, r2)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True).clip(1e-20)
    relief = {name: to_world[:, k] for k, name in enumerate(looks_.RELIEF)}
    heat = {"vertex_heat": piece.heat[:, None]}
    return {"vertex_rest": piece.rest, "face_rest_normal": normal, **heat, **relief}


def _is_hot(piece: Piece) -> bool:
    return bool(np.nanmax(piece.heat, initial=0.0) > GLOW_FIRST)


def _far_light(mi: Any, scene: Scene) -> dict[str, Any]:
    """Panorama and sun. Mitsuba's map has y up, its columns run the other way, and its first and
    last row lie on the poles."""
    ours = panorama(scene)
    rows = len(ours)
    place = np.clip(np.arange(rows) / (rows - 1) * rows - 0.5, 0, rows - 1)
    upper = np.minimum(place.astype(int), rows - 2)
    share = (place - upper)[:, None, None]
    image = ((1 - share) * ours[upper] + share * ours[upper + 1])[:, ::-1]
    turn = mi.ScalarTransform4f().rotate([0, 0, 1], -90).rotate([1, 0, 0], 90)
    bitmap = mi.Bitmap(np.ascontiguousarray(image, np.float32))
    far: dict[str, Any] = {"far": {"type": "envmap", "bitmap": bitmap, "to_world": turn}}
    if scene.sun is not None:
        far["sun"] = _disc(mi, scene.sun)
    return far


def _disc(mi: Any, sun: Sun) -> dict[str, Any]:
    """The sun: a distant disc that faces the scene, or parallel light for no size at all."""
    direction = np.asarray(sun.direction, float) / np.linalg.norm(sun.direction)
    if sun.angular_radius <= 0.0:
        irradiance = {"type": "rgb", "value": list(sun.irradiance)}
        way = (-direction).tolist()
        return {"type": "directional", "direction": way, "irradiance": irradiance}
    sine = np.sin(sun.angular_radius)
    pose = np.eye(4)
    radius = SUN_DISTANCE * np.tan(sun.angular_radius)
    pose[:3, :3] = to_matrix(align_z(-direction)) * radius
    pose[:3, 3] = SUN_DISTANCE * direction
    radiance = (np.asarray(sun.irradiance, float) / (np.pi * sine**2)).tolist()
    return {
        "type": "disk",
        "to_world": mi.ScalarTransform4f(pose),
        "emitter": {"type": "area", "radiance": {"type": "rgb", "value": radiance}},
        "bsdf": {"type": "diffuse", "reflectance": {"type": "rgb", "value": 0.0}},
    }
