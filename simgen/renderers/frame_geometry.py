"""The geometry of one frame on the device, updated in place as frames go by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as _wp

from simgen.geometry import Array
from simgen.material import Look
from simgen.record import AnyArray, GridStates
from simgen.renderers.gbuffer import Places
from simgen.renderers.texture import linear_from_srgb
from simgen.renderers.trace import SPHERE, TRIANGLE, Geometry, Pinhole
from simgen.renderers.volume import Volume
from simgen.scene import Camera, Scene
from simgen.spectrum import LUMINANCE
from simgen.surface import SurfaceModel
from simgen.surface.liquid import LiquidMesh
from simgen.surface.mesh import Ints

wp: Any = _wp  # partly typed

DRIFT = 0.1
"""Mean motion, in extents of what moves, after which a tree is rebuilt instead of refitted:
refitting costs 2 ms per 128k triangles, but slows rays by 10-20 % after a second of motion."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Lamps:
    """Triangles and spheres that send light, on their outer side; one item each."""

    kind: AnyArray
    """TRIANGLE or SPHERE."""
    primitive: AnyArray
    middle: Array
    """(lamps, 3) world [m]."""
    normal: Array
    """(lamps, 3) outward, 0 for spheres."""
    power: Array
    """Area times luminance [m^2]."""


class FrameGeometry:
    """All surfaces at one frame `t`. `move_to` reuses the device's memory and trees when it can."""

    def __init__(self, model: SurfaceModel, device: str) -> None:
        self.t = -1
        self.geometry: Any = Geometry()
        """What rays query: a `Geometry`."""
        self.places: Any = Places()
        """Where its primitives are at t, double precision: `Places`."""
        self._model, self._device = model, device
        self._mesh: Any = None
        self._spheres: Any = None
        self._built_points = self._built_centers = np.zeros((0, 3))
        self._liquids: list[LiquidMesh] = []
        self._fixed_faces, self._fixed_count = _joined_faces(
            [(p.faces, len(p.rest)) for p in model.patches], 0
        )
        self._fixed, self._normals = (np.zeros((self._fixed_count, 3)) for _ in range(2))
        sizes = np.array([len(p.rest) for p in model.patches], np.int64)
        moves = np.array([not p.still for p in model.patches], bool)
        self._moving = np.flatnonzero(np.repeat(moves, sizes))
        """Vertices of patches that are not still."""
        transmission = [look.transmission for look in model.looks] or [0.0]
        self._clear = np.array(transmission, np.float32) > 0.0
        self.geometry.look_transmission = self._array(transmission, wp.float32)
        self._place_balls()

    def _array(self, values: Any, dtype: Any) -> Any:
        return wp.array(values, dtype=dtype, device=self._device)

    def _place_balls(self) -> None:
        """What is the same at every frame for spheres."""
        balls = self._model.balls
        counts = [len(b.rest) for b in balls]
        g = self.geometry
        g.sphere_count = sum(counts)
        sizes = [np.broadcast_to(b.radius, n) for b, n in zip(balls, counts, strict=True)]
        self._radius = np.concatenate([np.zeros(0), *sizes])
        g.radius = self._array(self._radius, wp.float32)
        g.sphere_rest = self._array(_stacked([b.rest for b in balls], 3), wp.vec3)
        instances, looks = [b.instance for b in balls], [b.look for b in balls]
        g.sphere_instance = self._array(np.repeat(instances, counts).astype(np.int32), wp.int32)
        self._ball_looks = np.repeat(looks, counts).astype(np.int32)
        g.sphere_look = self._array(self._ball_looks, wp.int32)

    def move_to(self, t: int) -> None:
        """Take the states of frame t."""
        model = self._model
        start = 0
        for patch in model.patches:
            rows = slice(start, start + len(patch.rest))
            if self.t < 0 or not patch.still:
                self._fixed[rows] = patch.vertices(t)
                self._normals[rows] = patch.normals(t, self._fixed[rows])
            start = rows.stop
        self._liquids = [model.liquid_mesh(liquid, t, self._device) for liquid in model.liquids]
        points = np.concatenate([self._fixed, *(mesh.vertices for mesh in self._liquids)])
        self._points = points
        if self._mesh is None or self._liquids:
            self._set_topology()
        g = self.geometry
        self.places.points = self._array(points, wp.vec3d)
        g.normals = self._array(
            np.concatenate([self._normals, *(m.normals for m in self._liquids)]), wp.vec3
        )
        g.temperature = self._array(self._temperatures(t, len(points)), wp.float32)
        self._refresh_mesh(points)
        self._move_balls(t)
        self.t = t

    def _set_topology(self) -> None:
        """Triangles, rest positions, instances and looks; new every frame only with liquids."""
        model, g = self._model, self.geometry
        faces, _ = _joined_faces(
            [(m.faces, len(m.vertices)) for m in self._liquids], self._fixed_count
        )
        self._faces = np.concatenate([self._fixed_faces, faces])
        rest = [p.rest for p in model.patches] + [m.rest for m in self._liquids]
        instance = [np.full(len(p.faces), p.instance, np.int32) for p in model.patches]
        look = [p.face_looks for p in model.patches]
        for liquid, mesh in zip(model.liquids, self._liquids, strict=True):
            instance.append(np.full(len(mesh.faces), liquid.instance, np.int32))
            look.append(liquid.looks(mesh))
        looks = np.concatenate([np.zeros(0, np.int32), *look])
        g.triangle_count = len(self._faces)
        g.triangles = self._array(self._faces.ravel(), wp.int32)
        g.rest = self._array(_stacked(rest, 3), wp.vec3)
        g.triangle_instance = self._array(
            np.concatenate([np.zeros(0, np.int32), *instance]), wp.int32
        )
        g.triangle_look = self._array(looks, wp.int32)
        self._triangle_looks = looks
        self._groups = self._clear[looks].astype(np.int32)
        clear = int(self._groups.sum())
        g.opaque_group = -1 if clear == 0 else -2 if clear == len(looks) else 0
        self._mesh = None

    def _refresh_mesh(self, points: Array) -> None:
        g = self.geometry
        if g.triangle_count == 0:
            g.points = self._array(np.zeros((0, 3)), wp.vec3)
            return
        if self._mesh is not None:
            moving = self._moving
            if not len(moving):
                return
            if not _drifted(points[moving], self._built_points[moving]):
                g.points.assign(points.astype(np.float32))
                self._mesh.refit()
                return
        g.points = self._array(points, wp.vec3)
        groups = self._array(self._groups, wp.int32) if g.opaque_group == 0 else None
        self._mesh = wp.Mesh(g.points, g.triangles, groups=groups)
        g.mesh = self._mesh.id
        self._built_points = points

    def lamps(self) -> Lamps:
        """All that emits light at t."""
        emission = np.array([look.emission for look in looks_table(self._model)], float)
        bright = emission @ LUMINANCE
        faces = np.flatnonzero(bright[self._triangle_looks] > 0.0)
        corners = self._points[self._faces[faces]]
        cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        double = np.linalg.norm(cross, axis=1)
        balls = np.flatnonzero(bright[self._ball_looks] > 0.0)
        area = np.concatenate([double / 2, 4 * np.pi * self._radius[balls] ** 2])
        look = np.concatenate([self._triangle_looks[faces], self._ball_looks[balls]])
        kind = np.repeat(np.array([TRIANGLE, SPHERE], np.int32), [len(faces), len(balls)])
        normal = np.zeros((len(area), 3))
        normal[: len(faces)] = cross / np.maximum(double, 1e-30)[:, None]
        lit = area > 0.0
        return Lamps(
            kind=kind[lit],
            primitive=np.concatenate([faces, balls]).astype(np.int32)[lit],
            middle=np.concatenate([corners.mean(axis=1), self._centers[balls]])[lit],
            normal=normal[lit],
            power=(area * bright[look])[lit],
        )

    def _move_balls(self, t: int) -> None:
        balls, g = self._model.balls, self.geometry
        centers = self._centers = _stacked([b.centers(t) for b in balls], 3)
        turns = _stacked([b.orientations(t) for b in balls], 4)[:, [1, 2, 3, 0]]
        self.places.center = self._array(centers, wp.vec3d)
        self.places.orientation = self._array(turns, wp.quatd)
        g.center, g.orientation = self._array(centers, wp.vec3), self._array(turns, wp.quat)
        if g.sphere_count == 0:
            return
        reach = self._radius[:, None] * (1 + 1e-5) + 1e-6 * np.abs(centers)
        lower, upper = (centers - reach).astype(np.float32), (centers + reach).astype(np.float32)
        if self._spheres is not None and not _drifted(centers, self._built_centers):
            self._spheres.lowers.assign(lower)
            self._spheres.uppers.assign(upper)
            self._spheres.refit()
            return
        self._spheres = wp.Bvh(self._array(lower, wp.vec3), self._array(upper, wp.vec3))
        g.spheres = self._spheres.id
        self._built_centers = centers

    def _temperatures(self, t: int, count: int) -> AnyArray:
        field = np.zeros(count, np.float32)
        start = 0
        for patch in self._model.patches:
            values, end = patch.temperature(t), start + len(patch.rest)
            if values is not None:
                field[start:end] = values
            start = end
        for mesh in self._liquids:
            end = start + len(mesh.vertices)
            if mesh.temperature is not None:
                field[start:end] = mesh.temperature
            start = end
        return field

    def places_at(self, other: FrameGeometry) -> Any:
        """`Places`: where the primitives of this frame are at the neighbouring frame of `other`."""
        if not self._liquids:
            return other.places
        places: Any = Places()
        ahead = other.t > self.t
        moved = [m.vertices + (m.to_next if ahead else m.to_previous) for m in self._liquids]
        places.points = self._array(np.concatenate([other._fixed, *moved]), wp.vec3d)
        places.center, places.orientation = other.places.center, other.places.orientation
        return places


def _stacked(parts: list[Array], width: int) -> Array:
    return np.concatenate([np.zeros((0, width)), *parts])


def _joined_faces(parts: list[tuple[Ints, int]], start: int) -> tuple[Ints, int]:
    """(faces, vertex count) of several patches as indices into their joined vertices, from `start`
    on, and the joined vertex count."""
    joined = [np.zeros((0, 3), np.int32)]
    for faces, count in parts:
        joined.append(faces + np.int32(start))
        start += count
    return np.concatenate(joined), start


def _drifted(points: Array, built: Array) -> bool:
    """Whether what moves has moved so far since the tree was built that it should be rebuilt."""
    distance = np.abs(points - built).max(axis=1)
    moving = distance > 1e-6
    if not moving.any():
        return False
    extent = float(np.ptp(points[moving], axis=0).max())
    return float(distance[moving].mean()) > DRIFT * max(extent, 1e-6)


def pinhole(camera: Camera, t: int, width: int, height: int, *, top: int = 0) -> Any:
    """The device's camera at frame t, a `Pinhole`; arrays begin with row `top`."""
    pose = np.asarray(camera.camera_to_world[t], float)
    k = camera.intrinsics(width, height)
    p: Any = Pinhole()
    p.right, p.down, p.forward, p.eye = (wp.vec3d(*pose[:3, i]) for i in range(4))
    p.fx, p.fy, p.cx, p.cy = (float(v) for v in (k[0, 0], k[1, 1], k[0, 2], k[1, 2]))
    p.width, p.height, p.top = width, height, top
    p.lens_radius = camera.lens_radius
    p.focus = 1.0 if camera.focus_distance is None else float(camera.focus_distance[t])
    return p


def volume_at(model: SurfaceModel, scene: Scene, t: int, device: str) -> Any:
    """The gases at frame t joined in one `Volume`, `present` 0 where the scene has none; and its
    haze."""
    volume: Any = Volume()
    volume.present = volume.lit = 0
    if scene.haze is not None:
        dust, volume.haze.extinction = scene.haze, scene.haze.extinction
        volume.haze.albedo = wp.vec3(*dust.albedo)
        volume.haze.asymmetry = dust.asymmetry
        volume.haze.lower, volume.haze.upper = wp.vec3(*dust.lower), wp.vec3(*dust.upper)
    if not model.gases:
        return volume
    air = float(scene.ambient.temperature)
    fields = join_grids([grid for _, grid in model.gases], t, air)
    gas, grid = model.gases[0]
    shape = np.array(fields["smoke"].shape)
    lower = np.min([g.origin for _, g in model.gases], axis=0)
    volume.present = 1
    volume.smoke = wp.array(fields["smoke"], dtype=wp.float32, device=device)
    heat = fields["temperature"]
    volume.lower = wp.vec3(*lower)
    volume.upper = wp.vec3(*(lower + shape * grid.cell))
    volume.cell = float(grid.cell)
    volume.absorption = float(gas.extinction)
    volume.albedo = wp.vec3(*linear_from_srgb(np.array(gas.color, float)))
    volume.asymmetry = gas.asymmetry
    volume.ambient_temperature = air
    fuel = next((g.fuel for g, _ in model.gases if g.fuel is not None), None)
    volume.burning = int(fuel is not None and "soot" in fields)
    if fuel is not None and volume.burning:
        volume.soot = wp.array(refined(fields["soot"]), dtype=wp.float32, device=device)
        volume.sheet = wp.array(refined(fields["flame_sheet"]), dtype=wp.float32, device=device)
        heat = refined(heat)
        volume.blue = float(fuel.blue)
    volume.temperature = wp.array(heat, dtype=wp.float32, device=device)
    return volume


def refined(field: AnyArray) -> AnyArray:
    """(2X, 2Y, 2Z) a field on cells half as large, its corners cut (Chaikin, Comput. Graph. Image
    Process. 3 (1974) 346): interpolated between them it has no folds at the faces of cells, which
    the light of a flame, steep in temperature, would show."""
    for axis in range(3):
        rows = np.moveaxis(field, axis, 0)
        before, after = np.concatenate([rows[:1], rows[:-1]]), np.concatenate([rows[1:], rows[-1:]])
        cut = np.stack([0.75 * rows + 0.25 * before, 0.75 * rows + 0.25 * after], axis=1)
        field = np.moveaxis(cut.reshape(-1, *rows.shape[1:]), 0, axis)
    return np.ascontiguousarray(field, dtype=np.float32)


def join_grids(grids: list[GridStates], t: int, air: float) -> dict[str, AnyArray]:
    """Fields of gases of one cell size on the grid that spans them all; clean air [K] between."""
    names = ("smoke", "temperature", "soot", "flame_sheet")
    if len(grids) == 1:
        found = {name: getattr(grids[0], name) for name in names}
        return {name: field[t] for name, field in found.items() if field is not None}
    cell = grids[0].cell
    lower: Array = np.min([g.origin for g in grids], axis=0)
    starts = [[round(float(v)) for v in (g.origin - lower) / cell] for g in grids]
    ends = [
        [a + n for a, n in zip(start, g.smoke.shape[1:], strict=True)]
        for start, g in zip(starts, grids, strict=True)
    ]
    size = tuple(max(end[k] for end in ends) for k in range(3))
    joined: dict[str, AnyArray] = {}
    for name in names:
        target = np.full(size, air if name == "temperature" else 0.0, np.float32)
        for grid, a, b in zip(grids, starts, ends, strict=True):
            field = getattr(grid, name)
            if field is not None:
                target[a[0] : b[0], a[1] : b[1], a[2] : b[2]] = field[t]
        joined[name] = target
    return joined


def looks_table(model: SurfaceModel) -> list[Look]:
    """The looks that hits index; never empty."""
    return model.looks or [Look()]
