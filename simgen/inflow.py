"""Liquid that enters a scene during the clip, through the mouths of straight round pipes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simgen.errors import SimgenError
from simgen.geometry import Array

PLASTIC = 1.3247179572447460
"""The plastic number, root of x^3 = x + 1."""
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

        As many particles as the volume asks for, evenly spread over disc and time by the R2
        sequence (Roberts 2018, The unreasonable effectiveness of quasirandom sequences), without
        layers.
        """
        duration = self.stop - self.start
        volume = math.pi * self.radius**2 * self.speed * duration
        count = max(1, round(volume / spacing**3))
        k: Array = np.arange(float(count)) + 0.5
        r: Array = self.radius * np.sqrt((k / PLASTIC) % 1.0)
        angle: Array = 2.0 * math.pi * ((k / PLASTIC**2) % 1.0)
        side, other = _across(self.axis)
        turned: Array = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * other
        times = self.start + duration * k / count
        return np.asarray(self.position, float) + r[:, None] * turned, times


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
