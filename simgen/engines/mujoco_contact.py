"""Newton's law of impact and Coulomb's law of friction, exact per contact, on MuJoCo's solver.

MuJoCo drives the acceleration of each contact row to a reference and, with its impedance near 1,
reaches it. A reference of (wanted velocity - velocity) / dt makes one step a velocity-level
contact law (Moreau 1988; Stewart & Trinkle 1996): normal velocity after = -restitution * before,
tangential velocity after = 0 inside the friction cone. MuJoCo's cone programme is convex, so a
sliding contact would also lift with friction * sliding speed; the fixed point on De Saxce's
correction (Acary, Cadoux, Lemarechal & Malick 2011) subtracts that lift.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mujoco as _mujoco
import numpy as np

from simgen.engines.mujoco_model import Built, Ints
from simgen.geometry import Array

mujoco: Any = _mujoco  # the library ships no type stubs

RECOVERY = 0.1
"""Share of a penetration that is taken back in one step."""
RECOVERY_SPEED = 0.5
"""Fastest speed of taking back a penetration [m/s]."""
OUT_OF_REACH = -1e8
"""Reference acceleration [m/s^2] that leaves a contact row without force."""
SLIP = 1e-3
"""Lift speeds [m/s] below this need no correction."""
ROUNDS = 6


@dataclass(eq=False)
class ContactLaw:
    """Applies the law between the two halves of a MuJoCo step."""

    built: Built
    data: Any
    dt: float
    rest_speed: float
    """Approach speed [m/s] below which nothing bounces: a few steps of gravity."""

    def apply(self) -> None:
        """Set the references of this step's contact rows; call between mj_step1 and mj_step2."""
        data = self.data
        if not data.ncon:
            return
        contact = data.contact
        row = np.asarray(contact.efc_address)
        live = np.flatnonzero(row >= 0)
        if not len(live):
            return
        row, geom, gap = row[live], contact.geom[live], contact.dist[live]
        velocity = data.efc_vel
        approach = velocity[row]
        first, second = self.built.geom_material[geom].T
        bounce = self.built.rules.restitution[first, second]
        touching = approach * self.dt + gap <= 0.0
        impact = touching & (approach < -self.rest_speed)
        push = np.minimum(-RECOVERY * gap / self.dt, RECOVERY_SPEED)
        wanted = np.where(gap > 0.0, -gap / self.dt, push)
        wanted = np.where(impact, np.maximum(wanted, -bounce * approach), wanted)
        self._rub(live, row, contact.dim[live], wanted, approach)

    def _rub(self, live: Ints, row: Ints, dim: Ints, wanted: Array, approach: Array) -> None:
        """Friction rows, then the fixed point that keeps sliding contacts from lifting."""
        data, model = self.data, self.built.model
        velocity, reference = data.efc_vel, data.efc_aref
        friction = data.contact.friction[live]
        width = int(dim.max()) - 1
        across = np.minimum(row[:, None] + 1 + np.arange(width), len(velocity) - 1)
        weight = np.where(np.arange(width) < dim[:, None] - 1, friction[:, :width], 0.0)
        used = weight > 0
        reference[across[used]] = -velocity[across[used]] / self.dt
        reference[row] = (wanted - approach) / self.dt
        lift = np.sqrt(np.sum((weight * velocity[across]) ** 2, axis=1))
        if lift.max() < SLIP:
            return
        mujoco.mj_fwdActuation(model, data)
        mujoco.mj_fwdAcceleration(model, data)
        change = np.empty(len(velocity))
        for _ in range(ROUNDS):
            reference[row] = (wanted - lift - approach) / self.dt
            mujoco.mj_fwdConstraint(model, data)
            data.qacc_warmstart[:] = data.qacc
            mujoco.mj_mulJacVec(model, data, change, data.qacc)
            after = velocity[across] + self.dt * change[across]
            new = np.sqrt(np.sum((weight * after) ** 2, axis=1))
            done = np.abs(new - lift).max() < SLIP
            lift = new
            if done:
                break
        reference[row] = (wanted - lift - approach) / self.dt
