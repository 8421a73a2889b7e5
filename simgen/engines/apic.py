"""Incompressible liquids that carry and are carried by rigid bodies: APIC with pressure projection.

The second engine of liquids beside the weakly compressible one of `warp`, and the one in which
things float. Free bodies and articulations are moved by MuJoCo; the pressure solve knows their
inertia, so light bodies are as stable as heavy ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from simgen.device import warp_device
from simgen.engine import Engine
from simgen.errors import Rejected
from simgen.record import Trajectory
from simgen.scene import Articulation, Element, Fluid, RigidBody, Scene


class ApicEngine(Engine):
    """Liquids and rigid bodies that move each other."""

    name = "apic"
    package = "warp"
    accepts: ClassVar[frozenset[type[Element]]] = frozenset({RigidBody, Articulation, Fluid})
    moves_bodies = True

    def refusal(self, scene: Scene) -> str:
        if not any(isinstance(e, Fluid) for e in scene.elements):
            return "a scene without a Fluid"
        return super().refusal(scene)

    def simulate(self, scenes: Sequence[Scene]) -> Iterator[Trajectory | Rejected]:
        warp_device(self.device)  # before any module with kernels, which would start Warp noisily
        from simgen.engines.apic_rollout import roll_out

        for scene in scenes:
            yield roll_out(scene, self.device)
