"""Captions of a clip, made from its configuration and scene: short, prompt, parameters.

A `prompt` says what is set up, what sets the event going and how the camera moves, as the
descriptions of the Physics-IQ benchmark do (Motamed et al. 2025); it never tells what happens then.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from simgen.errors import SimgenError
from simgen.key import Key
from simgen.material import Look
from simgen.scene import Scene
from simgen.stage import ground_noun, scenery
from simgen.stage.place import OUTDOORS
from simgen.template import SceneTemplate
from simgen.words import (
    colour_name,
    count_name,
    fill,
    listing,
    material_name,
    quantity,
    sentences,
    worded,
)

PARAPHRASES = 6
"""Wordings of every clip: three orders of the sentences, two wordings of what all clips share."""
SLOW = 60.0
"""Frames per second beyond which a video is shown slower than it was filmed."""

_FLOORS = {
    "wood/oak": "oak",
    "wood/pine": "pine",
    "wood/walnut": "walnut",
    "stone/concrete": "concrete",
    "stone/granite": "granite",
    "stone/marble": "marble",
    "ceramic/tile": "tiled",
    "ceramic/terracotta": "terracotta",
    "textile/carpet": "carpeted",
    "plastic/vinyl": "vinyl",
}
_LIGHTS = {
    "day": "bright sunlight",
    "noon": "high midday sun",
    "overcast": "soft, even light",
    "golden_hour": "low golden sunlight",
    "blue_hour": "blue twilight and a warm lamp",
    "moonlight": "cool moonlight",
    "window": "soft daylight from one side",
    "studio": "soft neutral studio light",
    "workshop": "fluorescent light",
    "lamp": "warm lamplight",
    "spot": "a spotlight",
    "neon": "coloured neon light",
    "candle": "dim candlelight",
}
_CAMERAS = {
    "static": "[static shot with no camera movement|the camera does not move]",
    "orbit": "[the camera slowly orbits around the scene|slow orbiting shot]",
    "closer": "[the camera slowly moves closer|slow dolly-in shot]",
    "away": "[the camera slowly moves back|slow dolly-out shot]",
    "path": "[the camera moves|moving shot]",
    "hand_held": "[hand-held shot with a slight sway|the camera is hand-held and sways slightly]",
}
_ORDERS = (
    ("{setup}", "the scene is set {place}", "{event}"),
    ("{place}, {setup}", "{event}"),
    ("{setup}", "{event}", "filmed {place}"),
)


@dataclass(frozen=True, kw_only=True)
class Captions:
    """The captions of one clip in one wording."""

    short: str
    """One clause."""
    prompt: str
    """Set-up, event, camera; without the outcome, for training and for prompting alike."""
    parameters: str
    """The physical parameters with SI units."""
    language: str = "en"
    """BCP 47."""
    paraphrase: int = 0
    """Number of the wording, 0 to PARAPHRASES - 1."""


def captions(template: SceneTemplate, scene: Scene, key: Key) -> dict[str, Any]:
    """The captions of a clip, in the wording that the clip's key chooses.

    Args:
        template: its configuration.
        scene: what the configuration builds.
        key: the clip's own key (`job.key_of(index)`).
    """
    chosen = int(key.child("caption").rng().integers(PARAPHRASES))
    return asdict(_caption(template, scene, chosen))


def paraphrases(template: SceneTemplate, scene: Scene) -> tuple[dict[str, Any], ...]:
    """The captions of a clip in every wording, to augment training with."""
    return tuple(asdict(_caption(template, scene, k)) for k in range(PARAPHRASES))


def _caption(template: SceneTemplate, scene: Scene, paraphrase: int) -> Captions:
    words, teller = getattr(template, "words", None), _Teller(template, scene)
    if words is None:
        raise SimgenError(f"template {template.name()} has no words to make captions of")
    parts = {"setup": words.setup, "event": words.event, "place": teller.place()}
    said = [part.format(**parts) for part in _ORDERS[paraphrase % len(_ORDERS)]]
    short = f"on {teller.ground()}, {words.short}" if paraphrase % 2 else words.short
    slow = ["shown in slow motion"] if template.fps > SLOW else []

    def told(*phrases: str, by: _Teller = teller) -> str:
        return sentences(*(worded(fill(phrase, by), paraphrase) for phrase in phrases))

    return Captions(
        short=told(short),
        prompt=told(*said, teller.camera(), *slow),
        parameters=told(words.parameters, by=replace(teller, exact=True)),
        paraphrase=paraphrase,
    )


@dataclass(frozen=True, eq=False)
class _Teller:
    """Says the fields of phrases: values of a configuration, objects of its scene."""

    template: SceneTemplate
    scene: Scene
    exact: bool = False
    """With numbers, units and trade names."""

    def __call__(self, name: str, mark: str, rest: str) -> str:
        """What stands for `{name}`, `{name:unit}`, `{name one/many}` or `{name? one/many}`."""
        of, _, what = name.rpartition(".")
        if name == "listed":
            return self._listed()
        if mark == ":":
            return quantity(self._product(name), rest)
        if rest:
            return self._counted(int(self._value(name)), mark, rest)
        if of and what in ("colour", "material", "materials"):
            return self._of_objects(of, what)
        value = self._value(name.partition(".")[0])
        phrase = self._phrase(name, value)
        return self._plainly(name, value) if phrase is None else phrase

    def _plainly(self, name: str, value: Any) -> str:
        """A value that has no phrase."""
        match value:
            case str():
                named = "/" in value
                return material_name(value, exact=self.exact) if named else value.replace("_", " ")
            case int():
                return str(value) if self.exact else count_name(value)
            case float() if self.exact:
                return quantity(value, self.template.unit(name))
            case _:
                raise self._wrong(f"cannot say {name} = {value!r}; give it terms")

    def _phrase(self, name: str, value: Any) -> str | None:
        """The phrase of a value in the terms."""
        for choice, phrase in self.template.words.terms.get(name, {}).items():
            below = choice.startswith("<") and value < float(choice[1:])
            if below or choice in ("*", str(value)):
                return phrase
        return None

    def _counted(self, count: int, mark: str, nouns: str) -> str:
        """A count with its noun, or the noun alone."""
        one, _, many = nouns.partition("/")
        number = "" if mark else str(count) if self.exact else count_name(count)
        return f"{number} {one if count == 1 else many}".lstrip()

    def _value(self, name: str) -> Any:
        if not hasattr(self.template, name):
            raise self._wrong(f"name {name!r}, which is no field of it")
        return getattr(self.template, name)

    def _product(self, name: str) -> float:
        parts = name.split("*")
        return math.prod(float(p) if p[0].isdigit() else float(self._value(p)) for p in parts)

    def _of_objects(self, prefix: str, what: str) -> str:
        """Colour or material of the first object, or materials of all, whose name begins so."""
        found = [o for o in self.scene.objects if o.name.startswith(prefix)]
        if not found:
            raise self._wrong(f"ask for the {what} of {prefix!r}, which its scene lacks")
        names = [material_name(o.material, exact=self.exact) for o in found]
        if what == "colour":
            return colour_name(self._look(found[0].name).color)
        return listing(list(dict.fromkeys(names))) if what == "materials" else names[0]

    def _look(self, name: str) -> Look:
        """Of an object; of its first shape where it has several."""
        for body in self.scene.bodies:
            if body.name == name:
                return body.shapes[0].look
        return next(e.look for e in self.scene.elements if e.name == name)  # type: ignore[union-attr]

    def _wrong(self, what: str) -> SimgenError:
        return SimgenError(f"the words of {self.template.name()} {what}")

    def _listed(self) -> str:
        """Objects of the words' kinds: "a mug, two cans and an apple"."""
        kinds = self.template.words.kinds
        stems = (re.sub(r"[_-]\d+$", "", o.name) for o in self.scene.objects)
        found = Counter(kinds[stem].split("/")[0] for stem in stems if stem in kinds)
        many = dict(kind.split("/") for kind in kinds.values())
        return listing([
            f"a {one}" if n == 1 else f"{count_name(n)} {many[one]}" for one, n in found.items()
        ])  # fmt: skip

    def ground(self) -> str:
        """What the event stands on."""
        on_bench = any(body.name == "table_top" for body in self.scene.bodies)
        noun = ground_noun(self.template.environment, on_bench=on_bench)
        return f"a {_FLOORS[self.template.floor]} {noun}"

    def place(self) -> str:
        """Ground, surroundings and light."""
        light = self.template.words.light
        left = float(self._value(light)) if light else 1.0
        shine = _LIGHTS[self.template.light] if left > 0.5 else "dim light"
        where = scenery(self.template.environment)
        around = f"{where} {'in' if self.template.environment in OUTDOORS else 'lit by'} {shine}"
        if not where:
            around = f"in front of a plain {{backdrop.colour}} backdrop lit by {shine}"
        return f"on {self.ground()} {around}"

    def camera(self) -> str:
        """How the camera moves."""
        motion = self.template.camera_motion
        if motion == "dolly":
            pose = self.scene.camera().camera_to_world
            ahead = float(np.dot(pose[-1, :3, 3] - pose[0, :3, 3], pose[0, :3, 2]))
            motion = "closer" if ahead > 0 else "away"
        return _CAMERAS[motion]
