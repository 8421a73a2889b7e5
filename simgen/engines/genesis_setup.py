"""What Genesis is asked to do: a scene as plain arrays and numbers, for the process it runs in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simgen.geometry import Array, Geometry, Plane, bounds

Kind = Literal["liquid", "sand", "elastic", "plastic", "tracer"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Matter:
    """Material points of one constitutive law."""

    kind: Kind
    constants: dict[str, float]
    """Arguments of the library's material."""
    position: Array
    """(N, 3) [m], world."""
    velocity: Array
    """(N, 3) [m/s]."""
    spin: Array
    """(3,) angular velocity of the matter about itself [rad/s]."""
    mass: Array
    """(N,) [kg]."""
    volume: float
    """Rest volume of a point [m^3]."""
    stretch: Array = field(default_factory=lambda: np.ones(1))
    """(N,) or (1,) cube root of the volume over the rest volume at the start."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Domain:
    """The box that the grid covers."""

    lower: Array
    """(3,) [m]."""
    upper: Array
    """(3,) [m]."""
    open_top: bool
    """Matter may fly out above and fall back in."""
    friction: float
    """Of the walls; 0 slips."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Points:
    """The material points of a scene, and what their motion asks of the grid and the steps."""

    matter: Callable[[float], tuple[Matter, ...]]
    """Of the time step [s]."""
    owners: tuple[str, ...]
    """Name of the element each part is of."""
    spacing: float
    """Cube root of the volume of a material point [m]."""
    cell: float
    """Wanted edge of a grid cell [m]."""
    max_dt: float
    """Largest stable step [s]."""
    speed: float
    """Fastest expected motion [m/s]."""
    mended: bool
    """As in `Setup`. Points of soft bodies are not: they would lose their places in the body."""
    domain: Domain
    parameters: dict[str, float | int | str]


@dataclass(frozen=True, eq=False, kw_only=True)
class Solid:
    """One shape of a rigid body as an obstacle, world frame."""

    geometry: Geometry
    position: Array
    """(3,) at the start [m]."""
    quaternion: Array
    """(4,) wxyz."""
    friction: float
    """Of the matter on it."""
    moving: int = -1
    """Column of the paths, -1 for what stands still."""

    @cached_property
    def reach(self) -> float:
        """Radius [m] about its origin that holds it."""
        if isinstance(self.geometry, Plane):
            return float("inf")
        return float(np.linalg.norm(np.abs(bounds(self.geometry)).max(axis=0)))


@dataclass(frozen=True, eq=False, kw_only=True)
class Setup:
    """One run of the material point method."""

    device: str
    gravity: tuple[float, float, float]
    frames: int
    frame_time: float
    """[s]."""
    pieces: int
    """Pieces of a frame: at the start of each, moving solids are set to their paths, at its end,
    matter is taken out of solids."""
    steps: int
    """Solver steps in a piece."""
    origin: Array
    """(3,) lowest corner of the domain [m], a node of the grid."""
    cell: float
    """Edge of a grid cell [m]."""
    cells: NDArray[np.int64]
    """(3,) between the walls of the domain."""
    spacing: float
    """Cube root of the volume of a material point [m]."""
    mended: bool
    """Whether points that got into a solid are laid on its surface, and liquids keep their volume,
    at the end of each piece."""
    matter: tuple[Matter, ...]
    solids: tuple[Solid, ...]
    poses: Array
    """(K + 1, M, 7) position [m] and wxyz of each moving solid at the ends of all K pieces."""
    rates: Array
    """(K, M, 6) velocity [m/s] and angular velocity [rad/s] in their middles."""

    @property
    def substeps(self) -> int:
        """Solver steps per frame."""
        return self.pieces * self.steps


@dataclass(frozen=True, eq=False, kw_only=True)
class States:
    """What came out, the points of all matter in order."""

    position: NDArray[np.float32]
    """(T, N, 3) [m], world."""
    velocity: NDArray[np.float32]
    """(T, N, 3) [m/s]."""
    volume_ratio: NDArray[np.float32]
    """(T, N) volume over rest volume."""
