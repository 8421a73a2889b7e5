"""A stream of honey, syrup or chocolate comes down on a board, winds up and spreads."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Cylinder
from simgen.key import Key
from simgen.material import material
from simgen.scene import Domain, Fluid, Inflow, RigidBody, Scene, Shape, Vector
from simgen.scenes.fluid._parts import any_material, spacing_for
from simgen.shapes.build import circle, tube
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio
from simgen.words import Words

LIQUIDS = ("honey", "syrup", "chocolate")
BOARDS = ("wood/oak", "wood/walnut", "ceramic/porcelain", "stone/marble", "ceramic/terracotta")
SPOUTS = ("metal/stainless_steel", "metal/copper", "plastic/abs", "ceramic/porcelain")
PARTICLES = 7_500
BOARD = 0.012
"""Thickness of the board [m]."""


class HoneyCoil(SceneTemplate):
    """A stream of honey, syrup or chocolate comes down on a board, coils and spreads.

    A viscous thread that strikes a plate winds up (Ribe 2004, Coiling of viscous jets) where it is
    thin for its fall: honey from a mouth of 8 mm some eight times a second.
    """

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short="a stream of {liquid} [comes down on|runs onto|is poured onto] a round board",
        setup="the mouth of a {spout.material} spout is just above a round {board} board",
        event=(
            "[a stream of {liquid} comes down from the spout|{liquid} starts to run out of the "
            "spout in a stream]"
        ),
        parameters=(
            "{liquid} runs at {speed} from a mouth of radius {nozzle}, {fall} above a board of "
            "{board}"
        ),
    )

    camera_elevation: Annotated[Radian, Uniform(0.2, 0.6)]
    liquid: Annotated[str, Choice(*LIQUIDS, held_out=("syrup",))]
    nozzle: Annotated[Metre, Uniform(0.004, 0.0055)]
    """Radius of the spout's mouth."""
    speed: Annotated[MetrePerSecond, Uniform(0.14, 0.2)]
    """Of the liquid at the mouth."""
    fall: Annotated[Metre, Uniform(0.065, 0.09, held_out=(0.085, 0.09))]
    """Height of the mouth above the board."""
    aim: Annotated[Ratio, Uniform(0.0, 0.2)]
    """Of the stream from the board's middle, over the board's radius."""
    board: Annotated[str, Choice(*BOARDS)]
    board_radius: Annotated[Metre, Uniform(0.055, 0.07)]

    def build(self, key: Key) -> Scene:
        duration = (self.frame_count - 1) / self.fps
        stop = 0.7 * duration  # the pool must not reach the walls of its domain
        spacing = spacing_for(math.pi * self.nozzle**2 * self.speed * stop, PARTICLES)
        bearing = float(key.child("bearing").rng().uniform(-math.pi, math.pi))
        away = self.aim * self.board_radius
        x, y = away * math.cos(bearing), away * math.sin(bearing)
        mouth = (x, y, BOARD + self.fall)
        stuff = material(f"liquid/{self.liquid}")
        half = self.board_radius
        liquid = Fluid(
            name="liquid",
            positions=np.zeros((0, 3)),
            spacing=spacing,
            material=stuff,
            domain=Domain(
                lower=(-half, -half, BOARD), upper=(half, half, BOARD + self.fall + 4 * spacing)
            ),
            look=stuff.look(key.child("look", "liquid")),
            inflows=(
                Inflow(
                    position=mouth,
                    direction=(0.0, 0.0, -1.0),
                    radius=self.nozzle,
                    speed=self.speed,
                    stop=stop,
                ),
            ),
            no_slip=True,
        )
        ware = material(self.board)
        plate = Cylinder(self.board_radius * math.sqrt(2.0) + 0.01, BOARD)
        shape = Shape(geometry=plate, material=ware, look=ware.look(key.child("board")))
        board = RigidBody(
            name="board", shapes=(shape,), position=(0.0, 0.0, BOARD / 2), motion="static"
        )
        focus = Focus.around(
            *(c + [x, y, 0.0] for c in (circle(0.04, 0.0), circle(0.015, mouth[2] + 0.015)))
        )
        return self.stage(key, [liquid, board, self._spout(key, mouth)], focus=focus)

    def _spout(self, key: Key, mouth: Vector) -> RigidBody:
        """A funnel's stem above the mouth that widens out of the picture."""
        x, y, z = mouth
        rise = np.array([0.001, 0.03, 0.06, 0.09, 0.13])
        wide = self.nozzle * np.array([1.25, 1.25, 1.5, 3.0, 6.0])
        path = np.stack([0 * rise + x, 0 * rise + y, z + rise], -1)
        stuff = any_material(SPOUTS, key.child("spout"))
        shape = Shape(
            geometry=tube(path, wide, sides=32, hulls=4),
            material=stuff,
            look=stuff.look(key.child("spout look")),
            collides=False,
        )
        return RigidBody(name="spout", shapes=(shape,), motion="static")
