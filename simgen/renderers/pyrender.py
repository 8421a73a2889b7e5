"""A second, independent renderer: pyrender (OpenGL rasterisation in software, no window).

Draws through OSMesa, whose depth is sampled at pixel centres; the EGL path resolves multisampled
depth off-centre (0.375 px). Gives rgb, depth, segmentation, valid; knows no motion.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from simgen.errors import SimgenError
from simgen.geometry import Array, Sphere, triangulate
from simgen.record import PASSES, AnyArray, Frame, Trajectory
from simgen.renderer import Renderer, View, require_passes
from simgen.renderers.environment import gradient
from simgen.rotation import align_z, to_matrix
from simgen.scene import Camera, Scene, Sun
from simgen.surface import SurfaceModel
from simgen.surface.mesh import Ints, vertex_normals
from simgen.surface.patch import Balls, Patch, RigidPatch

NEAREST = 0.02
"""Closest near plane [m]."""
TO_OPENGL = np.diag([1.0, -1.0, -1.0, 1.0])
"""OpenCV camera axes (y down, z forward) to OpenGL's (y up, z backward)."""


class PyrenderRenderer(Renderer):
    """Preview pictures and an oracle for depth and silhouettes; spheres are fine polyhedra."""

    name = "pyrender"
    package = "pyrender"
    passes = frozenset({"rgb", "depth", "segmentation", "valid"})

    def render(
        self, scene: Scene, trajectory: Trajectory, view: View, passes: frozenset[str]
    ) -> Iterator[Frame]:
        require_passes(self, passes)
        pyrender = _library()
        stage = _Stage(pyrender, scene, SurfaceModel(scene, trajectory))
        window = pyrender.OffscreenRenderer(view.width, view.height)
        camera = scene.camera(view.camera)
        try:
            for t in view.frames or range(trajectory.frames):
                given = stage.draw(window, camera, view, t, passes)
                yield Frame(t, {n: given[n] for n in PASSES if n in passes})
        finally:
            window.delete()


def _library() -> Any:
    """pyrender on OSMesa."""
    os.environ.setdefault("PYOPENGL_PLATFORM", "osmesa")
    try:
        import pyrender
        from OpenGL import osmesa as osmesa  # fails where the library is not
    except (ImportError, AttributeError) as error:
        raise SimgenError(
            f"renderer 'pyrender' needs OSMesa ({error}): install the system package libosmesa6 "
            "and leave PYOPENGL_PLATFORM unset or set it to osmesa"
        ) from None
    return pyrender


class _Stage:
    """The pyrender scene of one clip: rigid nodes get poses, the rest new meshes each frame."""

    def __init__(self, pyrender: Any, scene: Scene, model: SurfaceModel) -> None:
        self._pyrender, self._model = pyrender, model
        sky = gradient(scene)
        mean = np.mean([sky.zenith, sky.horizon, sky.ground], axis=0)
        background = [*np.clip(sky.horizon, 0, 1), 1.0]
        self._scene = pyrender.Scene(bg_color=background, ambient_light=np.clip(mean, 0, 1) * 0.5)
        self._rigid: list[tuple[RigidPatch | Balls, Any]] = [
            (patch, self._node(patch.rest, patch.local_normals, patch.faces, patch.face_looks))
            for patch in model.patches
            if isinstance(patch, RigidPatch)
        ]
        self._rigid += [
            (b, self._ball_node(b, b.rest)) for b in model.balls if b.quaternions is not None
        ]
        self._ids = {node: thing.instance for thing, node in self._rigid}
        self._passing: list[Any] = []
        if scene.sun is not None:
            self._add_sun(scene.sun)

    def _add_sun(self, sun: Sun) -> None:
        pose = np.eye(4)
        pose[:3, :3] = to_matrix(align_z(sun.direction))
        strength = float(np.max(sun.irradiance))
        color = np.asarray(sun.irradiance) / max(strength, 1e-9)
        self._scene.add(self._pyrender.DirectionalLight(color=color, intensity=strength), pose=pose)

    def _primitive(
        self, vertices: Array, normals: Array, faces: Ints, look: int, poses: Array | None = None
    ) -> Any:
        table = self._model.looks[look]
        material = self._pyrender.MetallicRoughnessMaterial(
            baseColorFactor=[*(np.asarray(table.color) ** 2.2), 1.0],
            metallicFactor=table.metallic,
            roughnessFactor=table.roughness,
            doubleSided=True,
        )
        return self._pyrender.Primitive(
            positions=vertices.astype(np.float32),
            normals=normals.astype(np.float32),
            indices=faces.astype(np.uint32),
            material=material,
            mode=4,
            poses=poses,
        )

    def _node(self, vertices: Array, normals: Array, faces: Ints, looks: Ints) -> Any:
        parts = [
            self._primitive(vertices, normals, faces[looks == look], int(look))
            for look in np.unique(looks)
        ]
        return self._scene.add(self._pyrender.Mesh(parts))

    def _ball_node(self, balls: Balls, centers: Array) -> Any:
        segments = 96 if len(centers) < 20 else 32 if len(centers) < 1000 else 12
        largest = float(np.max(balls.radius))
        mesh = triangulate(Sphere(largest), segments=segments)
        normals = vertex_normals(mesh.vertices, mesh.faces)
        poses = np.tile(np.eye(4), (len(centers), 1, 1))
        poses[:, :3, :3] *= np.broadcast_to(balls.radius / largest, len(centers))[:, None, None]
        poses[:, :3, 3] = centers
        part = self._primitive(mesh.vertices, normals, mesh.faces, balls.look, poses)
        return self._scene.add(self._pyrender.Mesh([part]))

    def _move_to(self, t: int) -> list[Array]:
        """Pose everything as at frame t; returns world points that bound it."""
        bounds: list[Array] = []
        for thing, node in self._rigid:
            assert thing.quaternions is not None
            pose = np.eye(4)
            pose[:3, :3], pose[:3, 3] = to_matrix(thing.quaternions[t]), thing.positions[t]
            self._scene.set_pose(node, pose)
            if isinstance(thing, RigidPatch):
                bounds.append(thing.vertices(t))
        for node in self._passing:
            self._scene.remove_node(node)
            self._ids.pop(node)
        self._passing = []
        for balls in self._model.balls:
            centers = balls.centers(t)
            if balls.quaternions is None:
                self._keep(self._ball_node(balls, centers), balls.instance)
            reach = float(np.max(balls.radius))
            bounds += [centers + reach * d for d in (*np.eye(3), *-np.eye(3))]
        for patch in self._model.patches:
            if not isinstance(patch, RigidPatch):
                bounds.append(self._add_deformed(patch, t))
        for liquid in self._model.liquids:
            mesh = self._model.liquid_mesh(liquid, t)
            looks = liquid.looks(mesh)
            self._keep(self._node(mesh.vertices, mesh.normals, mesh.faces, looks), liquid.instance)
            bounds.append(mesh.vertices)
        return bounds

    def _add_deformed(self, patch: Patch, t: int) -> Array:
        vertices = patch.vertices(t)
        node = self._node(vertices, patch.normals(t, vertices), patch.faces, patch.face_looks)
        self._keep(node, patch.instance)
        return vertices

    def _keep(self, node: Any, instance: int) -> None:
        self._passing.append(node)
        self._ids[node] = instance

    def draw(
        self, window: Any, camera: Camera, view: View, t: int, passes: frozenset[str]
    ) -> dict[str, AnyArray]:
        """The asked passes of frame t."""
        flags = self._pyrender.RenderFlags
        pose = np.asarray(camera.camera_to_world[t], float)
        near, far = _planes(self._move_to(t), pose)
        k = camera.intrinsics(view.width, view.height)
        lens = self._pyrender.IntrinsicsCamera(
            k[0, 0], k[1, 1], k[0, 2], k[1, 2], znear=near, zfar=far
        )
        node = self._scene.add(lens, pose=pose @ TO_OPENGL)
        self._scene.main_camera_node = node
        colors = {n: [i & 255, i >> 8, 0] for n, i in self._ids.items()}
        painted, depth = window.render(self._scene, flags=flags.SEG, seg_node_map=colors)
        ids = painted[..., 0].astype(np.uint16) + (painted[..., 1].astype(np.uint16) << 8)
        given: dict[str, AnyArray] = {
            "segmentation": ids,
            "valid": ids > 0,
            "depth": np.where(ids > 0, depth, np.inf).astype(np.float32),
        }
        if "rgb" in passes:
            shadows = flags.SHADOWS_DIRECTIONAL
            given["rgb"] = np.array(window.render(self._scene, flags=shadows)[0], np.uint8)
        self._scene.remove_node(node)
        return given


def _planes(points: list[Array], pose: Array) -> tuple[float, float]:
    """Near and far plane [m] that hold everything in front of the camera as tightly as they can:
    the depth buffer's resolution is about far / near * 6e-8."""
    joined = np.concatenate([np.zeros((0, 3)), *points])
    depth = (joined - pose[:3, 3]) @ pose[:3, 2]
    ahead = depth[depth > NEAREST]
    if not len(ahead):
        return NEAREST, 1.0
    # a surface that crosses the camera's plane may come as near as the near plane
    near = NEAREST if (depth <= NEAREST).any() else max(NEAREST, 0.5 * float(ahead.min()))
    return near, 1.01 * float(ahead.max())
