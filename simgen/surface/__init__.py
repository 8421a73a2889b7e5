"""What is drawn of a scene, with its correspondence through time.

Every piece of matter becomes a `Patch` (triangles of fixed topology whose vertices follow the
matter), `Balls` (exact spheres), a `Liquid` (a surface made anew every frame) or smoke.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from simgen.errors import SimgenError
from simgen.geometry import Array, Sphere, TriangleMesh, triangulate
from simgen.material import Look
from simgen.record import AnyArray, GridStates, MeshStates, Trajectory
from simgen.rotation import to_matrix
from simgen.scene import (
    Articulation,
    Cloth,
    Element,
    Fluid,
    Gas,
    Grains,
    Inflatable,
    Melt,
    RigidBody,
    Rope,
    Scene,
    SoftBody,
    ThermalBody,
)
from simgen.surface.facets import facets_of
from simgen.surface.liquid import Liquid, LiquidMesh, wetted
from simgen.surface.mesh import (
    Ints,
    Tube,
    curve_matrix,
    refine_to,
    split_sharp,
    twist_free_frames,
    vertex_normals,
)
from simgen.surface.patch import Balls, MeshPatch, Patch, RigidPatch, SkinPatch, TubePatch
from simgen.surface.skin import Skin

State = TypeVar("State")
REFINED_EDGES = 24
"""A refined surface has edges no longer than its largest extent over this."""
FOLD = math.radians(80.0)
"""Facets of soft bodies at a larger angle keep an edge between them; what is less comes of rounded
edges that are narrower than a facet."""
FILM_ROUNDS = 1
"""How often a facet of an inflatable is cut into four."""
ROPE_PIECES = 3
"""Rings of a rope's tube per recorded span."""


def surface_mesh(body: RigidBody, *, refine: bool = False) -> TriangleMesh:
    """The triangles of all shapes of a body, body frame; `refine` splits them to carry a field."""
    vertices, faces, _ = _body_mesh(body, refine=refine)
    return TriangleMesh(vertices, faces, smooth=False)


def _body_mesh(body: RigidBody, *, refine: bool) -> tuple[Array, Ints, Ints]:
    """Vertices, faces and the shape index of every face."""
    vertices: list[Array] = []
    faces: list[Ints] = []
    owner: list[Ints] = []
    count = 0
    for index, shape in enumerate(body.shapes):
        mesh = triangulate(shape.geometry, segments=32 if refine else 48)
        points = mesh.vertices @ to_matrix(shape.quaternion).T + np.asarray(shape.position)
        vertices.append(points)
        faces.append(mesh.faces + count)
        owner.append(np.full(len(mesh.faces), index, np.int32))
        count += len(points)
    v, f, o = np.concatenate(vertices), np.concatenate(faces), np.concatenate(owner)
    if refine:
        edge = float(np.ptp(v, axis=0).max()) / REFINED_EDGES
        v, f, parent = refine_to(v, f.astype(np.int32), edge)
        o = o[parent]
    return v, f.astype(np.int32), o


def skin_of(body: SoftBody | Inflatable) -> tuple[Ints, Skin]:
    """Numbers of the vertices on the surface of a soft body, doubled along folds, or of a film, and
    the skin over them."""
    film = isinstance(body, Inflatable)
    used, index = np.unique(body.faces if film else body.surface_faces, return_inverse=True)
    faces = index.reshape(-1, 3).astype(np.int32)
    if film:
        return used.astype(np.int32), Skin(faces, FILM_ROUNDS)
    split = split_sharp(np.asarray(body.vertices, float)[used], faces, angle=FOLD)
    return used[split.source].astype(np.int32), Skin(split.faces)


class SurfaceModel:
    """Everything visible of a scene; frames are asked for one at a time, nothing is kept."""

    def __init__(self, scene: Scene, trajectory: Trajectory) -> None:
        self.looks: list[Look] = []
        """What `face_looks` and `look` index."""
        self.patches: list[Patch] = []
        self.balls: list[Balls] = []
        self.liquids: list[Liquid] = []
        self.gases: list[tuple[Gas, GridStates]] = []
        self.frame_count = trajectory.frames
        self._trajectory = trajectory
        self._look_index: dict[Look, int] = {}
        self._ids = {o.name: o.id for o in scene.objects}
        self._body_index = {b.name: i for i, b in enumerate(scene.bodies)}
        for element in scene.elements:
            self._add(element)
        self.rest_lower, self.rest_extent = self._rest_boxes(len(scene.objects))

    def _look(self, look: Look) -> int:
        if look not in self._look_index:
            self._look_index[look] = len(self.looks)
            self.looks.append(look)
        return self._look_index[look]

    def _add(self, element: Element) -> None:
        match element:
            case RigidBody():
                self._add_body(element)
            case Articulation():
                for link in element.links:
                    self._add_body(link)
            case ThermalBody():
                self._add_heated(element)
            case Cloth():
                rest = element.vertices if element.rest_vertices is None else element.rest_vertices
                self._add_mesh(element, element.faces, rest)
            case SoftBody():
                self._add_skin(element, np.asarray(element.vertices, float))
            case Inflatable():
                rest = np.asarray(element.vertices, float)  # prints are laid about its centre
                self._add_skin(element, rest - rest.mean(0))
            case Rope():
                self._add_rope(element)
            case Grains() | Fluid() | Melt():
                self._add_particles(element)
            case Gas():
                grid = _recorded(self._trajectory.grids, element.name)
                self.gases.append((element, grid))
            case _:
                raise SimgenError(f"element {element.name!r}: no way to draw {type(element)}")

    def _add_body(self, body: RigidBody) -> None:
        index, states = self._body_index[body.name], self._trajectory.bodies
        positions, quaternions = states.position[:, index], states.quaternion[:, index]
        for shape in body.shapes:
            look, instance = self._look(shape.look), self._ids[body.name]
            if isinstance(shape.geometry, Sphere):
                self.balls.append(
                    Balls(
                        instance=instance,
                        look=look,
                        radius=shape.geometry.radius,
                        rest=np.asarray(shape.position, float).reshape(1, 3),
                        positions=positions,
                        quaternions=quaternions,
                    )
                )
                continue
            facets, turn = facets_of(shape.geometry), to_matrix(shape.quaternion)
            self.patches.append(
                RigidPatch(
                    instance=instance,
                    faces=facets.faces,
                    face_looks=np.full(len(facets.faces), look, np.int32),
                    rest=facets.vertices @ turn.T + np.asarray(shape.position, float),
                    local_normals=facets.normals @ turn.T,
                    positions=positions,
                    quaternions=quaternions,
                )
            )

    def _add_heated(self, element: ThermalBody) -> None:
        body = element.body
        index, states = self._body_index[body.name], self._trajectory.bodies
        heat = _recorded(self._trajectory.heat, element.name)
        vertices, faces, owner = _body_mesh(body, refine=True)
        if heat.temperature.shape[1] != len(vertices):
            raise SimgenError(
                f"thermal body {element.name!r}: {heat.temperature.shape[1]} temperatures for "
                f"{len(vertices)} surface vertices"
            )
        split = split_sharp(vertices, faces, weld=True)
        looks = np.array([self._look(shape.look) for shape in body.shapes], np.int32)
        local = vertices[split.source]
        self.patches.append(
            RigidPatch(
                instance=self._ids[element.name],
                faces=split.faces,
                face_looks=looks[owner],
                rest=local,
                local_normals=vertex_normals(local, split.faces),
                positions=states.position[:, index],
                quaternions=states.quaternion[:, index],
                field=heat.temperature[:, split.source],
            )
        )

    def _add_mesh(self, element: Cloth, faces: Ints, rest: Array) -> None:
        states = _recorded(self._trajectory.meshes, element.name)
        used, index = np.unique(faces, return_inverse=True)
        rest, faces = np.asarray(rest, float)[used], index.reshape(-1, 3).astype(np.int32)
        split = split_sharp(rest, faces)
        self.patches.append(
            MeshPatch(
                instance=self._ids[element.name],
                faces=split.faces,
                face_looks=np.full(len(split.faces), self._look(element.look), np.int32),
                rest=rest[split.source],
                source=used[split.source].astype(np.int32),
                positions=states.position,
            )
        )

    def _add_skin(self, body: SoftBody | Inflatable, rest: Array) -> None:
        states = _recorded(self._trajectory.meshes, body.name)
        source, skin = skin_of(body)
        self.patches.append(
            SkinPatch(
                instance=self._ids[body.name],
                faces=skin.faces,
                face_looks=np.full(len(skin.faces), self._look(body.look), np.int32),
                rest=skin.spread(rest[source]),
                source=source,
                positions=states.position,
                skin=skin,
            )
        )

    def _add_rope(self, rope: Rope) -> None:
        states: MeshStates = _recorded(self._trajectory.meshes, rope.name)
        points = np.asarray(states.position, float)
        curve = curve_matrix(points.shape[1], ROPE_PIECES) @ points
        tube = Tube(rings=curve.shape[1])
        step = np.linalg.norm(np.diff(np.asarray(rope.points, float), axis=0), axis=1)
        spans: Array = np.r_[0.0, np.cumsum(step)]
        length = np.interp(np.linspace(0, len(step), len(curve[0])), np.arange(len(spans)), spans)
        straight = np.stack([length, 0 * length, 0 * length], axis=1)
        frame = np.tile([0.0, 1.0, 0.0], (len(straight), 1))
        rest = tube.spread(straight) + rope.radius * tube.directions(
            np.tile([1.0, 0.0, 0.0], (len(straight), 1)), frame
        )
        self.patches.append(
            TubePatch(
                instance=self._ids[rope.name],
                faces=tube.faces,
                face_looks=np.full(len(tube.faces), self._look(rope.look), np.int32),
                rest=rest,
                tube=tube,
                radius=rope.radius,
                curve=curve,
                frames=twist_free_frames(curve),
            )
        )

    def _add_particles(self, element: Fluid | Grains | Melt) -> None:
        states = _recorded(self._trajectory.particles, element.name)
        positions = states.position
        look, instance = self._look(element.look), self._ids[element.name]
        if isinstance(element, Grains):
            self.balls.append(
                Balls(
                    instance=instance,
                    look=look,
                    radius=element.radius if states.radius is None else states.radius,
                    rest=np.asarray(positions[0], float),
                    positions=positions,
                    turns=states.quaternion,
                )
            )
        else:
            self.liquids.append(
                Liquid(
                    instance=instance,
                    look=look,
                    positions=positions,
                    spacing=element.spacing,
                    domain=element.domain,
                    release=self._freed(element),
                    temperature=states.temperature,
                    molten=states.molten,
                    molten_look=self._molten_look(element),
                )
            )

    def _freed(self, element: Element) -> Array | None:
        """Frame from which each particle of a liquid is out of its inflow's pipe."""
        if not isinstance(element, Fluid) or not element.inflows:
            return None
        return np.searchsorted(self._trajectory.time, element.release).astype(float)

    def _molten_look(self, element: Element) -> int | None:
        if isinstance(element, Melt) and element.molten_look is not None:
            return self._look(element.molten_look)
        return None

    def _rest_boxes(self, count: int) -> tuple[Array, Array]:
        """(objects + 1, 3) lowest corner and extent of each instance's rest shape [m]."""
        lower, upper = np.full((count + 1, 3), np.inf), np.full((count + 1, 3), -np.inf)

        def cover(instance: int, points: AnyArray, margin: float) -> None:
            least = points.min(axis=0, initial=np.inf) - margin
            most = points.max(axis=0, initial=-np.inf) + margin
            lower[instance] = np.minimum(lower[instance], least)
            upper[instance] = np.maximum(upper[instance], most)

        for patch in self.patches:
            cover(patch.instance, patch.rest, 0.0)
        for balls in self.balls:
            cover(balls.instance, balls.rest, float(np.max(balls.radius, initial=0.0)))
        for liquid in self.liquids:
            cover(liquid.instance, np.asarray(liquid.positions[0], float), liquid.spacing / 2)
        empty = ~np.isfinite(lower)
        lower[empty], upper[empty] = 0.0, 0.0
        return lower, upper - lower

    def liquid_mesh(self, liquid: Liquid, t: int, device: str = "cpu") -> LiquidMesh:
        """The surface of one of the liquids at frame t, up to the rigid bodies that it touches."""
        mesh = liquid.mesh(t, device)
        solids = self._solids_near(mesh.vertices, liquid.spacing, t)
        return wetted(mesh, liquid.spacing, solids, device) if len(solids[1]) else mesh

    def _solids_near(self, points: Array, margin: float, t: int) -> tuple[Array, Ints]:
        """Vertices and triangles of the rigid bodies' surfaces around some points."""
        lower = points.min(axis=0, initial=np.inf) - margin
        upper = points.max(axis=0, initial=-np.inf) + margin
        vertices, faces, count = [np.zeros((0, 3))], [np.zeros((0, 3), np.int32)], 0
        for patch in self.patches:
            if isinstance(patch, RigidPatch):
                at = patch.vertices(t)
                if (at.max(axis=0) < lower).any() or (at.min(axis=0) > upper).any():
                    continue
                corners = at[patch.faces]
                apart = (corners.max(axis=1) < lower) | (corners.min(axis=1) > upper)
                faces.append(patch.faces[~apart.any(axis=1)] + np.int32(count))
                vertices.append(at)
                count += len(at)
        return np.concatenate(vertices), np.concatenate(faces)

    @property
    def has_temperature(self) -> bool:
        """Whether any visible surface carries a temperature."""
        return any(isinstance(p, RigidPatch) and p.field is not None for p in self.patches) or any(
            liquid.temperature is not None for liquid in self.liquids
        )


def _recorded(states: Mapping[str, State], name: str) -> State:
    if name not in states:
        raise SimgenError(f"trajectory has no states of element {name!r}: it cannot be drawn")
    return states[name]
