"""Equal (job, index), equal clip, bit for bit on CPU: again, elsewhere, on other threads."""

import subprocess
import sys

import h5py
import pytest

from simgen.job import Job
from simgen.pipeline import generate, produce
from simgen.template import template_names

SLOW = pytest.mark.slow
FAST = {"rigid/domino_chain", "articulated/pendulum_chain", "thermodynamics/heated_bars"}


def small_job(name: str, seed: int = 3) -> Job:
    return Job(templates=[name], seed=seed, frames=3, width=48, height=27, samples=1)


@pytest.mark.parametrize(
    "name", [n if n in FAST else pytest.param(n, marks=SLOW) for n in template_names()]
)
def test_the_same_clip_in_another_process(name) -> None:
    here = generate(small_job(name), 0).digest()
    code = (
        "from simgen.job import Job; from simgen.pipeline import generate\n"
        f"print(generate(Job(**{small_job(name).resolved()!r}), 0).digest())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split()[-1] == here
    assert generate(small_job(name, seed=4), 0).digest() != here


def test_threads_change_nothing() -> None:
    digests = set()
    for threads in (1, 2, 5):
        file = h5py.File(
            f"t{threads}", "w", driver="core", backing_store=False, libver=("v110",) * 2
        )
        digests.add(produce(small_job("rigid/bowling"), 0, file, threads=threads).digest)
    assert len(digests) == 1
