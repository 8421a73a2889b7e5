"""Calls in a child process: values, errors, crashes, time-outs, growth and orphans."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time

from simgen.engines.isolated import Isolated
from simgen.errors import Rejected


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be reaped does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def child(function: str, memory: float = 1e6, seconds: float = 60.0) -> Isolated:
    return Isolated(function, memory=memory, seconds=seconds)


def test_values_come_back_from_one_kept_process() -> None:
    """The child is another process, and the same one at every call."""
    kept = child("os:getpid")
    first, second = kept.call(), kept.call()
    assert first == second == kept.pid
    assert first != os.getpid()
    kept.close()
    assert not alive(first)


def test_an_error_is_a_rejection_and_the_process_goes_on() -> None:
    kept = child("math:sqrt")
    failed = kept.call(-1.0)
    assert isinstance(failed, Rejected)
    assert failed.reason == "simulation/engine_failed"
    assert "ValueError" in failed.detail
    assert kept.call(2.0) == math.sqrt(2.0)


def test_a_crash_is_a_rejection_and_the_next_call_has_a_new_process() -> None:
    kept = child("builtins:exec")
    failed = kept.call("import os, sys; print('last words', flush=True); os._exit(3)")
    assert isinstance(failed, Rejected)
    assert failed.reason == "simulation/engine_died"
    assert "exit status 3" in failed.detail
    assert "last words" in failed.detail
    assert kept.call("pass") is None


def test_a_call_that_takes_too_long_is_stopped() -> None:
    kept = child("time:sleep", seconds=1.0)
    failed = kept.call(60.0)
    assert isinstance(failed, Rejected)
    assert failed.reason == "simulation/timed_out"
    assert kept.pid is None


def test_a_process_that_has_grown_is_replaced() -> None:
    kept = child("os:getpid", memory=1.0)
    assert kept.call() != kept.call()


def test_no_process_outlives_its_parent() -> None:
    """Also one that is busy, whose parent is killed."""
    code = (
        "from simgen.engines.isolated import Isolated; import threading, time\n"
        "kept = Isolated('time:sleep', memory=1e6, seconds=60.0)\n"
        "threading.Thread(target=kept.call, args=(50.0,), daemon=True).start()\n"
        "while kept.pid is None: time.sleep(0.05)\n"
        "time.sleep(1.0); print(kept.pid, flush=True); time.sleep(60.0)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert alive(pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    end = time.monotonic() + 10.0
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.1)
    assert not alive(pid)
