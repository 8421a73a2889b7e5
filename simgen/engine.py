"""The engine seam: scenes in, trajectories out, in batches; and the table of engines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import ClassVar

from simgen.errors import Rejected, SimgenError, unknown
from simgen.record import Trajectory
from simgen.scene import Element, RigidBody, Scene

ENGINES: dict[str, str] = {
    "mujoco": "simgen.engines.mujoco:MujocoEngine",
    "pybullet": "simgen.engines.pybullet:PybulletEngine",
    "warp": "simgen.engines.warp:WarpEngine",
    "apic": "simgen.engines.apic:ApicEngine",
    "newton": "simgen.engines.newton:NewtonEngine",
    "genesis": "simgen.engines.genesis:GenesisEngine",
    "fem": "simgen.engines.fem:FemEngine",
    "null": "simgen.engines.null:NullEngine",
}
"""Name -> `module:Class`. The module imports without its heavy library."""


class Engine(ABC):
    """Turns scenes into recorded trajectories. Made once per worker, used for many batches."""

    name: ClassVar[str]
    package: ClassVar[str] = ""
    """The importable package the engine needs, '' for none."""
    accepts: ClassVar[frozenset[type[Element]]]
    """Element types it simulates or, for rigid bodies, at least collides with."""
    moves_bodies: ClassVar[bool] = False
    """Whether dynamic rigid bodies are simulated; otherwise only static and kinematic ones are
    taken."""

    def __init__(self, *, device: str = "cpu") -> None:
        self.device = device

    def refusal(self, scene: Scene) -> str:
        """Why this engine cannot simulate the scene, '' when it can. Cheap: needs no heavy
        library."""
        for element in scene.elements:
            if not isinstance(element, tuple(self.accepts)):
                return type(element).__name__
            if (
                isinstance(element, RigidBody)
                and element.motion == "dynamic"
                and not self.moves_bodies
            ):
                return f"the dynamic body {element.name!r}"
        return ""

    @abstractmethod
    def simulate(self, scenes: Sequence[Scene]) -> Iterator[Trajectory | Rejected]:
        """One result per scene, in order. A roll-out that fails is a Rejected, not an exception."""


def make_engine(name: str, *, device: str = "cpu") -> Engine:
    """The engine called `name`; says which extra to install when its library is missing."""
    if name not in ENGINES:
        raise unknown("engine", name, ENGINES)
    module, _, cls = ENGINES[name].partition(":")
    engine_class: type[Engine] = getattr(import_module(module), cls)
    if engine_class.package and find_spec(engine_class.package) is None:
        raise SimgenError(
            f"engine {name!r} needs the package {engine_class.package!r}: "
            f"pip install 'simgen[{name}]'"
        )
    return engine_class(device=device)


def engine_classes() -> dict[str, type[Engine]]:
    """Every engine's class by name."""
    return {
        name: getattr(import_module(path.partition(":")[0]), path.partition(":")[2])
        for name, path in ENGINES.items()
    }


def capable(scene: Scene) -> list[str]:
    """Names of the engines that can simulate the scene, the null engine left out."""
    return [n for n, cls in engine_classes().items() if n != "null" and not cls().refusal(scene)]


def require(engine: Engine, scene: Scene, scene_name: str) -> None:
    """Refuse before the run what the engine cannot do; the message names engines that can."""
    what = engine.refusal(scene)
    if what:
        able = ", ".join(capable(scene)) or "none"
        raise SimgenError(
            f"engine {engine.name!r} cannot simulate {what} (scene {scene_name}); "
            f"engines that can: {able}"
        )
