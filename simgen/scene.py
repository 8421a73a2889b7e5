"""The engine-neutral scene: elements of matter, lights, cameras, clock. SI units, z up.

Elements are defined in `simgen.element`, `matter`, `gas` and `melt`, light from afar in
`simgen.sky`; both are imported from here. An engine says which elements it `accepts`.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from simgen.element import Articulation as Articulation
from simgen.element import Drive as Drive
from simgen.element import Element as Element
from simgen.element import Ints as Ints
from simgen.element import Joint as Joint
from simgen.element import Keyframes as Keyframes
from simgen.element import Loop as Loop
from simgen.element import Motion as Motion
from simgen.element import Quaternion as Quaternion
from simgen.element import RigidBody as RigidBody
from simgen.element import Shape as Shape
from simgen.element import Vector as Vector
from simgen.errors import SimgenError
from simgen.gas import Draught as Draught
from simgen.gas import Fuel as Fuel
from simgen.gas import Gas as Gas
from simgen.gas import GasSource as GasSource
from simgen.geometry import Array
from simgen.inflow import Inflow as Inflow
from simgen.matter import Cloth as Cloth
from simgen.matter import Domain as Domain
from simgen.matter import Fluid as Fluid
from simgen.matter import Grains as Grains
from simgen.matter import Inflatable as Inflatable
from simgen.matter import Rope as Rope
from simgen.matter import SoftBody as SoftBody
from simgen.matter import ThermalBody as ThermalBody
from simgen.matter import Valve as Valve
from simgen.melt import Melt as Melt
from simgen.sky import Haze as Haze
from simgen.sky import Interior as Interior
from simgen.sky import OpenSky as OpenSky
from simgen.sky import Sky as Sky
from simgen.sky import Sun as Sun
from simgen.sky import Surroundings as Surroundings

MAX_OBJECTS = 65_534


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Frame k is the state at k / fps; dt = 1 / (fps * substeps), so no other ratio can be
    written."""

    frames: int
    fps: float
    substeps: int | None = None
    """Solver steps per frame; None lets the engine choose the fewest that are stable."""

    def __post_init__(self) -> None:
        if self.frames < 1 or not self.fps > 0 or (self.substeps is not None and self.substeps < 1):
            raise SimgenError(f"{self}: frames and substeps must be >= 1 and fps > 0")

    @property
    def times(self) -> Array:
        """(frames,) frame instants [s]."""
        return np.arange(self.frames) / self.fps

    @property
    def duration(self) -> float:
        """Time of the last frame [s]."""
        return (self.frames - 1) / self.fps

    def resolve(self, max_dt: float) -> int:
        """Substeps per frame: the ones asked for, which must keep dt <= max_dt, or the fewest that
        do."""
        fewest = max(1, math.ceil(1.0 / (self.fps * max_dt) - 1e-9))
        if self.substeps is None:
            return fewest
        if self.substeps < fewest:
            raise SimgenError(
                f"substeps={self.substeps} at {self.fps} fps gives "
                f"dt={1 / (self.fps * self.substeps):.3g} s, above the stable "
                f"{max_dt:.3g} s; use substeps >= {fewest}"
            )
        return self.substeps


@dataclass(frozen=True, eq=False, kw_only=True)
class Camera:
    """A camera with one pose per frame. Labels are always those of a pinhole."""

    camera_to_world: Array
    """(frames, 4, 4) OpenCV axes: x right, y down, z forward."""
    field_of_view: float
    """Vertical angle [rad]."""
    name: str = "main"
    lens_radius: float = 0.0
    """Of the aperture [m]; 0: a pinhole, all is sharp."""
    focus_distance: Array | None = None
    """(frames,) depth at which the lens is sharp [m]; needed with a lens."""
    exposure_bias: float = 0.0
    """Stops by which pictures are brighter than the automatic exposure."""

    def __post_init__(self) -> None:
        focus, frames = self.focus_distance, len(self.camera_to_world)
        if self.lens_radius == 0.0 and focus is None:
            return
        if self.lens_radius < 0 or focus is None or focus.shape != (frames,) or focus.min() <= 0:
            raise SimgenError(
                f"camera {self.name!r}: a lens needs lens_radius >= 0 and focus_distance > 0 of "
                f"shape ({frames},); got lens_radius={self.lens_radius}, focus_distance={focus}"
            )

    def intrinsics(self, width: int, height: int) -> Array:
        """(3, 3) pixel intrinsics of a centred camera at this resolution."""
        f = height / 2 / math.tan(self.field_of_view / 2)
        return np.array([[f, 0, width / 2], [0, f, height / 2], [0, 0, 1.0]])


@dataclass(frozen=True, eq=False, kw_only=True)
class Ambient:
    """The air around: what bodies cool to and what pushes on them."""

    temperature: float = 293.15
    """[K]."""
    pressure: float = 101_325.0
    """[Pa]."""
    convection: float = 10.0
    """Heat transfer coefficient to still air [W/(m^2 K)] (free convection: 5-25)."""
    wind: Vector = (0.0, 0.0, 0.0)
    """[m/s]."""


@dataclass(frozen=True)
class SceneObject:
    """One instance: `id` (index + 1) is its value in the segmentation."""

    id: int
    name: str
    kind: str
    """Element type in lower case, `link` for a link of an articulation."""
    material: str
    dynamic: bool
    """Whether physics moves it; only these are tracked and checked for motion."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Scene:
    """Everything an engine, a renderer or a check needs to know."""

    elements: tuple[Element, ...]
    clock: Clock
    cameras: tuple[Camera, ...] = ()
    sun: Sun | None = field(default_factory=lambda: Sun(direction=(0.4, -0.5, 0.77)))
    sky: Surroundings = field(default_factory=Sky)
    haze: Haze | None = None
    """None: the air is clean."""
    gravity: Vector = (0.0, 0.0, -9.81)
    ambient: Ambient = field(default_factory=Ambient)

    def __post_init__(self) -> None:
        names = Counter(o.name for o in self.objects)
        doubled = [name for name, count in names.items() if count > 1]
        if doubled:
            raise SimgenError(f"scene: names must be unique, these are not: {', '.join(doubled)}")
        if len(self.objects) > MAX_OBJECTS:
            raise SimgenError(
                f"scene: {len(self.objects)} instances; the segmentation holds {MAX_OBJECTS}"
            )
        for camera in self.cameras:
            if camera.camera_to_world.shape != (self.clock.frames, 4, 4):
                raise SimgenError(
                    f"camera {camera.name!r}: camera_to_world is {camera.camera_to_world.shape}, "
                    f"needs {(self.clock.frames, 4, 4)}: one pose per frame"
                )

    @cached_property
    def bodies(self) -> tuple[RigidBody, ...]:
        """Every rigid body: loose ones, links, thermal bodies, in order. The `body` axis of a
        trajectory."""
        found: list[RigidBody] = []
        for element in self.elements:
            match element:
                case RigidBody():
                    found.append(element)
                case Articulation():
                    found.extend(element.links)
                case ThermalBody():
                    found.append(element.body)
                case _:
                    pass
        return tuple(found)

    @cached_property
    def objects(self) -> tuple[SceneObject, ...]:
        """Every instance in segmentation order."""
        found: list[SceneObject] = []

        def add(name: str, kind: str, material: str, dynamic: bool) -> None:
            found.append(SceneObject(len(found) + 1, name, kind, material, dynamic))

        for element in self.elements:
            kind = type(element).__name__.lower()
            match element:
                case RigidBody():
                    add(
                        element.name,
                        kind,
                        element.shapes[0].material.name,
                        element.motion != "static",
                    )
                case Articulation():
                    for link in element.links:
                        add(
                            link.name, "link", link.shapes[0].material.name, link.motion != "static"
                        )
                case ThermalBody(body=body):
                    add(element.name, kind, body.shapes[0].material.name, True)
                case Cloth() | SoftBody() | Inflatable() | Rope() | Fluid() | Grains() | Melt():
                    add(element.name, kind, element.material.name, True)
                case _:
                    add(element.name, kind, "", True)
        return tuple(found)

    def camera(self, name: str = "main") -> Camera:
        """The camera called `name`."""
        for camera in self.cameras:
            if camera.name == name:
                return camera
        have = ", ".join(c.name for c in self.cameras) or "none"
        raise SimgenError(f"scene has no camera {name!r} (it has: {have})")
