"""What storing frames costs, and whether a fast renderer would wait for it.

python benchmarks/video.py                  # 640x360 and 1920x1080, 60 frames
python benchmarks/video.py --frames 600     # longer: the peak of memory stays

A renderer that hands out frames of a real clip every 1/60 s and does nothing in between stands for
a GPU. Four frames are drawn in each size, with normals for a picture; what is handed out repeats
them.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from simgen.codec import VideoEncoder
from simgen.job import load_job
from simgen.pipeline import simulate
from simgen.record import OPTIONAL_PASSES, PASSES, Frame
from simgen.recording import Follower
from simgen.renderer import View, make_renderer
from simgen.shard import ClipWriter

RATE = 60
DRAWN = 4


def drawn(width: int, height: int) -> list[Frame]:
    """The first frames of a clip, every pass; their picture shows the normals as colours."""
    fields = {"templates": ["rigid/ball_bounce"], "frames": DRAWN, "width": 640, "height": 360}
    scene = load_job("demo", fields).scene(0)
    labels = frozenset(PASSES) - OPTIONAL_PASSES - {"rgb"}
    view = View(width=width, height=height)
    frames = make_renderer("warp").render(scene, simulate(scene), view, labels)
    return [
        Frame(f.index, {"rgb": np.uint8(127.5 * (1 + f["normal"]))} | dict(f.passes))
        for f in frames
    ]


def handed_out(frames: list[Frame], count: int, passes: frozenset[str]) -> Iterator[Frame]:
    """Frames as a renderer of RATE frames/s gives them."""
    chosen = [{name: frame[name] for name in passes} for frame in frames]
    start = time.perf_counter()
    for t in range(count):
        time.sleep(max(0.0, start + t / RATE - time.perf_counter()))
        yield Frame(t, chosen[t % DRAWN], (1.0, 1.0, 1.0))


def encoding(frames: list[Frame], count: int) -> float:
    """CPU time of the video encoder per frame [s]."""
    height, width = frames[0]["rgb"].shape[:2]
    encoder, start = VideoEncoder(width, height, RATE), time.process_time()
    for t in range(count):
        encoder.add(frames[t % DRAWN]["rgb"])
    encoder.finish()
    return (time.process_time() - start) / count


def storing(frames: list[Frame], count: int, passes: frozenset[str]) -> tuple[float, float]:
    """Frames per second that are stored, and CPU time per frame [s]."""
    with tempfile.TemporaryDirectory() as folder, h5py.File(Path(folder) / "x.h5", "w") as file:
        writer = ClipWriter(
            file.create_group("clips/00000000"),
            frame_count=count,
            fps=RATE,
            camera_to_world=np.tile(np.eye(4), (count, 1, 1)),
            intrinsics=np.eye(3),
        )
        cpu, start = time.process_time(), time.perf_counter()
        with Follower() as follower:
            for frame in handed_out(frames, count, passes):
                follower.do(writer.add, frame)
        writer.finish_frames()
        return count / (time.perf_counter() - start), (time.process_time() - cpu) / count


def main() -> None:
    """Print a row per size and choice of passes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--sizes", nargs="+", default=["640x360", "1920x1080"])
    arguments = parser.parse_args()
    print("| size | passes | stored frames/s (60 given) | CPU ms per frame | peak of memory MB |")
    print("|---|---|---|---|---|")
    for size in arguments.sizes:
        frames = drawn(*(int(side) for side in size.split("x")))
        alone = encoding(frames, arguments.frames)
        print(f"| {size} | encoder alone | | {1e3 * alone:.1f} | |")
        for name, passes in (("rgb", frozenset({"rgb"})), ("all", frozenset(frames[0].passes))):
            rate, cpu = storing(frames, arguments.frames, passes)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"| {size} | {name} | {rate:.1f} | {1e3 * cpu:.1f} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
