"""Flames, fog and sources of the Warp engine's gas: refusals, records, extinction, the check."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simgen.checks.matter import GasInvariants
from simgen.engine import make_engine
from simgen.errors import SimgenError
from simgen.gas import saturation
from simgen.record import Annotations, Frames, GridStates, Trajectory
from simgen.renderers.flame import flames_at
from simgen.scene import (
    Ambient,
    Clock,
    Domain,
    Draught,
    Fuel,
    Gas,
    GasSource,
    Keyframes,
    Scene,
)

WAX = Fuel(heat=43.4e6, air=14.9, radiant=0.17, soot=16.0)
CELL = 0.003


def candle(**options: Any) -> Gas:
    source = GasSource(
        position=(0, 0, 0.009),
        radius=0.003,
        thickness=0.006,
        temperature=600.0,
        power=77.0,
        extinction_strain=375.0,
        smoulder=1.0,
    )
    half = 7 * CELL
    return Gas(
        **{
            "name": "flame",
            "domain": Domain(lower=(-half, -half, 0), upper=(half, half, 18 * CELL)),
            "cell": CELL,
            "sources": (source,),
            "fuel": WAX,
            "cooling": 0.0,
            "viscosity": 1.5e-5,
            "diffusivity": 2.1e-5,
            "start_time": 0.15,
            **options,
        }
    )


def scene_of(gas: Gas, frames: int = 5, **air: Any) -> Scene:
    return Scene(elements=(gas,), clock=Clock(frames=frames, fps=24), ambient=Ambient(**air))


def simulate(scene: Scene) -> Trajectory:
    (result,) = make_engine("warp").simulate([scene])
    assert isinstance(result, Trajectory)
    return result


def check(scene: Scene, trajectory: Trajectory) -> Any:
    frames = Frames([], np.zeros((0, 4, 4)), np.eye(3))
    return GasInvariants().check(scene, trajectory, frames, Annotations())


def test_a_flame_is_hot_inside_its_bounds_and_lights_its_surroundings() -> None:
    scene = scene_of(candle())
    trajectory = simulate(scene)
    states = trajectory.grids["flame"]
    assert states.soot is not None
    assert states.temperature.max() > 1700.0
    assert states.soot[-1].max() == pytest.approx(16.0, rel=0.05)
    assert check(scene, trajectory).passed
    (flame,) = flames_at([(scene.elements[0], states)], 4)  # type: ignore[list-item]
    assert 0.008 < flame.center[2] < 0.045
    red, green, blue = flame.intensity
    assert red > green > blue > 0.0


def test_the_check_fails_on_a_flame_that_is_too_hot_or_off_the_gas_law() -> None:
    scene = scene_of(candle(), frames=2)
    trajectory = simulate(scene)
    states = trajectory.grids["flame"]
    hot = replace(states, temperature=states.temperature * 1.3)
    assert not check(scene, replace(trajectory, grids={"flame": hot})).passed
    negative = replace(states, smoke=states.smoke - 0.01)
    assert not check(scene, replace(trajectory, grids={"flame": negative})).passed
    lost = {**trajectory.solver.parameters, "gas.flame.mass_error": 0.5}
    solver = replace(trajectory.solver, parameters=lost)
    assert not check(scene, replace(trajectory, solver=solver)).passed


def test_a_gust_puts_a_candle_out_and_it_smokes() -> None:
    times, speed = np.array([0.0, 0.05, 0.2, 0.25]), np.array([0.0, 1.3, 1.3, 0.0])
    wind = Draught(times=times, velocities=speed[:, None] * [1.0, 0.0, 0.0])
    states = simulate(scene_of(candle(draught=wind), frames=13)).grids["flame"]
    assert states.soot is not None
    assert states.soot[0].max() > 10.0
    assert states.soot[-1].max() == 0.0
    assert states.smoke[0].max() == 0.0
    assert states.smoke[-1].max() > 0.3
    assert states.temperature[-1].max() < 450.0


def test_a_source_moves_and_switches() -> None:
    path = Keyframes(
        times=np.array([0.0, 0.5]), positions=np.array([[-0.3, 0, 0.3], [0.3, 0, 0.3]])
    )
    source = GasSource(
        position=(-0.3, 0, 0.3), radius=0.08, temperature=293.15, path=path, active=(0.0, 0.3)
    )
    domain = Domain(lower=(-0.5, -0.2, 0.0), upper=(0.5, 0.2, 0.6))
    gas = Gas(name="smoke", domain=domain, cell=0.05, sources=(source,))
    smoke = simulate(scene_of(gas, frames=13)).grids["smoke"].smoke
    seen = (smoke > 0.5).any((2, 3))
    x = -0.5 + 0.05 * (np.arange(20) + 0.5)
    assert x[seen[-1]].min() < -0.25
    assert 0.0 < x[seen[-1]].max() < 0.15  # where it was at 0.3 s: 0.06 m


def test_fog_vanishes_as_it_mixes() -> None:
    def most(humidity: float) -> float:
        source = GasSource(
            position=(0, 0, 0.05),
            radius=0.04,
            thickness=0.03,
            temperature=350.0,
            humidity=1.0,
        )
        domain = Domain(lower=(-0.12, -0.12, 0.0), upper=(0.12, 0.12, 0.3))
        gas = Gas(
            name="steam", domain=domain, cell=0.02, sources=(source,), humidity=humidity,
            cooling=0.0, start_time=0.8,
        )  # fmt: skip
        states = simulate(scene_of(gas, frames=2)).grids["steam"]
        assert states.smoke.min() == 0.0
        return float(states.smoke[-1].sum())

    # Drier air takes up more of the fog.
    assert most(0.9) > 1.1 * most(0.2) > 0.0


def test_mixing_with_air_cools_steam() -> None:
    # Near boiling, saturation rises so steeply that rounds of its solution that did not converge
    # came out as tens of kelvin.
    from simgen.device import warp_device
    from simgen.engines.warp_solvers.gas_flow import GasFlow

    hot, cold, n = 368.0, 275.0, 99
    gas = Gas(
        name="steam", domain=Domain(lower=(0, 0, 0), upper=(n, 4, 4)), cell=1.0, humidity=0.5,
        sources=(),
    )  # fmt: skip
    flow = GasFlow(warp_device("cpu"), scene_of(gas, temperature=cold), gas, 0.1, "cpu")
    share = np.linspace(0.01, 0.99, n, dtype=np.float32)
    q = saturation(hot, 101_325.0) - 0.5 * saturation(cold, 101_325.0)
    field = np.zeros((*flow.size, 2), np.float32)
    for carried, most in ((flow.matter.heat, hot - cold), (flow.matter.water, q)):
        field[..., 0] = most * share[:, None, None]
        carried.assign(field)
    flow.matter.settle()
    found = flow.matter.record()["temperature"][:, 0, 0]
    assert found.max() < hot
    assert (np.diff(found) > 0.0).all()


def test_equal_flames_give_equal_bits() -> None:
    one, two = (simulate(scene_of(candle(), frames=2)).grids["flame"] for _ in range(2))
    for name in ("temperature", "soot", "flame_sheet", "velocity"):
        assert np.array_equal(getattr(one, name), getattr(two, name))


def test_refusals() -> None:
    with pytest.raises(SimgenError, match="do not go together"):
        candle(humidity=0.5)
    with pytest.raises(SimgenError, match="need a fuel"):
        candle(fuel=None)
    with pytest.raises(SimgenError, match="expands"):
        candle(domain=Domain(lower=(0, 0, 0), upper=(1, 1, 1), open_top=False), open_sides=False)
    with pytest.raises(SimgenError, match="increasing"):
        Draught(times=np.array([1.0, 0.0]), velocities=np.zeros((2, 3)))
    with pytest.raises(SimgenError, match="heat > 0"):
        Fuel(heat=-1.0, air=15.0)


def test_states_are_of_the_grid_type() -> None:
    states = simulate(scene_of(candle(), frames=1)).grids["flame"]
    assert isinstance(states, GridStates)
    assert states.flame_sheet is not None
    assert states.flame_sheet.shape == states.smoke.shape


def test_what_a_projection_leaves_of_divergence_makes_nothing_hotter() -> None:
    """A uniform field stays uniform in any flow, and no value leaves the range of the others."""
    from simgen.device import warp_device
    from simgen.engines.warp_solvers.gas_flow import GasFlow

    wp = warp_device("cpu")
    gas = Gas(
        name="air",
        domain=Domain(lower=(0, 0, 0), upper=(0.12, 0.12, 0.12), open_top=False),
        cell=0.01,
        sources=(),
        cooling=0.0,
        open_sides=False,
    )
    flow = GasFlow(wp, scene_of(gas), gas, 0.01, "cpu")
    rng = np.random.default_rng(1)
    for face, share in zip(flow.velocity, flow.share, strict=True):
        face.assign(0.1 * rng.normal(size=face.shape) * (share.numpy() > 0))
    flow._fluxes()
    for field in (np.full(flow.size, 50.0), rng.uniform(0.0, 50.0, flow.size)):
        flow.scalars.assign(np.stack([field, field / 50.0], -1).astype(np.float32))
        for _ in range(20):
            flow.matter.carry(0.002)
        heat = flow.scalars.numpy()[..., 0]
        assert heat.max() <= field.max() * (1 + 1e-5)
        assert heat.min() >= field.min() * (1 - 1e-5)


def test_bounds_of_temperature_know_smoke_droplets_and_flames() -> None:
    plain = Gas(
        name="fog",
        domain=Domain(lower=(0, 0, 0), upper=(1, 1, 1)),
        cell=0.1,
        humidity=0.5,
        sources=(GasSource(position=(0, 0, 0), radius=0.1, temperature=280.0, droplets=0.004),),
    )
    low, high = plain.temperature_range(290.0)
    assert high == 290.0
    assert low == pytest.approx(280.0 - 2.45e6 / 1007.0 * 0.004)
    lit = candle()
    cold = replace(lit, sources=(replace(lit.sources[0], smoulder=0.0),))
    assert lit.temperature_range(300.0)[1] > cold.temperature_range(300.0)[1] + 50.0
    assert cold.temperature_range(300.0)[1] == WAX.flame_temperature(300.0, 600.0)
