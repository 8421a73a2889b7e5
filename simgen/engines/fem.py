"""Heat in solids by linear finite elements and implicit time steps, on scipy sparse matrices.

A second answer to the questions of the Warp engine's finite volumes, from other mathematics:
tetrahedra that meet curved surfaces, temperatures at nodes, a stiffly accurate implicit method of
second order. Bodies stand still or follow their keyframes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version

from simgen.engine import Engine
from simgen.errors import Rejected
from simgen.motion import prescribed_states
from simgen.record import Solver, Trajectory, not_finite
from simgen.scene import RigidBody, Scene, ThermalBody


class FemEngine(Engine):
    """Thermal bodies beside static and kinematic rigid bodies."""

    name = "fem"
    package = "warp"  # signed distances to the scene's solids
    accepts = frozenset({RigidBody, ThermalBody})

    def simulate(self, scenes: Sequence[Scene]) -> Iterator[Trajectory | Rejected]:
        for scene in scenes:
            yield self._simulate(scene)

    def _simulate(self, scene: Scene) -> Trajectory | Rejected:
        from simgen.engines.fem_heat import solve

        solved = solve(scene)
        if isinstance(solved, Rejected):
            return solved
        heat, substeps, parameters = solved
        trajectory = Trajectory(
            time=scene.clock.times,
            bodies=prescribed_states(scene),
            solver=Solver(
                engine=self.name,
                version=version("scipy"),
                device="cpu",
                dt=1.0 / (scene.clock.fps * substeps),
                substeps=substeps,
                parameters=parameters,
            ),
            heat=heat,
        )
        bad = not_finite(trajectory)
        return Rejected("simulation/not_finite", ", ".join(bad)) if bad else trajectory
