"""Dominoes in a curved row."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Capsule, Sphere
from simgen.key import Key
from simgen.rotation import from_axis_angle, rotate
from simgen.scene import Keyframes, RigidBody, Scene
from simgen.scenes.rigid._things import (
    GAP,
    PALETTE_WORDS,
    PALETTES,
    body,
    colors,
    quat,
    rolling,
    vec,
    yaw,
)
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio
from simgen.words import Words


class DominoChain(SceneTemplate):
    """Dominoes along an arc, a wave, a meander or a spiral fall one after another."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    physics_iq: ClassVar[str] = "block-domino"
    words: ClassVar[Words] = Words(
        short=(
            "[{trigger.short} the first of {count domino/dominoes}|{count domino/dominoes} "
            "stand in line as {trigger.short} the first one|{trigger.short} a row of {count "
            "domino/dominoes}]"
        ),
        setup=(
            "[{count domino/dominoes} of {material}{palette} stand {layout}|a row of {count "
            "domino/dominoes} of {material}{palette} stands {layout}]"
        ),
        event="{trigger}",
        parameters=(
            "{count} dominoes of {material}, {height} tall, {width*height:m} wide and "
            "{thickness*height:m} thick, {spacing*height:m} apart {layout}; {trigger.numbers}"
        ),
        terms={
            "layout": {
                "arc": "in an arc",
                "wave": "in a wavy line",
                "spiral": "in a spiral",
                "meander": "in a winding line",
            },
            "palette": {
                **{name: f", painted {said}," for name, said in PALETTE_WORDS.items()},
                "ivory": "",
            },
            "trigger": {
                "ball": (
                    "[a {ball.colour} ball rolls towards the first domino|a rolling "
                    "{ball.colour} ball approaches the first domino]"
                ),
                "finger": (
                    "[a rubber finger pushes against the top of the first domino|the top of the "
                    "first domino is pushed by a rubber finger]"
                ),
                "nudge": (
                    "[the first domino is nudged forward|the first domino has just been nudged]"
                ),
            },
            "trigger.short": {
                "ball": "a ball rolls at",
                "finger": "a finger pushes",
                "nudge": "a nudge pushes",
            },
            "trigger.numbers": {
                "ball": "a ball rolls at {speed}",
                "finger": "a finger pushes at {0.5*speed:m/s}",
                "nudge": "the first one is nudged",
            },
        },
    )

    camera_elevation: Annotated[Radian, Uniform(0.35, 0.75)]
    layout: Annotated[str, Choice("arc", "wave", "spiral", "meander", held_out=("spiral",))]
    count: Annotated[int, Integers(26, 38)]
    height: Annotated[Metre, Uniform(0.09, 0.18, held_out=(0.165, 0.18))]
    thickness: Annotated[Ratio, Uniform(0.14, 0.22)]
    """Over the height."""
    width: Annotated[Ratio, Uniform(0.42, 0.6)]
    """Over the height."""
    spacing: Annotated[Ratio, Uniform(0.42, 0.68)]
    """Between neighbours' centres, over the height."""
    bend: Annotated[Ratio, Uniform(0.65, 1.0)]
    """How strongly an arc or a wave bends; 1 is half a circle."""
    trigger: Annotated[str, Choice("ball", "finger", "nudge")]
    speed: Annotated[MetrePerSecond, Uniform(0.7, 1.2)]
    """Of the ball, half of it for the finger."""
    material: Annotated[
        str,
        Choice("wood/beech", "wood/oak", "plastic/abs", "plastic/phenolic", "stone/marble"),
    ]
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        points, headings = self._path()
        h, t, w = self.height, self.thickness * self.height, self.width * self.height
        points[:, :2] -= (points[:, :2].min(0) + points[:, :2].max(0)) / 2
        paint = colors(key.child("colors"), self.palette, self.count)
        elements: list[RigidBody] = [
            body(
                key,
                f"domino_{i:02d}",
                Box((t, w, h)),
                self.material,
                position=(p[0], p[1], h / 2 + GAP / 5),
                quaternion=yaw(float(a)),
                color=paint[i] if self.palette != "ivory" else None,
            )
            for i, (p, a) in enumerate(zip(points, headings, strict=True))
        ]
        ahead = np.array([math.cos(headings[0]), math.sin(headings[0]), 0.0])
        if self.trigger == "nudge":
            elements[0] = self._nudged(elements[0], ahead)
        else:
            elements.append(self._pusher(key, points[0] - ahead * (t / 2), ahead, headings[0]))
        low, high = points.min(0) - 0.35 * w, points.max(0) + 0.35 * w
        fall = 0.8 * h * np.abs(np.array([math.cos(headings[-1]), math.sin(headings[-1])]))
        side = np.sign([math.cos(headings[-1]), math.sin(headings[-1])])
        last = points[-1, :2] + side * fall
        low[:2], high[:2] = np.minimum(low[:2], last), np.maximum(high[:2], last)
        focus = Focus(lower=(low[0], low[1], 0.0), upper=(high[0], high[1], h))
        return self.stage(key, elements, focus=focus)

    def _path(self) -> tuple[Array, Array]:
        """(N, 3) places and (N,) headings [rad] at equal steps along the chosen curve."""
        step = self.spacing * self.height
        if self.layout == "spiral":
            return self._spiral(step)
        s = (np.arange(self.count) + 0.5) / self.count - 0.5
        if self.layout == "arc":
            headings = math.pi * 1.35 * self.bend * s
        elif self.layout == "wave":
            headings = 1.3 * self.bend * np.cos(2 * math.pi * 1.5 * s)
        else:
            headings = 1.35 * self.bend * np.cos(2 * math.pi * s) + 0.35
        moves = step * np.stack([np.cos(headings), np.sin(headings)], -1)
        flat = np.cumsum(moves, axis=0) - moves / 2
        return np.insert(flat, 2, 0.0, axis=1), headings

    def _spiral(self, step: float) -> tuple[Array, Array]:
        """Inwards along r = r0 - c phi; turns are far enough apart for a fallen domino."""
        pitch = (1.25 * self.height + self.width * self.height) / (2 * math.pi)
        inner = 1.6 * self.height
        length = step * (self.count - 1)
        outer = math.sqrt(inner**2 + 2 * pitch * length)
        radius = outer
        phi = 0.0
        places: list[tuple[float, float, float]] = []
        headings: list[float] = []
        for _ in range(self.count):
            places.append((radius * math.sin(phi), -radius * math.cos(phi), 0.0))
            headings.append(phi + math.atan2(pitch, radius))
            phi += step / math.hypot(radius, pitch)
            radius = max(inner, outer - pitch * phi)
        return np.array(places), np.array(headings)

    def _nudged(self, first: RigidBody, ahead: Array) -> RigidBody:
        """The first domino, already tipping about its lower front edge."""
        # Tipping over needs w^2 > 1.5 g t^2 / h^3 (energy to lift the centre over the edge).
        enough = math.sqrt(1.5 * 9.81 / self.height) * self.thickness
        rate = 1.5 * enough
        spin = rate * np.cross((0.0, 0.0, 1.0), ahead)
        arm = np.array([0.0, 0.0, self.height / 2]) - ahead * (self.thickness * self.height / 2)
        return RigidBody(
            name=first.name,
            shapes=first.shapes,
            position=first.position,
            quaternion=first.quaternion,
            velocity=vec(np.cross(spin, arm)),
            angular_velocity=vec(spin),
        )

    def _pusher(self, key: Key, face: Array, ahead: Array, heading: float) -> RigidBody:
        """A rolling ball, or a finger that pushes the top of the first domino and draws back."""
        h, heavy = self.height, self.material.startswith("stone")
        paint = colors(key.child("pusher"), "primary", 1)[0]
        if self.trigger == "ball":
            # It must strike above the centre, else it kicks the foot away instead of toppling.
            r = 0.6 * h
            velocity = self.speed * ahead
            at = face - ahead * (r + 0.08 * self.speed) + np.array([0, 0, r + GAP / 5])
            return body(
                key,
                "ball",
                Sphere(r),
                "plastic/phenolic" if heavy else "wood/beech",
                position=at,
                velocity=velocity,
                angular_velocity=rolling(velocity, r),
                color=paint,
            )
        r, push = 0.11 * h, 0.5 * self.speed
        tip = face - ahead * (r + 0.05 * push) + np.array([0, 0, 0.85 * h])
        reach = 0.3 * h + 0.05 * push
        there = reach / push
        times = np.array([0.0, there, there + 0.08, there + 0.5])
        way = np.array([0.0, reach, reach, -0.9 * h])
        tilt = from_axis_angle(rotate(yaw(heading), (0, 1, 0)), -math.pi / 2 - 0.35)
        back = 0.9 * h * rotate(tilt, (0.0, 0.0, 1.0))
        path = tip + back + np.outer(way, ahead)
        return body(
            key,
            "finger",
            Capsule(r, 1.8 * h),
            "rubber/silicone",
            position=path[0],
            quaternion=quat(tilt),
            color=(0.85, 0.62, 0.5),
            motion="kinematic",
            keyframes=Keyframes(times=times, positions=path),
        )
