"""A jointed human figure falls: down stairs, off a ledge, or through the air onto the floor."""

from __future__ import annotations

from typing import Annotated, ClassVar

from simgen.camera import Focus, corners
from simgen.geometry import Box
from simgen.key import Key
from simgen.scene import RigidBody, Scene, Shape
from simgen.scenes.articulated._figure import Figure, make_figure
from simgen.scenes.articulated._parts import fixture, shape, xyz
from simgen.shapes import stairs
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kilogram, Metre, MetrePerSecond, Radian, RadianPerSecond, Ratio
from simgen.words import Words

_CARTON = 0.55
"""Areal density of a carton's walls [kg/m^2]: single-wall corrugated board, flaps included."""


class RagdollFall(SceneTemplate):
    """A human figure with jointed limbs loses its balance and falls."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco",)
    words: ClassVar[Words] = Words(
        short=(
            "a human figure [is pushed|with loose joints is pushed|made of jointed limbs is "
            "pushed] {accident.short}"
        ),
        setup="{accident}, with cardboard boxes on the floor below",
        event="{accident.event}",
        parameters=(
            "a figure {stature} tall, {body_mass}, leaning {lean}, moving at {accident.speed} "
            "and turning at {tumble}; {accident.numbers}; {boxes} cardboard boxes"
        ),
        terms={
            "accident": {
                "stairs": (
                    "a jointed human figure leans forward at the top of a {stair_material} "
                    "staircase with {steps step/steps}"
                ),
                "ledge": (
                    "a jointed human figure leans forward at the edge of a {stair_material} ledge"
                ),
                "dive": "a jointed human figure leans forward in the air",
            },
            "accident.short": {
                "stairs": "at the top of a staircase",
                "ledge": "at the edge of a ledge",
                "dive": "through the air above cardboard boxes",
            },
            "accident.event": {
                "stairs": (
                    "[it is pushed forward over the top step|it has just been pushed towards "
                    "the stairs]"
                ),
                "ledge": (
                    "[it is pushed forward over the edge|it has just been pushed towards the drop]"
                ),
                "dive": "[it is let go with a push forward|it starts to drop forward]",
            },
            "accident.speed": {"dive": "{0.5*push:m/s}", "*": "{push}"},
            "accident.numbers": {
                "stairs": "{steps} steps of {stair_material}, each {rise} high",
                "ledge": "a ledge of {stair_material}, {drop} high",
                "dive": "its feet {drop} above the floor",
            },
        },
    )

    accident: Annotated[str, Choice("stairs", "stairs", "ledge", "dive")]
    """Stairs: pushed off the landing; ledge: topples over an edge; dive: drops out of the air."""
    stature: Annotated[Metre, Uniform(1.5, 1.9)]
    body_mass: Annotated[Kilogram, Uniform(50.0, 95.0)]
    push: Annotated[MetrePerSecond, Uniform(1.0, 1.9)]
    """Forward speed at the start."""
    lean: Annotated[Radian, Uniform(0.2, 0.6)]
    """Forward lean at the start."""
    tumble: Annotated[RadianPerSecond, Uniform(0.5, 3.5)]
    """Forward turning rate at the start."""
    arm_raise: Annotated[Radian, Uniform(0.2, 1.4)]
    """Of both arms away from the body."""
    stride: Annotated[Radian, Uniform(-0.5, 0.5)]
    """Of the left leg before the right one, half of it each."""
    steps: Annotated[int, Integers(4, 6)]
    rise: Annotated[Metre, Uniform(0.14, 0.18)]
    """Of each step."""
    drop: Annotated[Metre, Uniform(0.5, 1.0)]
    """Height of the ledge, and of the feet above the floor in a dive."""
    boxes: Annotated[int, Integers(3, 8)]
    """Empty cardboard boxes where the figure lands."""
    stiffness: Annotated[Ratio, Uniform(0.5, 1.5)]
    """Scale of the passive damping of the joints."""
    stair_material: Annotated[
        str, Choice("stone/concrete", "wood/oak", "stone/marble", "wood/pine", "stone/granite")
    ]
    shirt: Annotated[str, Choice("textile/cotton", "textile/wool", "textile/polyester")]
    trousers: Annotated[str, Choice("textile/denim", "textile/wool", "textile/cotton")]

    def build(self, key: Key) -> Scene:
        h, run = self.stature, 1.6 * self.rise
        props: list[RigidBody] = []
        base, left, far, landing = self.drop, -0.3 * h, 1.6 * h, 0.45 * h
        if self.accident == "stairs":
            base, edge = self.steps * self.rise, self.steps * run
            mesh = stairs(steps=self.steps, width=1.4, rise=self.rise, run=run)
            flight = shape(
                mesh,
                self.stair_material,
                key,
                position=(edge, 0, 0),
                quaternion=(0.0, 0.0, 0.0, 1.0),
            )
            props = [fixture("stairs", flight, self._ledge(key, base))]
            far, landing = edge + 0.7 * h + 0.8 * self.push, edge + 0.05
        elif self.accident == "ledge":
            props = [fixture("ledge", self._ledge(key, base))]
        feet = xyz(-0.2 if props else 0.0, 0.0, base + 0.004)
        figure = make_figure(
            Figure(
                stature=h,
                mass=self.body_mass,
                arm_raise=self.arm_raise,
                stride=self.stride,
                stiffness=self.stiffness,
                shirt=self.shirt,
                trousers=self.trousers,
            ),
            key,
            feet=feet,
            lean=self.lean,
            velocity=xyz(self.push if props else 0.5 * self.push, 0.0, 0.0),
            tumble=self.tumble,
        )
        props += self._boxes(key, landing)
        focus = Focus.around(
            corners((left, -0.25 * h, 0.0), (0.3 * h, 0.25 * h, base + 0.95 * h)),
            corners((far, -0.25 * h, 0.0), (far, 0.25 * h, 0.4 * h)),
        )
        return self.stage(key, [*props, figure], focus=focus)

    def _boxes(self, key: Key, start: float) -> list[RigidBody]:
        """Boxes in two layers on the floor from x = `start` on."""
        rng, found, cell = key.child("boxes").rng(), list[RigidBody](), 0.42
        for i in range(self.boxes):
            name, (layer, spot) = f"box_{i}", divmod(i, 4)
            size = tuple(float(v) for v in rng.uniform(0.26, 0.36, 3))
            box = (size[0], size[1], 0.3)
            x = start + cell * (spot // 2 + 0.5) + float(rng.uniform(-0.02, 0.02))
            y = cell * (spot % 2 - 0.5) + float(rng.uniform(-0.02, 0.02))
            found.append(
                RigidBody(
                    name=name,
                    shapes=(shape(Box(box), "paper/cardboard", key.child(name)),),
                    position=(x, y, 0.1505 + 0.301 * layer),
                    mass=_CARTON * 2 * (box[0] * box[1] + 0.3 * (box[0] + box[1])),
                )
            )
        return found

    def _ledge(self, key: Key, height: float) -> Shape:
        """The block that ends at x = 0 and on which the figure stands."""
        place = (-0.4, 0.0, height / 2)
        return shape(Box((0.8, 1.4, height)), self.stair_material, key, position=place)
