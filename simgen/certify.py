"""The check seam: measures a clip against what must be true of it and states the residual."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from typing import ClassVar

import numpy as np

from simgen.certificate import Certificate, Finding
from simgen.record import Annotations, Frames, Trajectory
from simgen.scene import Scene

CHECKS: dict[str, str] = {
    "flow_geometry": "simgen.checks.flow:FlowGeometry",
    "flow_cycle": "simgen.checks.flow:FlowCycle",
    "flow_warp": "simgen.checks.flow:FlowWarp",
    "instances": "simgen.checks.instances:Instances",
    "tracks": "simgen.checks.tracks:TracksAgree",
    "kinematics": "simgen.checks.kinematics:Kinematics",
    "engine_warnings": "simgen.checks.kinematics:EngineWarnings",
    "rigid": "simgen.checks.rigid:RigidInvariants",
    "meshes": "simgen.checks.matter:MeshInvariants",
    "particles": "simgen.checks.matter:ParticleInvariants",
    "liquid": "simgen.checks.liquid:LiquidInvariants",
    "penetration": "simgen.checks.penetration:Penetration",
    "heat": "simgen.checks.matter:HeatInvariants",
    "gas": "simgen.checks.matter:GasInvariants",
    "eye": "simgen.checks.eye:Eye",
    "worth": "simgen.checks.worth:Worth",
}
"""Name -> `module:Class`, run in this order; a clip is accepted when every one that applies
passed."""


class Check(ABC):
    """Measures residuals of one clip; cheap, on sampled pixels and frames."""

    name: ClassVar[str]
    needs: ClassVar[frozenset[str]] = frozenset()
    """Passes it reads; it is left out when one was not rendered."""

    def applies(self, scene: Scene, trajectory: Trajectory) -> bool:
        """Whether the scene has what this check measures."""
        return True

    @abstractmethod
    def check(
        self, scene: Scene, trajectory: Trajectory, frames: Frames, annotations: Annotations
    ) -> Finding:
        """The measured residuals against their tolerances. `frames` holds at least `needs`."""


def certify(
    scene: Scene,
    trajectory: Trajectory,
    frames: Frames | None = None,
    annotations: Annotations | None = None,
    *,
    of_states: Certificate | None = None,
) -> Certificate:
    """Run every check that applies; without frames, those that read none.

    `of_states` has the findings about states that are more than the trajectory's: where it is
    given, checks that read no frames are not run but their findings taken from there.
    """
    seen = frames if frames is not None else Frames([], np.zeros((0, 4, 4)), np.eye(3))
    rendered = frozenset(seen.passes)
    findings: list[Finding] = []
    for path in CHECKS.values():
        module, _, cls = path.partition(":")
        check: Check = getattr(import_module(module), cls)()
        if of_states is not None and not check.needs:
            findings += [f for f in of_states.findings if f.check == check.name]
        elif check.needs <= rendered and check.applies(scene, trajectory):
            findings.append(check.check(scene, trajectory, seen, annotations or Annotations()))
    return Certificate(findings=tuple(findings))
