"""What the surface of a liquid costs a frame: made from its particles, drawn up to solids.

python benchmarks/surface.py                              # a dam break and a stream of honey
python benchmarks/surface.py fluid/fountain --device cuda
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

from simgen.errors import SimgenError
from simgen.job import load_job
from simgen.pipeline import simulate
from simgen.surface import SurfaceModel

FRAMES = 8
"""Frames that are made, evenly over the clip, after one that compiles kernels."""


def main() -> int:
    """Simulate, make surfaces, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("templates", nargs="*", default=["fluid/dam_break", "fluid/honey_coil"])
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    print(f"{'template':24s} {'particles':>9s} {'vertices':>9s} {'CPU s':>8s} {'wall s':>8s}")
    try:
        for name in given.templates:
            job = load_job("all", {"templates": [name], "device": given.device})
            scene = job.scene(0)
            engine = job.engine_of(job.template_of(0))
            trajectory = simulate(scene, engine=engine, device=given.device)
            model = SurfaceModel(scene, trajectory)
            for liquid in model.liquids:
                frames = np.linspace(0, trajectory.frames - 1, FRAMES).astype(int)
                model.liquid_mesh(liquid, int(frames[-1]), given.device)
                cpu, wall = time.process_time(), time.perf_counter()
                made = [model.liquid_mesh(liquid, int(t), given.device) for t in frames]
                cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
                vertices = int(np.mean([len(m.vertices) for m in made]))
                count = liquid.positions.shape[1]
                print(
                    f"{name:24s} {count:9d} {vertices:9d} {cpu / FRAMES:8.3f} {wall / FRAMES:8.3f}",
                    flush=True,
                )
    except SimgenError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
