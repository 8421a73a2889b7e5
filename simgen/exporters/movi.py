"""MOVi (Kubric): npz with the features and encodings of its datasets, a slash for every level.

Read off challenges/movi/movi_a.py and kubric/renderer/blender_utils.py of google-research/kubric.
Its backward flow goes forward in time, from t-1 to t (kubric issue 152; Cycles' motion pass): the
negative of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from simgen.export import Exporter, Row
from simgen.exporters.files import Scratch, write_npz
from simgen.exporters.motioncrafter import camera_rays
from simgen.exporters.movi_instances import camera, collisions, instances
from simgen.footage import Window
from simgen.geometry import Array
from simgen.record import AnyArray, Frame
from simgen.scene import SceneObject

FULL = 65535
"""The largest code of a range-coded value."""
FLOWS = ("forward_flow", "backward_flow")


class MoviExporter(Exporter):
    """`NAME.npz` per window."""

    name = "movi"
    passes = frozenset({"rgb", "depth", "segmentation", "normal", "object_coordinates", *FLOWS})
    conventions: ClassVar[dict[str, str]] = {
        "depth": "(s, h, w, 1) uint16: distance along the ray, code / 65535 * (max - min) + min "
        "with metadata/depth_range [m]; where nothing is hit the largest code, and `valid` false",
        "flow": "(s, h, w, 2) uint16 (row, column) with metadata/*_flow_range [px]; backward flow "
        "goes from t-1 to t as in MOVi. Unknown motion (background, and the first or last frame, "
        "which MOVi renders) is 0, and `*_flow_valid` false",
        "segmentations": "(s, h, w, 1) uint8 (uint16 with more than 255 instances): instances that "
        "physics moves and that are seen, by visibility, from 1 on; floors, walls and other "
        "static things are background, 0, also where MOVi-D/E would list them",
        "normal": "(s, h, w, 3) uint16, world frame: code / 65535 * 2 - 1; MOVi rounds down",
        "object_coordinates": "(s, h, w, 3) uint16: code / 65535",
        "camera": "axes of OpenGL (x right, y up, looking along -z), quaternions wxyz, sensor 32 "
        "mm wide, field_of_view horizontal [rad]",
        "instances": "lists of all are rows; bboxes, of ragged length, are joined: bbox_instance "
        "and bbox_frames say whose and when. Matter without a pose (cloth, liquids...) has its "
        "mean position, no turn, and boxes along the axes. friction and restitution are those of "
        "the material, NaN where it has none",
        "events": "contacts at the frames' instants only (MOVi: all solver steps); force is the "
        "normal impulse of a step over its length [N]",
        "units": "m, kg, s; video is sRGB uint8",
    }

    def write(self, window: Window) -> Row:
        with Scratch(self.folder, window.length) as raw:
            rays = camera_rays(window.footage.intrinsics, *window.footage.size)
            stretch: Array = np.linalg.norm(rays, axis=-1)
            pixels = np.zeros((window.length, len(window.clip.objects) + 1), np.int64)
            for frame in window.frames:
                ids = frame["segmentation"]
                pixels[frame.index] = np.bincount(ids.ravel(), minlength=pixels.shape[1])
                for name, values in _raw(frame, stretch).items():
                    raw.put(name, frame.index, values)
            shown = [o for o in window.clip.objects if o.dynamic and pixels[:, o.id].any()]
            shown.sort(key=lambda item: -int(pixels[:, item.id].sum()))
            arrays = _encoded(raw, shown, len(window.clip.objects))
            arrays |= camera(window)
            arrays |= instances(window, shown, arrays["segmentations"])
            arrays |= collisions(window, shown)
            arrays |= _metadata(window, len(shown))
            write_npz(self.folder / f"{window.name}.npz", arrays)
        return {"file": f"{window.name}.npz", "instances": len(shown)}


def _raw(frame: Frame, stretch: Array) -> dict[str, AnyArray]:
    """What one frame gives before ranges and instances are known."""
    return {
        "video": frame["rgb"],
        "ids": frame["segmentation"],
        "distance": (frame["depth"] * stretch).astype(np.float32)[..., None],
        "forward_flow_float": frame["forward_flow"][..., ::-1],
        "backward_flow_float": -frame["backward_flow"][..., ::-1],
        "normal": _code((frame["normal"] + 1) / 2),
        "object_coordinates": _code(np.clip(frame["object_coordinates"], 0, 1)),
    }


def _code(share: AnyArray) -> AnyArray:
    """Values in [0, 1] as 0..65535."""
    return np.round(np.asarray(share, float) * FULL).astype(np.uint16)


def _encoded(raw: Scratch, shown: list[SceneObject], count: int) -> dict[str, AnyArray]:
    """The dense arrays, coded over the range of the whole window; on disk."""
    arrays = {n: raw.arrays[n] for n in ("video", "normal", "object_coordinates")}
    label = np.zeros(count + 1, np.uint8 if len(shown) < 256 else np.uint16)
    label[[item.id for item in shown]] = np.arange(1, len(shown) + 1)
    for t, ids in enumerate(raw.arrays["ids"]):
        raw.put("segmentations", t, label[ids][..., None])
    arrays["segmentations"] = raw.arrays["segmentations"]
    distance = raw.arrays["distance"]
    low, high = _range(distance)
    arrays["metadata/depth_range"] = np.array([low, high], np.float32)
    arrays["depth"], arrays["valid"] = _coded(raw, "depth", distance, (low, high), high)
    for name in FLOWS:
        low, high = _range(raw.arrays[f"{name}_float"])
        ends = min(low, 0.0), max(high, 0.0)
        arrays[f"metadata/{name}_range"] = np.array(ends, np.float32)
        arrays[name], arrays[f"{name}_valid"] = _coded(
            raw, name, raw.arrays[f"{name}_float"], ends, 0.0
        )
    return arrays


def _coded(
    raw: Scratch, name: str, frames: AnyArray, ends: tuple[float, float], missing: float
) -> tuple[AnyArray, AnyArray]:
    """(s, h, w, channels) codes of values between `ends`, what is not finite as `missing`; and
    (s, h, w, 1) whether all channels are finite."""
    low, high = ends
    for t, values in enumerate(frames):
        known = np.isfinite(values)
        share = (np.where(known, values, missing) - low) / max(high - low, 1e-12)
        raw.put(name, t, _code(share))
        raw.put(f"{name}_valid", t, known.all(axis=-1, keepdims=True))
    return raw.arrays[name], raw.arrays[f"{name}_valid"]


def _range(frames: AnyArray) -> tuple[float, float]:
    """Smallest and largest finite value, looked for frame by frame; zeros where there is none."""
    ends = [(v.min(), v.max()) for f in frames if (v := f[np.isfinite(f)]).size]
    if not ends:
        return 0.0, 0.0
    return float(min(low for low, _ in ends)), float(max(high for _, high in ends))


def _metadata(window: Window, shown: int) -> Mapping[str, AnyArray]:
    width, height = window.footage.size
    return {
        "metadata/video_name": np.array(window.name),
        "metadata/width": np.array(width, np.int32),
        "metadata/height": np.array(height, np.int32),
        "metadata/num_frames": np.array(window.length, np.int32),
        "metadata/num_instances": np.array(shown, np.uint16),
        "metadata/frame_rate": np.array(window.footage.fps, np.float32),
    }
