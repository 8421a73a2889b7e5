"""What is recorded: arrays that carry their axes, type, unit and meaning.

A field `Annotated[NDArray, Spec("time body 3", "f8", "m", "...")]` declares its axes by name; one
loop validates every record (equal names, equal sizes) and the shard writer stores the same words
beside the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Annotated, Any, cast, get_args, get_origin, get_type_hints, overload

import numpy as np
from numpy.typing import NDArray

from simgen.errors import SimgenError

AnyArray = NDArray[Any]


@dataclass(frozen=True)
class Spec:
    """Axes (names or fixed sizes, space-separated), dtype, unit and meaning of an array field."""

    axes: str
    dtype: str
    unit: str
    description: str
    step: float = 0.0
    """Values are rounded to multiples of this; 0 keeps them as they are."""


def spec_of(hint: Any) -> Spec | None:
    """The Spec in a field's annotation, looked for through `| None`."""
    if get_origin(hint) is Annotated:
        return next((m for m in get_args(hint)[1:] if isinstance(m, Spec)), None)
    for part in get_args(hint):
        found = spec_of(part)
        if found is not None:
            return found
    return None


def array_specs(record: type) -> dict[str, Spec]:
    """Every array field of a record class and its Spec, in order."""
    hints = get_type_hints(record, include_extras=True)
    found = {f.name: spec_of(hints[f.name]) for f in fields(record)}
    return {name: spec for name, spec in found.items() if spec is not None}


class Record:
    """Base of every record: checks its arrays against their Specs when made."""

    def __post_init__(self) -> None:
        sizes: dict[str, int] = {}
        for name, spec in array_specs(type(self)).items():
            value = getattr(self, name)
            if value is None:
                continue
            array = np.asarray(value, dtype=spec.dtype)
            if spec.step:
                array = (np.round(array / spec.step) * spec.step).astype(spec.dtype)
            object.__setattr__(self, name, array)
            axes = spec.axes.split()
            where = f"{type(self).__name__}.{name}"
            if array.ndim != len(axes):
                raise SimgenError(f"{where} has shape {array.shape}, its axes are ({spec.axes})")
            for axis, size in zip(axes, array.shape, strict=True):
                expected = int(axis) if axis.isdigit() else sizes.setdefault(axis, size)
                if size != expected:
                    raise SimgenError(
                        f"{where}: axis {axis!r} has size {size}, expected {expected}"
                    )


@dataclass(frozen=True, eq=False, kw_only=True)
class RigidStates(Record):
    """Poses and velocities of every rigid body and link, `Scene.bodies` order."""

    names: tuple[str, ...]
    position: Annotated[AnyArray, Spec("time body 3", "f8", "m", "origin of the body frame, world")]
    quaternion: Annotated[
        AnyArray, Spec("time body 4", "f8", "1", "orientation wxyz, body to world")
    ]
    velocity: Annotated[AnyArray, Spec("time body 3", "f8", "m/s", "of the centre of mass, world")]
    angular_velocity: Annotated[AnyArray, Spec("time body 3", "f8", "rad/s", "world frame")]
    mass: Annotated[AnyArray, Spec("body", "f8", "kg", "inf for static and kinematic bodies")]
    center_of_mass: Annotated[AnyArray, Spec("body 3", "f8", "m", "body frame")]


@dataclass(frozen=True, eq=False, kw_only=True)
class MeshStates(Record):
    """A deforming element of fixed topology: cloth, soft body, inflatable, rope (centre line)."""

    position: Annotated[AnyArray, Spec("time vertex 3", "f4", "m", "vertex positions, world")]
    velocity: Annotated[AnyArray, Spec("time vertex 3", "f4", "m/s", "vertex velocities, world")]
    pressure: Annotated[
        AnyArray | None, Spec("time", "f8", "Pa", "gauge pressure of enclosed gas")
    ] = None
    volume: Annotated[AnyArray | None, Spec("time", "f8", "m^3", "enclosed or solid volume")] = None
    gas: Annotated[
        AnyArray | None, Spec("time", "f8", "kg", "mass of enclosed gas, where it comes or goes")
    ] = None


@dataclass(frozen=True, eq=False, kw_only=True)
class ParticleStates(Record):
    """Fluid particles or grains with persistent ids."""

    position: Annotated[AnyArray, Spec("time particle 3", "f4", "m", "particle positions, world")]
    velocity: Annotated[
        AnyArray, Spec("time particle 3", "f4", "m/s", "particle velocities, world")
    ]
    mass: Annotated[AnyArray, Spec("particle", "f4", "kg", "mass a particle stands for")]
    volume_ratio: Annotated[
        AnyArray | None, Spec("time particle", "f4", "1", "volume over rest volume")
    ] = None
    radius: Annotated[
        AnyArray | None, Spec("particle", "f4", "m", "of a grain that is a sphere of its own")
    ] = None
    quaternion: Annotated[
        AnyArray | None, Spec("time particle 4", "f4", "1", "turn of such a grain, wxyz")
    ] = None
    temperature: Annotated[AnyArray | None, Spec("time particle", "f4", "K", "of the matter")] = (
        None
    )
    molten: Annotated[
        AnyArray | None, Spec("time particle", "f4", "1", "molten share of matter that melts")
    ] = None
    heat: Annotated[
        AnyArray | None, Spec("time", "f8", "J", "heat content above solid at ambient temperature")
    ] = None
    """heat(t) - heat(0) = flow_in(t) - flow_out(t), latent heat included."""
    flow_in: Annotated[
        AnyArray | None, Spec("time", "f8", "J", "heat received so far from bodies it touches")
    ] = None
    flow_out: Annotated[AnyArray | None, Spec("time", "f8", "J", "heat lost so far to the air")] = (
        None
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class HeatStates(Record):
    """Temperature of a thermal body, at the vertices of its drawn surface, and its heat balance.

    heat(t) - heat(0) = flow_in(t) - flow_out(t). Flows are net: negative `flow_in` is heat given
    away through contacts, negative `flow_out` is heat taken from warmer air. A held reservoir keeps
    its heat, so whatever holds it supplies just what the air takes (flow_in = flow_out).
    """

    temperature: Annotated[AnyArray, Spec("time vertex", "f4", "K", "at surface vertices")]
    heat: Annotated[AnyArray, Spec("time", "f8", "J", "heat content above ambient")]
    flow_in: Annotated[
        AnyArray, Spec("time", "f8", "J", "heat received so far from sources and contacts")
    ]
    flow_out: Annotated[AnyArray, Spec("time", "f8", "J", "heat lost so far to the air")]


@dataclass(frozen=True, eq=False, kw_only=True)
class GridStates(Record):
    """Fields of a gas on a regular grid; cell (i, j, k) has its centre at origin + (i+.5, j+.5,
    k+.5) * cell."""

    origin: Annotated[AnyArray, Spec("3", "f8", "m", "lowest corner of the grid, world")]
    cell: float
    smoke: Annotated[AnyArray, Spec("time x y z", "f4", "1", "smoke concentration at cell centres")]
    temperature: Annotated[AnyArray, Spec("time x y z", "f4", "K", "at cell centres")]
    velocity: Annotated[AnyArray, Spec("time x y z 3", "f4", "m/s", "at cell centres, world")]
    soot: Annotated[
        AnyArray | None, Spec("time x y z", "f4", "1/m", "absorption coefficient of glowing soot")
    ] = None
    flame_sheet: Annotated[
        AnyArray | None,
        Spec("time x y z", "f4", "1/m", "area per volume where fuel meets air"),
    ] = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Contacts(Record):
    """Contacts between instances at frame instants, where the engine reports them."""

    frame: Annotated[AnyArray, Spec("contact", "i4", "1", "frame index")]
    instance_a: Annotated[AnyArray, Spec("contact", "u2", "1", "instance id")]
    instance_b: Annotated[AnyArray, Spec("contact", "u2", "1", "instance id")]
    position: Annotated[AnyArray, Spec("contact 3", "f4", "m", "world")]
    normal: Annotated[AnyArray, Spec("contact 3", "f4", "1", "unit, from a to b, world")]
    depth: Annotated[AnyArray, Spec("contact", "f4", "m", "penetration, positive inside")]
    impulse: Annotated[
        AnyArray, Spec("contact", "f4", "N s", "normal impulse over one solver step")
    ]


@dataclass(frozen=True, kw_only=True)
class Solver:
    """How the trajectory was made."""

    engine: str
    version: str
    device: str
    dt: float
    """Solver step [s]; dt * substeps * fps = 1."""
    substeps: int
    iterations: int = 1
    determinism: str = "exact"
    """Tier on this device: exact, physics-exact or statistical."""
    parameters: Mapping[str, float | int | str] = field(
        default_factory=dict[str, float | int | str]
    )
    warnings: tuple[str, ...] = ()
    """What the engine said; overflowing buffers fail the clip."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Trajectory(Record):
    """The exact recorded state at every frame instant: all that renderers, annotators and checks
    see."""

    time: Annotated[AnyArray, Spec("time", "f8", "s", "frame instants k / fps")]
    bodies: RigidStates
    solver: Solver
    meshes: Mapping[str, MeshStates] = field(default_factory=dict[str, MeshStates])
    particles: Mapping[str, ParticleStates] = field(default_factory=dict[str, ParticleStates])
    heat: Mapping[str, HeatStates] = field(default_factory=dict[str, HeatStates])
    grids: Mapping[str, GridStates] = field(default_factory=dict[str, GridStates])
    contacts: Contacts | None = None
    energy: Annotated[
        AnyArray | None, Spec("time", "f8", "J", "mechanical energy, kinetic + potential")
    ] = None
    """Of everything that moves freely; None where the engine cannot tell."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, part in _records(self):
            for key in array_specs(type(part)):
                value = getattr(part, key)
                axes = array_specs(type(part))[key].axes.split()
                if value is not None and axes[:1] == ["time"] and len(value) != len(self.time):
                    raise SimgenError(
                        f"trajectory: {name}.{key} has {len(value)} frames, not {len(self.time)}"
                    )

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.time)


def _records(record: Any) -> Iterator[tuple[str, Record]]:
    """Direct child records of a record, those in mappings included."""
    for f in fields(record):
        value = getattr(record, f.name)
        if isinstance(value, Record):
            yield f.name, value
        elif isinstance(value, Mapping):
            for key, part in cast("Mapping[str, Any]", value).items():
                if isinstance(part, Record):
                    yield f"{f.name}[{key}]", part


def not_finite(record: Any, prefix: str = "") -> list[str]:
    """Names of float arrays in a record that hold a NaN or inf (masses of static bodies may be
    inf)."""
    bad: list[str] = []
    if is_dataclass(record):
        for name in array_specs(type(record)):
            value = getattr(record, name)
            if (
                value is not None
                and name != "mass"
                and value.dtype.kind == "f"
                and not np.isfinite(value).all()
            ):
                bad.append(prefix + name)
        for name, part in _records(record):
            bad.extend(not_finite(part, f"{prefix}{name}."))
    return bad


PASSES: dict[str, Spec] = {
    "rgb": Spec("row column 3", "u1", "sRGB", "display-referred picture"),
    "valid": Spec("row column", "?", "1", "a surface was hit"),
    "depth": Spec(
        "row column", "f4", "m", "planar z in the camera frame; +inf where nothing is hit"
    ),
    "segmentation": Spec("row column", "u2", "1", "instance id, 0 = background"),
    "normal": Spec(
        "row column 3", "f4", "1", "unit surface normal, world, facing the camera; 0 on background"
    ),
    "forward_flow": Spec(
        "row column 2", "f4", "px", "(dx, dy) of the point seen, t to t+1; NaN where invalid"
    ),
    "backward_flow": Spec(
        "row column 2", "f4", "px", "(dx, dy) of the point seen, t to t-1; NaN where invalid"
    ),
    "forward_depth_change": Spec(
        "row column", "f4", "m", "z of the point in camera t+1 minus z in t; NaN invalid"
    ),
    "backward_depth_change": Spec(
        "row column", "f4", "m", "z of the point in camera t-1 minus z in t; NaN invalid"
    ),
    "forward_occlusion": Spec(
        "row column", "?", "1", "the point is hidden or out of the picture at t+1"
    ),
    "backward_occlusion": Spec(
        "row column", "?", "1", "the point is hidden or out of the picture at t-1"
    ),
    "object_coordinates": Spec(
        "row column 3", "f4", "1", "rest position in the instance's rest bounding box"
    ),
    "temperature": Spec("row column", "f4", "K", "of the visible surface; NaN where it has none"),
    "transmittance": Spec(
        "row column", "f4", "1", "share of light that passes the smoke before the surface"
    ),
    "volume_depth": Spec(
        "row column", "f4", "m", "expected planar depth of the smoke; +inf where there is none"
    ),
}
"""Every annotation pass of one frame: axes, dtype, unit, definition (CONVENTIONS)."""

OPTIONAL_PASSES = frozenset({"temperature", "transmittance", "volume_depth"})
"""Passes present only where the category has them."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One rendered frame: pass name -> array of the shape and dtype in PASSES."""

    index: int
    passes: dict[str, AnyArray]
    exposure: tuple[float, ...] = ()
    """Factors on linear RGB before the film curve of `rgb`; the same in every frame of a clip."""

    def __getitem__(self, name: str) -> AnyArray:
        return self.passes[name]

    def __contains__(self, name: str) -> bool:
        return name in self.passes


class Frames(Sequence[Frame]):
    """Rendered frames of a clip in memory; a stored clip offers the same reading from disk."""

    def __init__(
        self, frames: Sequence[Frame], camera_to_world: AnyArray, intrinsics: AnyArray
    ) -> None:
        self._frames = list(frames)
        self.camera_to_world = np.asarray(camera_to_world, float)
        """(T, 4, 4) float64, OpenCV axes."""
        self.intrinsics = np.asarray(intrinsics, float)
        """(3, 3) [px]."""

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Frame]: ...
    def __getitem__(self, index: int | slice) -> Frame | Sequence[Frame]:
        return self._frames[index]

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def passes(self) -> tuple[str, ...]:
        """Names of the passes every frame has."""
        return tuple(self._frames[0].passes) if self._frames else ()

    def read(self, name: str, index: int) -> AnyArray:
        """One pass of one frame."""
        return self._frames[index].passes[name]

    def stack(self, name: str) -> AnyArray:
        """(T, ...) one pass of every frame."""
        return np.stack([frame[name] for frame in self._frames])


@dataclass(frozen=True, eq=False, kw_only=True)
class Tracks(Record):
    """Material points followed through the clip (TAP-Vid order: point, time, xy)."""

    points: Annotated[
        AnyArray, Spec("point time 3", "f4", "m", "world position of the material point", 2.0**-20)
    ]
    pixels: Annotated[
        AnyArray,
        Spec("point time 2", "f4", "px", "projection (x, y); NaN behind the camera", 1 / 256),
    ]
    visible: Annotated[
        AnyArray, Spec("point time", "?", "1", "seen: depth and id agree at the pixel")
    ]
    instance: Annotated[AnyArray, Spec("point", "u2", "1", "instance id")]


@dataclass(frozen=True, eq=False, kw_only=True)
class Annotations:
    """What annotators add beside the dense passes."""

    tracks: Tracks | None = None
