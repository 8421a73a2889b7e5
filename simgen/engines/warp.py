"""Our own GPU physics in Warp kernels: cloth, soft bodies, inflatables, liquid, heat, gas.

Each kind of matter is one solver module. Rigid bodies are obstacles; free ones and articulations
are moved by MuJoCo, coupled both ways, beside the solvers that can.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import version

from simgen.device import warp_device
from simgen.engine import Engine
from simgen.errors import Rejected
from simgen.motion import prescribed_states
from simgen.record import (
    GridStates,
    HeatStates,
    MeshStates,
    ParticleStates,
    Solver,
    Trajectory,
    not_finite,
)
from simgen.scene import (
    Articulation,
    Cloth,
    Element,
    Fluid,
    Gas,
    Grains,
    Inflatable,
    Melt,
    RigidBody,
    Rope,
    Scene,
    SoftBody,
    ThermalBody,
)

States = MeshStates | ParticleStates | HeatStates | GridStates

SOLVERS: dict[str, tuple[type[Element], ...]] = {
    "simgen.engines.warp_solvers.xpbd": (Cloth, SoftBody, Inflatable),
    "simgen.engines.warp_solvers.rod": (Rope,),
    "simgen.engines.warp_solvers.mpm": (Fluid,),
    "simgen.engines.warp_solvers.dem": (Grains,),
    "simgen.engines.warp_solvers.heat": (ThermalBody, Melt),
    "simgen.engines.warp_solvers.gas": (Gas,),
}
"""Module with a `solve(scene, elements, device) -> Solved | Rejected` and the elements it moves."""
COUPLED: tuple[type[Element], ...] = (Cloth, SoftBody, Inflatable, Grains, Rope)
"""Matter that moves free bodies too; one solver per scene does."""


@dataclass(frozen=True, kw_only=True)
class Solved:
    """What one solver recorded for its elements."""

    states: dict[str, States]
    """Element name -> states at every frame instant."""
    bodies: Trajectory | None = None
    """The record of the scene's bodies, where the solver moved them too."""
    substeps: int
    """Solver steps per frame; dt = 1 / (fps * substeps)."""
    iterations: int = 1
    parameters: dict[str, float | int | str] = field(default_factory=dict[str, float | int | str])
    warnings: tuple[str, ...] = ()


class WarpEngine(Engine):
    """Runs the solver of each kind of matter in the scene."""

    name = "warp"
    package = "warp"
    accepts = frozenset(
        {RigidBody, Articulation, Cloth, SoftBody, Inflatable, Rope, Fluid, Grains, Melt}
        | {ThermalBody, Gas}
    )
    moves_bodies = True

    def refusal(self, scene: Scene) -> str:
        matter = [e for e in scene.elements if not isinstance(e, RigidBody | Articulation)]
        free = [b.name for b in scene.bodies if b.motion == "dynamic"]
        if free and not matter:
            return f"the dynamic body {free[0]!r} without matter"
        single = [e for e in matter if not isinstance(e, COUPLED)]
        if free and single:
            return f"the dynamic body {free[0]!r} beside {type(single[0]).__name__}"
        for kind in (Grains, Rope):  # solvers of their own: one may move the bodies
            mine = [isinstance(e, kind) for e in matter]
            if free and any(mine) and not all(mine):
                return f"the dynamic body {free[0]!r} beside {kind.__name__} and other matter"
        return super().refusal(scene)

    def simulate(self, scenes: Sequence[Scene]) -> Iterator[Trajectory | Rejected]:
        for scene in scenes:
            yield self._simulate(scene)

    def _simulate(self, scene: Scene) -> Trajectory | Rejected:
        warp_device(self.device)  # before any module with kernels, which would start Warp noisily
        states: dict[str, States] = {}
        substeps, iterations = scene.clock.resolve(1.0 / scene.clock.fps), 1
        parameters: dict[str, float | int | str] = {}
        warnings: tuple[str, ...] = ()
        moved: Trajectory | None = None
        for module, kinds in SOLVERS.items():
            elements = [e for e in scene.elements if isinstance(e, kinds)]
            if not elements:
                continue
            solved: Solved | Rejected = import_module(module).solve(scene, elements, self.device)
            if isinstance(solved, Rejected):
                return solved
            states |= solved.states
            moved = solved.bodies or moved
            substeps = max(substeps, solved.substeps)
            iterations = max(iterations, solved.iterations)
            prefix = module.rpartition(".")[2]
            parameters |= {f"{prefix}.{k}": v for k, v in solved.parameters.items()}
            warnings += solved.warnings
        trajectory = Trajectory(
            time=scene.clock.times,
            bodies=moved.bodies if moved else prescribed_states(scene),
            contacts=moved.contacts if moved else None,
            solver=Solver(
                engine=self.name,
                version=version("warp-lang"),
                device=self.device,
                dt=1.0 / (scene.clock.fps * substeps),
                substeps=substeps,
                iterations=iterations,
                determinism="exact" if self.device == "cpu" else "statistical",
                parameters=parameters,
                warnings=warnings,
            ),
            meshes={n: s for n, s in states.items() if isinstance(s, MeshStates)},
            particles={n: s for n, s in states.items() if isinstance(s, ParticleStates)},
            heat={n: s for n, s in states.items() if isinstance(s, HeatStates)},
            grids={n: s for n, s in states.items() if isinstance(s, GridStates)},
        )
        bad = not_finite(trajectory)
        return Rejected("simulation/not_finite", ", ".join(bad)) if bad else trajectory
