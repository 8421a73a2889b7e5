"""Liquid that enters a scene during the clip, through the mouths of straight round pipes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.key import Key

ROUNDS = 15
"""Passes that push the particles of a plug apart; nearly all are then 0.85 spacings apart."""
REACH = 1.2
"""How far they push, in spacings."""
PUSH = 0.25
"""How far they move, in spacings, where one touches another."""
NEAREST = 12
"""How many of the others push one."""
PIPE_TIME = 0.1
"""A pipe is as long as its liquid moves in this time [s], or two diameters where that is more."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Inflow:
    """Liquid that comes as a plug out of the mouth of a straight pipe.

    Every particle moves at `speed` along the axis until it passes the mouth and is free. Before
    that it is neither drawn nor touched by anything; what has not yet entered the last stretch of
    the pipe waits at its far end.
    """

    position: tuple[float, float, float]
    """Centre of the mouth [m]."""
    direction: tuple[float, float, float]
    """Of the flow, from the pipe out of the mouth; any length."""
    radius: float
    """Of the pipe [m]."""
    speed: float
    """Of the plug [m/s]; the volume flow is pi radius^2 speed."""
    stop: float
    """Time [s] at which the last liquid passes the mouth."""
    start: float = 0.0
    """Time [s] at which the first liquid passes the mouth."""

    def __post_init__(self) -> None:
        length = math.hypot(*self.direction)
        if not (self.radius > 0 and self.speed > 0 and length > 0 and self.stop > self.start >= 0):
            raise SimgenError(
                f"inflow: radius={self.radius}, speed={self.speed}, direction={self.direction}, "
                f"start={self.start}, stop={self.stop}; radius, speed and the length of the "
                f"direction must be above 0, start >= 0 and stop > start"
            )

    @property
    def axis(self) -> Array:
        """(3,) unit vector of the flow."""
        return np.asarray(self.direction, float) / math.hypot(*self.direction)

    @property
    def pipe(self) -> float:
        """Length [m] of the straight pipe before the mouth."""
        return max(PIPE_TIME * self.speed, 4.0 * self.radius)

    def plug(self, spacing: float) -> tuple[Array, Array]:
        """(N, 3) places in the mouth's disc [m] and (N,) times [s] of passing it.

        As many particles as the volume asks for, as loose and even as a settled liquid: discs of
        sunflower spirals (Vogel, Math. Biosci. 44 (1979) 179), each turned and strewn along the
        plug by chance, then pushed apart. Regular orders, of lattices or low-discrepancy sequences,
        grow into grooves where the stream winds up or spreads.
        """
        duration = self.stop - self.start
        length = self.speed * duration
        count = max(1, round(math.pi * self.radius**2 * length / spacing**3))
        points = _loose_plug(self.radius, length, count)
        times = self.start + duration * points[:, 2] / length
        order = np.argsort(times, kind="stable")
        side, other = _across(self.axis)
        across = points[order, :1] * side + points[order, 1:2] * other
        return np.asarray(self.position, float) + across, times[order]


def _loose_plug(radius: float, length: float, count: int) -> Array:
    """(count, 3) points of a cylinder about the z axis from 0 to `length` [m], loose and even."""
    from scipy.spatial import KDTree

    spacing = (math.pi * radius**2 * length / count) ** (1.0 / 3.0)
    rng = Key(0, ("plug",)).rng()
    layers = max(1, round(length / spacing))
    layer, place = np.divmod((np.arange(count) + 0.5) * layers / count, 1.0)
    turn = 2.0 * math.pi * rng.random(layers)[layer.astype(int)]
    angle = math.pi * (3.0 - math.sqrt(5.0)) * place * count / layers + turn
    r = radius * np.sqrt(place)
    z = length * (layer + rng.random(count)) / layers
    points: Array = np.stack([r * np.cos(angle), r * np.sin(angle), z], axis=1)
    for _ in range(ROUNDS):
        near, room = _mirrored(points, radius, length, spacing), REACH * spacing
        tree: Any = KDTree(near)
        found = tree.query(points, k=min(NEAREST + 1, len(near)))
        distance, index = cast("tuple[Array, NDArray[np.intp]]", found)
        away = points[:, None] - near[index]
        push = np.clip(1.0 - distance / room, 0.0, None) / np.maximum(distance, 1e-3 * spacing)
        points = points + PUSH * spacing * (away * push[..., None]).sum(axis=1)
        out = np.hypot(points[:, 0], points[:, 1]) / radius
        points[:, :2] /= np.maximum(out, 1.0)[:, None]
        points[:, 2] = np.clip(points[:, 2], 0.0, length)
    return points


def _mirrored(points: Array, radius: float, length: float, spacing: float) -> Array:
    """The points and, to keep those at the wall and at the ends apart, their mirror images."""
    r = np.hypot(points[:, 0], points[:, 1])
    rim = np.nonzero(r > radius - REACH * spacing)[0]
    outward = (2.0 * radius - r[rim]) / np.maximum(r[rim], 1e-9 * radius)
    images = [points, points[rim] * np.stack([outward, outward, np.ones(len(rim))], axis=1)]
    for end in (0.0, length):
        near = np.abs(points[:, 2] - end) < REACH * spacing
        images.append(np.array([0.0, 0.0, 2.0 * end]) + points[near] * np.array([1.0, 1.0, -1.0]))
    return np.concatenate(images)


def _across(axis: Array) -> tuple[Array, Array]:
    """Two unit vectors (3,) normal to a unit axis and to each other."""
    frame: Array = np.linalg.svd(axis[None])[2]
    return frame[1], frame[2]


@dataclass(frozen=True, eq=False, kw_only=True)
class Conveyor:
    """All particles that a liquid's inflows bring, and how they move until they are free."""

    places: Array
    """(M, 3) where they pass the mouth [m]."""
    release: Array
    """(M,) when they do [s]."""
    rate: Array
    """(M, 3) velocity of their plug [m/s]."""
    pipe: Array
    """(M,) length of their pipe [m]."""
    start: Array
    """(M,) when their plug sets out [s]."""

    @classmethod
    def of(cls, inflows: tuple[Inflow, ...], spacing: float) -> Conveyor:
        """The particles of several inflows, one after the other."""
        plugs = [inflow.plug(spacing) for inflow in inflows]
        which = np.repeat(np.arange(len(inflows)), [len(times) for _, times in plugs])
        empty = np.zeros((0, 3))
        rates: Array = np.array([i.speed * i.axis for i in inflows]).reshape(-1, 3)
        return cls(
            places=np.concatenate([empty, *(places for places, _ in plugs)]),
            release=np.concatenate([np.zeros(0), *(times for _, times in plugs)]),
            rate=rates[which],
            pipe=np.array([i.pipe for i in inflows])[which],
            start=np.array([i.start for i in inflows])[which],
        )

    def at(self, time: float) -> tuple[Array, Array]:
        """Positions (M, 3) [m] and velocities (M, 3) [m/s] of those still in their pipes; what
        left them earlier is where it would be without any force."""
        ahead = self.release - np.maximum(time, self.start)
        longest = self.pipe / np.maximum(np.linalg.norm(self.rate, axis=1), 1e-12)
        moves = (ahead < longest) & (time >= self.start)
        back = np.minimum(ahead, longest)
        return self.places - back[:, None] * self.rate, self.rate * moves[:, None]
