"""A dress on a turning mannequin: its skirt flares and winds around as the turn reverses."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Cylinder
from simgen.key import Key
from simgen.material import material
from simgen.rotation import from_axis_angle
from simgen.scene import Keyframes, Scene
from simgen.scenes.garment._parts import (
    FORM,
    body,
    distinct,
    dress_form,
    eased,
    instants,
    rumpled,
    usual,
    worn,
)
from simgen.shapes.build import circle
from simgen.shapes.garment import dress
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian
from simgen.words import Words

SPACING = 0.03
"""Edge of the mesh [m]."""
EASE = 0.012
"""Between the form and the bodice [m]."""


class DressTwirl(SceneTemplate):
    """The skirt of a dress drops, flares and winds around a mannequin that turns to and fro."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "a mannequin in a {fabric} dress [starts to turn|begins to spin|is set "
            "turning]{reversal.short}"
        ),
        setup="a {fabric} dress hangs on a {wood} mannequin",
        event="[the mannequin starts to turn{reversal}|the mannequin is spun up{reversal}]",
        parameters=(
            "a dress of {fabric} with a skirt {length} long and {fullness} of a full circle, on "
            "a mannequin of {wood} that turns at up to {speed:rad/s}{reversal}"
        ),
        terms={
            "reversal": {
                "none": "",
                "stop": ", and later it is stopped",
                "back": ", and later it is turned back the other way",
            },
            "reversal.short": {"none": "", "stop": " and is stopped", "back": " and turns back"},
        },
    )

    fabric: Annotated[
        str, Choice("textile/cotton", "textile/polyester", "textile/silk", "textile/wool")
    ]
    size: Annotated[float, Uniform(0.9, 1.1)]
    """Of the mannequin, 1 is a form of 0.29 m across the bust."""
    length: Annotated[Metre, Uniform(0.38, 0.58)]
    """Of the skirt."""
    fullness: Annotated[float, Uniform(0.6, 0.95)]
    """Of the skirt, as a share of a full circle."""
    speed: Annotated[float, Uniform(5.0, 9.0)]
    """Largest angular velocity of the mannequin [rad/s]."""
    reversal: Annotated[str, Choice("none", "stop", "back")]
    """What the turn does in the second half of the clip."""
    wood: Annotated[str, Choice("wood/oak", "wood/beech", "plastic/abs", "wood/walnut")]
    camera_elevation: Annotated[Radian, Uniform(0.05, 0.4)]

    def build(self, key: Key) -> Scene:
        stuff = material(self.fabric)
        look = distinct(
            stuff, key.child("dress"), [usual(material(self.floor)), usual(material(self.wood))]
        )
        waist = self.length + 0.22
        form = self.size * FORM
        rise = form[5:10]
        bodice = (rise + [EASE, 0.0])[::-1]
        cut = dress(bodice, length=self.length, fullness=self.fullness, spacing=SPACING)
        placed = rumpled(cut.vertices, (0.0, 0.0, 1.0), key, 0.002) + [0.0, 0.0, waist]
        bust = cut.loops["bust"]
        cloth = worn(
            "dress",
            cut,
            placed,
            stuff,
            look,
            attachments=tuple((int(i), "mannequin") for i in bust),
        )
        mannequin = body(
            key,
            "mannequin",
            [
                (dress_form(self.size), (0.0, 0.0, 0.0)),
                (Cylinder(0.02, waist - 0.2), (0.0, 0.0, -0.5 * waist - 0.1)),
            ],
            self.wood,
            position=(0.0, 0.0, waist),
            motion="kinematic",
            keyframes=self._turn(key, waist),
        )
        base = body(key, "base", Cylinder(0.16, 0.02), "metal/steel", position=(0, 0, 0.01))
        wide = 0.13 * self.size + self.fullness * self.length
        focus = Focus.around(
            circle(0.06 * self.size, waist + 0.48 * self.size),
            circle(0.95 * wide, waist - 0.3 * self.length),
            circle(0.7 * wide, waist - self.length),
            circle(0.16, 0.0),
        )
        return self.stage(key, (cloth, mannequin, base), focus=focus)

    def _turn(self, key: Key, waist: float) -> Keyframes:
        times = instants(self.duration)
        middle = 0.55 * times[-1]
        rate = eased(times, 0.0, 0.4 * middle)
        if self.reversal != "none":
            low = 1.0 if self.reversal == "stop" else 2.0
            rate = rate - low * eased(times, middle, 1.35 * middle)
        sign = float(key.child("turn").rng().choice([-1.0, 1.0]))
        step = np.concatenate([[0.0], np.diff(times)])
        angles = sign * self.speed * np.cumsum(rate * step)
        return Keyframes(
            times=times,
            positions=np.tile([0.0, 0.0, waist], (len(times), 1)),
            quaternions=np.stack(
                [from_axis_angle((0, 0, 1), math.remainder(float(a), 4 * math.pi)) for a in angles]
            ),
        )
