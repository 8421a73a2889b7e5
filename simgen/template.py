"""The scene template seam: the class is the distribution, an instance is the configuration of one
clip."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.resources import files
from inspect import getdoc
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simgen.camera import Focus, with_lens
from simgen.errors import SimgenError, unknown
from simgen.key import Key
from simgen.scene import Ambient, Clock, Element, Scene, Vector
from simgen.space import Choice, Distribution, Integers, Split, Uniform, parse_override
from simgen.stage import ENVIRONMENTS, FLOORS, LIGHTS, build_stage
from simgen.units import Radian, Ratio, Second, Unit
from simgen.words import Words

CATEGORIES = (
    "rigid",
    "articulated",
    "garment",
    "fluid",
    "thermodynamics",
    "deformable",
    "inflatable",
    "rope",
    "granular",
)


class SceneTemplate(BaseModel, ABC):
    """Base of every template. Fields with a Distribution are drawn, the others have defaults.

    The fields here are common to all templates: how long, seen from where, in what surroundings.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    engines: ClassVar[tuple[str, ...]] = ()
    """Engines this template is meant for, the default one first."""
    physics_iq: ClassVar[str] = ""
    """Name of the scenario of the Physics-IQ benchmark (Motamed et al. 2025) whose event this
    template stages; standard jobs leave those out."""

    words: ClassVar[Words]
    """What captions say about its clips (`simgen.caption`)."""

    frame_count: Annotated[int, Field(ge=1, le=100_000)] = 48
    fps: Annotated[float, Field(gt=0, le=1000), Unit("1/s")] = 24.0
    aspect_ratio: Annotated[Ratio, Field(gt=0.1, lt=10)] = 16 / 9
    environment: Annotated[str, Choice(*ENVIRONMENTS)]
    floor: Annotated[str, Choice(*FLOORS)]
    light: Annotated[str, Choice(*LIGHTS)]
    sun_azimuth: Annotated[Radian, Uniform(-math.pi, math.pi)]
    camera_motion: Annotated[str, Choice("static", "orbit", "dolly", "hand_held")]
    camera_azimuth: Annotated[Radian, Uniform(-0.7, 0.7)]
    camera_elevation: Annotated[Radian, Uniform(0.16, 0.5)]
    field_of_view: Annotated[Radian, Uniform(0.45, 0.8)]
    relative_aperture: Annotated[Ratio, Field(ge=0, le=1.4)] = 0.0
    """Width of the lens over its focal length, 1 / f-number; 0: a pinhole, everything is sharp."""
    exposure_bias: Annotated[float, Field(ge=-6, le=6)] = 0.0
    """Stops over the automatic exposure."""

    @abstractmethod
    def build(self, key: Key) -> Scene:
        """The scene of this configuration; pure. Details not worth a field are drawn from `key`."""

    @classmethod
    def category(cls) -> str:
        """The folder the template lives in."""
        return cls.__module__.split(".")[-2]

    @classmethod
    def name(cls) -> str:
        """`category/template`, the path of its file."""
        return "/".join(cls.__module__.split(".")[-2:])

    @classmethod
    def summary(cls) -> str:
        """First line of the docstring."""
        return (getdoc(cls) or "").partition("\n")[0]

    @classmethod
    def parameters(cls) -> dict[str, Distribution]:
        """Every drawn field and its distribution."""
        found: dict[str, Distribution] = {}
        for name, info in cls.model_fields.items():
            for item in info.metadata:
                if isinstance(item, Distribution):
                    found[name] = item
        return found

    @classmethod
    def unit(cls, field: str) -> str:
        """Unit of a field, '' where it has none."""
        return next((m.symbol for m in cls.model_fields[field].metadata if isinstance(m, Unit)), "")

    @classmethod
    def sample(
        cls, key: Key, *, split: Split = "all", override: Mapping[str, Any] | None = None
    ) -> Self:
        """Draw a configuration. `override` maps fields to constants or `{uniform: [a, b]}` and
        kin."""
        wanted = dict(override or {})
        for name in wanted:
            if name not in cls.model_fields:
                raise unknown(f"field of {cls.name()}", name, cls.model_fields)
        parameters = cls.parameters()
        values: dict[str, Any] = {}
        for name in cls.model_fields:
            if name in wanted:
                values[name] = cls._overridden(name, wanted[name], key)
            elif name in parameters:
                values[name] = parameters[name].sample(key.child(name).rng(), split)
        try:
            return cls(**values)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise SimgenError(
                f"{cls.name()}: field {where!r} got {first.get('input')!r}: {first['msg']}"
            ) from None

    @classmethod
    def _overridden(cls, name: str, value: Any, key: Key) -> Any:
        """A job's value for one field, refused when it leaves the range the template is built
        for."""
        parsed = parse_override(value)
        declared = cls.parameters().get(name)
        if isinstance(parsed, Distribution):
            drawn = parsed.sample(key.child(name).rng())
            extremes = _extremes(parsed)
        else:
            drawn, extremes = parsed, [parsed]
        if declared is not None:
            for extreme in extremes:
                if not declared.contains(extreme):
                    raise SimgenError(
                        f"{cls.name()}: {name}={value!r} leaves what the template allows, "
                        f"{declared}; choose values inside it"
                    )
        return drawn

    def stage(
        self,
        key: Key,
        elements: Sequence[Element],
        *,
        focus: Focus,
        floor: bool = True,
        gravity: Vector = (0.0, 0.0, -9.81),
        ambient: Ambient | None = None,
    ) -> Scene:
        """Surround `elements` with floor (its top is z = 0), walls, lights and a camera on
        `focus`."""
        clock = Clock(frames=self.frame_count, fps=self.fps)
        scene = build_stage(
            key.child("stage"),
            tuple(elements),
            clock=clock,
            focus=focus,
            environment=self.environment,
            floor=self.floor if floor else None,
            light=self.light,
            sun_azimuth=self.sun_azimuth,
            camera_motion=self.camera_motion,
            camera_azimuth=self.camera_azimuth,
            camera_elevation=self.camera_elevation,
            field_of_view=self.field_of_view,
            aspect_ratio=self.aspect_ratio,
            gravity=gravity,
            ambient=ambient or Ambient(),
        )
        cameras = [replace(c, exposure_bias=self.exposure_bias) for c in scene.cameras]
        if self.relative_aperture > 0:
            cameras = [with_lens(c, focus, self.relative_aperture) for c in cameras]
        return replace(scene, cameras=tuple(cameras))

    @property
    def duration(self) -> Second:
        """Time of the last frame [s]."""
        return (self.frame_count - 1) / self.fps


def _extremes(distribution: Distribution) -> list[Any]:
    """The ends of a distribution's support, to hold against the range a template allows."""
    match distribution:
        case Choice(values=values):
            return list(values)
        case Uniform(low=low, high=high) | Integers(low=low, high=high):
            return [low, high]
        case _:
            ends = [getattr(distribution, end, None) for end in ("low", "high")]
            return [e for e in ends if e is not None and math.isfinite(e)]


@cache
def template_names() -> tuple[str, ...]:
    """Every template of the installation, `category/template`, in category order."""
    root = files("simgen").joinpath("scenes")
    found: list[str] = []
    for category in CATEGORIES:
        folder = root.joinpath(category)
        names = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
        found += [
            f"{category}/{n[:-3]}" for n in names if n.endswith(".py") and not n.startswith("_")
        ]
    return tuple(found)


@cache
def find(name: str) -> type[SceneTemplate]:
    """The one template class in the module the name points to."""
    if name not in template_names():
        raise unknown("template", name, template_names(), hint="`simgen templates` lists them")
    module = import_module(f"simgen.scenes.{name.replace('/', '.')}")
    classes = [
        item
        for item in vars(module).values()
        if isinstance(item, type)
        and issubclass(item, SceneTemplate)
        and item.__module__ == module.__name__
    ]
    if len(classes) != 1:
        raise SimgenError(
            f"template {name!r}: its file must define exactly one SceneTemplate, "
            f"found {len(classes)}"
        )
    return classes[0]
