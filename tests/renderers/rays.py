"""Oracles of labels: what Embree and Mitsuba meet along rays through pixel centres, and numpy in
double precision for everything that follows from it. Nothing here reads our kernels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simgen.geometry import Array
from simgen.rotation import to_matrix
from simgen.scene import Camera
from simgen.surface import SurfaceModel


@dataclass(frozen=True, eq=False)
class World:
    """Triangles and balls of one frame, and where their matter is in the frames around it."""

    vertices: dict[int, Array]
    """Step (-1, 0, 1) -> (V, 3) [m]."""
    normals: Array
    """(V, 3) shading normals."""
    faces: Array
    instance: Array
    """(F,) of every triangle, then (S,) of every ball."""
    centers: dict[int, Array]
    """Step -> (S, 3)."""
    turns: dict[int, Array]
    """Step -> (S, 3, 3) body to world."""
    radius: Array
    liquid: Array
    """(F + S,) whether the surface is made anew every frame."""


def world_at(model: SurfaceModel, t: int) -> World:
    """All surfaces at frame t; at the ends of the clip the frame itself is its neighbour."""
    last = model.frame_count - 1
    at = {s: min(max(t + s, 0), last) for s in (-1, 0, 1)}
    parts: dict[int, list[Array]] = {s: [p.vertices(at[s]) for p in model.patches] for s in at}
    normals = [p.normals(t, v) for p, v in zip(model.patches, parts[0], strict=True)]
    faces = [p.faces for p in model.patches]
    owner = [np.full(len(p.faces), p.instance) for p in model.patches]
    liquid = [np.zeros(len(f), bool) for f in faces]
    for matter in model.liquids:
        mesh = matter.mesh(t)
        for s, shift in ((-1, mesh.to_previous), (0, 0.0), (1, mesh.to_next)):
            parts[s].append(mesh.vertices + shift)
        normals.append(mesh.normals)
        faces.append(mesh.faces)
        owner.append(np.full(len(mesh.faces), matter.instance))
        liquid.append(np.ones(len(mesh.faces), bool))
    start = np.cumsum([0, *(len(v) for v in parts[0])])
    joined = [f + s for f, s in zip(faces, start, strict=False)]
    counts = [len(b.rest) for b in model.balls]
    balls = [np.full(n, b.instance) for b, n in zip(model.balls, counts, strict=True)]
    none = np.zeros((0, 3))
    return World(
        vertices={s: np.concatenate([none, *v]) for s, v in parts.items()},
        normals=np.concatenate([none, *normals]),
        faces=np.concatenate([np.zeros((0, 3), int), *joined]),
        instance=np.concatenate([np.zeros(0, int), *owner, *balls]),
        centers={
            s: np.concatenate([none, *(b.centers(f) for b in model.balls)]) for s, f in at.items()
        },
        turns={
            s: np.concatenate(
                [np.zeros((0, 3, 3)), *(_matrices(b.orientations(f)) for b in model.balls)]
            )
            for s, f in at.items()
        },
        radius=np.concatenate(
            [np.zeros(0), *(np.broadcast_to(b.radius, n) for b, n in zip(model.balls, counts))]
        ),
        liquid=np.concatenate([np.zeros(0, bool), *liquid, np.zeros(sum(counts), bool)]),
    )


def _matrices(quaternions: Array) -> Array:
    return np.stack([to_matrix(q) for q in quaternions])


def pixel_centres(width: int, height: int) -> Array:
    """(N, 2) x, y [px], row by row."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    return np.stack([x.ravel(), y.ravel()], axis=1)


def rays_through(camera: Camera, t: int, width: int, height: int, pixels: Array) -> Array:
    """(N, 3) directions through image points, scaled so that their planar depth is 1."""
    k = camera.intrinsics(width, height)
    local = np.ones((len(pixels), 3))
    local[:, :2] = (pixels - k[:2, 2]) / k[[0, 1], [0, 1]]
    return local @ np.asarray(camera.camera_to_world[t], float)[:3, :3].T


def project(camera: Camera, t: int, width: int, height: int, points: Array) -> Array:
    """(N, 3) x, y [px] and planar depth [m]."""
    pose = np.asarray(camera.camera_to_world[t], float)
    local = (points - pose[:3, 3]) @ pose[:3, :3]
    k = camera.intrinsics(width, height)
    pixels = local[:, :2] / local[:, 2:] * k[[0, 1], [0, 1]] + k[:2, 2]
    return np.concatenate([pixels, local[:, 2:]], axis=1)


@dataclass(frozen=True, eq=False)
class Hits:
    """What N rays met first."""

    primitive: Array
    """Triangle, or F + ball; -1: nothing."""
    depth: Array
    """Planar [m] as the oracle computed it in single precision; inf: nothing."""


def embree_hits(world: World, eye: Array, rays: Array) -> Hits:
    """By Embree; balls by their equation, all against all: for few balls."""
    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene

    count, length = len(world.faces), np.linalg.norm(rays, axis=1)
    primitive, depth = np.full(len(rays), -1), np.full(len(rays), np.inf)
    if count:
        scene = EmbreeScene()
        held = TriangleMesh(
            scene, world.vertices[0].astype(np.float32), world.faces.astype(np.int32)
        )
        origin = np.tile(eye, (len(rays), 1)).astype(np.float32)
        found: Any = scene.run(origin, (rays / length[:, None]).astype(np.float32), output=1)
        del held
        hit = found["primID"] >= 0
        primitive = np.where(hit, found["primID"], -1)
        depth = np.where(hit, found["tfar"] / length, np.inf)
    for k, (center, radius) in enumerate(zip(world.centers[0], world.radius, strict=True)):
        distance = ball_depth(eye, rays, center, float(radius))
        nearer = distance < depth
        primitive, depth = np.where(nearer, count + k, primitive), np.fmin(depth, distance)
    return Hits(primitive, depth)


def mitsuba_hits(world: World, eye: Array, rays: Array) -> Hits:
    """By Mitsuba: one mesh and one analytic sphere for every ball."""
    from simgen.renderers.mitsuba import library

    mi, count = library("cpu", 0), len(world.faces)
    shapes: dict[str, Any] = {"type": "scene"}
    if count:
        mesh = mi.Mesh("mesh", len(world.vertices[0]), count)
        fields = mi.traverse(mesh)
        fields["vertex_positions"] = world.vertices[0].astype(np.float32).ravel()
        fields["faces"] = world.faces.astype(np.uint32).ravel()
        fields.update()
        shapes["mesh"] = mesh
    for k, (center, radius) in enumerate(zip(world.centers[0], world.radius, strict=True)):
        ball = {"type": "sphere", "center": center.tolist(), "radius": float(radius)}
        shapes[f"ball_{k}"] = ball
    scene = mi.load_dict(shapes, optimize=False)
    names = [shape.id() for shape in scene.shapes()]
    offset = np.array([count + int(n[5:]) if n.startswith("ball_") else 0 for n in names])
    length = np.linalg.norm(rays, axis=1)
    ways = (rays / length[:, None]).astype(np.float32)
    if "scalar" in mi.variant():
        eyes = mi.Point3f(*eye.tolist())
        found = [scene.ray_intersect_preliminary(mi.Ray3f(eyes, w)) for w in ways.tolist()]
        distance = np.array([f.t for f in found], float)
        shape = np.array([f.shape_index for f in found])
        index = np.array([f.prim_index for f in found])
    else:
        ray = mi.Ray3f(mi.Point3f(*eye.tolist()), mi.Vector3f(*(mi.Float(v) for v in ways.T)))
        rays_met = scene.ray_intersect_preliminary(ray)
        distance, shape = np.array(rays_met.t, float), np.array(rays_met.shape_index)
        index = np.array(rays_met.prim_index)
    hit = np.isfinite(distance)
    primitive = offset[np.where(hit, shape, 0)]
    primitive = np.where(primitive == 0, index, primitive)
    return Hits(np.where(hit, primitive, -1), np.where(hit, distance / length, np.inf))


def ball_depth(eye: Array, rays: Array, center: Array, radius: float) -> Array:
    """(N,) planar depth of the near side of a ball; inf where it is missed or behind."""
    a, offset = np.sum(rays * rays, axis=1), eye - center
    b = rays @ offset
    square = b * b - a * (offset @ offset - radius * radius)
    root = np.sqrt(np.maximum(square, 0.0))
    near, far = (-b - root) / a, (-b + root) / a
    depth = np.where(near > 1e-5, near, far)
    return np.where((square > 0) & (depth > 1e-5), depth, np.inf)


@dataclass(frozen=True, eq=False)
class Seen:
    """The material points behind rays, solved in double precision from the oracle's primitives."""

    valid: Array
    depth: Array
    """Planar [m], inf where nothing is seen."""
    instance: Array
    facet: Array
    """(N, 3) unit normal of the facet or ball, towards the eye."""
    normal: Array
    """(N, 3) unit shading normal on the side of the facet that is seen."""
    points: dict[int, Array]
    """Step -> (N, 3) where the matter is in that frame [m]; NaN where nothing is seen."""


def seen(world: World, eye: Array, rays: Array, hits: Hits) -> Seen:
    """What follows from which primitive every ray meets."""
    count, valid = len(world.faces), hits.primitive >= 0
    depth = np.full(len(rays), np.inf)
    facet, normal = np.zeros((2, len(rays), 3))
    points = {s: np.full((len(rays), 3), np.nan) for s in world.vertices}
    flat = np.flatnonzero(valid & (hits.primitive < count))
    face = world.faces[hits.primitive[flat]]
    a, b, c = (world.vertices[0][face[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    depth[flat] = _dot(a - eye, across) / _dot(rays[flat], across)
    place = eye + depth[flat, None] * rays[flat]
    square = _dot(across, across)
    v = _dot(np.cross(place - a, c - a), across) / square
    w = _dot(np.cross(b - a, place - a), across) / square
    weights = np.stack([1 - v - w, v, w], axis=1)[..., None]
    for s, vertices in world.vertices.items():
        points[s][flat] = (weights * vertices[face]).sum(axis=1)
    facet[flat] = across / np.sqrt(square)[:, None]
    normal[flat] = (weights * world.normals[face]).sum(axis=1)
    round_ = np.flatnonzero(valid & (hits.primitive >= count))
    ball = hits.primitive[round_] - count
    for k in np.unique(ball):
        mine = round_[ball == k]
        center = world.centers[0][k]
        depth[mine] = ball_depth(eye, rays[mine], center, float(world.radius[k]))
        offset = eye + depth[mine, None] * rays[mine] - center
        facet[mine] = normal[mine] = offset / world.radius[k]
        for s, turns in world.turns.items():
            carry = turns[k] @ world.turns[0][k].T
            points[s][mine] = offset @ carry.T + world.centers[s][k]
    facet *= -np.sign(_dot(facet, rays))[:, None]
    normal /= np.linalg.norm(normal, axis=1, keepdims=True).clip(1e-12)
    normal *= np.where(_dot(normal, facet) < 0, -1.0, 1.0)[:, None]
    instance = np.where(valid, world.instance[np.where(valid, hits.primitive, 0)], 0)
    return Seen(valid, depth, instance, facet, normal, points)


def _dot(a: Array, b: Array) -> Array:
    return np.sum(a * b, axis=-1)


def triangles_at(world: World, eye: Array, ray: Array, depth: float) -> Array:
    """Every triangle that a ray meets at this planar depth, to 1e-5 of it, edges included; all are
    tried."""
    a, b, c = (world.vertices[0][world.faces[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = _dot(a - eye, across) / (across @ ray)
        place = eye + found[:, None] * ray
        square = _dot(across, across)
        v = _dot(np.cross(place - a, c - a), across) / square
        w = _dot(np.cross(b - a, place - a), across) / square
        inside = np.minimum(np.minimum(v, w), 1 - v - w) > -1e-3
        return np.flatnonzero(inside & (np.abs(found / depth - 1) < 1e-5))
