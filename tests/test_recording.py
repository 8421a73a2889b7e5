"""Storing beside rendering: in order, bounded, and nothing that goes wrong is lost."""

import threading

import numpy as np
import pytest

from simgen.record import Frame
from simgen.recording import AHEAD, Follower

FRAMES = [Frame(t, {"rgb": np.zeros((2, 2, 3), np.uint8)}) for t in range(20)]


def test_frames_are_dealt_with_in_order_while_others_are_made() -> None:
    seen, go = [], threading.Event()

    def slow(frame: Frame) -> None:
        go.wait(10)
        seen.append((frame.index, threading.current_thread() is threading.main_thread()))

    with Follower() as follower:
        for frame in FRAMES[:AHEAD]:
            follower.do(slow, frame)
        assert seen == []  # the owner goes on
        go.set()
        for frame in FRAMES[AHEAD:]:
            follower.do(slow, frame)
            assert frame.index - len(seen) < AHEAD  # and is never far ahead
    assert seen == [(t, False) for t in range(20)]


@pytest.mark.parametrize("at", [3, 19])
def test_what_goes_wrong_there_is_raised_here(at) -> None:
    done = []

    def full(frame: Frame) -> None:
        if frame.index == at:
            raise OSError(28, "No space left on device")
        done.append(frame.index)

    def make() -> None:
        with Follower() as follower:
            for frame in FRAMES:
                follower.do(full, frame)

    with pytest.raises(OSError, match="No space left"):
        make()
    assert done[:at] == list(range(at))
    assert len(done) <= at + AHEAD
