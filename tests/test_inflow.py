"""The plug of liquid that leaves a pipe."""

import math

import numpy as np
import pytest
from scipy.spatial import KDTree

from simgen.inflow import Inflow


@pytest.mark.parametrize("slenderness", [2.0, 4.3])
def test_a_plug_is_even_and_loose(slenderness: float) -> None:
    # As many particles as the volume asks for, none nearer to another than 0.7 spacings (a dense
    # random packing's nearest are about one spacing apart), every eighth of the time as full as
    # the others to 6 %, and half of them in half of the disc's area, to a particle's width.
    radius, speed, stop = 0.01, 0.4, 0.3
    spacing = radius / slenderness
    pipe = Inflow(
        position=(0.1, -0.2, 0.5), direction=(0.0, 3.0, -4.0), radius=radius, speed=speed, stop=stop
    )
    places, times = pipe.plug(spacing)
    count = round(math.pi * radius**2 * speed * stop / spacing**3)
    assert len(places) == len(times) == count
    assert (np.diff(times) >= 0.0).all()
    assert times[0] >= 0.0
    assert times[-1] <= stop
    offset = places - pipe.position
    np.testing.assert_allclose(offset @ pipe.axis, 0.0, atol=1e-12)
    assert np.linalg.norm(offset, axis=1).max() <= radius * (1 + 1e-9)
    spread = offset + speed * times[:, None] * pipe.axis
    nearest = KDTree(spread).query(spread, k=2)[0][:, 1]
    assert nearest.min() > 0.7 * spacing
    shares = np.histogram(times, 8, (0.0, stop))[0] / (count / 8)
    np.testing.assert_allclose(shares, 1.0, atol=0.06)
    middle = float(np.median(np.linalg.norm(offset, axis=1)))
    assert middle == pytest.approx(radius / math.sqrt(2.0), abs=0.5 * spacing)


def test_plugs_are_made_alike() -> None:
    pipe = Inflow(
        position=(0.0, 0.0, 0.0), direction=(1.0, 0.0, 0.0), radius=0.01, speed=0.5, stop=0.2
    )
    for one, other in zip(pipe.plug(0.004), pipe.plug(0.004), strict=True):
        np.testing.assert_array_equal(one, other)
