"""Ice cubes melt on a hot plate."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from simgen.camera import Focus
from simgen.key import Key
from simgen.scene import Ambient, Domain, Scene
from simgen.scenes.thermodynamics._melting import (
    ICE,
    block,
    hot_plate,
    make_melt,
    piece_points,
    share_of,
    spread_out,
)
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kelvin, Metre, Radian, Ratio
from simgen.words import Words

PARTICLES = 3600


class IceCubes(SceneTemplate):
    """Ice cubes shrink on a hot plate and leave a puddle that spreads beneath them."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "{cubes ice cube/ice cubes} [{cubes? lies/lie} on|{cubes? is/are} heated on|{cubes? "
            "rests/rest} on] a hot {plate} plate"
        ),
        setup="{cubes ice cube/ice cubes} {cubes? lies/lie} on a {plate_form} {plate} hot plate",
        event="[the plate heats {cubes? it/them} from below|heat from the plate reaches the ice]",
        parameters=(
            "{cubes} {cubes? cube/cubes} of ice at {ice_temperature}, {edge} wide and "
            "{squat*edge:m} high, on a plate of {plate} at {temperature}"
        ),
        terms={
            "plate_form": {"disc": "round", "square": "square"},
        },
    )

    fps: float = 12.0
    frame_count: int = 60
    camera_elevation: Annotated[Radian, Uniform(0.35, 0.65)]
    light: Annotated[str, Choice("overcast", "lamp", "golden_hour", "day")]
    cubes: Annotated[int, Integers(1, 4)]
    edge: Annotated[Metre, Uniform(0.013, 0.019)]
    squat: Annotated[Ratio, Uniform(0.7, 1.0)]
    """Height over edge."""
    rounding: Annotated[Ratio, Uniform(0.1, 0.3)]
    """Of the edges, over the edge length: fresh or half-melted cubes."""
    plate: Annotated[str, Choice("metal/cast_iron", "metal/steel", "metal/copper", "metal/brass")]
    plate_form: Annotated[str, Choice("disc", "square")]
    temperature: Annotated[Kelvin, Uniform(350.0, 385.0, held_out=(380.0, 385.0))]
    """Of the plate; the water stays below its boiling point."""
    ice_temperature: Annotated[Kelvin, Uniform(258.0, 272.0)]

    def build(self, key: Key) -> Scene:
        rng = key.child("place").rng()
        tall = self.edge * self.squat
        spacing = share_of(self.cubes * self.edge**2 * tall, PARTICLES)
        e, z = (max(4, round(v / spacing)) * spacing for v in (self.edge, tall))
        places = spread_out(self.cubes, 1.75 * e, rng)
        reach = max(math.hypot(x, y) for x, y in places) + 0.7 * e
        size, top = 2.0 * (reach + 0.035), 0.025
        hot, foot = hot_plate(key, self.plate, self.plate_form, size, self.temperature, height=top)
        domain = Domain(
            lower=(-size / 2 - 0.02, -size / 2 - 0.02, 0.0),
            upper=(size / 2 + 0.02, size / 2 + 0.02, top + 1.6 * z),
        )
        melts = [
            make_melt(
                key.child("ice"),
                f"ice_{n}",
                ICE,
                piece_points(
                    key.child("cube", n),
                    block((e, e, z), self.rounding * e),
                    (e, e, z),
                    spacing,
                    position=(x, y, top),
                    yaw=float(rng.uniform(0, math.pi)),
                ),
                spacing,
                domain,
                self.ice_temperature,
            )
            for n, (x, y) in enumerate(places)
        ]
        wide = min(reach + 0.015, size / 2)
        focus = Focus(lower=(-wide, -0.8 * wide, top - 0.005), upper=(wide, wide, top + z))
        return self.stage(key, [*melts, hot, foot], focus=focus, ambient=Ambient())
