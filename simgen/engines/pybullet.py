"""PyBullet: a second, independent engine for rigid bodies and articulations on the CPU."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simgen.engine import Engine
from simgen.errors import Rejected
from simgen.record import Trajectory
from simgen.scene import Articulation, RigidBody, Scene


class PybulletEngine(Engine):
    """Featherstone bodies and sequential impulses of Bullet; for twins of MuJoCo clips."""

    name = "pybullet"
    package = "pybullet"
    accepts = frozenset({RigidBody, Articulation})
    moves_bodies = True

    def refusal(self, scene: Scene) -> str:
        for element in scene.elements:
            if isinstance(element, Articulation):
                for joint in element.joints:
                    if joint.kind == "ball" and (joint.range is not None or joint.friction):
                        return f"the limited or rubbing ball joint {joint.name!r}"
        return super().refusal(scene)

    def simulate(self, scenes: Sequence[Scene]) -> Iterator[Trajectory | Rejected]:
        from simgen.engines.pybullet_rollout import roll_out

        for scene in scenes:
            yield roll_out(scene)
