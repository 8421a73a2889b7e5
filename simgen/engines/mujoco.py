"""MuJoCo: rigid bodies, articulations, ropes and soft bodies on the CPU, exact rules of contact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simgen.engine import Engine
from simgen.errors import Rejected
from simgen.record import Trajectory
from simgen.scene import Articulation, Inflatable, RigidBody, Rope, Scene, SoftBody

MOST_VERTICES = 700
"""Of a film; with more a clip takes minutes."""


class MujocoEngine(Engine):
    """Smooth dynamics and solver of MuJoCo; contacts obey Newton's and Coulomb's laws per pair."""

    name = "mujoco"
    package = "mujoco"
    accepts = frozenset({RigidBody, Articulation, Rope, SoftBody, Inflatable})
    moves_bodies = True

    def refusal(self, scene: Scene) -> str:
        for element in scene.elements:
            if isinstance(element, SoftBody):
                stuff = element.material
                if stuff.flow_viscosity or stuff.relaxation_time:
                    return f"the viscous flow of {stuff.name} ({element.name!r})"
            if isinstance(element, Inflatable):
                trouble = unsuited(element)
                if trouble:
                    return trouble
        return super().refusal(scene)

    def simulate(self, scenes: Sequence[Scene]) -> Iterator[Trajectory | Rejected]:
        from simgen.engines.mujoco_rollout import roll_out

        for scene in scenes:
            yield roll_out(scene)


def unsuited(ball: Inflatable) -> str:
    """What films in MuJoCo cannot do of an inflatable, '' if all of it."""
    if len(ball.vertices) > MOST_VERTICES:
        return f"{ball.name!r} of more than {MOST_VERTICES} vertices"
    if ball.material.mooney_ratio is not None:
        return f"the rubber membrane of {ball.name!r}"
    if ball.ribs is not None and len(ball.ribs):
        return f"the ribs of {ball.name!r}"
    if ball.material.thickness is None:
        return f"{ball.name!r} without a thickness of its film"
    return ""
