"""Newton: grains by its implicit material point method, cloth by its Style3D solver.

Grains follow the semi-implicit MPM with an exact Coulomb/Drucker-Prager flow rule (Daviet &
Bertails-Descoubes 2016); a particle shows one grain and stands for spacing^3 of bulk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version

from simgen.engine import Engine
from simgen.errors import Rejected
from simgen.motion import prescribed_states
from simgen.record import MeshStates, ParticleStates, Solver, Trajectory, not_finite
from simgen.scene import Cloth, Grains, RigidBody, Scene


class NewtonEngine(Engine):
    """Simulates grains or cloth; the bodies of the scene are their obstacles."""

    name = "newton"
    package = "newton"
    accepts = frozenset({RigidBody, Grains, Cloth})

    def refusal(self, scene: Scene) -> str:
        what = super().refusal(scene)
        if what:
            return what
        if any(isinstance(e, Cloth) for e in scene.elements):
            from simgen.engines.newton_cloth import refusal

            return refusal(scene)
        if not any(isinstance(e, Grains) for e in scene.elements):
            return "a scene without grains or cloth"
        return ""

    def simulate(self, scenes: Sequence[Scene]) -> Iterator[Trajectory | Rejected]:
        for scene in scenes:
            yield self._simulate(scene)

    def _simulate(self, scene: Scene) -> Trajectory | Rejected:
        particles: dict[str, ParticleStates] = {}
        meshes: dict[str, MeshStates] = {}
        if any(isinstance(e, Cloth) for e in scene.elements):
            from simgen.engines import newton_cloth

            iterations = newton_cloth.ITERATIONS
            solved = newton_cloth.solve(scene, self.device)
            if isinstance(solved, Rejected):
                return solved
            meshes = solved.states
        else:
            from simgen.engines import newton_grains

            iterations = newton_grains.ITERATIONS
            solved = newton_grains.solve(scene, self.device)
            if isinstance(solved, Rejected):
                return solved
            particles = solved.states
        trajectory = Trajectory(
            time=scene.clock.times,
            bodies=prescribed_states(scene),
            solver=Solver(
                engine=self.name,
                version=version("newton"),
                device=self.device,
                dt=1.0 / (scene.clock.fps * solved.substeps),
                substeps=solved.substeps,
                iterations=iterations,
                determinism="exact" if self.device == "cpu" else "statistical",
                parameters=solved.parameters,
            ),
            particles=particles,
            meshes=meshes,
        )
        bad = not_finite(trajectory)
        return Rejected("simulation/not_finite", ", ".join(bad)) if bad else trajectory
