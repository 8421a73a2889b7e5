"""Where the time and memory of a dataset go: every template, by stage; a clip at two lengths.

python benchmarks/pipeline.py                      # the demo job
python benchmarks/pipeline.py rigid fluid          # some categories or templates
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OVERHEAD = ("build", "store", "annotate", "check", "commit")


def measure(templates: list[str], frames: int) -> dict[str, object]:
    """Run one clip of each template in this process; seconds by stage and peak memory."""
    from simgen.cluster import RunOptions, run_job
    from simgen.job import load_job
    from simgen.manifest import read_manifest

    job = load_job("demo", {"templates": templates, "frames": frames, "shard_size": 1})
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        run_job(job, RunOptions(out=Path(folder) / "d", progress=False))
        wall = time.perf_counter() - start
        rows = [o for info in read_manifest(Path(folder) / "d") for o in info.outcomes]
        size = sum(p.stat().st_size for p in Path(folder).rglob("*.h5"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {
        "wall": wall,
        "clips": {o.template: {**o.seconds, "accepted": o.accepted} for o in rows},
        "megabytes": size / 1e6,
        "peak_GB": peak,
    }


def in_process(templates: list[str], frames: int) -> dict[str, object]:
    """The same in a process of its own, kernels compiled by a first short clip."""
    code = (
        "import json, sys; sys.path.insert(0, 'benchmarks'); from pipeline import measure\n"
        f"measure({templates!r}, 2); print(json.dumps(measure({templates!r}, {frames})))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(run.stdout.splitlines()[-1])


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("templates", nargs="*", default=["all"])
    parser.add_argument("--frames", type=int, default=48)
    arguments = parser.parse_args()
    from simgen.job import load_job
    from simgen.recording import STAGES

    names = list(load_job("demo", {"templates": arguments.templates}).templates)
    print(
        f"{arguments.frames} frames, 320x180, all passes, one process, warm kernel cache; seconds"
    )
    print(
        f"{'template':34s}"
        + "".join(f"{s:>10s}" for s in STAGES)
        + f"{'overhead':>10s}{'peak GB':>9s}"
    )
    total = dict.fromkeys(STAGES, 0.0)
    for name in names:
        result = in_process([name], arguments.frames)
        seconds = result["clips"][name]  # type: ignore[index]
        for stage in STAGES:
            total[stage] += seconds[stage]
        share = sum(seconds[s] for s in OVERHEAD) / sum(seconds[s] for s in STAGES)
        print(
            f"{name:34s}"
            + "".join(f"{seconds[s]:10.2f}" for s in STAGES)
            + f"{share:10.1%}{result['peak_GB']:9.2f}"
            + ("" if seconds["accepted"] else "  rejected"),
            flush=True,
        )
    whole = sum(total.values())
    share = sum(total[s] for s in OVERHEAD) / whole
    print(f"{'total':34s}" + "".join(f"{total[s]:10.2f}" for s in STAGES) + f"{share:10.1%}")
    print(f"overhead {share:.1%} of {whole:.0f} s (goal: at most 15 %)")
    short, long = (in_process([names[0]], n) for n in (arguments.frames, 4 * arguments.frames))
    print(
        f"peak memory of {names[0]}: {short['peak_GB']:.2f} GB at {arguments.frames} frames, "
        f"{long['peak_GB']:.2f} GB at {4 * arguments.frames}"
    )


if __name__ == "__main__":
    main()
