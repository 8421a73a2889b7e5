"""Shapes of a Bullet link: collision geometry and rolling resistance."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pybullet as _pybullet

from simgen import geometry as geo
from simgen.geometry import Array
from simgen.scene import Shape

pybullet: Any = _pybullet  # the library ships no type stubs
Shapes = list[tuple[Shape, Array]]
"""Shapes and their positions in a link's frame."""


def to_xyzw(quaternion: Array) -> list[float]:
    """Quaternion wxyz in Bullet's order."""
    return np.roll(np.asarray(quaternion, float), -1).tolist()


def rolling(shape: Shape, friction: float) -> dict[str, float]:
    """Bullet adds both lever arms, each times the square root of the other's friction; dividing by
    a typical one gives their mean. Exact where all materials rub alike."""
    arm = 0.5 * (shape.material.rolling_friction or 0.0) / math.sqrt(max(friction, 1e-3))
    return {"rollingFriction": arm, "spinningFriction": arm}


def collision_shape(client: int, shapes: Shapes, folder: Path) -> int:
    """A collision shape of all touching shapes of a link, -1 for none."""
    kinds: list[int] = []
    options: list[dict[str, Any]] = []
    for shape, position in shapes:
        if not shape.collides:
            continue
        for kind, option in _pieces(shape, folder):
            kinds.append(kind)
            options.append(
                {
                    **option,
                    "collisionFramePosition": position.tolist(),
                    "collisionFrameOrientation": to_xyzw(np.asarray(shape.quaternion)),
                }
            )
    if not kinds:
        return -1
    if len(kinds) == 1:
        return pybullet.createCollisionShape(kinds[0], physicsClientId=client, **options[0])
    return _compound(client, kinds, options)


def _compound(client: int, kinds: list[int], options: list[dict[str, Any]]) -> int:
    return pybullet.createCollisionShapeArray(
        shapeTypes=kinds,
        radii=[o.get("radius", 0.0) for o in options],
        halfExtents=[o.get("halfExtents", [0.0, 0.0, 0.0]) for o in options],
        lengths=[o.get("height", 0.0) for o in options],
        fileNames=[o.get("fileName", "") for o in options],
        collisionFramePositions=[o["collisionFramePosition"] for o in options],
        collisionFrameOrientations=[o["collisionFrameOrientation"] for o in options],
        physicsClientId=client,
    )


def _pieces(shape: Shape, folder: Path) -> list[tuple[int, dict[str, Any]]]:
    match shape.geometry:
        case geo.Sphere(r):
            return [(pybullet.GEOM_SPHERE, {"radius": r})]
        case geo.Box(size):
            return [(pybullet.GEOM_BOX, {"halfExtents": [x / 2 for x in size]})]
        case geo.Capsule(r, length):
            return [(pybullet.GEOM_CAPSULE, {"radius": r, "height": length})]
        case geo.Cylinder(r, h):
            return [(pybullet.GEOM_CYLINDER, {"radius": r, "height": h})]
        case geo.Plane():
            return [(pybullet.GEOM_PLANE, {"planeNormal": [0.0, 0.0, 1.0]})]
        case geo.TriangleMesh() as mesh:
            return [(pybullet.GEOM_MESH, {"fileName": _write_hulls(mesh, folder)})]


def _write_hulls(mesh: geo.TriangleMesh, folder: Path) -> str:
    """An OBJ file with one object per convex part, which Bullet reads as a compound of hulls."""
    from scipy.spatial import ConvexHull

    lines: list[str] = []
    first = 1
    for k, points in enumerate(mesh.contact_hulls):
        hull = ConvexHull(np.asarray(points, float))
        order = {int(v): first + i for i, v in enumerate(hull.vertices)}
        first += len(order)
        lines.append(f"o part{k}")
        lines += ["v " + " ".join(f"{x:.9g}" for x in points[v]) for v in order]
        lines += ["f " + " ".join(str(order[int(v)]) for v in face) for face in hull.simplices]
    path = folder / f"mesh{len(list(folder.iterdir()))}.obj"
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return str(path)
