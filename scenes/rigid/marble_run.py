"""Marbles on zigzag tracks."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Sphere
from simgen.key import Key
from simgen.rotation import from_axis_angle, rotate
from simgen.scene import RigidBody, Scene
from simgen.scenes.rigid._things import PALETTES, band, body, colors, fixed, vec
from simgen.shapes import channel
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio


class MarbleRun(SceneTemplate):
    """Marbles roll down tilted channels, drop from one to the next and gather in a tray."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")

    camera_azimuth: Annotated[Radian, Uniform(-0.5, 0.5)]
    camera_elevation: Annotated[Radian, Uniform(0.1, 0.35)]
    levels: Annotated[int, Integers(3, 4)]
    width: Annotated[Metre, Uniform(0.55, 0.85, held_out=(0.8, 0.85))]
    """Between the side posts."""
    tilt: Annotated[Radian, Uniform(0.08, 0.17)]
    """Of every channel."""
    radius: Annotated[Metre, Uniform(0.012, 0.018)]
    marbles: Annotated[int, Integers(12, 24)]
    opening: Annotated[Ratio, Uniform(3.6, 5.0)]
    """Gap at a channel's low end, in marble radii."""
    marble: Annotated[str, Choice("glass/coloured", "metal/steel", "wood/beech", "stone/marble")]
    track: Annotated[str, Choice("wood/beech", "wood/pine", "wood/birch_plywood", "plastic/abs")]
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        r, w = self.radius, self.width
        run = w - self.opening * r
        step = run * math.tan(self.tilt) + 4.2 * r
        base = 0.09 + 2 * r
        top = base + self.levels * step
        elements: list[RigidBody] = []
        axes: list[tuple[Array, Array]] = []
        for i in range(self.levels):
            right = i % 2 == 0
            side = 1.0 if right else -1.0
            # An even level is fixed at the left post and falls to the right, an odd one mirrors it.
            middle = np.array([-side * (w - run) / 2, 0.0, top - (i + 0.5) * step + 2.0 * r])
            turn = from_axis_angle((0, 1, 0), side * self.tilt)
            length = run / math.cos(self.tilt)
            geometry = channel(
                length=length - 0.002, width=2.5 * r, height=1.7 * r, thickness=0.004
            )
            paint = colors(key.child("track"), self.palette, self.levels)[i]
            elements.append(
                fixed(
                    key,
                    f"channel_{i}",
                    geometry,
                    self.track,
                    position=middle,
                    quaternion=turn,
                    color=paint if self.track.startswith("plastic") else None,
                )
            )
            axes.append((middle, rotate(turn, (side, 0.0, 0.0))))
        elements += self._frame(key, top + step * 0.25)
        elements += self._marbles(key, axes, run)
        focus = Focus(lower=(-w / 2, -0.06, 0.0), upper=(w / 2, 0.06, top + 0.12 * step))
        return self.stage(key, elements, focus=focus)

    def _frame(self, key: Key, height: float) -> list[RigidBody]:
        """Two posts, a back board and a tray in front of its foot."""
        r, w = self.radius, self.width
        post, deep = 0.014, 2.5 * r + 0.03
        found = [
            fixed(
                key,
                f"post_{name}",
                Box((post, deep, height)),
                "textile/felt",
                color=(0.3, 0.18, 0.11),
                position=(s * (w / 2 + post / 2), 0.0, height / 2),
            )
            for name, s in (("left", -1), ("right", 1))
        ]
        back = Box((w + 2 * post, 0.008, height))
        y = deep / 2 + 0.004
        found.append(fixed(key, "board", back, "wood/birch_plywood", position=(0, y, height / 2)))
        tray = Box((w, 0.006, 0.05))
        found.append(fixed(key, "lip", tray, "wood/walnut", position=(0, -deep / 2 - 0.003, 0.025)))
        return found

    def _marbles(self, key: Key, axes: list[tuple[Array, Array]], run: float) -> list[RigidBody]:
        """Two thirds queue on the top channel and above it, the rest wait along the others."""
        r = self.radius
        rng = key.child("starts").rng()
        paint = colors(key.child("marbles"), self.palette, self.marbles)
        slots: list[tuple[int, float]] = []
        per_top = min(int(0.75 * run / (2.2 * r)), max(3, (2 * self.marbles) // 3))
        slots += [(0, -run / 2 + (1.3 + 2.2 * k) * r) for k in range(per_top)]
        k = 0
        while len(slots) < self.marbles:
            level = 1 + k % (self.levels - 1)
            along = -run / 2 + (1.4 + 2.3 * (k // (self.levels - 1))) * r + 0.3 * run
            if along > 0.4 * run:
                break
            slots.append((level, along))
            k += 1
        found: list[RigidBody] = []
        for i, (level, along) in enumerate(slots):
            middle, ahead = axes[level]
            up = np.array([-ahead[2] * np.sign(ahead[0]), 0.0, abs(ahead[0])])
            at = middle + along * ahead + up * (r + 0.0005)
            at[1] += rng.uniform(-1, 1) * 0.1 * r
            speed = float(rng.uniform(0.1, 0.35))
            metal = self.marble == "metal/steel"
            trim = (
                ()
                if metal
                else (band(key.child("band", i), r, "plastic/abs", (0.95, 0.93, 0.88), width=0.5),)
            )
            found.append(
                body(
                    key,
                    f"marble_{i:02d}",
                    Sphere(r),
                    self.marble,
                    position=at,
                    velocity=speed * ahead,
                    angular_velocity=vec(np.cross(up, speed * ahead) / r),
                    color=None if metal else paint[i],
                    trim=trim,
                )
            )
        return found
