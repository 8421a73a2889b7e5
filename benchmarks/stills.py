"""One picture of every template at its most telling moment, to look at one by one.

python benchmarks/stills.py OUT                           # every template, 1920x1080
python benchmarks/stills.py OUT fluid rope/knot_pull      # categories or templates
python benchmarks/stills.py OUT --size 640x360 --samples 8 --seed 3

Simulates each scene without checks, then draws the frame where its matter has moved far and is
still moving. Pictures that are there already are kept, so a command that was stopped goes on.
Prints the seconds of simulation and the CPU-seconds of the picture.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from acceptance import chosen
from PIL import Image

from simgen.annotators.tracks import material_points
from simgen.commands import size
from simgen.errors import SimgenError
from simgen.job import load_job
from simgen.pipeline import simulate
from simgen.record import Trajectory
from simgen.renderer import View, make_renderer
from simgen.scene import Gas, Scene

POINTS = 64
"""Material points per instance that tell how it moves."""


def activity(scene: Scene, trajectory: Trajectory) -> np.ndarray:
    """(T, 2) how far the matter has come and how fast it is, each up to 1."""
    area = (np.zeros(3), 1.0)
    found: list[np.ndarray] = []
    for item in scene.objects:
        points = material_points(scene, trajectory, item, POINTS, area) if item.dynamic else None
        if points is not None:
            way = np.linalg.norm(points - points[:, :1], axis=2).mean(axis=0)
            step = np.linalg.norm(np.diff(points, axis=1), axis=2).mean(axis=0)
            found.append(np.stack([way, np.append(step, step[-1:])], axis=1))
    for element in scene.elements:
        if isinstance(element, Gas):
            smoke = trajectory.grids[element.name].smoke
            amount = smoke.reshape(len(smoke), -1).sum(axis=1)
            found.append(np.stack([amount, np.abs(np.gradient(amount))], axis=1))
    if not found:
        return np.ones((trajectory.frames, 2))
    scaled = [rows / np.maximum(rows.max(axis=0), 1e-9) for rows in found]
    return np.mean(scaled, axis=0)


def telling_moment(scene: Scene, trajectory: Trajectory) -> int:
    """The frame where most has happened while much is happening."""
    come, speed = activity(scene, trajectory).T
    return int(np.argmax(come * (0.3 + speed)))


def main() -> int:
    """Draw and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("templates", nargs="*")
    parser.add_argument("--size", type=size, default=(1920, 1080))
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    width, height = given.size
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        names = chosen(given.templates)
        job = load_job("all", {"templates": names, "seed": given.seed, "device": given.device})
        renderer = make_renderer("warp", device=given.device)
        for name in names:
            target = given.out / f"{name.replace('/', '-')}-{given.seed}.png"
            if target.exists():
                continue
            index = job.first_of(name)
            scene = job.scene(index)
            start = time.perf_counter()
            try:
                engine = job.engine_of(job.template_of(index))
                trajectory = simulate(scene, engine=engine, device=given.device)
            except SimgenError as error:
                print(f"{name:36s} {error}", flush=True)
                continue
            simulated = time.perf_counter() - start
            moment = telling_moment(scene, trajectory)
            view = View(
                width=width,
                height=height,
                samples=given.samples,
                frames=range(moment, moment + 1),
            )
            start = time.process_time()
            (frame,) = renderer.render(scene, trajectory, view, frozenset({"rgb"}))
            cost = time.process_time() - start
            Image.fromarray(frame["rgb"]).save(target)
            what = f"{job.configuration(index).environment}, {job.configuration(index).light}"
            print(
                f"{name:36s} frame {moment:3d}  simulated {simulated:5.1f} s  "
                f"drawn {cost:5.1f} CPU-s  {what}",
                flush=True,
            )
    except SimgenError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
