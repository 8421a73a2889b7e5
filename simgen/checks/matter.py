"""Check 7 for matter that is not rigid: strain, volume, gas law, particle count, heat balance, gas
bounds."""

from __future__ import annotations

import numpy as np

from simgen.certificate import Finding, finding
from simgen.certify import Check
from simgen.checks import fabric, membrane
from simgen.checks.energy import energy_gain
from simgen.checks.rigid import floors
from simgen.engines.rope import overlaps
from simgen.particles import neighbours
from simgen.record import Annotations, AnyArray, Frames, Trajectory
from simgen.scene import (
    Cloth,
    Fluid,
    Gas,
    Grains,
    Inflatable,
    Melt,
    Rope,
    Scene,
    SoftBody,
    ThermalBody,
)


class MeshInvariants(Check):
    """Cloth, soft bodies, inflatables and ropes: strain, volume, gas law, floor, energy not
    created, cloth that does not pierce itself."""

    name = "meshes"

    def applies(self, scene: Scene, trajectory: Trajectory) -> bool:
        return bool(trajectory.meshes)

    def check(
        self, scene: Scene, trajectory: Trajectory, frames: Frames, annotations: Annotations
    ) -> Finding:
        measured: dict[str, float] = {}
        tolerance = {
            "below_floor_m": 0.02,
            "rope_stretch": 0.05,
            "rope_overlap": 0.5,
            "volume_change": 0.35,
            "inverted_share": 0.01,
            "energy_gain": 0.03,
            **fabric.LIMITS,
            **membrane.LIMITS,
        }

        def worst(name: str, value: float) -> None:
            measured[name] = float(np.maximum(measured.get(name, 0.0), value))  # keeps a NaN

        for element in scene.elements:
            states = trajectory.meshes.get(element.name)
            if states is None:
                continue
            worst("below_floor_m", _sunk(scene, states.position))
            match element:
                case Cloth():
                    for name, value in fabric.measure(element, states).items():
                        worst(name, value)
                case Rope():
                    worst("rope_stretch", _length_change(states.position, element.points))
                case SoftBody():
                    volumes = _tet_volumes(states.position, element.tetrahedra)
                    change = float(np.abs(volumes.sum(1) / volumes[0].sum() - 1).max())
                    worst("volume_change", change * _firmness(element))
                    worst("inverted_share", float((volumes <= 0).mean(1).max()))
                case Inflatable():
                    for name, value in membrane.measure(scene, element, states).items():
                        worst(name, value)
                case _:
                    pass
        measured["energy_gain"] = energy_gain(scene, trajectory)
        strands = [e for e in scene.elements if isinstance(e, Rope)]
        if strands:
            worst("rope_overlap", _rope_overlap(strands, trajectory))
        return finding(self.name, measured, tolerance)


def _rope_overlap(strands: list[Rope], trajectory: Trajectory) -> float:
    """How deep strands of ropes are in each other at any frame, over their thickness: 1 where
    their centre lines cross."""
    radii = [rope.radius for rope in strands]
    sizes, found = np.array(radii), 0.0
    for frame in range(trajectory.frames):
        lines = [trajectory.meshes[r.name].position[frame].astype(float) for r in strands]
        depth, first, second = overlaps(lines, radii)
        if len(depth):
            found = max(found, float((depth / (sizes[first] + sizes[second])).max()))
    return found


def _sunk(scene: Scene, position: AnyArray) -> float:
    depths = [float(((point - position) @ normal).max()) for point, normal in floors(scene)]
    return max(0.0, *depths) if depths else 0.0


def _firmness(body: SoftBody) -> float:
    """Share of a volume change that counts: an equal squeeze takes (1 - 2 nu) of it from the
    volume, so the limit for nu = 0.35 is widened for foams, which compress into themselves."""
    (poisson,) = body.material.require("poissons_ratio")
    return min(1.0, 0.3 / (1.0 - 2.0 * poisson))


def _length_change(position: AnyArray, rest: AnyArray) -> float:
    whole = np.linalg.norm(np.diff(rest, axis=0), axis=1).sum()
    now = np.linalg.norm(np.diff(position, axis=1), axis=-1).sum(1)
    return float(np.abs(now / whole - 1).max())


def _tet_volumes(position: AnyArray, tetrahedra: AnyArray) -> AnyArray:
    a, b, c, d = (position[:, tetrahedra[:, k]].astype(float) for k in range(4))
    return np.einsum("tni,tni->tn", np.cross(b - a, c - a), d - a) / 6


class ParticleInvariants(Check):
    """Liquids, melts and grains: inside their domain, energy not created, grains and melts as
    dense as they were."""

    name = "particles"

    def applies(self, scene: Scene, trajectory: Trajectory) -> bool:
        return bool(trajectory.particles)

    def check(
        self, scene: Scene, trajectory: Trajectory, frames: Frames, annotations: Annotations
    ) -> Finding:
        measured = {"lost": 0.0, "outside": 0.0, "energy_gain": 0.0}
        for element in scene.elements:
            if not isinstance(element, Fluid | Grains | Melt):
                continue
            states = trajectory.particles[element.name]
            fluid = isinstance(element, Fluid)
            wanted = element.count if fluid else len(element.positions)
            measured["lost"] += abs(states.position.shape[1] - wanted)
            lower = np.asarray(element.domain.lower) - 2 * element.spacing
            upper = np.asarray(element.domain.upper) + 2 * element.spacing
            if element.domain.open_top:
                upper[2] = np.inf
            out = ((states.position < lower) | (states.position > upper)).any(-1)
            if fluid:  # what waits in a pipe is nowhere yet
                out &= trajectory.time[:, None] >= element.release
            measured["outside"] = max(measured["outside"], float(out.mean(1).max()))
            if states.volume_ratio is not None and not fluid:
                # above 1 is the air between spray: what flows bears no tension
                off = abs(float(np.minimum(states.volume_ratio[-1], 1.0).mean()) - 1)
                measured["volume_change"] = max(measured.get("volume_change", 0.0), off)
        measured["energy_gain"] = energy_gain(scene, trajectory)
        deepest = _overlap(trajectory)
        if deepest is not None:
            measured["overlap"] = deepest
        limits = {
            "lost": 0,
            "outside": 0.001,
            "energy_gain": 0.03,
            "volume_change": 0.03,
            "overlap": 0.15,
        }
        return finding(self.name, measured, limits)


def _overlap(trajectory: Trajectory) -> float | None:
    """Deepest contact of grains that are spheres, in radii of the smaller one, over five frames;
    None without such grains. Contact springs are chosen for 0.1 in the fastest impact."""
    grains = [p for p in trajectory.particles.values() if p.quaternion is not None]
    if not grains:
        return None
    radius = np.concatenate([np.asarray(p.radius, float) for p in grains])
    deepest = 0.0
    for frame in sorted({round(k * (trajectory.frames - 1) / 4) for k in range(5)}):
        at = np.concatenate([p.position[frame].astype(float) for p in grains])
        pairs = neighbours(at, 2.0 * float(radius.max()))
        a, b = pairs[:, 0], pairs[:, 1]
        depth = radius[a] + radius[b] - np.linalg.norm(at[a] - at[b], axis=1)
        share = depth / np.minimum(radius[a], radius[b])
        deepest = max(deepest, float(share.max(initial=0.0)))
    return deepest


class HeatInvariants(Check):
    """Temperatures stay within what sources allow; the heat balance closes, latent heat
    included."""

    name = "heat"

    def applies(self, scene: Scene, trajectory: Trajectory) -> bool:
        melts = any(isinstance(e, Melt) for e in scene.elements)
        return bool(trajectory.heat) or (melts and bool(trajectory.particles))

    def check(
        self, scene: Scene, trajectory: Trajectory, frames: Frames, annotations: Annotations
    ) -> Finding:
        heated = [e for e in scene.elements if isinstance(e, ThermalBody | Melt)]
        starts = [scene.ambient.temperature]
        for e in heated:
            starts += [float(np.min(e.temperature)), float(np.max(e.temperature))]
        powered = any(isinstance(e, ThermalBody) and e.power > 0 for e in heated)
        over = under = balance = 0.0
        for element in heated:
            if isinstance(element, Melt):
                states = trajectory.particles[element.name]
            else:
                states = trajectory.heat[element.name]
            if states.temperature is None:
                continue
            if not powered:
                over = max(over, float(states.temperature.max()) - max(starts))
            under = max(under, min(starts) - float(states.temperature.min()))
            if isinstance(element, Melt) or not element.held:
                balance = max(balance, _imbalance(states.heat, states.flow_in, states.flow_out))
        return finding(
            self.name,
            {"above_hottest_K": over, "below_coldest_K": under, "heat_balance": balance},
            {"above_hottest_K": 1.0, "below_coldest_K": 1.0, "heat_balance": 0.01},
        )


def _imbalance(heat: AnyArray | None, flow_in: AnyArray | None, flow_out: AnyArray | None) -> float:
    """Heat that appeared from nowhere, over the largest exchange."""
    if heat is None or flow_in is None or flow_out is None:
        return float("nan")
    exchanged = max(float(np.abs(flow_in).max()), float(np.abs(flow_out).max()), 1e-6)
    return float(np.abs(heat - heat[0] - (flow_in - flow_out)).max()) / exchanged


class GasInvariants(Check):
    """No negative smoke; temperatures between the coldest and the hottest of air, sources and
    flame; the flow keeps volume and, where it burns, mass."""

    name = "gas"

    def applies(self, scene: Scene, trajectory: Trajectory) -> bool:
        return bool(trajectory.grids)

    def check(
        self, scene: Scene, trajectory: Trajectory, frames: Frames, annotations: Annotations
    ) -> Finding:
        measured: dict[str, float] = {}

        def worst(name: str, value: float) -> None:
            measured[name] = max(measured.get(name, 0.0), value)

        air = scene.ambient.temperature
        for element in scene.elements:
            if not isinstance(element, Gas):
                continue
            states = trajectory.grids[element.name]
            low, high = element.temperature_range(air)
            spread = max(high - low, 100.0)
            worst("negative_smoke", -float(states.smoke.min()))
            worst("above_hottest", (float(states.temperature.max()) - high) / spread)
            worst("below_coldest", (low - float(states.temperature.min())) / spread)
            for name in ("divergence_residual", "mass_error"):
                value = trajectory.solver.parameters.get(f"gas.{element.name}.{name}", 0.0)
                worst(name, float(value))
        return finding(
            self.name,
            measured,
            {
                "negative_smoke": 1e-4,
                "above_hottest": 0.001,
                "below_coldest": 0.001,
                "divergence_residual": 0.001,
                "mass_error": 0.1,
            },
        )
