"""What simulating a clip costs: every template at its own size and refined, on one core.

python benchmarks/templates.py                   # every template, default engine
python benchmarks/templates.py rope fluid/dam_break --seed 3 --engine apic
python benchmarks/templates.py garment --fine   # refined

Every row is a process of its own: CPU seconds of the whole clip and per simulated second, and peak
memory, after a first short roll-out that compiles kernels. Refined: half the spacing, which is 4
times the triangles, 8 times the particles or gas cells; a scene without a spacing (rigid bodies,
ropes, grains that are bodies) is simulated 4 times in one call instead. The exit code is 1 when a
clip of the default size needs more than 90 s or 4 GB.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np

from simgen.engine import make_engine
from simgen.geometry import Array
from simgen.key import Key
from simgen.record import Trajectory
from simgen.scene import Cloth, Element, Fluid, Gas, Grains, Inflatable, Melt, Scene, SoftBody
from simgen.template import CATEGORIES, find, template_names

MOST_SECONDS, MOST_GIGABYTES = 90.0, 4.0


def split_faces(faces: Array, count: int) -> tuple[Array, Array]:
    """Faces (4 F, 3) with every edge halved, and the edges (E, 2) whose middles are the vertices
    from `count` on."""
    sides = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    edges, middle = np.unique(sides, axis=0, return_inverse=True)
    ab, bc, ca = (count + middle.reshape(3, -1)).astype(np.int32)
    a, b, c = faces.T
    corners = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    return np.concatenate([np.stack(t, 1) for t in corners]), edges


def split_particles(points: Array, spacing: float) -> Array:
    """The middles (8 N, 3) of the eight halves of every particle's cube."""
    corner = np.stack(np.meshgrid(*[[-0.25, 0.25]] * 3), -1).reshape(-1, 3) * spacing
    return (points[:, None] + corner).reshape(-1, 3)


def refined(element: Element) -> Element | None:
    """The element at half its spacing; None where it has none to refine."""
    match element:
        case Cloth() | Inflatable():
            points = np.asarray(element.vertices, float)
            faces, edges = split_faces(np.asarray(element.faces), len(points))
            change: dict[str, Any] = {"faces": faces}
            for name in ("vertices", "rest_vertices"):
                old = getattr(element, name)
                if old is not None:
                    change[name] = np.concatenate([old, np.asarray(old)[edges].mean(1)])
            if isinstance(element, Cloth) and element.pattern is not None:
                a, b, c = np.moveaxis(np.asarray(element.pattern), 1, 0)
                ab, bc, ca = (a + b) / 2, (b + c) / 2, (c + a) / 2
                corners = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
                change["pattern"] = np.concatenate([np.stack(t, 1) for t in corners])
            return replace(element, **change)
        case Fluid() | Melt() if len(element.positions):
            points = split_particles(np.asarray(element.positions), element.spacing)
            box, half = element.domain, element.spacing / 4
            points = np.clip(points, np.add(box.lower, half), np.subtract(box.upper, half))
            change = {"positions": points, "spacing": element.spacing / 2}
            if isinstance(element, Melt) and np.ndim(element.temperature):
                change["temperature"] = np.repeat(element.temperature, 8)
            return replace(element, **change)
        case Gas():
            return replace(element, cell=element.cell / 2)
        case _:
            return None


def size_of(scene: Scene) -> str:
    """What there is of it, in words."""
    count: dict[str, int] = {}
    for element in scene.elements:
        match element:
            case Cloth() | Inflatable() | SoftBody():
                count["vertices"] = count.get("vertices", 0) + len(element.vertices)
            case Fluid():
                count["particles"] = count.get("particles", 0) + element.count
            case Melt() | Grains():
                count["particles"] = count.get("particles", 0) + len(element.positions)
            case Gas():
                box = np.subtract(element.domain.upper, element.domain.lower) / element.cell
                count["cells"] = count.get("cells", 0) + int(np.prod(np.round(box)))
            case _:
                pass
    count["bodies"] = len(scene.bodies)
    return ", ".join(f"{n:,} {what}" for what, n in count.items())


def measure(name: str, seed: int, engine: str, fine: bool) -> dict[str, Any]:
    """Roll one clip out in this process."""
    key = Key(seed, (name,))
    scene = find(name).sample(key).build(key)
    engine = engine if engine != "auto" else find(name).engines[0]
    scenes = [scene]
    if fine:
        finer = [refined(e) for e in scene.elements]
        if any(f is not None for f in finer):
            whole = tuple(f or e for f, e in zip(finer, scene.elements, strict=True))
            scenes = [replace(scene, elements=whole)]
        else:
            scenes = [scene] * 4
    solver = make_engine(engine)
    clock = scene.clock
    short = replace(scenes[0], clock=replace(clock, frames=2), cameras=())
    list(solver.simulate([short]))
    start, wall = time.process_time(), time.perf_counter()
    results = list(solver.simulate(scenes))
    failed = [r for r in results if not isinstance(r, Trajectory)]
    return {
        "engine": engine,
        "size": f"{len(scenes)} x " * (len(scenes) > 1) + size_of(scenes[0]),
        "cpu": time.process_time() - start,
        "wall": time.perf_counter() - wall,
        "simulated": len(scenes) * (clock.frames - 1) / clock.fps,
        "peak_GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "failed": failed[0].reason if failed else "",
    }


def in_process(name: str, seed: int, engine: str, fine: bool) -> dict[str, Any]:
    """The same in a process of its own."""
    code = (
        "import json, sys; sys.path.insert(0, 'benchmarks'); from templates import measure\n"
        f"print(json.dumps(measure({name!r}, {seed}, {engine!r}, {fine})))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if run.returncode:
        return {"error": run.stderr.strip().splitlines()[-1][:150]}
    return json.loads(run.stdout.splitlines()[-1])


def main() -> int:
    """Print a line per template."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("templates", nargs="*")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--fine", action="store_true", help="at half the spacing")
    given = parser.parse_args()
    for word in given.templates:
        if word not in CATEGORIES:
            find(word)
    wanted = given.templates
    passed = True
    print(f"{'template':36s} {'engine':8s} {'CPU s':>7s} {'per sim s':>9s} {'GB':>5s}  size")
    for name in template_names():
        if wanted and name not in wanted and name.split("/")[0] not in wanted:
            continue
        row = in_process(name, given.seed, given.engine, given.fine)
        if "error" in row:
            print(f"{name:36s} {row['error']}", flush=True)
            passed = False
            continue
        pace = row["cpu"] / row["simulated"]
        words = f"{row['size']} {row['failed'] and 'REJECTED ' + row['failed']}"
        print(
            f"{name:36s} {row['engine']:8s} {row['cpu']:7.1f} {pace:9.2f} {row['peak_GB']:5.2f}  "
            f"{words}",
            flush=True,
        )
        if not given.fine:
            passed &= row["cpu"] <= MOST_SECONDS and row["peak_GB"] <= MOST_GIGABYTES
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
