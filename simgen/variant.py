"""Variants of one draw: further takes of it, and counterfactuals with one parameter changed.

All variants of a draw share its key, so everything that is not changed is equal to the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simgen.errors import SimgenError
from simgen.key import Key
from simgen.rotation import from_axis_angle, rotate
from simgen.scene import Element, RigidBody, Scene
from simgen.space import Split
from simgen.template import SceneTemplate

TILT = 1e-3
"""Angle by which gravity is turned in a further take [rad]: how well a table is levelled."""
PUSH = 1e-3
"""Standard deviation of the change of a free body's velocity [m/s, and of its own speed]."""
WARMTH = 0.2
"""Standard deviation of the change of the ambient temperature [K]."""
_TRIES = 20


@dataclass(frozen=True)
class Variant:
    """Which clip of a draw."""

    draw: int
    """Number of the draw in the job; the variants of a draw are a family."""
    take: int = 1
    """1 is the draw itself; others begin a hair's breadth beside it."""
    member: int = 0
    """0 is the draw itself; others have one parameter changed."""


def changed_parameter(
    template: type[SceneTemplate],
    family: int | Mapping[str, Sequence[Any]],
    member: int,
    key: Key,
    *,
    split: Split,
    override: Mapping[str, Any],
) -> dict[str, Any]:
    """Field -> value of a family's member; nothing for member 0.

    With a table, members are its values in order. With a number, each member draws one of the
    template's own parameters anew; which one is drawn by the key, each once before any comes twice.

    Args:
        template: of the draw.
        family: table of values, or how many members.
        member: which, from 0.
        key: the draw's.
        split: of the job.
        override: what the job fixes; it is not changed.

    Raises:
        SimgenError: the template has no parameter that could be changed.
    """
    if member == 0:
        return {}
    if not isinstance(family, int):
        table = [(field, value) for field, values in family.items() for value in values]
        return dict([table[member - 1]])
    common = SceneTemplate.parameters()
    free = {n: d for n, d in template.parameters().items() if n not in override}
    own = [name for name, distribution in free.items() if distribution != common.get(name)]
    if not own:
        raise SimgenError(f"{template.name()} has no parameter of its own left to change")
    field = own[int(key.child("family").rng().permutation(len(own))[(member - 1) % len(own)])]
    drawn = getattr(template.sample(key.child("parameters"), split=split, override=override), field)
    for n in range(_TRIES):
        value = free[field].sample(key.child("family", member, n).rng(), split)
        if value != drawn:
            return {field: value}
    raise SimgenError(f"{template.name()}: {field} has no value but {drawn!r} to change to")


def perturbed(scene: Scene, key: Key, take: int) -> Scene:
    """The scene of a further take: gravity tilted, free bodies pushed, the air a little warmer or
    colder. Take 1 is the scene itself."""
    if take == 1:
        return scene
    rng = key.child("take", take).rng()
    angle = float(rng.uniform(0, 2 * np.pi))
    tilt = from_axis_angle((np.cos(angle), np.sin(angle), 0.0), TILT)
    gravity = rotate(tilt, np.asarray(scene.gravity, float))
    air = scene.ambient.temperature + WARMTH * float(rng.standard_normal())
    return replace(
        scene,
        elements=tuple(_pushed(element, rng) for element in scene.elements),
        gravity=(float(gravity[0]), float(gravity[1]), float(gravity[2])),
        ambient=replace(scene.ambient, temperature=air),
    )


def _pushed(element: Element, rng: np.random.Generator) -> Element:
    if not isinstance(element, RigidBody) or element.motion != "dynamic":
        return element
    velocity = np.asarray(element.velocity, float)
    speed = PUSH * (1.0 + float(np.linalg.norm(velocity)))
    moved = velocity + speed * rng.standard_normal(3)
    return replace(element, velocity=(float(moved[0]), float(moved[1]), float(moved[2])))
