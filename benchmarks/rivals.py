"""What the same picture costs by other renderers: Mitsuba and Blender Cycles, on a scene of
`benchmarks/render.py` in which every look is plain."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from simgen.record import AnyArray, Trajectory
from simgen.renderer import View
from simgen.scene import Scene
from simgen.surface import SurfaceModel

FORMATS = (".2f", ".1f", ".1f")
FRAME = 1
"""The frame whose picture is looked at."""
STRIPES, STRIPE = 8, 2
"""References are drawn on so many stripes of so many rows."""
CYCLES = Path(__file__).with_name("blender.py")
COUNTS = (1, 2, 4, 8, 16, 32, 64)
"""Samples of their pictures."""


def psnr(a: AnyArray, b: AnyArray) -> float:
    """Of bytes [dB]."""
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2)))


def stripes(height: int) -> list[range]:
    """Rows of the stripes."""
    tops = [int((k + 0.5) * height / STRIPES) for k in range(STRIPES)]
    return [range(top, top + STRIPE) for top in tops]


def striped(picture: AnyArray) -> AnyArray:
    """The stripes of a picture, one below the other."""
    return np.concatenate([picture[r.start : r.stop] for r in stripes(len(picture))])


@dataclass(frozen=True, eq=False, kw_only=True)
class Contest:
    """A picture that all draw, each against its own of `many` samples that is not denoised."""

    scene: Scene
    states: Trajectory
    view: View
    many: int

    def mitsuba(self) -> Iterator[tuple[float, float]]:
        """What Mitsuba's pictures of more and more samples cost [CPU s], and their PSNR [dB]."""
        if find_spec("mitsuba") is None:
            return
        from simgen.renderers.mitsuba import Pictures, developed

        def pictures(samples: int) -> Any:
            asked = replace(self.view, samples=samples)
            return Pictures(self.scene, self.states, asked, textured=False)

        reference = pictures(self.many)
        parts = [reference.layers(FRAME, rows)[..., :3] for rows in stripes(self.view.height)]
        exposure: tuple[float, ...] = ()
        for samples in COUNTS:
            few = pictures(samples)
            few.exposure = exposure
            few.rgb(FRAME)
            exposure = few.exposure
            start = time.process_time()
            shown = few.rgb(FRAME)
            cost = time.process_time() - start
            reached = psnr(striped(shown), developed(np.concatenate(parts), exposure))
            row(f"mitsuba, {samples} samples", self.view, cost, reached)
            yield cost, reached

    def cycles(self, python: str) -> Iterator[tuple[float, float]]:
        """The same of Blender Cycles."""
        with tempfile.TemporaryDirectory() as folder:
            self.write_world(Path(folder) / "world.npz")
            command = [python, str(CYCLES), folder]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                try:
                    for line in process.stdout or ():
                        if line.startswith("{"):
                            found = json.loads(line)
                            name = f"cycles, {found['samples']} samples"
                            row(name, self.view, found["cost"], found["psnr"])
                            yield found["cost"], found["psnr"]
                finally:
                    process.kill()

    def write_world(self, path: Path) -> None:
        """FRAME as arrays: triangles with their mean colours, camera, sun, mean sky."""
        from simgen.renderers.environment import panorama
        from simgen.renderers.mitsuba_looks import LookReader
        from simgen.renderers.mitsuba_stage import heap as polyhedra
        from simgen.renderers.mitsuba_stage import pieces
        from simgen.renderers.shade import BOUNCES

        model = SurfaceModel(self.scene, self.states)
        reader = LookReader(self.scene, model.looks)
        parts = [(look, piece) for look, piece in pieces(model, FRAME).items()]
        parts += [(balls.look, polyhedra(balls, FRAME)) for balls in model.balls]
        arrays: dict[str, Any] = {
            "size": [self.view.width, self.view.height],
            "samples": self.many,
            "bounces": BOUNCES,
            "counts": COUNTS,
            "stripes": [[r.start, r.stop] for r in stripes(self.view.height)],
            "angle": self.scene.cameras[0].field_of_view,
            "pose": self.scene.cameras[0].camera_to_world[FRAME],
            "sky": panorama(self.scene).mean(axis=(0, 1)),
        }
        if self.scene.sun is not None:
            arrays |= {"sun": self.scene.sun.direction, "irradiance": self.scene.sun.irradiance}
            arrays["sun_radius"] = self.scene.sun.angular_radius
        for k, (look, piece) in enumerate(parts):
            mean = reader.mean(look)
            constants = [*mean.albedo[0], mean.roughness[0], mean.metallic[0]]
            emission = model.looks[look].emission
            arrays |= {f"v{k}": piece.vertices, f"f{k}": piece.faces, f"n{k}": piece.normals}
            arrays |= {f"c{k}": constants, f"e{k}": emission}
        np.savez(path, **arrays)


def at_equal_psnr(name: str, ours: tuple[float, float], theirs: Iterator[Any]) -> None:
    """Print what another renderer costs where its pictures are as good as our default ones,
    log-linear between the sample counts around."""
    before: tuple[float, float] | None = None
    for cost, reached in theirs:
        if reached >= ours[1]:
            if before is not None:
                share = (ours[1] - before[1]) / (reached - before[1])
                cost = before[0] * (cost / before[0]) ** share
            known = "" if before is not None else " at most"
            print(
                f"{name} at {ours[1]:.1f} dB:{known} {cost:.2f} CPU s, {cost / ours[0]:.2f} times "
                f"our {ours[0]:.2f}",
                flush=True,
            )
            return
        before = cost, reached
    if before is not None:
        print(
            f"{name} does not reach {ours[1]:.1f} dB: {before[1]:.1f} dB for {before[0]:.2f} CPU s"
        )


def row(
    name: str, view: View, cost: float | None, own: float | None = None, other: float | None = None
) -> None:
    """One line of the table."""
    cells = [f"{v:{f}}" if v is not None else "-" for v, f in zip((cost, own, other), FORMATS)]
    print(
        f"{name:26s} {view.width}x{view.height} " + " ".join(f"{c:>12s}" for c in cells), flush=True
    )
