"""A tablecloth is pulled from under dishes, fast enough that they stay or too slowly."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Geometry
from simgen.key import Key
from simgen.lattice import sheet
from simgen.material import Look, Material, material
from simgen.rotation import from_axis_angle
from simgen.scene import Cloth, Keyframes, RigidBody, Scene
from simgen.scenes.garment._parts import body, distinct, instants, patterned, usual, vec
from simgen.shapes import bowl, can, mug, plate, table, vase
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian
from simgen.words import Words

SPACING = 0.026
"""Edge of the mesh [m]."""
LIFT = 0.0065
"""Of the cloth over the table and of the dishes over the cloth at the start [m]."""
DISHES = ("mug", "bowl", "plate", "can", "vase")


class TableclothPull(SceneTemplate):
    """A cloth is pulled from under dishes on a table, and takes them along or not."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "a {fabric} tablecloth is pulled [from under|away below|with a bar from under] {listed}"
        ),
        setup="{listed} stand on a {fabric} tablecloth on a {wood} table",
        event=(
            "[the cloth is pulled away by its hem|a bar at its hem pulls the cloth off the table]"
        ),
        parameters=(
            "{listed} on a cloth of {fabric}, {width} by {length}, whose hem is pulled with an "
            "acceleration of {pull:m/s^2} after {begin:s}; table of {wood}"
        ),
        kinds={
            "mug": "mug/mugs",
            "bowl": "bowl/bowls",
            "plate": "plate/plates",
            "can": "can/cans",
            "vase": "vase/vases",
        },
    )

    fabric: Annotated[str, Choice("textile/cotton", "textile/polyester", "textile/silk")]
    width: Annotated[Metre, Uniform(0.42, 0.55)]
    """Of the cloth, across the pull."""
    length: Annotated[Metre, Uniform(0.55, 0.7)]
    """Of the cloth on the table, along the pull."""
    dishes: Annotated[int, Integers(2, 4)]
    dish: Annotated[str, Choice(*DISHES)]
    """The first dish."""
    pull: Annotated[float, Uniform(1.5, 12.0)]
    """Acceleration of the hem [m/s^2]."""
    begin: Annotated[float, Uniform(0.15, 0.5)]
    """When the pull starts [s]."""
    dip: Annotated[Radian, Uniform(0.0, 0.3)]
    """Of the pull below the horizontal."""
    wood: Annotated[str, Choice("wood/oak", "wood/walnut", "wood/beech", "stone/marble")]

    def build(self, key: Key) -> Scene:
        stuff = material(self.fabric)
        top = 0.4
        deep, wide = self.length + 0.1, self.width + 0.12
        desk = table(width=deep, depth=wide, height=top, thickness=0.03)
        board = body(key, "table", desk, self.wood)
        seen = [usual(material(self.wood)), usual(material(self.floor))]
        look = patterned(distinct(stuff, key.child("cloth"), seen), key)
        cloth, bar = self._cloth(key, top, deep, stuff, look)
        dishes = self._dishes(key, top + 2 * LIFT)
        reach = deep / 2 + 0.75 * self.length
        focus = Focus(
            lower=vec((-deep / 2, -wide / 2, 0.02)), upper=vec((reach, wide / 2, top + 0.2))
        )
        return self.stage(key, (board, cloth, bar, *dishes), focus=focus)

    def _cloth(
        self, key: Key, top: float, deep: float, stuff: Material, look: Look
    ) -> tuple[Cloth, RigidBody]:
        """The cloth, over the edge in front where a bar is sewn into its hem."""
        over = 0.16
        long = self.length + over
        flat, faces = sheet(long, self.width, SPACING)
        flat = flat.copy()
        edge = deep / 2 + 0.012
        start = edge - self.length
        way = flat[:, 0] + long / 2 + start - edge
        bend = 0.03
        angle = np.clip(way / bend, 0.0, math.pi / 2 - self.dip)
        rest = np.maximum(way - bend * (math.pi / 2 - self.dip), 0.0)
        x = edge + np.minimum(way, 0.0) + bend * np.sin(angle) + rest * math.sin(self.dip)
        z = -bend * (1 - np.cos(angle)) - rest * math.cos(self.dip)
        placed = np.stack([x, flat[:, 1], z + top + LIFT], -1)
        hem = np.flatnonzero(flat[:, 0] > long / 2 - 1e-9)
        middle = placed[hem].mean(axis=0)
        bar = body(
            key,
            "bar",
            Box((0.012, self.width + 0.06, 0.012)),
            "wood/beech",
            position=middle,
            motion="kinematic",
            keyframes=self._path(middle),
        )
        cloth = Cloth(
            name="tablecloth",
            vertices=placed,
            faces=faces,
            rest_vertices=flat,
            material=stuff,
            look=look,
            attachments=tuple((int(i), "bar") for i in hem),
            self_collision=True,
        )
        return cloth, bar

    def _path(self, start: Array) -> Keyframes:
        """Out and down with the acceleration `pull`, until the cloth is off the table."""
        times = instants(self.duration)
        late = np.maximum(times - self.begin, 0.0)
        way = np.minimum(0.5 * self.pull * late**2, 40.0)
        # It slows down where the cloth is off the table.
        far = 1.05 * self.length
        way = far * np.tanh(way / far)
        direction = np.array([math.cos(self.dip), 0.0, -0.35 * math.sin(self.dip)])
        return Keyframes(times=times, positions=start + way[:, None] * direction)

    def _dishes(self, key: Key, level: float) -> list[RigidBody]:
        rng = key.child("dishes").rng()
        kinds = [self.dish, *(str(k) for k in rng.choice(DISHES, self.dishes - 1))]
        found: list[RigidBody] = []
        for i, kind in enumerate(kinds):
            column, row = i % 2, i // 2
            x = (-0.22 + 0.22 * column + rng.uniform(-0.01, 0.01)) * self.length / 0.6
            y = (-0.11 + 0.22 * row if self.dishes > 2 else 0.0) + rng.uniform(-0.01, 0.01)
            turn = from_axis_angle((0, 0, 1), rng.uniform(-math.pi, math.pi))
            ware = "metal/aluminium" if kind == "can" else "ceramic/porcelain"
            found.append(
                body(
                    key.child(i),
                    f"{kind}_{i}",
                    _ware(kind),
                    ware,
                    position=(x, y, level),
                    quaternion=turn,
                    motion="dynamic",
                )
            )
        return found


def _ware(kind: str) -> Geometry:
    """A dish that stands on its foot at z = 0."""
    match kind:
        case "mug":
            return mug()
        case "bowl":
            return bowl(radius=0.07)
        case "plate":
            return plate(radius=0.09)
        case "can":
            return can()
        case _:
            return vase(radius=0.04, height=0.14)
