"""Genesis: liquids, grains and soft bodies by its explicit material point method (MLS-MPM, APIC).

Rigid bodies are obstacles, still or on a prescribed path, that matter slides on with Coulomb
friction. The library runs in a process of its own: it holds global state and leaks with every
scene. Kernels are compiled at the first scene of each kind (about a minute) and kept in the
library's cache for all later processes (QD_OFFLINE_CACHE_FILE_PATH, GS_CACHE_FILE_PATH).

Cloth is not taken: the library's position-based cloth slides on bodies without friction.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import version
from typing import ClassVar

import numpy as np

from simgen.device import warp_device
from simgen.engine import Engine
from simgen.engines.genesis_setup import Points, Setup, States
from simgen.engines.isolated import Isolated
from simgen.errors import Rejected
from simgen.motion import prescribed_states
from simgen.record import MeshStates, ParticleStates, Solver, Trajectory, not_finite
from simgen.scene import Element, Fluid, Grains, RigidBody, Scene, SoftBody

MEMORY = 3000.0
"""Peak [MB] after which the library's process is replaced; a scene leaks about 30."""
PATIENCE = 3600.0
"""Longest wait for one scene [s]."""
MATTER = (Fluid, Grains, SoftBody)


class GenesisEngine(Engine):
    """Simulates one kind of matter; the bodies of the scene are its obstacles."""

    name = "genesis"
    package = "genesis"
    accepts: ClassVar[frozenset[type[Element]]] = frozenset({RigidBody, *MATTER})

    def refusal(self, scene: Scene) -> str:
        what = super().refusal(scene)
        if what:
            return what
        kinds = {type(e).__name__ for e in scene.elements if isinstance(e, MATTER)}
        if len(kinds) != 1:
            return "a scene of " + (" and ".join(sorted(kinds)) or "rigid bodies alone")
        for element in scene.elements:
            if isinstance(element, Fluid) and element.inflows:
                return f"the inflows of {element.name!r}"
            if isinstance(element, SoftBody):
                stuff = element.material
                if element.pinned or element.attachments:
                    return f"the held vertices of {element.name!r}"
                if stuff.flow_viscosity or stuff.relaxation_time:
                    return f"the viscous flow of {stuff.name} ({element.name!r})"
        return ""

    def simulate(self, scenes: Sequence[Scene]) -> Iterator[Trajectory | Rejected]:
        warp_device("cpu")  # before any module with kernels, which would start Warp noisily
        from simgen.engines.genesis_build import build

        for scene in scenes:
            setup, points = build(scene, self.device)
            states = library(self.device, os.getpid()).call(setup)
            yield states if isinstance(states, Rejected) else _record(scene, setup, points, states)


@cache
def library(device: str, owner: int) -> Isolated:
    """The library's process on a device, one for all engines of the process `owner`."""
    return Isolated("simgen.engines.genesis_run:run", memory=MEMORY, seconds=PATIENCE)


def _record(scene: Scene, setup: Setup, points: Points, states: States) -> Trajectory | Rejected:
    from simgen.engines.escape import escaped

    if len(states.position) < scene.clock.frames:
        when = len(states.position) / scene.clock.fps
        return Rejected("simulation/not_finite", f"matter at {when:.3f} s")
    particles: dict[str, ParticleStates] = {}
    meshes: dict[str, MeshStates] = {}
    first = 0
    for owner, part in zip(points.owners, setup.matter, strict=True):
        own = slice(first, first + len(part.position))
        first = own.stop
        position, velocity = states.position[:, own], states.velocity[:, own]
        if part.kind == "tracer":
            meshes[owner] = MeshStates(position=position, velocity=velocity)
        elif part.kind in ("liquid", "sand"):
            grains = next(e for e in scene.elements if e.name == owner)
            particles[owner] = ParticleStates(
                position=position,
                velocity=velocity,
                mass=part.mass,
                volume_ratio=states.volume_ratio[:, own] if part.kind == "liquid" else None,
                radius=grains.radii if isinstance(grains, Grains) else None,
            )
    lower, upper = points.domain.lower - setup.cell, points.domain.upper + setup.cell
    if points.domain.open_top:
        upper = np.array([*upper[:2], np.inf])
    failed = escaped(scene, states.position, lower, upper, setup.cell)
    if failed is not None:
        return failed
    trajectory = Trajectory(
        time=scene.clock.times,
        bodies=prescribed_states(scene),
        solver=Solver(
            engine="genesis",
            version=version("genesis-world"),
            device=setup.device,
            dt=setup.frame_time / setup.substeps,
            substeps=setup.substeps,
            determinism="exact" if setup.device == "cpu" else "statistical",
            parameters={
                "method": "MLS-MPM, APIC",
                "particles": states.position.shape[1],
                "cell": setup.cell,
                **points.parameters,
            },
        ),
        particles=particles,
        meshes=meshes,
    )
    bad = not_finite(trajectory)
    return Rejected("simulation/not_finite", ", ".join(bad)) if bad else trajectory
