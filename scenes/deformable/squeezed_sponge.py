"""A press squeezes sponges and foams again and again: some spring back, some creep."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

from simgen.camera import Focus
from simgen.geometry import Box, Capsule, Cylinder, Geometry, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.rotation import from_axis_angle, rotate
from simgen.scene import RigidBody, Scene, Shape, SoftBody
from simgen.scenes.deformable._parts import (
    distinct,
    form_mesh,
    path,
    placed,
    rounded_mesh,
    usual,
)
from simgen.scenes.rigid._things import quat
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio, Second
from simgen.words import Words

STUFFS = ("rubber/cellulose_sponge", "rubber/memory_foam", "rubber/foam", "food/marshmallow")
FORMS = ("block", "block", "pillow", "ring", "cube")


class SqueezedSponge(SceneTemplate):
    """A press squeezes sponges and foams again and again: some spring back, some creep."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short="a press [squeezes|works on|comes down on] {listed}, again and again",
        setup="{listed} lie side by side under a {press.material} {press}",
        event=(
            "[the press moves down on them and up again, over and over|again and again the "
            "press comes down and rises]"
        ),
        parameters=(
            "{listed}, each {size} long, pressed by up to {strain} of their height in {down}, "
            "held for {hold} and let go in {up}; a {press} of {press.material}"
        ),
        terms={
            "press": {
                "plate": "press with a flat plate",
                "bar": "press with a round bar",
                "balls": "press with a row of balls",
            },
        },
        kinds={
            "cellulose_sponge": "sponge/sponges",
            "memory_foam": "piece of memory foam/pieces of memory foam",
            "foam": "piece of foam/pieces of foam",
            "marshmallow": "marshmallow/marshmallows",
        },
    )

    first: Annotated[str, Choice(*STUFFS)]
    second: Annotated[str, Choice("rubber/memory_foam", "rubber/memory_foam", *STUFFS)]
    count: Annotated[int, Integers(2, 3)]
    press: Annotated[str, Choice("plate", "bar", "balls")]
    size: Annotated[Metre, Uniform(0.11, 0.15)]
    """Length of a sponge."""
    strain: Annotated[Ratio, Uniform(0.36, 0.47)]
    """How far it is pressed by a plate, over its height; what is round digs in deeper by itself
    and goes three quarters of that way."""
    down: Annotated[Second, Uniform(0.32, 0.45)]
    """Time of pressing."""
    hold: Annotated[Second, Uniform(0.04, 0.12)]
    up: Annotated[Second, Uniform(0.35, 0.5)]
    """Time of letting go, slow enough that foams, which ring at 20 Hz, follow."""
    camera_elevation: Annotated[Radian, Uniform(0.2, 0.42)]

    def build(self, key: Key) -> Scene:
        rng = key.child("layout").rng()
        pitch, cells = 1.3 * self.size, 8 - self.count
        colours = [usual(material(self.floor))]
        tall = self.size * float(rng.uniform(0.4, 0.55))
        elements: list[SoftBody | RigidBody] = []
        for i in range(self.count):
            name = (self.first, self.second, STUFFS[int(rng.integers(len(STUFFS)))])[i]
            stuff = material(name)
            if name == "rubber/foam":  # a soft grade: upholstery foams have 5 to 100 kPa
                stuff = replace(stuff, youngs_modulus=0.4 * stuff.require("youngs_modulus")[0])
            form = FORMS[int(rng.integers(len(FORMS)))]
            if form == "block":
                points, tets = rounded_mesh((self.size, 0.75 * self.size, tall), cells=cells)
            else:
                points, tets = form_mesh(form, self.size, cells=cells)
                points[:, 2] *= tall / float(points[:, 2].max() - points[:, 2].min())
            points = rotate(from_axis_angle((0, 0, 1), float(rng.uniform(-0.3, 0.3))), points)
            along = (i - (self.count - 1) / 2) * pitch
            look = distinct(stuff, key.child("look", i), colours)
            colours.append(look.color)
            elements.append(
                SoftBody(
                    name=f"{name.split('/')[1]}_{i}",
                    vertices=placed(points, (along, 0.0, 0.0003)),
                    tetrahedra=tets,
                    material=stuff,
                    look=look,
                )
            )
        wide = self.count * pitch
        elements.append(self._press(key, wide, tall))
        top = tall + 0.6 * self.size
        focus = Focus(
            lower=(-wide / 2 - 0.02, -0.5 * self.size, 0.0),
            upper=(wide / 2 + 0.02, 0.5 * self.size, top),
        )
        return self.stage(key, elements, focus=focus)

    def _press(self, key: Key, wide: float, tall: float) -> RigidBody:
        """A plate, a round bar or a row of balls that goes down and up again."""
        rng = key.child("press").rng()
        stuff = material(("wood/beech", "metal/steel", "plastic/acrylic")[int(rng.integers(2))])
        look = stuff.look(key.child("press_look"))
        s = self.size
        along = quat(from_axis_angle((0, 1, 0), 1.5707963267948966))
        parts: list[tuple[Geometry, tuple[float, float, float], bool]]
        match self.press:
            case "plate":
                parts = [(Box((wide, 0.95 * s, 0.1 * s)), (0, 0, 0.05 * s), False)]
            case "bar":
                parts = [(Capsule(0.16 * s, wide - 0.32 * s), (0, 0, 0.16 * s), True)]
            case _:
                pitch = wide / self.count
                parts = [(Box((wide, 0.5 * s, 0.08 * s)), (0, 0, 0.44 * s), False)]
                for i in range(self.count):
                    x = (i - (self.count - 1) / 2) * pitch
                    parts.append((Sphere(0.3 * s), (x, 0, 0.3 * s), False))
        parts.append((Cylinder(0.05 * s, 0.9 * s), (0, 0, 0.5 * s + 0.35 * s), False))
        shapes = tuple(
            Shape(
                geometry=g,
                material=stuff,
                look=look,
                position=at,
                quaternion=along if lying else (1.0, 0.0, 0.0, 0.0),
            )
            for g, at, lying in parts
        )
        depth = self.strain * (1.0 if self.press == "plate" else 0.75)
        above, below = tall + 0.006, tall * (1.0 - depth)
        times, heights = [0.0], [above]
        while times[-1] < self.duration:
            for pause, height in ((self.down, below), (self.hold, below), (self.up, above)):
                times.append(times[-1] + pause)
                heights.append(height)
        return RigidBody(
            name="press",
            shapes=shapes,
            position=(0.0, 0.0, above),
            motion="kinematic",
            keyframes=path(times, [(0.0, 0.0, h) for h in heights]),
        )
