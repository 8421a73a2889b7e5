# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyright: reportGeneralTypeIssues=false, reportAssignmentType=false
"""Inflows on a device: particles that wait in a pipe, move with its plug and leave at its mouth."""

import numpy as np
import warp as wp

from simgen.engines.warp_solvers.mpm_setup import Liquid


@wp.struct
class Pipes:
    """How particles of inflows come; the arrays are empty where there is none."""

    release: wp.array(dtype=float)
    """When a particle passes the mouth [s]; 0 for one that is there from the start."""
    mouth: wp.array(dtype=wp.vec3)
    """Where it passes."""
    rate: wp.array(dtype=wp.vec3)
    """Velocity of its plug [m/s]."""
    longest: wp.array(dtype=float)
    """Time [s] it spends in the pipe."""
    start: wp.array(dtype=float)
    """When its plug sets out [s]."""
    now: wp.array(dtype=float)
    """(1,) time of the running frame's start [s]."""


@wp.func
def waits(pipes: Pipes, p: int, ahead: float):
    """Time [s] until a particle is free, `ahead` [s] into the frame; not above 0 when it is."""
    left = wp.float32(0.0)
    if pipes.release.shape[0] > 0:  # noqa: SIM102
        if pipes.release[p] > 0.0:
            left = pipes.release[p] - wp.max(pipes.now[0] + ahead, pipes.start[p])
    return left


@wp.func
def flows(pipes: Pipes, p: int, ahead: float):
    """Whether the plug of a waiting particle moves and has taken it along."""
    t = pipes.now[0] + ahead
    return t >= pipes.start[p] and pipes.release[p] - t < pipes.longest[p]


def upload(liquid: Liquid, device: str) -> Pipes:
    """The pipes of a liquid's inflows on a device."""

    def put(values: np.ndarray, kind) -> wp.array:
        return wp.array(values, dtype=kind, device=device)

    pipes = Pipes()
    pipes.release, pipes.longest = put(liquid.release, float), put(liquid.longest, float)
    pipes.mouth, pipes.rate = put(liquid.mouth, wp.vec3), put(liquid.rate, wp.vec3)
    pipes.start, pipes.now = put(liquid.start, float), wp.zeros(1, dtype=float, device=device)
    return pipes
