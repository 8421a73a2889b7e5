"""Rigid roll-outs per simulated second: balls and boxes falling into a heap, on every engine.

python benchmarks/rigid.py
"""

from __future__ import annotations

import time

import numpy as np

from simgen.engine import make_engine
from simgen.geometry import Box, Plane, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.record import Trajectory
from simgen.rotation import random
from simgen.scene import Clock, RigidBody, Scene, Shape


def heap(count: int, seconds: float) -> Scene:
    """`count` balls and boxes of 8 cm, dropped in layers onto a floor."""
    rng = Key(0).child("heap").rng()
    wood = material("wood/oak")
    floor = RigidBody(
        name="floor", motion="static", shapes=(Shape(geometry=Plane(), material=wood),)
    )
    bodies = [floor]
    for i in range(count):
        layer, slot = divmod(i, 9)
        x, y = (np.array(divmod(slot, 3)) - 1) * 0.13 + rng.uniform(-0.01, 0.01, 2)
        solid = Sphere(0.04) if i % 2 else Box((0.08, 0.06, 0.05))
        bodies.append(
            RigidBody(
                name=f"body_{i}",
                shapes=(Shape(geometry=solid, material=wood),),
                position=(float(x), float(y), 0.1 + 0.13 * layer),
                quaternion=tuple(random(rng)),  # type: ignore[arg-type]
            )
        )
    return Scene(elements=tuple(bodies), clock=Clock(frames=int(24 * seconds) + 1, fps=24))


def main() -> None:
    """Print CPU seconds per simulated second and the real-time factor."""
    seconds = 2.0
    print("engine     bodies  CPU s per simulated s  times real time")
    for count in (10, 30, 60):
        scene = heap(count, seconds)
        for name in ("mujoco", "pybullet"):
            engine = make_engine(name)
            list(engine.simulate([heap(2, 0.1)]))
            start = time.process_time()
            (result,) = engine.simulate([scene])
            spent = (time.process_time() - start) / seconds
            assert isinstance(result, Trajectory), result
            print(f"{name:10s} {count:6d} {spent:22.2f} {1 / spent:16.2f}", flush=True)


if __name__ == "__main__":
    main()
