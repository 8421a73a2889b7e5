"""A library with global state, kept in a child process: calls go there, values come back.

The child is started at the first call and kept. It ends when its parent closes it or dies, and is
replaced when it crashes, takes too long or has grown too large (leaks of the library).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from importlib import import_module
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import IO, Any

from simgen.errors import Rejected

WATCH = 1.0
"""Seconds between two looks of the child at whether its parent still lives."""
LAST_WORDS = 800
"""Characters of a crashed child's output that are reported."""


class Isolated:
    """Calls of `function` ("module:name") in a child process; arguments and results are pickled."""

    def __init__(self, function: str, *, memory: float, seconds: float) -> None:
        """The child is replaced after a call that leaves it above `memory` [MB] at its peak; one
        that takes longer than `seconds` is stopped."""
        self.function, self.memory, self.seconds = function, memory, seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._line: Connection[Any, Any] | None = None
        self._output: IO[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Of the child, None while there is none."""
        return self._child.pid if self._child is not None else None

    def call(self, *arguments: Any) -> Any | Rejected:
        """What the function returns; what it raises, a crash and a time-out are a Rejected."""
        if self._child is None or self._child.poll() is not None:
            self._start()
        assert self._line is not None
        try:
            self._line.send(arguments)
            if not self._line.poll(self.seconds):
                self.close()
                return Rejected("simulation/timed_out", f"no result after {self.seconds:.0f} s")
            done, value, peak = self._line.recv()
        except (EOFError, OSError):
            words = self._last_words()
            self.close()
            return Rejected("simulation/engine_died", words)
        if peak > self.memory:
            self.close()
        return value if done else Rejected("simulation/engine_failed", value)

    def close(self) -> None:
        """End the child."""
        if self._line is not None:
            self._line.close()
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        if self._output is not None:
            self._output.close()
        self._child = self._line = self._output = None

    def __del__(self) -> None:
        self.close()

    def _start(self) -> None:
        self.close()
        self._line, theirs = Pipe()
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
        start = f"from {__name__} import serve; serve({theirs.fileno()}, {self.function!r})"
        self._child = subprocess.Popen(
            [sys.executable, "-c", start],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
        )
        theirs.close()

    def _last_words(self) -> str:
        if self._child is None or self._output is None:
            return ""
        code = self._child.wait(timeout=10)
        self._output.seek(0)
        text = self._output.read().decode(errors="replace").strip()
        return f"exit status {code}; {text[-LAST_WORDS:]}"


def serve(descriptor: int, function: str) -> None:
    """The child: answers calls until its parent is gone."""
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()
    line: Connection[Any, Any] = Connection(descriptor)
    module, _, name = function.partition(":")
    while True:
        try:
            arguments = line.recv()
        except EOFError:
            return
        try:
            answer = (True, getattr(import_module(module), name)(*arguments))
        except Exception as error:
            print(traceback.format_exc(), file=sys.stderr, flush=True)
            answer = (False, f"{type(error).__name__}: {error}")
        line.send((*answer, _peak()))


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH)
    os._exit(1)


def _peak() -> float:
    """Largest resident memory of this process so far [MB]."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
