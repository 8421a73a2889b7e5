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
from functools import cached_property
from typing import Any

import mujoco as _mujoco
import numpy as np

from simgen.engines.mujoco_model import IMPEDANCE, Built, Ints
from simgen.geometry import Array

mujoco: Any = _mujoco  # the library ships no type stubs

RECOVERY = 0.1
"""Share of a penetration that is taken back in one step."""
RECOVERY_SPEED = 0.5
"""Fastest speed of taking back a penetration [m/s]."""
ABSURD = 0.1
"""No contact in a scene that starts without overlap gets this deep [m]."""
SLIP = 1e-3
"""Lift speeds [m/s] below this need no correction."""
ROUNDS = 6


def true_gap(distance: Array) -> Array:
    """Gaps [m]. A speculative contact, one of a body that would pass another within the step, has a
    distance invented from solref, with ours many metres deep: it counts as touching."""
    return np.where(distance < -ABSURD, 0.0, distance)


@dataclass(eq=False)
class ContactLaw:
    """Applies the law between the two halves of a MuJoCo step."""

    built: Built
    data: Any
    dt: float
    rest_speed: float
    """Approach speed [m/s] below which nothing bounces: a few steps of gravity."""

    @cached_property
    def discrete(self) -> bool:
        """Whether the discrete integrator runs."""
        return self.built.model.opt.integrator == mujoco.mjtIntegrator.mjINT_DISCRETE

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
        row, gap = row[live], true_gap(contact.dist[live])
        velocity = data.efc_vel
        approach = velocity[row]
        first, second = self._materials(contact.geom[live], contact.flex[live])
        bounce = self.built.rules.restitution[first, second]
        if self.built.yielding.any():
            side = self.built.sides(contact.geom[live], contact.flex[live])
            bounce = np.where(self.built.yielding[side].any(axis=1), 0.0, bounce)
        touching = approach * self.dt + gap <= 0.0
        impact = touching & (approach < -self.rest_speed)
        push = np.minimum(-RECOVERY * gap / self.dt, RECOVERY_SPEED)
        wanted = np.where(gap > 0.0, -gap / self.dt, push)
        wanted = np.where(impact, np.maximum(wanted, -bounce * approach), wanted)
        self._rub(live, row, contact.dim[live], wanted, approach)

    def _materials(self, geom: Ints, flex: Ints) -> tuple[Ints, Ints]:
        """Rows of both sides' materials in the rules; a side is a geom or a flex."""
        if not len(self.built.flex_material):
            return self.built.geom_material[geom[:, 0]], self.built.geom_material[geom[:, 1]]
        side = np.where(geom >= 0, self.built.geom_material[geom], self.built.flex_material[flex])
        return side[:, 0], side[:, 1]

    def _rub(self, live: Ints, row: Ints, dim: Ints, wanted: Array, approach: Array) -> None:
        """Friction rows, then the fixed point that keeps sliding contacts from lifting."""
        data, model = self.data, self.built.model
        velocity, pace = data.efc_vel, 1.0 / (self.dt * IMPEDANCE)
        friction = data.contact.friction[live]
        width = int(dim.max()) - 1
        across = np.minimum(row[:, None] + 1 + np.arange(width), len(velocity) - 1)
        weight = np.where(np.arange(width) < dim[:, None] - 1, friction[:, :width], 0.0)
        used = weight > 0
        if self.discrete:
            self._rub_discrete(live, row, wanted, approach)
            return
        data.efc_aref[across[used]] = -velocity[across[used]] / self.dt
        data.efc_aref[row] = (wanted - approach) * pace
        slide = np.sqrt(np.sum((weight * velocity[across]) ** 2, axis=1))
        rub = friction[:, 0] ** 2 * np.maximum(wanted - approach, 0.0)
        lift = np.maximum(slide - rub, 0.0)
        if slide.max() < SLIP:
            return
        mujoco.mj_fwdActuation(model, data)
        mujoco.mj_fwdAcceleration(model, data)
        change = np.empty(len(velocity))
        for _ in range(ROUNDS):
            data.efc_aref[row] = (wanted - lift - approach) * pace
            mujoco.mj_fwdConstraint(model, data)
            data.qacc_warmstart[:] = data.qacc
            mujoco.mj_mulJacVec(model, data, change, data.qacc)
            after = velocity[across] + self.dt * change[across]
            new = np.sqrt(np.sum((weight * after) ** 2, axis=1))
            done = np.abs(new - lift).max() < SLIP
            lift = new
            if done:
                break
        data.efc_aref[row] = (wanted - lift - approach) * pace

    def _rub_discrete(self, live: Ints, row: Ints, wanted: Array, approach: Array) -> None:
        """The law under the discrete integrator (ropes), which derives references late in the step,
        from position and velocity, and whose forward dynamics cannot be called twice. The position
        is chosen to give the wanted velocity; friction of lasting contacts stops sliding over ten
        steps, which keeps the convex cone's lift below a tenth of friction * sliding speed."""
        data = self.data
        reference = (wanted - approach) / self.dt + approach / IMPEDANCE
        data.efc_pos[row] = data.efc_margin[row] - reference * IMPEDANCE
        brake = np.where(approach < -self.rest_speed, 1.0, 0.1) / self.dt
        data.contact.solreffriction[live] = np.stack([np.full(len(row), -1e-6), -brake], axis=-1)
