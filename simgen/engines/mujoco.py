"""MuJoCo: rigid bodies, articulations, ropes and soft bodies on the CPU, exact rules of contact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simgen.engine import Engine
from simgen.errors import Rejected
from simgen.record import Trajectory
from simgen.scene import Articulation, RigidBody, Rope, Scene, SoftBody


class MujocoEngine(Engine):
    """Smooth dynamics and solver of MuJoCo; contacts obey Newton's and Coulomb's laws per pair."""

    name = "mujoco"
    package = "mujoco"
    accepts = frozenset({RigidBody, Articulation, Rope, SoftBody})
    moves_bodies = True

    def refusal(self, scene: Scene) -> str:
        for element in scene.elements:
            if isinstance(element, SoftBody):
                stuff = element.material
                if stuff.flow_viscosity or stuff.relaxation_time:
                    return f"the viscous flow of {stuff.name} ({element.name!r})"
        return super().refusal(scene)

    def simulate(self, scenes: Sequence[Scene]) -> Iterator[Trajectory | Rejected]:
        from simgen.engines.mujoco_rollout import roll_out

        for scene in scenes:
            yield roll_out(scene)
