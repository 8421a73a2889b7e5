"""The checks of inflatables fail on broken records."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simgen.checks.membrane import LIMITS, measure
from simgen.errors import SimgenError
from simgen.material import Material
from simgen.record import MeshStates
from simgen.scene import Clock, Inflatable, Scene, Valve
from simgen.valve import gas_passed, jet, specific_energy, valve_flow

FILM = Material(
    name="test/film", areal_density=0.4, stretch_stiffness=6e3, bending_stiffness=1e-5,
    friction=0.5, thickness=3e-4,
)  # fmt: skip
POINTS = 0.3 * np.array([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
FACES = np.array([[0, 1, 2], [0, 3, 1], [0, 2, 3], [1, 3, 2]], np.int32)
TIMES = np.arange(13) / 24.0


def leaking() -> tuple[Scene, Inflatable, MeshStates]:
    """A bag at a steady 500 Pa that shrinks by just what its valve lets out."""
    ball = Inflatable(
        name="bag", vertices=POINTS, faces=FACES, material=FILM, pressure=500.0,
        valves=(Valve(area=1e-4),),
    )  # fmt: skip
    scene = Scene(elements=(ball,), clock=Clock(frames=13, fps=24.0))
    gauge = np.full(13, 500.0)
    start = (101_825.0) * 0.072 / specific_energy(scene.ambient)
    gas = start + gas_passed(ball, TIMES, gauge, scene.ambient)[0]
    states = MeshStates(
        position=np.tile(POINTS, (13, 1, 1)),
        velocity=np.zeros((13, 4, 3)),
        pressure=gauge,
        volume=gas * specific_energy(scene.ambient) / 101_825.0,
        gas=gas,
    )
    return scene, ball, states


def test_a_true_record_passes() -> None:
    found = measure(*leaking())
    assert set(found) == {"gas_law", "gas_balance", "film_stretch"}
    assert all(found[name] < 1e-6 for name in found), found


@pytest.mark.parametrize(
    ("broken", "figure"),
    [
        ({"gas": "constant"}, "gas_balance"),
        ({"pressure": "higher"}, "gas_law"),
        ({"volume": "none"}, "gas_law"),
        ({"position": "stretched"}, "film_stretch"),
    ],
)
def test_a_broken_record_fails(broken: dict[str, str], figure: str) -> None:
    scene, ball, states = leaking()
    assert states.gas is not None
    assert states.pressure is not None
    values = {
        "constant": np.full(13, states.gas[0]),
        "higher": states.pressure + 4000.0,
        "none": None,
        "stretched": states.position * np.linspace(1.0, 1.5, 13)[:, None, None],
    }
    changes = {name: values[word] for name, word in broken.items()}
    found = measure(scene, ball, replace(states, **changes))
    assert not found[figure] <= LIMITS[figure]


def test_flow_through_a_valve() -> None:
    """Bernoulli below, choked above: 0.6847 p / sqrt(R T) (White, Fluid Mechanics, eq. 9.46)."""
    scene, ball, _ = leaking()
    air = scene.ambient
    density = air.pressure / specific_energy(air)
    out, _, thrust = valve_flow(ball.valves[0], 200.0, 0.0, air)
    assert out == pytest.approx(0.61e-4 * np.sqrt(2 * density * 200.0), rel=3e-3)
    assert thrust == pytest.approx(2 * 0.61e-4 * 200.0, rel=3e-3)
    flow, _ = jet(4e5, 1e5, air)
    assert flow == pytest.approx(0.6847 * 4e5 / np.sqrt(specific_energy(air)), rel=1e-3)
    assert valve_flow(Valve(area=1e-4, pressure=500.0), 200.0, 0.0, air)[0] < 0.0
    assert valve_flow(Valve(area=1e-4, opens=1.0), 200.0, 0.0, air) == (0.0, 0.0, 0.0)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(SimgenError, match="area > 0"):
        Valve(area=0.0)
    from simgen.engines.warp_solvers.xpbd_sheet import inflatable

    scene, ball, _ = leaking()
    with pytest.raises(SimgenError, match="two or more instants"):
        inflatable(replace(ball, supply=((0.0, 1.0),)), scene.ambient)
    with pytest.raises(SimgenError, match="pinned vertices must lie"):
        inflatable(replace(ball, valves=(Valve(area=1e-4, vertices=(9,)),)), scene.ambient)
    with pytest.raises(SimgenError, match="rest_vertices"):
        inflatable(replace(ball, rest_vertices=np.tile(POINTS, (2, 1))), scene.ambient)
    with pytest.raises(SimgenError, match="ribs join vertices"):
        inflatable(replace(ball, ribs=np.array([[0, 7]], np.int32)), scene.ambient)
    rubber = replace(FILM, mooney_ratio=0.1)
    with pytest.raises(SimgenError, match="no rubber membrane"):
        inflatable(replace(ball, material=rubber, pressure=5e4), scene.ambient)
