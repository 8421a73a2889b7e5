"""Tracks: material points on every instance, followed in 3D and in the picture (TAP-Vid order)."""

from __future__ import annotations

import numpy as np

from simgen.annotator import Annotator
from simgen.geometry import Array, Plane, Sphere, TriangleMesh, triangulate
from simgen.key import Key
from simgen.record import Annotations, AnyArray, Frames, Tracks, Trajectory
from simgen.rotation import to_matrix
from simgen.scene import (
    Cloth,
    Fluid,
    Grains,
    Inflatable,
    Melt,
    RigidBody,
    Rope,
    Scene,
    SceneObject,
    SoftBody,
)
from simgen.surface import skin_of

POINTS = 1024
"""Points per clip, shared evenly by the instances that move; still ones get a quarter share."""
MINIMUM = 8
"""Points per instance at least."""


class TracksAnnotator(Annotator):
    """Samples points uniformly on surfaces (or particles) and tests them against depth and id."""

    needs = frozenset({"depth", "segmentation", "normal"})
    gives = "tracks"

    def annotate(
        self, scene: Scene, trajectory: Trajectory, frames: Frames, annotations: Annotations
    ) -> Annotations:
        points: list[AnyArray] = []
        instances: list[AnyArray] = []
        slack: list[AnyArray] = []
        shares, area = _shares(scene.objects), _looked_at(frames)
        for item in scene.objects:
            found = material_points(scene, trajectory, item, shares[item.id], area)
            if found is not None:
                points.append(found)
                instances.append(np.full(len(found), item.id))
                slack.append(np.full(len(found), buried(scene, item.name)))
        if not points:
            return annotations
        world, instance = np.concatenate(points), np.concatenate(instances)
        pixels, depth = project(world, frames.camera_to_world, frames.intrinsics)
        visible = np.zeros(depth.shape, bool)
        for t in range(len(frames)):
            visible[:, t] = seen(
                frames, t, pixels[:, t], depth[:, t], instance, np.concatenate(slack)
            )
        return Annotations(
            tracks=Tracks(points=world, pixels=pixels, visible=visible, instance=instance)
        )


def _shares(objects: tuple[SceneObject, ...]) -> dict[int, int]:
    weights = {o.id: 1.0 if o.dynamic else 0.25 for o in objects}
    total = sum(weights.values())
    return {i: max(MINIMUM, round(POINTS * w / total)) for i, w in weights.items()}


def project(
    world: AnyArray, camera_to_world: AnyArray, intrinsics: AnyArray
) -> tuple[Array, Array]:
    """Pixels (N, T, 2) and planar depth (N, T) of world points (N, T, 3); NaN pixels behind the
    camera."""
    turn, eye = camera_to_world[:, :3, :3], camera_to_world[:, :3, 3]
    local = np.einsum("tji,ntj->nti", turn, np.asarray(world, float) - eye)
    z = local[..., 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        xy = local[..., :2] / z[..., None] * intrinsics[[0, 1], [0, 1]] + intrinsics[:2, 2]
    xy[z <= 0] = np.nan
    return xy, z


def seen(
    frames: Frames, t: int, pixels: Array, depth: Array, instance: AnyArray, slack: AnyArray
) -> AnyArray:
    """(N,) bool: the point's pixel shows its instance, at its depth.

    The drawn surface is continued from the pixel's centre to the point along the plane of its
    normal; the two depths may differ by the curvature within a pixel and by `slack` [m].
    """
    segmentation, drawn = frames.read("segmentation", t), frames.read("depth", t)
    height, width = drawn.shape
    inside = np.isfinite(pixels).all(1) & (depth > 0)
    inside &= (pixels >= 0).all(1) & (pixels[:, 0] < width) & (pixels[:, 1] < height)
    column = np.where(inside, pixels[:, 0], 0).astype(int)
    row = np.where(inside, pixels[:, 1], 0).astype(int)
    surface = continued_depth(frames, t, row, column, np.where(inside[:, None], pixels, 0.5))
    focal = frames.intrinsics[0, 0]
    allowed = np.maximum(0.004 * depth, 1.5 * depth / focal) + slack
    agrees = np.abs(surface - depth) <= allowed
    return inside & (segmentation[row, column] == instance) & agrees


def continued_depth(
    frames: Frames, t: int, row: AnyArray, column: AnyArray, pixels: AnyArray
) -> AnyArray:
    """(N,) depth at sub-pixel positions, along the plane through each pixel's surface point."""
    matrix, turn = frames.intrinsics, frames.camera_to_world[t, :3, :3]
    focal, centre = matrix[[0, 1], [0, 1]], matrix[:2, 2]
    z = frames.read("depth", t)[row, column]
    normal = frames.read("normal", t)[row, column] @ turn

    def ray(xy: AnyArray) -> AnyArray:
        return np.concatenate([(xy - centre) / focal, np.ones((len(xy), 1))], 1)

    middle = ray(np.stack([column + 0.5, row + 0.5], 1))
    facing = np.sum(normal * ray(pixels), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        plane = z * np.sum(normal * middle, 1) / facing
    steep = np.abs(facing) < 0.15
    return np.where(steep, z, plane)


def buried(scene: Scene, name: str) -> float:
    """How far below the drawn surface tracked points of an element may lie [m]."""
    for element in scene.elements:
        if element.name == name:
            match element:
                case Rope():
                    return 2.0 * element.radius
                case Grains():
                    return element.radius
                case Fluid() | Melt():
                    return 1.5 * element.spacing
                case _:
                    return 0.0
    return 0.0


def _looked_at(frames: Frames) -> tuple[Array, float]:
    """Where the first camera looks: a point on what it sees and the distance to it [m]."""
    depth = frames.read("depth", 0)
    seen_depth = depth[np.isfinite(depth)]
    distance = float(np.median(seen_depth)) if seen_depth.size else 1.0
    pose = frames.camera_to_world[0]
    return pose[:3, 3] + distance * pose[:3, 2], distance


def material_points(
    scene: Scene,
    trajectory: Trajectory,
    item: SceneObject,
    count: int,
    area: tuple[Array, float],
) -> AnyArray | None:
    """(N, T, 3) world points [m] fixed to the matter of one instance; None for a gas.

    An infinite floor is sampled in the square about the point and with the half-width of `area`.
    """
    rng = Key(0).child("tracks", item.name).rng()
    names = trajectory.bodies.names
    if item.name in names:
        index = names.index(item.name)
        local = _on_body(scene.bodies[index], count, rng, area)
        turn = to_matrix(trajectory.bodies.quaternion[:, index])
        return np.einsum("tij,nj->nti", turn, local) + trajectory.bodies.position[:, index]
    element = next(e for e in scene.elements if e.name == item.name)
    match element:
        case Cloth():
            states = trajectory.meshes[item.name].position
            return _on_faces(states, element.faces, count, rng)
        case SoftBody() | Inflatable():
            states = trajectory.meshes[item.name].position
            source, skin = skin_of(element)
            drawn = [skin.spread(np.asarray(points, float)[source]) for points in states]
            return _on_faces(np.stack(drawn), skin.faces, count, rng)
        case Rope():
            points = np.moveaxis(trajectory.meshes[item.name].position, 0, 1)
            at = rng.uniform(0, len(points) - 1, count)
            low = at.astype(int)
            mix = (at - low)[:, None, None]
            return points[low] * (1 - mix) + points[low + 1] * mix
        case Fluid() | Grains() | Melt():
            states = trajectory.particles[item.name].position
            some = rng.choice(states.shape[1], min(count, states.shape[1]), replace=False)
            return np.moveaxis(states[:, np.sort(some)], 0, 1)
        case _:
            return None


def _on_body(
    body: RigidBody, count: int, rng: np.random.Generator, area: tuple[Array, float]
) -> Array:
    """(count, 3) points in the body frame, uniform over the area of all shapes."""
    meshes = [triangulate(shape.geometry) for shape in body.shapes]
    areas = np.array([_areas(m).sum() for m in meshes])
    split = rng.multinomial(count, areas / areas.sum())
    parts: list[Array] = []
    for shape, mesh, n in zip(body.shapes, meshes, split, strict=True):
        turn, origin = to_matrix(shape.quaternion), np.asarray(shape.position)
        if isinstance(shape.geometry, Plane):
            world = to_matrix(body.quaternion).T @ (area[0] - np.asarray(body.position))
            extent = shape.geometry.extent
            centre, half = turn.T @ (world - origin), min(area[1], extent)
            inside = np.clip(centre[:2], half - extent, extent - half)
            flat = inside + rng.uniform(-half, half, (int(n), 2))
            local = np.concatenate([flat, np.zeros((int(n), 1))], 1)
        else:
            face, weights = _sample(_areas(mesh), int(n), rng)
            local = np.einsum("nk,nkj->nj", weights, mesh.vertices[mesh.faces[face]])
        if isinstance(shape.geometry, Sphere):
            local *= shape.geometry.radius / np.linalg.norm(local, axis=1, keepdims=True)
        parts.append(local @ turn.T + origin)
    return np.concatenate(parts)


def _on_faces(states: AnyArray, faces: AnyArray, count: int, rng: np.random.Generator) -> AnyArray:
    """(count, T, 3) points at fixed barycentric places on a deforming mesh."""
    first = TriangleMesh(np.asarray(states[0], float), faces)
    face, weights = _sample(_areas(first), count, rng)
    return np.einsum("nk,tnkj->ntj", weights, states[:, np.asarray(faces)[face]])


def _areas(mesh: TriangleMesh) -> Array:
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2


def _sample(areas: Array, count: int, rng: np.random.Generator) -> tuple[AnyArray, Array]:
    """Face indices and barycentric weights (count, 3), uniform by area."""
    face = rng.choice(len(areas), count, p=areas / areas.sum())
    u, v = rng.random((2, count))
    root = np.sqrt(u)
    return face, np.stack([1 - root, root * (1 - v), root * v], 1)
