"""Stored passes keep their stated bounds; flipped bytes raise."""

import numpy as np
import pytest

from simgen.codec import CODECS, GOP, DamagedChunk, VideoEncoder, decode_video, decode_window
from simgen.key import Key
from simgen.record import PASSES


def test_every_pass_but_the_picture_has_a_codec() -> None:
    assert set(CODECS) == set(PASSES) - {"rgb"}


@pytest.mark.parametrize("name", ["depth", "volume_depth"])
def test_distances_keep_their_relative_bound(name) -> None:
    values = np.float32(10.0) ** Key(0).rng().uniform(-3, 4, 100_000).astype(np.float32)
    stored = CODECS[name].quantize(values)
    assert (np.abs(stored / values - 1) <= 6.2e-5).all()
    special = CODECS[name].quantize(np.array([np.inf, -np.inf, np.nan], np.float32))
    assert np.isposinf(special[0])
    assert np.isneginf(special[1])
    assert np.isnan(special[2])


@pytest.mark.parametrize(
    ("name", "bound", "low", "high"),
    [
        ("forward_flow", 1 / 256, -500, 500),
        ("backward_depth_change", 3.06e-5, -20, 20),
        ("temperature", 1 / 128, 200, 2000),
        ("normal", 1 / 1024, -1, 1),
        ("object_coordinates", 2.5e-4, 0, 1),
        ("transmittance", 2.5e-4, 0, 1),
    ],
)
def test_steps_keep_their_absolute_bound(name, bound, low, high) -> None:
    values = Key(1).rng().uniform(low, high, 100_000).astype(np.float32)
    stored = CODECS[name].quantize(values).astype(float)
    assert np.abs(stored - values).max() <= bound * 1.0001
    assert np.isnan(CODECS[name].quantize(np.array([np.nan], np.float32)))[0]


@pytest.mark.parametrize("size", [(64, 48), (37, 23)])
def test_video_groups_decode_on_their_own(size) -> None:
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    frames = [
        np.stack([(x * 3 + t) % 256, (y * 4) % 256, 0 * x + 2 * t], -1).astype(np.uint8)
        for t in range(GOP + 7)
    ]
    encoder = VideoEncoder(width, height, 24.0)
    for frame in frames:
        encoder.add(frame)
    shape, rows = encoder.finish()
    groups = [row.tobytes() for row in rows]
    assert shape == (2, len(groups[0])) == (2, len(groups[1]))
    second = list(decode_video(groups[1]))
    assert len(second) == 7
    whole = list(decode_video(b"".join(groups)))
    np.testing.assert_array_equal(np.stack(whole)[GOP:], np.stack(second))
    window = range(GOP - 3, GOP + 6, 2)
    np.testing.assert_array_equal(decode_window(groups, window), np.stack(whole)[window])
    with pytest.raises(DamagedChunk, match="7 of 8 frames"):
        decode_window(groups, range(GOP, GOP + 8))
    error = np.mean((np.stack(second).astype(float) - np.stack(frames[GOP:])) ** 2)
    assert 10 * np.log10(255**2 / error) > 30


def test_equal_pictures_give_equal_bytes() -> None:
    """Whatever lies in memory around them: encoders are known to differ from run to run."""
    rng = Key(7).rng()
    y, x = np.mgrid[0:54, 0:96]
    moving = [np.stack([x * 2 + 3 * t, y * 3, x + y], -1) % 250 for t in range(8)]
    frames = [(f + rng.integers(0, 6, f.shape)).astype(np.uint8) for f in moving]
    streams, litter = set(), []
    for _ in range(40):
        litter.append(np.empty(int(rng.integers(1, 200_000)), np.uint8))
        litter = litter[-5:]
        encoder = VideoEncoder(96, 54, 24.0)
        for frame in frames:
            encoder.add(frame)
        streams.add(b"".join(row.tobytes() for row in encoder.finish()[1]))
    assert len(streams) == 1
