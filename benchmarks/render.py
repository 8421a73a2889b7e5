"""What pictures and labels cost, and how near the pictures are to a reference.

python benchmarks/render.py                      # CPU seconds per frame, PSNR, against Mitsuba
python benchmarks/render.py --reference 256      # a quicker, noisier reference
python benchmarks/render.py --blender-python /path/with/bpy/bin/python
python benchmarks/render.py --device cuda        # frames/s at 1920x1080 instead

One scene in one run, so that rows compare: boxes and balls falling into a heap on a stage. CPU
seconds are of the process with all threads, once kernels are compiled and a frame has been drawn.
PSNR is of sRGB bytes under one exposure: against our own picture of `--reference` samples, and
against Mitsuba's. Rows of Blender Cycles need a Python of their own with the package bpy.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from simgen.engine import make_engine
from simgen.key import Key
from simgen.record import PASSES, AnyArray, Frame, Trajectory
from simgen.renderer import View, make_renderer
from simgen.scene import Scene
from simgen.surface import SurfaceModel
from simgen.template import find

QUALITIES = {"draft": 1, "default": 3, "high": 16}
"""Samples per pixel, all denoised."""
RGB = frozenset({"rgb"})
LABELS = frozenset(PASSES) - RGB
FORMATS = (".2f", ".1f", ".1f")
TEMPLATE, FRAMES = "rigid/pile_drop", 6
CYCLES = Path(__file__).with_name("blender.py")


def heap() -> tuple[Scene, Trajectory]:
    """The scene and its states."""
    cls = find(TEMPLATE)
    key = Key(0).child("benchmark")
    change = {"frame_count": FRAMES, "fps": 8.0, "camera_motion": "orbit"}
    scene = cls.sample(key, override=change).build(key.child("build"))
    (states,) = make_engine(cls.engines[0]).simulate([scene])
    if not isinstance(states, Trajectory):
        raise SystemExit(f"the roll-out was rejected: {states}")
    return scene, states


def psnr(a: AnyArray, b: AnyArray) -> float:
    """Of bytes [dB]."""
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2)))


def spent(draw: Callable[[], Iterator[Frame]], clock: Callable[[], float]) -> float:
    """What a frame after the first costs on a clock [s]."""
    frames = draw()
    next(frames)
    start = clock()
    count = len(list(islice(frames, 3)))
    return (clock() - start) / count


class Bench:
    """One scene, drawn in many ways."""

    def __init__(self, device: str) -> None:
        self.scene, self.states = heap()
        self.device = device

    def ours(self, view: View, passes: frozenset[str]) -> Callable[[], Iterator[Frame]]:
        """Frames by our renderer."""
        renderer = make_renderer("warp", device=self.device)
        return lambda: renderer.render(self.scene, self.states, view, passes)

    def one(self, view: View) -> Frame:
        """Our picture of frame 1, exposed for it."""
        return next(self.ours(replace(view, frames=range(1, 2)), RGB)())

    def labels(self, view: View) -> None:
        """All annotation passes."""
        row("all annotations", view, spent(self.ours(view, LABELS), time.process_time))

    def pictures(self, view: View, samples: int) -> float:
        """Our qualities against our own reference and Mitsuba's; PSNR of the default [dB]."""
        reference = self.one(replace(view, samples=samples, denoise=False))
        theirs = self.mitsubas(replace(view, samples=min(samples, 512)), reference.exposure)
        quality: dict[str, float] = {}
        for name, count in QUALITIES.items():
            asked = replace(view, samples=count)
            picture = self.one(asked)["rgb"]
            quality[name] = psnr(picture, reference["rgb"])
            cost = spent(self.ours(asked, RGB), time.process_time)
            row(f"rgb {name}, {count} samples", view, cost, quality[name], psnr_of(picture, theirs))
        row(f"our {samples} samples", view, None, None, psnr_of(reference["rgb"], theirs))
        small = replace(view, width=320, height=180, samples=QUALITIES["draft"])
        wall = spent(self.ours(small, RGB), time.perf_counter)
        print(f"rgb draft at 320x180: {1 / wall:.1f} frames/s", flush=True)
        return quality["default"]

    def mitsubas(self, view: View, exposure: tuple[float, ...]) -> AnyArray | None:
        """Mitsuba's picture of frame 1 with our textures; None where it is not installed."""
        if find_spec("mitsuba") is None:
            print("mitsuba is not installed: its figures are left out")
            return None
        from simgen.renderers.mitsuba import Pictures

        pictures = Pictures(self.scene, self.states, replace(view, denoise=False))
        pictures.exposure = exposure
        return pictures.rgb(1)

    def mitsuba(self, view: View, wanted: float) -> None:
        """Mitsuba with Open Image Denoise and plain colours (its own code only, recorded loops),
        until its picture is as near to its own reference as our default is to ours."""
        if find_spec("mitsuba") is None:
            return
        from simgen.renderers.mitsuba import Pictures

        def pictures(samples: int, denoise: bool) -> Any:
            asked = replace(view, samples=samples, denoise=denoise)
            return Pictures(self.scene, self.states, asked, textured=False)

        many = pictures(512, False)
        reference = many.rgb(1)
        for samples in (1, 2, 4, 8, 16, 32, 64):
            few = pictures(samples, True)
            few.exposure = many.exposure
            few.rgb(1)
            start = time.process_time()
            reached = psnr(few.rgb(1), reference)
            row(f"mitsuba, {samples} samples", view, time.process_time() - start, reached)
            if reached >= wanted:
                return

    def cycles(self, view: View, python: str, wanted: float) -> None:
        """Blender Cycles with Open Image Denoise and plain colours, likewise."""
        with tempfile.TemporaryDirectory() as folder:
            self.write_world(Path(folder) / "world.npz", view)
            command = [python, str(CYCLES), folder, f"{wanted:.2f}"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
            if not lines:
                raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
            for line in lines:
                found = json.loads(line)
                row(f"cycles, {found['samples']} samples", view, found["cost"], found["psnr"])

    def write_world(self, path: Path, view: View) -> None:
        """Frame 1 as arrays: triangles with their mean colours, camera, sun, mean sky."""
        from simgen.renderers.environment import panorama
        from simgen.renderers.mitsuba_looks import LookReader
        from simgen.renderers.mitsuba_stage import heap as polyhedra
        from simgen.renderers.mitsuba_stage import pieces

        model = SurfaceModel(self.scene, self.states)
        reader = LookReader(self.scene, model.looks)
        parts = [(look, piece) for look, piece in pieces(model, 1).items()]
        parts += [(balls.look, polyhedra(balls, 1)) for balls in model.balls]
        arrays: dict[str, Any] = {
            "size": [view.width, view.height],
            "angle": self.scene.cameras[0].field_of_view,
            "pose": self.scene.cameras[0].camera_to_world[1],
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

    def cuda(self) -> None:
        """Frames/s at 1920x1080, and where the time goes."""
        view = View(width=1920, height=1080)
        pixels = view.width * view.height
        wall = spent(self.ours(view, LABELS), time.perf_counter)
        print(f"all annotations {1 / wall:7.1f} frames/s")
        for name, count in QUALITIES.items():
            asked = replace(view, samples=count)
            wall = spent(self.ours(asked, RGB), time.perf_counter)
            noisy = spent(self.ours(replace(asked, denoise=False), RGB), time.perf_counter)
            paths = pixels * count / noisy / 1e6
            print(
                f"rgb {name:8s} {1 / wall:7.1f} frames/s, {paths:7.1f} M paths/s (edges take twice "
                f"as many), denoising and copies {1e3 * (wall - noisy):.1f} ms"
            )
        start, count = time.perf_counter(), 0
        size = 0
        with tempfile.TemporaryDirectory() as folder:
            for frame in encoded(self.ours(view, frozenset(PASSES))(), Path(folder) / "v.mp4"):
                count += 1
                size = sum(a.nbytes for a in frame.passes.values())
        total = (time.perf_counter() - start) / count
        print(
            f"all passes, default rgb, encode {1 / total:.1f} frames/s, {size / 1e6:.0f} MB/frame"
        )

    def refit(self, view: View) -> None:
        """Tracing time of labels with trees refitted through the clip, against fresh ones."""
        frames = self.ours(replace(view, frames=None), frozenset({"depth"}))()
        *_, last = spent_each(frames, time.process_time)
        only = replace(view, frames=range(FRAMES - 1, FRAMES))
        (fresh,) = spent_each(self.ours(only, frozenset({"depth"}))(), time.process_time)
        print(
            f"depth of the last frame: {last:.3f} CPU s as it comes, {fresh:.3f} CPU s built anew"
        )


def spent_each(frames: Iterator[Frame], clock: Callable[[], float]) -> Iterator[float]:
    """What each frame costs."""
    start = clock()
    for _ in frames:
        yield clock() - start
        start = clock()


def encoded(frames: Iterator[Frame], path: Path) -> Iterator[Frame]:
    """The frames, their pictures written as H.264 on the way."""
    import av

    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=24, options={"crf": "18"})
        for frame in frames:
            stream.height, stream.width = frame["rgb"].shape[:2]
            picture = av.VideoFrame.from_ndarray(frame["rgb"], format="rgb24")
            container.mux(stream.encode(picture.reformat(format="yuv420p")))
            yield frame
        container.mux(stream.encode())


def psnr_of(picture: AnyArray, reference: AnyArray | None) -> float | None:
    """PSNR, None without a reference."""
    return None if reference is None else psnr(picture, reference)


def row(
    name: str, view: View, cost: float | None, own: float | None = None, other: float | None = None
) -> None:
    """One line of the table."""
    cells = [f"{v:{f}}" if v is not None else "-" for v, f in zip((cost, own, other), FORMATS)]
    print(
        f"{name:26s} {view.width}x{view.height} " + " ".join(f"{c:>12s}" for c in cells), flush=True
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--reference", type=int, default=4096, help="samples of our reference")
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--blender-python", default="", help="a Python that has bpy")
    given = parser.parse_args()
    bench = Bench(given.device)
    if given.device != "cpu":
        bench.cuda()
        return
    width, height = (int(v) for v in given.size.split("x"))
    view = View(width=width, height=height)
    print(f"{'':26s} {'':7s} {'CPU s/frame':>12s} {'dB to own':>12s} {'to mitsuba':>12s}")
    bench.labels(view)
    default = bench.pictures(view, given.reference)
    bench.mitsuba(view, default)
    if given.blender_python:
        bench.cycles(view, given.blender_python, default)
    bench.refit(view)


if __name__ == "__main__":
    main()
