"""MuJoCo: rigid bodies, articulations and ropes on the CPU, with exact pair rules of contact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simgen.engine import Engine
from simgen.errors import Rejected
from simgen.record import Trajectory
from simgen.scene import Articulation, RigidBody, Rope, Scene


class MujocoEngine(Engine):
    """Smooth dynamics and solver of MuJoCo; contacts obey Newton's and Coulomb's laws per pair."""

    name = "mujoco"
    package = "mujoco"
    accepts = frozenset({RigidBody, Articulation, Rope})
    moves_bodies = True

    def simulate(self, scenes: Sequence[Scene]) -> Iterator[Trajectory | Rejected]:
        from simgen.engines.mujoco_rollout import roll_out

        for scene in scenes:
            yield roll_out(scene)
