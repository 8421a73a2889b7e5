"""Matter that melts: what is refused, and that the checks see heat from nowhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simgen.checks.matter import HeatInvariants
from simgen.engine import make_engine
from simgen.errors import SimgenError
from simgen.geometry import Box
from simgen.key import Key
from simgen.material import material
from simgen.melt import MeltingCurve
from simgen.particles import fill
from simgen.record import Trajectory
from simgen.scene import Ambient, Clock, Domain, Melt, RigidBody, Scene, Shape, ThermalBody


def scene(**change: Any) -> Scene:
    spacing = 0.002
    pat = Melt(
        name="butter",
        positions=fill((-0.006, -0.006, 0), (0.006, 0.006, 0.008), spacing, Key(0), jitter=0.08),
        spacing=spacing,
        material=material("food/butter"),
        molten=material("liquid/butter"),
        domain=Domain(lower=(-0.03, -0.03, 0.0), upper=(0.03, 0.03, 0.02)),
        temperature=285.0,
    )
    shape = Shape(geometry=Box((0.08, 0.08, 0.004)), material=material("metal/steel"))
    body = RigidBody(name="plate", shapes=(shape,), position=(0, 0, -0.002), motion="static")
    plate = ThermalBody(name="plate", body=body, temperature=450.0, cell=0.004)
    return Scene(
        elements=(replace(pat, **change), plate),
        clock=Clock(frames=7, fps=12.0),
        ambient=Ambient(temperature=293.0),
    )


@pytest.fixture(scope="module")
def rolled() -> Trajectory:
    (result,) = make_engine("warp").simulate([scene()])
    assert isinstance(result, Trajectory)
    return result


def check(trajectory: Trajectory) -> Any:
    nothing: Any = None
    return HeatInvariants().check(scene(), trajectory, nothing, nothing)


def test_heat_is_kept_between_plate_and_melt(rolled: Trajectory) -> None:
    # What the melt takes from the plate leaves the plate, to rounding.
    assert check(rolled).passed
    melt, plate = rolled.particles["butter"], rolled.heat["plate"]
    assert melt.flow_in is not None
    assert melt.molten is not None
    assert melt.flow_in[-1] > 1.0
    assert plate.flow_in[-1] == pytest.approx(-melt.flow_in[-1], rel=1e-9)
    assert melt.molten[-1].mean() > 0.01


@pytest.mark.parametrize(("field", "amount"), [("heat", 1.0), ("temperature", 400.0)])
def test_broken_books_and_bounds_fail(rolled: Trajectory, field: str, amount: float) -> None:
    melt = rolled.particles["butter"]
    values = np.array(getattr(melt, field))
    values[-1] += amount
    broken = {"butter": replace(melt, **{field: values})}
    assert not check(replace(rolled, particles=broken)).passed


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"positions": np.array([[0.1, 0.0, 0.01]])}, "outside its domain"),
        ({"positions": np.array([[0.0, 0.0, -0.002]]), "domain": Domain(
            lower=(-0.03, -0.03, -0.004), upper=(0.03, 0.03, 0.02))}, "inside a body"),
        ({"material": material("food/marshmallow")}, "melting_temperature"),
    ],
)  # fmt: skip
def test_what_cannot_melt_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(SimgenError, match=says):
        list(make_engine("warp").simulate([scene(**change)]))


def test_pieces_at_rest_stay_at_rest() -> None:
    # Neither contact nor surface tension may push what is solid and dry.
    start, spacing = scene(), 0.002
    low = (0.1, 0.09, 0.0)
    block = fill(low, (0.112, 0.102, 0.012), spacing, Key(0), jitter=0.08)
    domain = Domain(lower=(-0.12, -0.12, 0.0), upper=(0.12, 0.12, 0.03))
    butter = replace(start.elements[0], positions=block, domain=domain, temperature=285.0)
    shape = Shape(geometry=Box((0.24, 0.24, 0.004)), material=material("metal/steel"))
    plate = RigidBody(name="plate", shapes=(shape,), position=(0, 0, -0.002), motion="static")
    still = replace(start, elements=(butter, plate), clock=Clock(frames=13, fps=12.0))
    (result,) = make_engine("warp").simulate([still])
    assert isinstance(result, Trajectory)
    velocity = result.particles["butter"].velocity
    assert np.abs(velocity[-1, :, :2]).max() < 1e-5


def test_heat_and_temperature_are_inverse() -> None:
    curve = MeltingCurve(300.0, 8.0, 60_000.0, 2300.0, 2100.0)
    t = np.linspace(280.0, 330.0, 101)
    np.testing.assert_allclose(curve.temperature(curve.heat(t)), t, atol=1e-9)
    assert curve.molten(curve.heat(304.0)) == pytest.approx(0.5)
