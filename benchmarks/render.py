"""What pictures and labels cost, and how near the pictures are to a reference.

python benchmarks/render.py --blender-python /path/with/bpy/bin/python     # some 8 minutes, 2 cores
python benchmarks/render.py --size 320x180 --reference 512                 # a quicker look
python benchmarks/render.py --device cuda        # frames/s at 1920x1080 instead

One scene in one run, so that rows compare: things falling into a heap in a furnished place. CPU
seconds are of the process with all threads, once kernels are compiled and a frame has been drawn.
PSNR is of sRGB bytes under one exposure. The reference of each renderer is its own picture of many
samples, drawn on stripes of rows evenly over the picture, a fifteenth of it. Mitsuba's picture with
our textures is the other reference of ours, at half the size. Rows of Mitsuba and Blender Cycles
are denoised as ours are, their scene is in memory before, and their looks are plain: all cheaper
for them. Rows of Cycles need a Python of their own with the package bpy.
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
from simgen.geometry import Array
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
FRAME = 1
"""The frame whose picture is looked at."""
STRIPES, STRIPE = 12, 2
"""References are drawn on so many stripes of so many rows."""
THEIRS = 1024
"""Samples of the references of Mitsuba and Cycles."""
TEXTURED = 64
"""Samples of Mitsuba's picture with our textures."""
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


def stripes(height: int) -> list[range]:
    """Rows of the stripes."""
    tops = [int((k + 0.5) * height / STRIPES) for k in range(STRIPES)]
    return [range(top, top + STRIPE) for top in tops]


def striped(picture: AnyArray) -> AnyArray:
    """The stripes of a picture, one below the other."""
    return np.concatenate([picture[r.start : r.stop] for r in stripes(len(picture))])


def spent(draw: Callable[[], Iterator[Frame]], clock: Callable[[], float]) -> float:
    """What a frame after the first costs on a clock [s]."""
    frames = draw()
    next(frames)
    start = clock()
    count = len(list(islice(frames, 3)))
    return (clock() - start) / count


class Still:
    """FRAME of the scene in linear light, by our renderer."""

    def __init__(self, scene: Scene, states: Trajectory) -> None:
        from simgen.renderers.frame_geometry import FrameGeometry, looks_table, volume_at

        model = SurfaceModel(scene, states)
        self._scene, self._looks = scene, looks_table(model)
        self._here = FrameGeometry(model, "cpu")
        self._here.move_to(FRAME)
        self._volume = volume_at(model, scene, FRAME, "cpu")

    def radiance(self, view: View, rows: range | None = None) -> Array:
        """(rows, width, 3) linear radiance of some rows of the picture or of all."""
        from simgen.renderers.frame_geometry import pinhole
        from simgen.renderers.shade import Shader

        camera = pinhole(self._scene.camera(view.camera), FRAME, view.width, view.height)
        if rows is not None:
            camera.cy -= rows.start
            view = replace(view, height=len(rows))
        shader = Shader(self._scene, self._looks, view, "cpu", 0)
        flat = shader.radiance(self._here, camera, self._volume).numpy()
        return flat.reshape(view.height, view.width, 3).astype(float)

    def exposure(self, picture: Array) -> tuple[float, ...]:
        """Factors on linear RGB as our renderer would set them."""
        from simgen.renderers.tone import auto_exposure

        bias = 2.0 ** self._scene.camera("main").exposure_bias
        return tuple(float(f) for f in auto_exposure(picture) * bias)


class Bench:
    """One scene, drawn in many ways."""

    def __init__(self, device: str) -> None:
        self.scene, self.states = heap()
        self.device = device

    def ours(self, view: View, passes: frozenset[str]) -> Callable[[], Iterator[Frame]]:
        """Frames by our renderer."""
        renderer = make_renderer("warp", device=self.device)
        return lambda: renderer.render(self.scene, self.states, view, passes)

    def labels(self, view: View) -> None:
        """All annotation passes."""
        row("all annotations", view, spent(self.ours(view, LABELS), time.process_time))

    def pictures(self, view: View, samples: int) -> tuple[float, float]:
        """Our qualities against our own reference and Mitsuba's picture; what the default costs
        [CPU s] and its PSNR to our own [dB]."""
        from simgen.renderers.mitsuba import developed

        still = Still(self.scene, self.states)
        drawn = {n: still.radiance(replace(view, samples=k)) for n, k in QUALITIES.items()}
        exposure = still.exposure(drawn["high"])
        many = replace(view, samples=samples, denoise=False)
        parts = [still.radiance(many, rows) for rows in stripes(view.height)]
        reference = developed(np.concatenate(parts), exposure)
        half = replace(view, width=view.width // 2, height=view.height // 2)
        theirs = self.mitsubas(replace(half, samples=TEXTURED), exposure)
        found: dict[str, tuple[float, float]] = {}
        for name, count in QUALITIES.items():
            other = None
            if theirs is not None:
                shown = developed(still.radiance(replace(half, samples=count)), exposure)
                other = psnr(shown, theirs)
            shown = developed(drawn[name], exposure)
            cost = spent(self.ours(replace(view, samples=count), RGB), time.process_time)
            found[name] = cost, psnr(striped(shown), reference)
            row(f"rgb {name}, {count} samples", view, *found[name], other)
        if theirs is not None:
            shown = developed(still.radiance(replace(half, samples=4 * TEXTURED)), exposure)
            row(f"rgb, {4 * TEXTURED} samples", view, None, None, psnr(shown, theirs))
        small = replace(view, width=320, height=180, samples=QUALITIES["draft"])
        wall = spent(self.ours(small, RGB), time.perf_counter)
        print(f"rgb draft at 320x180: {1 / wall:.1f} frames/s", flush=True)
        return found["default"]

    def mitsubas(self, view: View, exposure: tuple[float, ...]) -> AnyArray | None:
        """Mitsuba's picture with our textures; None where it is not installed."""
        if find_spec("mitsuba") is None:
            print("mitsuba is not installed: its figures are left out")
            return None
        from simgen.renderers.mitsuba import Pictures

        pictures = Pictures(self.scene, self.states, view)
        pictures.exposure = exposure
        return pictures.rgb(FRAME)

    def mitsuba(self, view: View) -> Iterator[tuple[float, float]]:
        """What Mitsuba's pictures of more and more samples cost and their PSNR to its own of THEIRS
        samples; plain colours, so that its loops are recorded."""
        if find_spec("mitsuba") is None:
            return
        from simgen.renderers.mitsuba import Pictures, developed

        def pictures(samples: int) -> Any:
            asked = replace(view, samples=samples)
            return Pictures(self.scene, self.states, asked, textured=False)

        many = pictures(THEIRS)
        parts = [many.layers(FRAME, rows)[..., :3] for rows in stripes(view.height)]
        exposure: tuple[float, ...] = ()
        for samples in (1, 2, 4, 8, 16, 32, 64):
            few = pictures(samples)
            few.exposure = exposure
            few.rgb(FRAME)
            exposure = few.exposure
            start = time.process_time()
            shown = few.rgb(FRAME)
            cost = time.process_time() - start
            reached = psnr(striped(shown), developed(np.concatenate(parts), exposure))
            row(f"mitsuba, {samples} samples", view, cost, reached)
            yield cost, reached

    def cycles(self, view: View, python: str) -> Iterator[tuple[float, float]]:
        """The same of Blender Cycles."""
        with tempfile.TemporaryDirectory() as folder:
            self.write_world(Path(folder) / "world.npz", view)
            command = [python, str(CYCLES), folder]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                try:
                    for line in process.stdout or ():
                        if line.startswith("{"):
                            found = json.loads(line)
                            name = f"cycles, {found['samples']} samples"
                            row(name, view, found["cost"], found["psnr"])
                            yield found["cost"], found["psnr"]
                finally:
                    process.kill()

    def write_world(self, path: Path, view: View) -> None:
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
            "size": [view.width, view.height],
            "samples": THEIRS,
            "bounces": BOUNCES,
            "stripes": [[r.start, r.stop] for r in stripes(view.height)],
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
    at_equal_psnr("mitsuba", default, bench.mitsuba(view))
    if given.blender_python:
        at_equal_psnr("cycles", default, bench.cycles(view, given.blender_python))
    else:
        print("no --blender-python: figures of Cycles are left out")
    bench.refit(view)


if __name__ == "__main__":
    main()
