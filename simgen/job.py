"""A job: which templates, how many clips, drawn how; read from `jobs/<name>.yaml`."""

from __future__ import annotations

import hashlib
import json
import os
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

from simgen.codec import PROFILES
from simgen.engine import ENGINES
from simgen.errors import SimgenError, parsed, unknown
from simgen.key import Key
from simgen.record import PASSES
from simgen.renderer import RENDERERS, View
from simgen.scene import Scene
from simgen.shot import Shot
from simgen.space import SPLITS, Split
from simgen.template import CATEGORIES, SceneTemplate, find, template_names
from simgen.variant import Variant, changed_parameter, perturbed


class Job(BaseModel):
    """What a dataset is: a pure description. `(job, index)` fixes a clip; how it is run changes
    nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = "job"
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    clips: Annotated[int, Field(ge=1)] | None = None
    """How many draws to try; None makes one round of the mix. Each makes a clip per take and
    member of its family."""
    takes: Annotated[int, Field(ge=1, le=99)] = 1
    """Takes of every clip: the second and further ones begin a hair's breadth beside the first."""
    family: Annotated[int, Field(ge=0, le=999)] | dict[str, list[Any]] = 0
    """Counterfactuals of every draw: how many, each with one parameter drawn anew, or field ->
    values, each value a clip."""
    templates: dict[str, Annotated[int, Field(ge=1)]]
    """Template -> its share, in whole clips per round of the mix."""
    frames: Annotated[int, Field(ge=1, le=100_000)] | None = None
    fps: Annotated[float, Field(gt=0, le=1000)] | None = None
    """Frames of every clip, and per second; None: each template's own, 48 at 24 unless its event
    asks for slow motion."""
    width: Annotated[int, Field(ge=16, le=16384)] = 320
    height: Annotated[int, Field(ge=16, le=16384)] = 180
    samples: Annotated[int, Field(ge=1, le=65536)] = 2
    """Per pixel of the picture: 1 is a draft, 4 the usual, 16 and more for stills."""
    denoise: bool = True
    """Whether the noise that few samples leave in the picture is taken out."""
    profile: str = "full"
    """What is stored: `full`, `train` or `replay` (simgen.codec.PROFILES). Every pass is rendered
    and checked under each of them."""
    passes: tuple[str, ...] | None = None
    """Render and store these only; None: what the profile says."""
    split: Split = "all"
    engine: str | dict[str, str] = "auto"
    """`auto`, an engine for all, or a table from category or template to engine."""
    renderer: str = "warp"
    device: str = "cpu"
    shots: tuple[Shot, ...] = ()
    """How the recorded clips are shown, one after the other; none: as the template says."""
    shard_size: Annotated[int, Field(ge=1, le=4096)] = 4
    """Clips tried per shard."""
    overrides: dict[str, Any] = {}
    """Field -> value for every template that has it, or template -> {field: value}."""

    @field_validator("templates", mode="before")
    @classmethod
    def _expand(cls, value: Any) -> Any:
        """A list means one each; a category or `all` means each of its templates."""
        if isinstance(value, list):
            value = dict.fromkeys(cast("list[Any]", value), 1)
        table: dict[Any, Any] = dict(value or {})
        expanded: dict[str, Any] = {}
        for name, share in table.items():
            if name == "all" or name in CATEGORIES:
                chosen = [t for t in template_names() if name in ("all", t.split("/")[0])]
                expanded.update({t: share for t in chosen if not find(t).physics_iq})
            else:
                find(str(name))
                expanded[str(name)] = share
        if not expanded:
            raise SimgenError("job: templates is empty; name a template, a category or `all`")
        return expanded

    @field_validator("passes", mode="before")
    @classmethod
    def _passes(cls, value: Any) -> Any:
        if value is None or value == "all":
            return None
        chosen = tuple(value)
        for name in chosen:
            if name not in PASSES:
                raise unknown("pass", str(name), PASSES)
        return tuple(name for name in PASSES if name in chosen)

    @field_validator("split", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if value not in SPLITS:
            raise unknown("split", str(value), SPLITS)
        return value

    @field_validator("profile")
    @classmethod
    def _profile(cls, value: str) -> str:
        if value not in PROFILES:
            raise unknown("profile", value, PROFILES)
        return value

    @field_validator("renderer")
    @classmethod
    def _renderer(cls, value: str) -> str:
        if value not in RENDERERS:
            raise unknown("renderer", value, RENDERERS)
        return value

    @field_validator("engine")
    @classmethod
    def _engine(cls, value: str | dict[str, str]) -> str | dict[str, str]:
        for name in value.values() if isinstance(value, dict) else [value]:
            if name not in ENGINES and name != "auto":
                raise unknown("engine", name, [*ENGINES, "auto"])
        for place in value if isinstance(value, dict) else ():
            if place not in CATEGORIES and place not in template_names():
                raise unknown(
                    "category or template in engine", place, [*CATEGORIES, *template_names()]
                )
        return value

    def model_post_init(self, context: Any, /) -> None:
        """Sample every template once, so that a wrong override stops the job before it starts."""
        for place in self.overrides:
            in_some = any(place in find(t).model_fields for t in self.templates)
            if place not in self.templates and not in_some:
                known = {f for t in self.templates for f in find(t).model_fields} | set(
                    self.templates
                )
                raise unknown("field or template in overrides", place, known)
        for name in self.templates:
            for member in range(self.members):
                self._sample(find(name), Key(self.seed, ("probe",)), member)

    @property
    def members(self) -> int:
        """Clips of a family, the draw itself among them."""
        family = self.family
        return 1 + (family if isinstance(family, int) else sum(map(len, family.values())))

    @property
    def variants(self) -> int:
        """Clips that a draw makes."""
        return self.takes * self.members

    @property
    def count(self) -> int:
        """Number of clips the job tries."""
        draws = self.clips if self.clips is not None else sum(self.templates.values())
        return draws * self.variants

    @property
    def shards(self) -> int:
        """Number of shards; shard n holds indices n * shard_size and up."""
        return -(-self.count // self.shard_size)

    def indices(self, shard: int) -> range:
        """The clip indices of one shard."""
        return range(shard * self.shard_size, min((shard + 1) * self.shard_size, self.count))

    def variant_of(self, index: int) -> Variant:
        """Which draw a clip belongs to, and which of its variants it is; takes come first."""
        draw, variant = divmod(index, self.variants)
        return Variant(draw, 1 + variant % self.takes, variant // self.takes)

    def template_of(self, index: int) -> type[SceneTemplate]:
        """The template of a clip: rounds of the mix, shares spread evenly within a round."""
        return find(self._round[self.variant_of(index).draw % len(self._round)])

    def first_of(self, template: str) -> int:
        """The first clip of a template."""
        return self._round.index(template) * self.variants

    @property
    def _round(self) -> list[str]:
        """One round: every template as often as its share, in an order that spreads each evenly and
        does not depend on the order in which a job names them."""
        slots = [
            ((k + 0.5) / share, name)
            for name, share in self.templates.items()
            for k in range(share)
        ]
        return [name for _, name in sorted(slots)]

    def key_of(self, index: int) -> Key:
        """The random stream of a clip: seed, template and draw, nothing else."""
        return Key(self.seed).child(self.template_of(index).name(), self.variant_of(index).draw)

    def override_for(self, template: str) -> dict[str, Any]:
        """Field values this job fixes for a template: its own clock and picture, then
        `overrides`."""
        fields = find(template).model_fields
        clock = {"frame_count": self.frames, "fps": self.fps}
        fixed: dict[str, Any] = {k: v for k, v in clock.items() if v is not None}
        fixed["aspect_ratio"] = self.width / self.height
        fixed |= {k: v for k, v in self.overrides.items() if k in fields}
        return fixed | dict(self.overrides.get(template) or {})

    def configuration(self, index: int) -> SceneTemplate:
        """The drawn configuration of a clip."""
        if not 0 <= index < self.count:
            raise SimgenError(f"index {index} is outside this job: 0..{self.count - 1}")
        return self._sample(
            self.template_of(index), self.key_of(index), self.variant_of(index).member
        )

    def changed_in(self, index: int) -> dict[str, Any]:
        """Field -> value that sets a counterfactual apart from its draw; empty for the draw."""
        return self._changed(
            self.template_of(index), self.key_of(index), self.variant_of(index).member
        )

    def _changed(self, template: type[SceneTemplate], key: Key, member: int) -> dict[str, Any]:
        override = self.override_for(template.name())
        return changed_parameter(
            template, self.family, member, key, split=self.split, override=override
        )

    def _sample(self, template: type[SceneTemplate], key: Key, member: int) -> SceneTemplate:
        override = self.override_for(template.name()) | self._changed(template, key, member)
        return template.sample(key.child("parameters"), split=self.split, override=override)

    def scene(self, index: int) -> Scene:
        """The scene of a clip."""
        key = self.key_of(index)
        scene = self.configuration(index).build(key.child("build"))
        return perturbed(scene, key, self.variant_of(index).take)

    def engine_of(self, template: type[SceneTemplate]) -> str:
        """The engine a template runs on: the job's choice, else the template's first."""
        table = self.engine if isinstance(self.engine, dict) else {}
        chosen = table.get(template.name()) or table.get(template.category()) or self.engine
        return template.engines[0] if not isinstance(chosen, str) or chosen == "auto" else chosen

    @property
    def stored_passes(self) -> tuple[str, ...]:
        """Passes that go into the shard, where the scene has them."""
        return self.passes or PROFILES[self.profile].passes

    @property
    def view(self) -> View:
        """Resolution and sampling."""
        sizes = [shot.size for shot in self.shots if shot.size is not None]
        width, height = sizes[-1] if sizes else (self.width, self.height)
        return View(width=width, height=height, samples=self.samples, denoise=self.denoise)

    def resolved(self) -> dict[str, Any]:
        """Everything that fixes the clips, as plain data."""
        return self.model_dump(mode="json")

    def digest(self) -> str:
        """Hash of the resolved job without its length, so that a job can be made longer later."""
        content = {k: v for k, v in self.resolved().items() if k not in ("name", "clips")}
        if not self.shots:
            del content["shots"]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def parse_job(content: dict[str, Any], where: str = "job") -> Job:
    """A Job from plain data; one clear error for a bad field."""
    return parsed(Job, content, where)


def load_job(path: str | os.PathLike[str], assignments: dict[str, Any] | None = None) -> Job:
    """Read a job file, or a job shipped with simgen by name, and apply `a.b=value` assignments."""
    file = Path(path)
    text = None
    if file.is_file():
        text = file.read_text(encoding="utf-8")
    else:
        shipped = files("simgen").joinpath("jobs", f"{file.stem}.yaml")
        if shipped.is_file() and file.name in (f"{file.stem}.yaml", file.stem):
            text = shipped.read_text(encoding="utf-8")
    if text is None:
        have = sorted(
            p.name for p in files("simgen").joinpath("jobs").iterdir() if p.name.endswith(".yaml")
        )
        raise SimgenError(f"job file {str(path)!r} does not exist; shipped jobs: {', '.join(have)}")
    try:
        loaded: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SimgenError(f"job file {str(path)!r} is not YAML: {error}") from None
    if not isinstance(loaded, dict):
        raise SimgenError(
            f"job file {str(path)!r} must hold `field: value` lines, got {type(loaded).__name__}"
        )
    content = cast("dict[str, Any]", loaded)
    for name, value in (assignments or {}).items():
        _assign(content, name.split("."), value)
    return parse_job(content, f"job {file.name}")


def _assign(content: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        inner = content.get(part)
        content[part] = dict(cast("dict[str, Any]", inner)) if isinstance(inner, dict) else {}
        content = content[part]
    content[path[-1]] = value
