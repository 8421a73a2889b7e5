"""What pictures and labels cost, and how near the pictures are to a reference.

python benchmarks/render.py --blender-python /path/with/bpy/bin/python     # some 8 minutes, 2 cores
python benchmarks/render.py --size 320x180 --reference 512                 # a quicker look
python benchmarks/render.py --device cuda        # frames/s at 1920x1080 instead

One scene in one run, so that rows compare: things falling into a heap in a furnished place. CPU
seconds are of the process with all threads, once kernels are compiled and a frame has been drawn.
PSNR is of sRGB bytes under one exposure. The reference of each renderer is its own picture of many
samples, drawn on stripes of rows evenly over the picture. Mitsuba's picture with our textures is
the other reference of ours, at half the size. What the same picture costs is compared where every
look is plain, as neither Mitsuba nor Blender Cycles has our textures; theirs are denoised as ours
are, and their scene is in memory before. Rows of Cycles need a Python of their own with bpy.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from rivals import FRAME, Contest, at_equal_psnr, psnr, row, striped, stripes

from simgen.engine import make_engine
from simgen.geometry import Array
from simgen.key import Key
from simgen.record import PASSES, AnyArray, Frame, Trajectory
from simgen.renderer import View, make_renderer
from simgen.scene import RigidBody, Scene, Shape
from simgen.surface import SurfaceModel
from simgen.template import find

QUALITIES = {"draft": 1, "default": 2, "high": 16}
"""Samples per pixel, all denoised."""
RGB = frozenset({"rgb"})
LABELS = frozenset(PASSES) - RGB
TEMPLATE, FRAMES = "rigid/pile_drop", 6
TEXTURED = 64
"""Samples of Mitsuba's picture with our textures."""


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


def plain(scene: Scene) -> Scene:
    """The scene with one colour for each look."""

    def bare(shape: Shape) -> Shape:
        return replace(shape, look=replace(shape.look, texture="plain", wear=0.0))

    elements = [
        replace(e, shapes=tuple(bare(s) for s in e.shapes)) if isinstance(e, RigidBody) else e
        for e in scene.elements
    ]
    return replace(scene, elements=tuple(elements))


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

    def errors(
        self, view: View, counts: list[int], samples: int, exposure: tuple[float, ...]
    ) -> list[float]:
        """PSNR of denoised pictures of so many samples to one of `samples` that is not [dB]."""
        from simgen.renderers.mitsuba import developed

        many = replace(view, samples=samples, denoise=False)
        parts = [self.radiance(many, rows) for rows in stripes(view.height)]
        reference = developed(np.concatenate(parts), exposure)
        drawn = (self.radiance(replace(view, samples=count)) for count in counts)
        return [psnr(striped(developed(picture, exposure)), reference) for picture in drawn]

    def exposure(self, picture: Array) -> tuple[float, ...]:
        """Factors on linear RGB as our renderer would set them."""
        from simgen.renderers.tone import auto_exposure

        bias = 2.0 ** self._scene.camera("main").exposure_bias
        return tuple(float(f) for f in auto_exposure(picture) * bias)


class Bench:
    """One scene, drawn in many ways."""

    def __init__(self, device: str) -> None:
        self.scene, self.states = heap()
        self.plain = plain(self.scene)
        self.device = device

    def ours(
        self, view: View, passes: frozenset[str], scene: Scene | None = None
    ) -> Callable[[], Iterator[Frame]]:
        """Frames by our renderer."""
        renderer = make_renderer("warp", device=self.device)
        return lambda: renderer.render(scene or self.scene, self.states, view, passes)

    def labels(self, view: View) -> None:
        """All annotation passes."""
        row("all annotations", view, spent(self.ours(view, LABELS), time.process_time))

    def pictures(self, view: View, samples: int) -> None:
        """Our qualities against our own reference of `samples` and Mitsuba's picture."""
        from simgen.renderers.mitsuba import developed

        still = Still(self.scene, self.states)
        half = replace(view, width=view.width // 2, height=view.height // 2)
        exposure = still.exposure(still.radiance(half))
        theirs = self.mitsubas(replace(half, samples=TEXTURED), exposure)

        def other(count: int) -> float | None:
            if theirs is None:
                return None
            shown = developed(still.radiance(replace(half, samples=count)), exposure)
            return psnr(shown, theirs)

        counts = list(QUALITIES.values())
        own = still.errors(view, counts, samples, exposure)
        for (name, count), reached in zip(QUALITIES.items(), own, strict=True):
            cost = spent(self.ours(replace(view, samples=count), RGB), time.process_time)
            row(f"rgb {name}, {count} samples", view, cost, reached, other(count))
        row(f"rgb, {4 * TEXTURED} samples", view, None, None, other(4 * TEXTURED))
        small = replace(view, width=320, height=180, samples=QUALITIES["draft"])
        wall = spent(self.ours(small, RGB), time.perf_counter)
        print(f"rgb draft at 320x180: {1 / wall:.1f} frames/s", flush=True)

    def rival(self, view: View, samples: int) -> tuple[float, float]:
        """What our default costs [CPU s] and its PSNR [dB] where every look is plain."""
        still = Still(self.plain, self.states)
        exposure = still.exposure(still.radiance(view))
        (reached,) = still.errors(view, [view.samples], samples, exposure)
        cost = spent(self.ours(view, RGB, self.plain), time.process_time)
        row("rgb default, plain looks", view, cost, reached)
        return cost, reached

    def mitsubas(self, view: View, exposure: tuple[float, ...]) -> AnyArray | None:
        """Mitsuba's picture with our textures; None where it is not installed."""
        if find_spec("mitsuba") is None:
            print("mitsuba is not installed: its figures are left out")
            return None
        from simgen.renderers.mitsuba import Pictures

        pictures = Pictures(self.scene, self.states, view)
        pictures.exposure = exposure
        return pictures.rgb(FRAME)

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


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--reference", type=int, default=4096, help="samples of references")
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
    bench.pictures(view, given.reference)
    ours = bench.rival(view, given.reference)
    contest = Contest(scene=bench.plain, states=bench.states, view=view, many=given.reference)
    at_equal_psnr("mitsuba", ours, contest.mitsuba())
    if given.blender_python:
        at_equal_psnr("cycles", ours, contest.cycles(given.blender_python))
    else:
        print("no --blender-python: figures of Cycles are left out")
    bench.refit(view)


if __name__ == "__main__":
    main()
