"""What a gas carries: smoke and heat alone, a flame, or fog. Used by `gas_flow.GasFlow`.

Every kind knows its scalars, their sources, buoyancy and expansion, and what to record.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simgen.engines.warp_solvers import gas_faces as _faces
from simgen.engines.warp_solvers import gas_kernels as _kernels
from simgen.engines.warp_solvers import gas_matter_kernels as _matter
from simgen.engines.warp_solvers import gas_molecular as _molecular
from simgen.gas import HEAT_CAPACITY, LATENT_HEAT, SMOULDER, enthalpy_of, excess_of, saturation
from simgen.geometry import Array
from simgen.scene import GasSource, Scene

faces: Any = _faces
kernels: Any = _kernels
matter: Any = _matter
molecular: Any = _molecular
GAS_CONSTANT = 287.05
"""Of dry air [J/(kg K)]."""
GROWTH = 0.5
"""Largest relative expansion of a cell in a step; what is left follows in the next."""
DIFFUSION = 0.15
"""Largest diffusion number D dt / cell^2 of a part of a step (1/6 is the limit in 3D)."""


def air_density(scene: Scene) -> float:
    """[kg/m^3] by the ideal gas law."""
    return scene.ambient.pressure / (GAS_CONSTANT * scene.ambient.temperature)


def make_matter(flow: Any) -> Dry:
    """The kind that the gas of a flow asks for."""
    if flow.gas.fuel is not None:
        return Fire(flow)
    return Fog(flow) if flow.gas.humidity is not None else Dry(flow)


class Dry:
    """Excess temperature and smoke in air of nearly constant density."""

    diffused = 1.0
    """Largest diffusivity over that of air."""

    def __init__(self, flow: Any) -> None:
        self.flow, self.gas, self.scene = flow, flow.gas, flow.scene
        self.wp = flow.wp
        self.air = float(self.scene.ambient.temperature)
        self.heat = self.new(self.wp.vec2)
        """Excess temperature and smoke of every cell."""
        self.spare = self.new(self.wp.vec2)
        self.excess, self.conduct = self.new(float), self.new(float)
        """Excess temperature [K] and rho D over that of air, which transport depends on."""
        self.conduct.fill_(1.0)

    def new(self, dtype: Any) -> Any:
        return self.wp.zeros(self.flow.size, dtype=dtype, device=self.flow.device)

    def push(self) -> None:
        """Buoyancy: velocity changes by dt g (rho - rho_air) / rho."""
        for axis, g in enumerate(self.scene.gravity):
            if g != 0.0:
                heat = -g / self.air * self.flow.dt
                inputs = [self.heat, axis, heat, g * self.gas.smoke_weight * self.flow.dt]
                face = self.flow.velocity[axis]
                self.flow.launch(kernels.push, self.flow.shapes[axis], [*inputs, face])

    def hold(self, source: GasSource, place: list[Any]) -> None:
        """Hold what a source feeds; `place` is centre, radius and half thickness in cells."""
        value = self.wp.vec2(source.temperature - self.air, source.smoke)
        self.flow.launch(kernels.feed_scalars, self.flow.size, [*place, value, self.heat])

    def give(self, source: GasSource, place: list[Any]) -> None:
        """Release what a source gives per time."""

    def smoulder(self, source: GasSource, place: list[Any]) -> None:
        """Hold the smoke of a source whose flame went out, at the air's temperature and more."""
        value = self.wp.vec2(SMOULDER - self.air, source.smoulder)
        self.flow.launch(kernels.feed_scalars, self.flow.size, [*place, value, self.heat])

    def settle(self) -> None:
        """Bring temperature, density and phases up to date after transport and sources."""

    def expand(self, right: Any) -> None:
        """Add what cells let out to the right side of the pressure equation."""

    def weigh(self) -> None:
        """Bring the weights of the pressure equation up to date."""

    def project(self, q: Any) -> None:
        """Take the gradient of q off the velocity."""
        for axis in range(3):
            inputs = [q, self.flow.share[axis], axis, self.flow.velocity[axis]]
            self.flow.launch(faces.project, self.flow.shapes[axis], inputs)

    @property
    def weights(self) -> list[Any]:
        """Of the faces in the pressure equation."""
        return self.flow.share

    def parts(self, dt: float) -> int:
        """Parts of a step of transport that diffusion needs."""
        number = self.gas.diffusivity * self.diffused * dt / self.gas.cell**2
        return math.ceil(number / DIFFUSION)

    @property
    def mass_error(self) -> float:
        """Mass off that of the gas law, relative to what hot gas lacks."""
        return 0.0

    def carry(self, dt: float) -> None:
        """Transport with the flow for `dt` [s], and cool."""
        keep = math.exp(-self.gas.cooling * dt)
        inputs = [*self.flow.flux, self.heat, dt / self.gas.cell, keep, self.spare]
        self.flow.launch(kernels.carry_mixed, self.flow.size, inputs)
        self.heat, self.spare = self.spare, self.heat
        self.heat, self.spare = self.spread(self.heat, self.spare, dt, 0.0)

    def spread(self, field: Any, spare: Any, dt: float, second: float) -> tuple[Any, Any]:
        """Molecular diffusion of a pair; its second scalar with `second` times the diffusivity."""
        number = self.gas.diffusivity * dt / self.gas.cell**2
        if number == 0.0:
            return field, spare
        inputs = [*self.flow.share, field, number, second * number, spare]
        self.flow.launch(molecular.mix_plain, self.flow.size, inputs)
        return spare, field

    def record(self) -> dict[str, Array]:
        """Fields of `GridStates` at the cell centres, copied."""
        heat = self.heat.numpy()
        return {"smoke": heat[..., 1].copy(), "temperature": heat[..., 0] + np.float32(self.air)}


class Fog(Dry):
    """Air with water that condenses where saturated."""

    def __init__(self, flow: Any) -> None:
        super().__init__(flow)
        self.water, self.water_spare = self.new(self.wp.vec2), self.new(self.wp.vec2)
        """Total water above that of the air around, by mass."""
        self.fog, self.lift = self.new(float), self.new(float)
        m = matter.Moisture()
        m.air, m.pressure = self.air, float(self.scene.ambient.pressure)
        m.water = self.gas.humidity * saturation(m.air, m.pressure)
        m.latent = LATENT_HEAT / HEAT_CAPACITY
        self.moisture = m

    def hold(self, source: GasSource, place: list[Any]) -> None:
        m = self.moisture
        q = m.water
        if source.humidity is not None:
            q = source.humidity * saturation(source.temperature, m.pressure)
        excess = source.temperature - m.air - m.latent * source.droplets
        value = self.wp.vec2(excess, source.smoke)
        self.flow.launch(kernels.feed_scalars, self.flow.size, [*place, value, self.heat])
        value = self.wp.vec2(q + source.droplets - m.water, 0.0)
        self.flow.launch(kernels.feed_scalars, self.flow.size, [*place, value, self.water])

    def push(self) -> None:
        self._push_lift(0)

    def _push_lift(self, variable: int) -> None:
        for axis, g in enumerate(self.scene.gravity):
            if g != 0.0:
                inputs = [self.lift, variable, axis, -g * self.flow.dt, self.flow.velocity[axis]]
                self.flow.launch(matter.push_lift, self.flow.shapes[axis], inputs)

    def settle(self) -> None:
        keep = math.exp(-self.gas.cooling * self.flow.dt)
        inputs = [self.heat, self.water, self.moisture, keep, self.gas.smoke_weight]
        out = [self.excess, self.fog, self.lift]
        self.flow.launch(matter.condense, self.flow.size, [*inputs, *out])

    def carry(self, dt: float) -> None:
        for name in ("heat", "water"):
            field = getattr(self, name)
            spare = self.spare if name == "heat" else self.water_spare
            inputs = [*self.flow.flux, field, dt / self.gas.cell, 1.0, spare]
            self.flow.launch(kernels.carry_mixed, self.flow.size, inputs)
            field, spare = self.spread(spare, field, dt, 0.0)
            if name == "heat":
                self.heat, self.spare = field, spare
            else:
                self.water, self.water_spare = field, spare

    def record(self) -> dict[str, Array]:
        fog = self.fog.numpy() * np.float32(air_density(self.scene))
        return {"smoke": fog, "temperature": self.excess.numpy() + np.float32(self.air)}


class Fire(Fog):
    """A gas that burns: mixture fraction, enthalpy and density are carried."""

    def __init__(self, flow: Any) -> None:
        Dry.__init__(self, flow)
        self.fuel, self.fuel_spare = self.new(self.wp.vec2), self.new(self.wp.vec2)
        """Mixture fraction times density, and the lack of density, relative to air."""
        self.lift, self.growth = self.new(float), self.new(float)
        self.light = [self.wp.zeros_like(s) for s in flow.share]
        self._weights = [self.wp.zeros_like(s) for s in flow.share]
        fuel = self.gas.fuel
        f = matter.Flame()
        f.stoichiometric = fuel.stoichiometric
        f.peak = fuel.flame_enthalpy
        f.air, f.growth = self.air, GROWTH
        self.flame = f
        self.diffused = (1.0 + excess_of(f.peak) / self.air) ** 1.7
        self.released = 0.0
        """Fuel given so far [kg]."""
        self.weigh()

    @property
    def weights(self) -> list[Any]:
        return self._weights

    def hold(self, source: GasSource, place: list[Any]) -> None:
        if source.power > 0.0:
            return
        t = source.temperature - self.air
        value = self.wp.vec2(enthalpy_of(t) * self.air / source.temperature, source.smoke)
        self.flow.launch(kernels.feed_scalars, self.flow.size, [*place, value, self.heat])
        value = self.wp.vec2(0.0, 1.0 - self.air / source.temperature)
        self.flow.launch(kernels.feed_scalars, self.flow.size, [*place, value, self.fuel])

    def give(self, source: GasSource, place: list[Any]) -> None:
        if source.power <= 0.0:
            return
        mass = source.power / self.gas.fuel.heat * self.flow.dt
        full = self._cells(place)
        amount = mass / (air_density(self.scene) * self.gas.cell**3 * full)
        h = enthalpy_of(source.temperature - self.air)
        inputs = [*place, amount, h, self.heat, self.fuel]
        self.flow.launch(matter.release, self.flow.size, inputs)
        self.released += mass

    def smoulder(self, source: GasSource, place: list[Any]) -> None:
        value = [enthalpy_of(SMOULDER - self.air) * self.air / SMOULDER, source.smoulder]
        self.flow.launch(
            kernels.feed_scalars, self.flow.size, [*place, self.wp.vec2(*value), self.heat]
        )
        value = self.wp.vec2(0.0, 1.0 - self.air / SMOULDER)
        self.flow.launch(kernels.feed_scalars, self.flow.size, [*place, value, self.fuel])

    def _cells(self, place: list[Any]) -> float:
        """Number of cells that a source fills; as `gas_kernels.in_source`."""
        radius, half = float(place[1]), float(place[2])
        reach = math.ceil(max(radius, half)) + 1
        away: list[Array] = []
        for value, count in zip(place[0], self.flow.size, strict=True):
            first = math.floor(float(value)) - reach
            cells = np.arange(max(first, 0), min(first + 2 * reach + 1, count), dtype=float)
            away.append(cells + 0.5 - float(value))
        x, y, z = away[0][:, None, None], away[1][:, None], away[2]
        if half > 0.0:
            flat = np.clip(0.5 + radius - np.sqrt(x * x + y * y), 0.0, 1.0)
            inside = flat * np.clip(0.5 + half - np.abs(z), 0.0, 1.0)
        else:
            inside = np.clip(0.5 + radius - np.sqrt(x * x + y * y + z * z), 0.0, 1.0)
        return max(float(inside.sum()), 1e-6)

    def push(self) -> None:
        self._push_lift(1)

    def settle(self) -> None:
        keep = math.exp(-self.gas.cooling * self.flow.dt)
        inputs = [self.heat, self.fuel, self.flame, keep, self.gas.smoke_weight, self.flow.dt]
        out = [self.excess, self.conduct, self.lift, self.growth]
        self.flow.launch(matter.burn, self.flow.size, [*inputs, *out])

    def expand(self, right: Any) -> None:
        self.flow.launch(matter.expand, self.flow.size, [self.growth, self.gas.cell, right])

    def weigh(self) -> None:
        for axis in range(3):
            inputs = [self.excess, self.air, axis, self.flow.share[axis]]
            out = [self.light[axis], self._weights[axis]]
            self.flow.launch(matter.lightness, self.flow.shapes[axis], [*inputs, *out])

    def project(self, q: Any) -> None:
        for axis in range(3):
            inputs = [q, self.flow.share[axis], self.light[axis], axis, self.flow.velocity[axis]]
            self.flow.launch(matter.project_light, self.flow.shapes[axis], inputs)

    def carry(self, dt: float) -> None:
        scale = dt / self.gas.cell
        chemical = self.flame.peak / self.flame.stoichiometric
        inputs = [*self.flow.flux, self.heat, self.fuel, scale, chemical]
        inputs += [self.spare, self.fuel_spare]
        self.flow.launch(kernels.carry_burning, self.flow.size, inputs)
        self._swap()
        number = self.gas.diffusivity * dt / self.gas.cell**2
        if number > 0.0:
            inputs = [*self.flow.share, self.heat, self.fuel, self.conduct, number]
            out = [self.spare, self.fuel_spare]
            self.flow.launch(molecular.mix, self.flow.size, [*inputs, *out])
            self._swap()

    def _swap(self) -> None:
        self.heat, self.spare = self.spare, self.heat
        self.fuel, self.fuel_spare = self.fuel_spare, self.fuel

    @property
    def mass_error(self) -> float:
        """Mass off that of the gas law, relative to what hot gas lacks."""
        light = 1.0 - 1.0 / (1.0 + self.excess.numpy().astype(float) / self.air)
        lack = self.fuel.numpy()[..., 1].astype(float)
        return abs(float((lack - light).sum())) / max(float(np.abs(light).sum()), 1e-9)

    def record(self) -> dict[str, Array]:
        fuel = self.gas.fuel
        soot, sheet, smoke = self.new(float), self.new(float), self.new(float)
        residue = fuel.smoke * air_density(self.scene)
        inputs = [self.fuel, self.heat, self.flame, fuel.soot, residue, self.gas.cell]
        self.flow.launch(matter.luminous, self.flow.size, [*inputs, soot, sheet, smoke])
        return {
            "smoke": smoke.numpy().copy(),
            "temperature": self.excess.numpy() + np.float32(self.air),
            "soot": soot.numpy().copy(),
            "flame_sheet": sheet.numpy().copy(),
        }
