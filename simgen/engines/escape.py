"""Particles that left their domain or got into a body: the roll-out leaks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simgen.errors import Rejected
from simgen.geometry import Array
from simgen.record import AnyArray
from simgen.scene import Scene


def escaped(
    scene: Scene, positions: Sequence[AnyArray] | AnyArray, lower: Array, upper: Array, depth: float
) -> Rejected | None:
    """What is wrong with positions (N, 3) [m] at every frame: some are not finite, outside of the
    box, or deeper than `depth` [m] in a body that they cannot move."""
    from simgen.engines.warp_solvers.collider import Colliders

    colliders = Colliders(scene)
    for k, position in enumerate(positions):
        time = k / scene.clock.fps
        if not np.isfinite(position).all():
            return Rejected("simulation/not_finite", f"particles at {time:.3f} s")
        gone = int(((position < lower) | (position > upper)).any(1).sum())
        if gone:
            return Rejected(
                "simulation/left_domain", f"{gone} particles left the domain at {time:.3f} s"
            )
        if len(colliders):
            distance = colliders.distances(position, time, reach=depth)[0]
            inside = int((distance < -depth).sum())
            if inside:
                return Rejected(
                    "simulation/leaked",
                    f"{inside} particles up to {-float(distance.min()):.4f} m inside a body "
                    f"at {time:.3f} s",
                )
    return None
