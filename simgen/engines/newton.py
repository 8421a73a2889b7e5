"""Newton: grains as a continuum by its implicit material point method, between static bodies.

The method is the semi-implicit MPM with an exact Coulomb/Drucker-Prager flow rule (Daviet &
Bertails-Descoubes 2016); a particle shows one grain and stands for spacing^3 of bulk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version

from simgen.engine import Engine
from simgen.errors import Rejected
from simgen.motion import prescribed_states
from simgen.record import Solver, Trajectory, not_finite
from simgen.scene import Grains, RigidBody, Scene


class NewtonEngine(Engine):
    """Simulates grains; the bodies of the scene are their obstacles."""

    name = "newton"
    package = "newton"
    accepts = frozenset({RigidBody, Grains})

    def refusal(self, scene: Scene) -> str:
        what = super().refusal(scene)
        if not what and not any(isinstance(e, Grains) for e in scene.elements):
            return "a scene without grains"
        return what

    def simulate(self, scenes: Sequence[Scene]) -> Iterator[Trajectory | Rejected]:
        for scene in scenes:
            yield self._simulate(scene)

    def _simulate(self, scene: Scene) -> Trajectory | Rejected:
        from simgen.engines.newton_grains import ITERATIONS, solve

        solved = solve(scene, self.device)
        if isinstance(solved, Rejected):
            return solved
        trajectory = Trajectory(
            time=scene.clock.times,
            bodies=prescribed_states(scene),
            solver=Solver(
                engine=self.name,
                version=version("newton"),
                device=self.device,
                dt=1.0 / (scene.clock.fps * solved.substeps),
                substeps=solved.substeps,
                iterations=ITERATIONS,
                determinism="exact" if self.device == "cpu" else "statistical",
                parameters=solved.parameters,
            ),
            particles=solved.states,
        )
        bad = not_finite(trajectory)
        return Rejected("simulation/not_finite", ", ".join(bad)) if bad else trajectory
