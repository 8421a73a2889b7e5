"""The camera keeps the focus in the picture, fills it, and stays above the floor."""

import math

import numpy as np
import pytest

from simgen.camera import FILL, Focus, make_camera, still, with_lens
from simgen.key import Key
from simgen.scene import Camera, Clock
from simgen.template import find

CLOCK = Clock(frames=25, fps=24.0)
ANGLES = np.linspace(0.0, 2 * np.pi, 24)
RING = np.stack([np.cos(ANGLES), np.sin(ANGLES), 0.3 + 0.0 * ANGLES], -1)
FOCI = (
    Focus(lower=(-0.05, -0.04, 0.0), upper=(0.05, 0.04, 0.03)),
    Focus(lower=(-1.0, -0.3, 0.0), upper=(2.0, 0.3, 0.8)),
    Focus(lower=(-0.5, -0.5, 0.0), upper=(0.5, 0.5, 4.0)),
    Focus.around(RING, (0.0, 0.0, 0.5)),
)


def _camera(motion: str, focus: Focus, seed: int, elevation: float = 0.3) -> Camera:
    return make_camera(
        Key(seed),
        CLOCK,
        focus,
        motion=motion,  # type: ignore[arg-type]
        azimuth=0.4,
        elevation=elevation,
        field_of_view=0.6,
        aspect_ratio=16 / 9,
    )


def _picture(camera: Camera, focus: Focus) -> np.ndarray:
    """(frames, N, 2) places of the focus; the picture is [-1, 1] in both."""
    tan = np.tan(camera.field_of_view / 2)
    seen = []
    for pose in camera.camera_to_world:
        local = (focus.places() - pose[:3, 3]) @ pose[:3, :3]
        assert (local[:, 2] > 0).all()
        seen.append(local[:, :2] / local[:, 2:] / (tan * 16 / 9, tan))
    return np.array(seen)


@pytest.mark.parametrize("motion", ["static", "orbit", "dolly", "hand_held"])
@pytest.mark.parametrize("focus", FOCI)
def test_focus_stays_in_the_picture(motion: str, focus: Focus) -> None:
    # Fitting puts every place inside FILL; the sway of a hand takes some of the rest.
    limit = 1.0 if motion == "hand_held" else FILL + 0.02
    for seed in range(5):
        assert np.abs(_picture(_camera(motion, focus, seed), focus)).max() <= limit


@pytest.mark.parametrize("focus", FOCI)
def test_focus_fills_the_picture(focus: Focus) -> None:
    # The nearest eye that fits: some place lies on the FILL frame, to rounding.
    reach = np.abs(_picture(_camera("static", focus, 0, elevation=0.5), focus)).max()
    assert reach == pytest.approx(FILL, abs=1e-6)


def test_places_bring_the_camera_closer_than_their_box() -> None:
    ring = Focus.around(RING)
    box = Focus(lower=ring.lower, upper=ring.upper)
    near, far = (_camera("static", f, 0).camera_to_world[0, :3, 3] for f in (ring, box))
    assert np.linalg.norm(near - ring.center) < 0.9 * np.linalg.norm(far - ring.center)


def test_moves_and_rests() -> None:
    still = _camera("static", FOCI[1], 0).camera_to_world
    assert (still == still[0]).all()
    for motion in ("orbit", "dolly", "hand_held"):
        path = _camera(motion, FOCI[1], 0).camera_to_world[:, :3, 3]
        assert np.linalg.norm(np.diff(path, axis=0), axis=1).max() > 1e-4


def test_eye_stays_above_the_floor() -> None:
    low = _camera("hand_held", FOCI[0], 3, elevation=0.0)
    assert low.camera_to_world[:, 2, 3].min() >= 0.05


def test_a_lens_is_sharp_at_the_focus_and_scales_as_on_film() -> None:
    # 24 mm of film under 27 degrees: f = 12 mm / tan(13.5 deg) = 50 mm; at f/2 the lens is 25 mm
    # wide.
    clock = Clock(frames=3, fps=24.0)
    focus = Focus(lower=(-0.1, -0.1, 0.0), upper=(0.1, 0.1, 0.2))
    camera = still(
        clock, eye=(0.0, -3.0, 0.1), target=(0.0, 0.0, 0.1), field_of_view=math.radians(27.0)
    )
    lens = with_lens(camera, focus, 0.5)
    assert lens.lens_radius == pytest.approx(0.0125, rel=0.01)
    assert lens.focus_distance == pytest.approx(np.full(3, 3.0), abs=1e-6)


def test_templates_take_a_lens_from_the_job() -> None:
    override = {"relative_aperture": {"uniform": [0.25, 0.5]}}
    template = find("rigid/ball_bounce").sample(Key(0), override=override)
    scene = template.build(Key(1))
    assert 0.25 <= template.relative_aperture <= 0.5
    assert scene.camera().lens_radius > 0.0
    assert find("rigid/ball_bounce").sample(Key(0)).build(Key(1)).camera().lens_radius == 0.0
