"""Relief too fine for a pixel: it dulls the gloss, as pictures of many more pixels show."""

from collections.abc import Generator
from contextlib import contextmanager

import numpy as np
import pytest
from drawing import DARK, draw, solid

from simgen.camera import still
from simgen.geometry import Plane
from simgen.material import Look
from simgen.renderers import texture
from simgen.scene import Clock, Scene, Sun

CLOCK = Clock(frames=1, fps=24.0)
FLOORS = {
    "metal": Look(texture="hammered", scale=0.12, metallic=1.0, roughness=0.12),
    "varnish": Look(texture="hammered", scale=0.12, roughness=0.5, clear_coat=1.0),
}
WIDTH, HEIGHT, FINER = 32, 18, 16


@contextmanager
def forgotten(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Pictures as they would be if what a sample cannot see were flat."""
    flat = {name: tuple(0.0 * v for v in row) for name, row in texture.texture_spreads().items()}
    with monkeypatch.context() as change:
        change.setattr(texture, "texture_spreads", lambda: flat)
        yield


def seen(look: Look, *, shift: float = 0.0, finer: int = 1, samples: int = 4) -> np.ndarray:
    """(rows, columns) luminance of a floor against the sun; the eye moves by `shift` pixels."""
    eye = (0.02 * shift, -9.0, 3.0)
    camera = still(CLOCK, eye=eye, target=(0.02 * shift, 0.0, 0.0), field_of_view=0.25)
    sun = Sun(direction=(0.0, 0.9, 0.436), angular_radius=0.05)
    floor = solid("floor", Plane(30.0), look)
    scene = Scene(elements=(floor,), clock=CLOCK, cameras=(camera,), sun=sun, sky=DARK)
    size = {"width": WIDTH * finer, "height": HEIGHT * finer}
    linear = draw(scene, samples=samples, **size)[1].mean(axis=2)
    return linear.reshape(HEIGHT, finer, WIDTH, finer).mean(axis=(1, 3))


@pytest.mark.parametrize("name", FLOORS)
def test_far_relief_is_as_bright_as_near_relief(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The mean of pixels so small that they see the relief is the truth.
    truth = seen(FLOORS[name], finer=FINER, samples=1).mean(axis=1)
    now = seen(FLOORS[name], samples=16).mean(axis=1)
    with forgotten(monkeypatch):
        before = seen(FLOORS[name], samples=16).mean(axis=1)
    error, error_before = (np.abs(rows - truth).mean() / truth.mean() for rows in (now, before))
    assert error < 0.4
    assert error < 0.3 * error_before


@pytest.mark.parametrize("name", FLOORS)
def test_far_relief_does_not_flicker(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def flicker() -> float:
        pictures = np.stack([seen(FLOORS[name], shift=0.3 * k) for k in range(6)])
        return float(pictures.std(axis=0).mean() / pictures.mean())

    now = flicker()
    with forgotten(monkeypatch):
        before = flicker()
    assert now < 0.5 * before
