"""The heat and gas solvers as parts of the Warp engine: refusals, records, motion, determinism."""

from dataclasses import replace

import numpy as np
import pytest

from simgen.engine import make_engine
from simgen.engines.warp_solvers.gas import grid_size
from simgen.errors import Rejected, SimgenError
from simgen.geometry import Box, Plane
from simgen.key import Key
from simgen.material import Material, material
from simgen.record import Trajectory
from simgen.scene import (
    Ambient,
    Clock,
    Domain,
    Element,
    Gas,
    GasSource,
    Keyframes,
    RigidBody,
    Scene,
    Shape,
    ThermalBody,
    Vector,
)
from simgen.surface import surface_mesh
from simgen.template import find

STEEL = material("metal/steel")
TEMPLATES = ("thermodynamics/hot_iron", "thermodynamics/heated_bars", "thermodynamics/smoke_plume")


def block(
    name: str,
    position: Vector,
    temperature: float,
    *,
    size: Vector = (0.04, 0.04, 0.02),
    path: Keyframes | None = None,
) -> ThermalBody:
    body = RigidBody(
        name=name,
        shapes=(Shape(geometry=Box(size), material=STEEL),),
        position=position,
        motion="kinematic" if path else "static",
        keyframes=path,
    )
    return ThermalBody(name=name, body=body, temperature=temperature, cell=0.004)


def simulate(
    *elements: Element, frames: int = 5, fps: float = 10.0, substeps: int | None = None
) -> Trajectory:
    scene = Scene(elements=elements, clock=Clock(frames=frames, fps=fps, substeps=substeps))
    (result,) = make_engine("warp").simulate([scene])
    assert isinstance(result, Trajectory)
    return result


def test_a_record_starts_as_given_and_lies_on_the_drawn_vertices() -> None:
    hot = block("hot", (0, 0, 0.1), 700.0)
    trajectory = simulate(hot)
    states = trajectory.heat["hot"]
    assert states.temperature.shape == (5, len(surface_mesh(hot.body, refine=True).vertices))
    np.testing.assert_allclose(states.temperature[0], 700.0, rtol=1e-6)
    mass_heat = hot.body.mass_properties.mass * STEEL.require("specific_heat")[0]
    assert states.heat[0] == pytest.approx(mass_heat * (700 - 293.15), rel=1e-9)
    assert trajectory.solver.parameters["heat.cells"] > 0
    assert trajectory.solver.dt * trajectory.solver.substeps == pytest.approx(0.1)


def test_heat_flows_only_while_bodies_touch() -> None:
    # The block lands at 0.2 s and leaves at 0.4 s; in the air it loses some 1e-3 of what it gives.
    down, up = [0.0, 0.0, 0.03], [0.0, 0.0, 0.06]
    path = Keyframes(
        times=np.array([0.0, 0.19, 0.2, 0.4, 0.41, 0.7]),
        positions=np.array([up, up, down, down, up, up]),
    )
    plate = block("plate", (0, 0, 0.01), 293.15, size=(0.08, 0.08, 0.02))
    given = simulate(block("hot", (0, 0, 0.06), 800.0, path=path), plate, frames=8).heat
    received = given["plate"].flow_in
    assert np.all(received[:3] == 0.0)
    assert received[4] > 100.0
    np.testing.assert_allclose(received[5:], received[5], rtol=1e-12)
    np.testing.assert_allclose(given["hot"].flow_in, -received, rtol=1e-9)


def test_a_moving_body_carries_its_field() -> None:
    # Motion without contact changes nothing: equal bits to a body at rest.
    path = Keyframes(times=np.array([0, 1.0]), positions=np.array([[0, 0, 0.5], [0.4, 0, 0.9]]))
    moving = simulate(block("hot", (0, 0, 0.5), 800.0, path=path), substeps=60).heat["hot"]
    resting = simulate(block("hot", (0, 0, 0.5), 800.0), substeps=60).heat["hot"]
    assert np.array_equal(moving.temperature, resting.temperature)


def test_bodies_without_a_field_insulate_what_they_cover() -> None:
    # A floor under a block takes its share of the surface from the air: 16 of 64 cm^2.
    ground = RigidBody(
        name="ground", shapes=(Shape(geometry=Plane(), material=STEEL),), motion="static"
    )
    on = simulate(block("hot", (0, 0, 0.01), 800.0), ground).heat["hot"].flow_out[-1]
    off = simulate(block("hot", (0, 0, 0.02), 800.0), ground).heat["hot"].flow_out[-1]
    assert on / off == pytest.approx(48 / 64, rel=0.01)


def test_equal_scenes_give_equal_bits() -> None:
    def once() -> Trajectory:
        plate = block("plate", (0, 0, 0.01), 300.0, size=(0.08, 0.08, 0.02))
        return simulate(block("hot", (0.01, 0, 0.03), 800.0), plate)

    one, two = once(), once()
    for name in ("hot", "plate"):
        assert np.array_equal(one.heat[name].temperature, two.heat[name].temperature)


def test_refusals_say_what_to_do() -> None:
    hot = block("hot", (0, 0, 0.1), 700.0)
    bare = Material(name="test/bare", density=1000.0)
    naked = replace(hot.body, shapes=(Shape(geometry=Box((0.1, 0.1, 0.1)), material=bare),))
    with pytest.raises(SimgenError, match="thermal_conductivity"):
        simulate(replace(hot, body=naked))
    domain = Domain(lower=(0, 0, 0), upper=(1, 1, 1.03))
    with pytest.raises(SimgenError, match="whole numbers"):
        grid_size(Gas(name="gas", domain=domain, cell=0.1, sources=()))
    with pytest.raises(SimgenError, match="substeps"):
        simulate(hot, fps=0.01, substeps=1)


def test_cells_too_thin_for_the_solver_are_rejected() -> None:
    thin = replace(block("thin", (0, 0, 0.1), 700.0, size=(0.01, 0.01, 2e-5)), cell=None)
    (result,) = make_engine("warp").simulate(
        [Scene(elements=(thin,), clock=Clock(frames=2, fps=1))]
    )
    assert isinstance(result, Rejected)
    assert result.reason == "simulation/too_stiff"


def test_gas_records_an_established_plume_after_its_start_time() -> None:
    source = GasSource(position=(0, 0, 0.15), radius=0.1, temperature=420.0)
    domain = Domain(lower=(-0.4, -0.4, 0.0), upper=(0.4, 0.4, 0.8))
    gas = Gas(name="gas", domain=domain, cell=0.05, sources=(source,), start_time=0.6)
    states = simulate(gas, frames=3).grids["gas"]
    assert states.smoke.shape == (3, 16, 16, 16)
    assert states.velocity.shape == (3, 16, 16, 16, 3)
    assert states.smoke[0, 7:9, 7:9, 10:].max() > 0.1  # far above the source at frame 0 already
    assert states.temperature.max() <= 420.1
    fresh = simulate(replace(gas, start_time=0.0), frames=1).grids["gas"]
    assert fresh.smoke[0, :, :, 10:].max() == 0.0
    assert Ambient().temperature == fresh.temperature[0, 0, 0, 0].round(2)


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_build_alike_and_within_reach_of_the_engine(name: str) -> None:
    template = find(name)
    one, two = (template.sample(Key(7)).build(Key(7)) for _ in range(2))
    assert [e.name for e in one.elements] == [e.name for e in two.elements]
    assert not make_engine("warp").refusal(one)
    assert any(isinstance(e, ThermalBody | Gas) for e in one.elements)


@pytest.mark.slow
@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("seed", [0, 1])
def test_templates_show_something(name: str, seed: int) -> None:
    scene = find(name).sample(Key(seed)).build(Key(seed))
    (result,) = make_engine("warp").simulate([scene])
    assert isinstance(result, Trajectory)
    for states in result.heat.values():
        change = states.heat - states.heat[0] - (states.flow_in - states.flow_out)
        assert np.abs(change).max() < 1e-6 * np.abs(states.heat).max() + 1e-6
    rises = [np.ptp(s.temperature, axis=0).max() for s in result.heat.values()]
    assert not rises or max(rises) > 30.0
    for grid in result.grids.values():
        assert grid.smoke[-1].sum() > grid.smoke[0].sum() * 0.5
        assert grid.smoke.max() < 1.05
