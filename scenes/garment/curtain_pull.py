"""A curtain on rings is drawn open, closed or to and fro along its rail."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array
from simgen.key import Key
from simgen.lattice import sheet
from simgen.material import Look, Material, material
from simgen.rotation import from_axis_angle
from simgen.scene import Ambient, Cloth, Keyframes, RigidBody, Scene
from simgen.scenes.garment._parts import (
    body,
    distinct,
    eased,
    instants,
    quat,
    rack,
    rumpled,
    usual,
)
from simgen.shapes import torus
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian
from simgen.words import Words

SPACING = 0.035
"""Edge of the mesh [m]."""
RING = 0.018
"""Radius of a ring [m]."""


class CurtainPull(SceneTemplate):
    """A pleated curtain on rings is drawn open, closed, or to and fro, and swings after."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "a {fabric} curtain is pulled [{drawn} along its rail|{drawn} on its rings|{drawn} "
            "with its {rings ring/rings}]"
        ),
        setup=(
            "a pleated {fabric} curtain hangs on {rings brass ring/brass rings} from a {rail} rail"
        ),
        event="[the curtain is pulled {drawn}|one side of the curtain is drawn {drawn}]",
        parameters=(
            "a curtain of {fabric}, {width} wide when flat and {drop} long, on {rings} rings "
            "along a rail of {rail}, pulled {drawn}, in a draught of {draught}"
        ),
        terms={
            "drawn": {"open": "open", "close": "closed", "to_and_fro": "to and fro"},
        },
    )

    fabric: Annotated[
        str, Choice("textile/cotton", "textile/polyester", "textile/wool", "textile/denim")
    ]
    width: Annotated[Metre, Uniform(1.0, 1.4)]
    """Of the cloth when flat."""
    drop: Annotated[Metre, Uniform(0.8, 1.1)]
    """From the rail to the hem."""
    rings: Annotated[int, Integers(7, 10)]
    drawn: Annotated[str, Choice("open", "close", "to_and_fro")]
    speed: Annotated[float, Uniform(0.6, 1.0)]
    """Of the pull, 1 is the fastest."""
    draught: Annotated[MetrePerSecond, Uniform(-1.5, 1.5)]
    """Wind through the window."""
    rail: Annotated[str, Choice("metal/steel", "metal/brass", "wood/beech", "wood/walnut")]
    camera_azimuth: Annotated[Radian, Uniform(-0.5, 0.5)]
    camera_elevation: Annotated[Radian, Uniform(0.05, 0.3)]

    def build(self, key: Key) -> Scene:
        stuff = material(self.fabric)
        seen = [usual(material(self.floor)), (0.85, 0.82, 0.78)]
        look = distinct(stuff, key.child("curtain"), seen)
        top = self.drop + 0.2
        wide, narrow = 0.78 * self.width, max(0.2 * self.width, 0.05 * self.rings)
        start, end = (narrow, wide) if self.drawn == "close" else (wide, narrow)
        curtain, hooks = self._curtain(key, top, start, stuff, look)
        rings = [self._ring(key, i, start, end, top, at) for i, at in enumerate(hooks)]
        stand = rack(key, -0.08, wide + 0.08, top + RING, self.rail)
        ambient = Ambient(wind=(0.0, self.draught, 0.0))
        focus = Focus(lower=(-0.12, -0.2, 0.12), upper=(wide + 0.12, 0.2, top + 0.05))
        return self.stage(key, (curtain, *stand, *rings), focus=focus, ambient=ambient)

    def _curtain(
        self, key: Key, top: float, span: float, stuff: Material, look: Look
    ) -> tuple[Cloth, Array]:
        """The cloth in pleats between its hooks, and where those are."""
        pieces = self.rings - 1
        per = max(4, 2 * round(self.width / pieces / SPACING / 2))
        flat, faces = sheet(self.width, self.drop, self.width / (pieces * per))
        columns = np.unique(flat[:, 0])
        s = np.arange(len(columns)) / per
        # One pleat between two hooks, as deep as the cloth that it takes up.
        step, gap = self.width / (pieces * per), span / pieces
        swing = _pleat(gap / (self.width / pieces)) * np.sin(2 * math.pi * (s[:-1] + 0.5 / per))
        way = np.where(np.floor(s[:-1]).astype(int) % 2 == 0, 1.0, -1.0) * swing
        x = np.concatenate([[0.0], np.cumsum(step * np.cos(way))])
        x *= span / x[-1]
        y = np.concatenate([[0.0], np.cumsum(step * np.sin(way))])
        place = np.searchsorted(columns, flat[:, 0])
        hung = np.stack([x[place], y[place], flat[:, 1] + top - self.drop / 2], -1)
        upper = np.flatnonzero(flat[:, 1] > self.drop / 2 - 1e-9)
        hooks = upper[np.argsort(flat[upper, 0])][::per]
        hung = rumpled(hung, (0, 1, 0), key, 0.003)
        cloth = Cloth(
            name="curtain",
            vertices=hung,
            faces=faces,
            rest_vertices=flat,
            material=stuff,
            look=look,
            attachments=tuple((int(v), f"ring_{i}") for i, v in enumerate(hooks)),
            self_collision=True,
        )
        return cloth, hung[hooks]

    def _ring(
        self, key: Key, index: int, start: float, end: float, top: float, hook: Array
    ) -> RigidBody:
        """A ring that slides to its place of the drawn curtain; the first one stays."""
        times = instants(self.duration)
        long = 0.85 * times[-1] / (0.5 + 0.5 * self.speed)
        if self.drawn == "to_and_fro":
            there = eased(times, 0.05, 0.5 * long)
            share = 0.8 * (there - eased(times, 0.5 * long, long))
        else:
            share = eased(times, 0.05, long)
        place = float(hook[0]) / start
        # A curtain that is drawn bunches at the pulled end first.
        x = place * (start + (end - start) * share)
        bunch = (end - start) * 0.3 * (1.0 - place) * place * 4.0 * share * (1.0 - share)
        at = np.array([hook[0], 0.0, top + RING - 0.003])
        path = np.tile(at, (len(times), 1))
        path[:, 0] = x - bunch * place
        return body(
            key,
            f"ring_{index}",
            torus(radius=RING, thickness=0.005),
            "metal/brass",
            position=path[0],
            quaternion=quat(from_axis_angle((0, 1, 0), math.pi / 2)),
            motion="kinematic",
            keyframes=Keyframes(times=times, positions=path),
        )


def _pleat(ratio: float) -> float:
    """Slope amplitude [rad] of a sine-generated curve of this chord over length: J0(a) = ratio
    (Leopold & Langbein 1966)."""
    from scipy.special import j0

    angles = np.linspace(0.0, 2.3, 400)
    return float(np.interp(-ratio, -np.asarray(j0(angles)), angles))
