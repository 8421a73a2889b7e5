"""What happens when a device has too little memory: the pictures are drawn in bands of rows."""

import mitsuba_oidn
import numpy as np
import pytest
import warp as wp
from drawing import EVEN, GREY, solid, world

from simgen.device import warp_device
from simgen.engine import make_engine
from simgen.errors import SimgenError
from simgen.geometry import Plane, Sphere
from simgen.material import Look
from simgen.record import PASSES, Frame
from simgen.renderer import View, make_renderer
from simgen.renderers.band import STEP, bands
from simgen.scene import Scene, Sun

WIDTH, HEIGHT = 96, 200


@pytest.fixture(scope="module")
def scene() -> Scene:
    warp_device("cpu")
    floor = solid("floor", Plane(5.0), Look(texture="checker", scale=0.2))
    ball = solid("ball", Sphere(0.2), GREY, (0.0, 0.0, 0.2))
    return world(floor, ball, sun=Sun(direction=(0.0, -0.6, 0.8)), sky=EVEN)


def drawn(scene: Scene, **options: bool) -> Frame:
    """All passes of the scene."""
    (states,) = make_engine("null").simulate([scene])
    view = View(width=WIDTH, height=HEIGHT, samples=2, **options)
    (frame,) = make_renderer("warp").render(scene, states, view, frozenset(PASSES))
    return frame


def hold(monkeypatch: pytest.MonkeyPatch, most: int, *, up_to: float = 24 * WIDTH * HEIGHT) -> None:
    """Let Warp's allocator fail as it does on a full device, for arrays above `most` bytes `up_to`
    those of a whole picture: the scene's own were there before."""
    allocator = type(wp.get_device("cpu").get_allocator())
    allocate = allocator.allocate

    def refuse(self: object, size: int) -> int:
        if most < size <= up_to:
            raise RuntimeError(f"Failed to allocate {size} bytes on device 'cuda:0'")
        return allocate(self, size)

    monkeypatch.setattr(allocator, "allocate", refuse)


@pytest.mark.parametrize(
    ("height", "rows", "margin"), [(200, 200, 64), (200, 33, 10), (16, 16, 64)]
)
def test_bands_make_the_picture(height: int, rows: int, margin: int) -> None:
    made = bands(height, rows, margin)
    assert len({band.rows for band in made}) == 1
    picture = np.concatenate([np.arange(b.top, b.top + b.rows)[b.keep] for b in made])
    np.testing.assert_array_equal(picture, np.arange(height))
    for band in made:
        above, below = band.keep.start, band.rows - band.keep.stop
        assert above >= margin or band.top == 0
        assert below >= margin or band.top + band.rows == height


def test_bands_show_what_the_whole_shows(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pass is bit-equal; denoised pictures are but for rounding."""
    whole, clean = drawn(scene, denoise=False), drawn(scene)
    hold(monkeypatch, 24 * WIDTH * 115)
    with pytest.warns(UserWarning, match="going on in bands of 112 rows"):
        cut = drawn(scene, denoise=False)
    for name in PASSES:
        if name in whole.passes:
            np.testing.assert_array_equal(whole[name], cut[name], err_msg=name)
    hold(monkeypatch, 12 * WIDTH * (2 * 64 + 40))
    with pytest.warns(UserWarning, match="going on in bands of 32 rows"):
        cut = drawn(scene)
    error = np.abs(cut["rgb"].astype(int) - clean["rgb"].astype(int))
    assert np.percentile(error, 99) <= 1
    assert error.mean() < 0.2


def test_the_denoiser_takes_smaller_tiles(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = drawn(scene)
    execute, failures = mitsuba_oidn.Filter.execute, [2]

    def once(self: object) -> None:
        if failures[0]:
            failures[0] -= 1
            raise mitsuba_oidn.Error("out of memory")
        execute(self)

    monkeypatch.setattr(mitsuba_oidn.Filter, "execute", once)
    with pytest.warns(UserWarning, match="going on with tiles of 512 MB"):
        assert np.abs(drawn(scene)["rgb"].astype(int) - whole["rgb"].astype(int)).max() <= 2
    failures[0] = 8  # tiles as small as can be do not help; half the picture does
    with pytest.warns(UserWarning, match="going on in bands of 112 rows"):
        assert np.abs(drawn(scene)["rgb"].astype(int) - whole["rgb"].astype(int)).max() <= 2


def test_what_never_fits_is_refused(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(monkeypatch, 24 * WIDTH * (STEP - 1))
    with (
        pytest.warns(UserWarning, match=f"bands of {STEP} rows"),
        pytest.raises(SimgenError, match="draw smaller pictures"),
    ):
        drawn(scene, denoise=False)
    hold(monkeypatch, 10, up_to=np.inf)
    with pytest.raises(SimgenError, match="draw smaller pictures"):
        drawn(scene)


def test_other_errors_are_not_taken_for_memory(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object) -> None:
        raise mitsuba_oidn.Error("invalid image")

    monkeypatch.setattr(mitsuba_oidn.Filter, "execute", fail)
    with pytest.raises(SimgenError, match="denoising: invalid image"):
        drawn(scene)
