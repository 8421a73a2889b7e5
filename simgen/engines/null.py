"""An engine without physics: prescribed bodies follow their paths, everything else stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from simgen.engine import Engine
from simgen.errors import Rejected
from simgen.motion import prescribed_states
from simgen.record import GridStates, HeatStates, MeshStates, ParticleStates, Solver, Trajectory
from simgen.scene import (
    Cloth,
    Element,
    Fluid,
    Gas,
    Grains,
    Inflatable,
    Melt,
    Rope,
    Scene,
    SoftBody,
    ThermalBody,
)
from simgen.surface import surface_mesh


class NullEngine(Engine):
    """For tests of everything after the engine, and for golden scenes with prescribed motion."""

    name = "null"
    accepts = frozenset({Element})
    moves_bodies = True

    def simulate(self, scenes: Sequence[Scene]) -> Iterator[Trajectory | Rejected]:
        for scene in scenes:
            yield _still(scene)


def _still(scene: Scene) -> Trajectory:
    frames = scene.clock.frames
    substeps = scene.clock.resolve(1.0 / scene.clock.fps)

    def held(points: np.ndarray) -> np.ndarray:
        return np.tile(np.asarray(points, np.float32), (frames, 1, 1))

    meshes: dict[str, MeshStates] = {}
    particles: dict[str, ParticleStates] = {}
    heat: dict[str, HeatStates] = {}
    grids: dict[str, GridStates] = {}
    for element in scene.elements:
        match element:
            case (
                Cloth(vertices=points)
                | SoftBody(vertices=points)
                | Inflatable(vertices=points)
                | Rope(points=points)
            ):
                meshes[element.name] = MeshStates(position=held(points), velocity=0 * held(points))
            case Fluid() | Grains() | Melt():
                fluid = isinstance(element, Fluid)
                points = element.start_positions if fluid else element.positions
                (density,) = element.material.require("density")
                mass = np.full(len(points), density * element.spacing**3)
                particles[element.name] = ParticleStates(
                    position=held(points), velocity=0 * held(points), mass=mass
                )
            case ThermalBody():
                count = len(surface_mesh(element.body, refine=True).vertices)
                zero = np.zeros(frames)
                heat[element.name] = HeatStates(
                    temperature=np.full((frames, count), element.temperature),
                    heat=zero,
                    flow_in=zero,
                    flow_out=zero,
                )
            case Gas(domain=domain, cell=cell):
                size = np.round((np.array(domain.upper) - np.array(domain.lower)) / cell).astype(
                    int
                )
                field = np.zeros((frames, *size), np.float32)
                grids[element.name] = GridStates(
                    origin=np.array(domain.lower),
                    cell=cell,
                    smoke=field,
                    temperature=field + scene.ambient.temperature,
                    velocity=np.zeros((*field.shape, 3), np.float32),
                )
            case _:
                pass
    return Trajectory(
        time=scene.clock.times,
        bodies=prescribed_states(scene),
        solver=Solver(
            engine="null",
            version="1",
            device="cpu",
            dt=1.0 / (scene.clock.fps * substeps),
            substeps=substeps,
        ),
        meshes=meshes,
        particles=particles,
        heat=heat,
        grids=grids,
    )
