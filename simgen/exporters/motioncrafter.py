"""MotionCrafter: MP4 with point maps, scene flow and poses in HDF5, listed in `meta_infos.txt`.

Read off its loader (datasets/video.py, video_transforms.py, normalize_video_dataset.py): scene flow
is added to the point map and taken to the world by the camera of t+1; `deform_mask` multiplies it,
so it is true where the flow is known. (The repository's script for Kubric stores the opposite.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import h5py
import numpy as np

from simgen.export import Exporter, Row
from simgen.exporters.files import Mp4Writer, placed
from simgen.footage import Window
from simgen.geometry import Array
from simgen.manifest import write_text
from simgen.record import AnyArray, Frame

FARTHEST = 6.0e4
"""Coordinates beyond what half precision holds are invalid [m]."""


class MotionCrafterExporter(Exporter):
    """`CATEGORY-TEMPLATE/NAME.mp4` and `.hdf5` per window, as the repository's README says; names
    that end in `_rgb` and `_data` would be looked for in their normalised form."""

    name = "motioncrafter"
    passes = frozenset({"rgb", "depth", "forward_flow", "forward_depth_change"})
    multiple = 16
    conventions: ClassVar[dict[str, str]] = {
        "point_map": "(T, H, W, 3) float16 [m], camera frame (x right, y down, z forward); 0 "
        "where invalid. Half precision: 1 mm at 2 m, 8 mm at 16 m",
        "camera_pose": "(T, 4, 4) float16, camera to world, OpenCV axes; relative to the first "
        "camera (the loader makes it so anyway), so that half precision serves small numbers",
        "valid_mask": "(T, H, W) bool: a surface was hit",
        "scene_flow": "(T, H, W, 3) float16 [m]: the point in the camera of t+1 minus the point "
        "in the camera of t; 0 where unknown and in the last frame",
        "deform_mask": "(T, H, W) bool: scene flow is known (also of points hidden at t+1)",
    }

    def write(self, window: Window) -> Row:
        template = str(window.clip.attributes["template"]).replace("/", "-")
        stem = f"{template}/{window.name}"
        video, data = f"{stem}.mp4", f"{stem}.hdf5"
        footage = window.footage
        rays = camera_rays(footage.intrinsics, *footage.size)
        with (
            placed(self.folder / data) as temporary,
            Mp4Writer(self.folder / video, footage.size, footage.fps) as pictures,
            h5py.File(temporary, "w") as file,
        ):
            file["camera_pose"] = relative(window.camera_to_world).astype(np.float16)
            for frame in window.frames:
                pictures.add(frame["rgb"])
                for name, values in geometry(frame, rays, footage.intrinsics).items():
                    dataset(file, name, window.length, values)[frame.index] = values
        return {"video": video, "data": data, "frames": window.length}

    def finish(self, rows: Callable[[], Iterator[Row]]) -> None:
        lines = (f"{row['video']} {row['data']} {row['frames']}" for row in rows())
        write_text(self.folder / "meta_infos.txt", lines)


def dataset(file: Any, name: str, length: int, frame: AnyArray) -> Any:
    """The (length, ...) dataset of frames like this, one chunk each; made when first asked for."""
    if name not in file:
        file.create_dataset(
            name, (length, *frame.shape), frame.dtype, chunks=(1, *frame.shape), compression="lzf"
        )
    return file[name]


def camera_rays(intrinsics: Array, width: int, height: int) -> Array:
    """(H, W, 3) directions through the pixel centres, z = 1."""
    rows, columns = np.mgrid[0.5:height, 0.5:width]
    return back_project(np.stack([columns, rows], axis=-1), intrinsics)


def back_project(pixels: Array, intrinsics: Array) -> Array:
    """(..., 3) directions with z = 1 through pixels (..., 2)."""
    xy = (pixels - intrinsics[:2, 2]) / intrinsics[[0, 1], [0, 1]]
    return np.concatenate([xy, np.ones_like(xy[..., :1])], axis=-1)


def relative(camera_to_world: Array) -> Array:
    """(T, 4, 4) poses in the frame of the first camera."""
    return np.asarray(np.linalg.inv(camera_to_world[0]), float) @ camera_to_world


def geometry(frame: Frame, rays: Array, intrinsics: Array) -> dict[str, AnyArray]:
    """Point map, scene flow and their masks of one frame."""
    depth = np.asarray(frame["depth"], float)
    with np.errstate(invalid="ignore"):  # where nothing is hit or the motion is unknown
        points = rays * depth[..., None]
        moved = back_project(_landing(frame), intrinsics)
        there = moved * (depth + frame["forward_depth_change"])[..., None]
        valid = np.abs(points).max(axis=-1) < FARTHEST
        known = valid & (np.abs(there).max(axis=-1) < FARTHEST)
        flow = np.where(known[..., None], there - points, 0.0)
    return {
        "point_map": np.where(valid[..., None], points, 0.0).astype(np.float16),
        "valid_mask": valid,
        "scene_flow": flow.astype(np.float16),
        "deform_mask": known,
    }


def _landing(frame: Frame) -> Array:
    """(H, W, 2) where the point of every pixel is at t+1 [px]; NaN where unknown."""
    height, width = frame["depth"].shape
    rows, columns = np.mgrid[0.5:height, 0.5:width]
    return np.stack([columns, rows], axis=-1) + frame["forward_flow"]
