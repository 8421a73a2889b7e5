"""What a trainer sees of a dataset: windows of its clips as arrays, cut to size."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from simgen.byte_index import ClipIndex
from simgen.errors import SimgenError, unknown
from simgen.key import Key
from simgen.listing import Listing
from simgen.reader import ClipEntry, DatasetReader
from simgen.record import OPTIONAL_PASSES, PASSES, AnyArray
from simgen.replay import Replay, nothing
from simgen.resize import Crop, Size
from simgen.stride import step_between

Sample = dict[str, Any]
CAPTIONS = ("short", "prompt", "parameters")
_TRACKS = ("points", "pixels", "visible", "instance")


@dataclass(frozen=True, kw_only=True)
class Window:
    """What one sample is: frames of a clip, which passes of them, and in which size."""

    frames: int = 49
    """Video models want 4n + 1."""
    fps: float | None = None
    """Frames per second of the sample; the stored rate must be a multiple. None: as stored."""
    passes: tuple[str, ...] = ("rgb",)
    size: Size | None = None
    """Width and height [px]; the part of the picture that fills it. None: as stored."""
    crop: Literal["center", "random"] = "center"
    starts: Literal["random", "all"] = "random"
    """One window per clip and epoch at a random place, or windows end to end; the last one ends
    with the clip."""
    short: Literal["error", "skip", "pad"] = "error"
    """What becomes of clips shorter than a window; `pad` repeats the last frame and says so in
    `frame_valid`."""
    replay: bool = False
    """Render passes that are not stored, and motion between instants that are not neighbours, from
    the stored states."""
    tracks: bool = False
    arrays: tuple[str, ...] = ()
    """Other arrays by path in the clip, e.g. `trajectory/bodies/position`; those over time are cut
    to the window."""
    caption: str = "prompt"

    def __post_init__(self) -> None:
        for name in self.passes:
            if name not in PASSES:
                raise unknown("pass", name, PASSES)
        if self.caption not in CAPTIONS:
            raise unknown("caption", self.caption, CAPTIONS)
        if self.frames < 1:
            raise SimgenError(f"frames={self.frames} must be at least 1")


class ClipSamples:
    """The samples of some clips under one window; numbered, groups after each other."""

    def __init__(
        self,
        reader: DatasetReader,
        clips: Listing,
        window: Window,
        *,
        weights: Mapping[str, float] | None = None,
        device: str = "cpu",
    ) -> None:
        self.reader, self.window = reader, window
        self._replay = Replay(reader, device=device)
        steps = _steps(clips, window.fps)
        instants = -(-clips.frame_count // steps)
        short = instants < window.frames
        if short.any() and window.short != "pad":
            if window.short == "error":
                n = int(np.nonzero(short)[0][0])
                raise SimgenError(
                    f"clip {clips.index[n]} ({clips.templates[clips.template[n]]}) and "
                    f"{int(short.sum()) - 1} more of {len(clips)} have fewer than {window.frames} "
                    f'frames (it has {instants[n]}); choose fewer frames, short="skip" or '
                    f'short="pad"'
                )
            kept = np.nonzero(~short)[0]
            if not len(kept):
                raise SimgenError(f"no clip has {window.frames} frames")
            clips, steps, instants = clips.taken(kept), steps[kept], instants[kept]
        self.groups, group = _groups(clips, weights)
        by_group = np.argsort(group, kind="stable")
        self.clips, self._steps = clips.taken(by_group), steps[by_group]
        self._instants = instants[by_group]
        each = np.ones(len(clips), np.int64)
        if window.starts == "all":
            each = np.maximum(1, -(-self._instants // window.frames))
        self._ends = np.cumsum(each)
        counts = np.bincount(group[by_group], weights=each, minlength=len(self.groups))
        self.sizes: tuple[int, ...] = tuple(int(n) for n in counts)
        """Samples in each group."""

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __call__(self, number: int, key: Key) -> Sample:
        """A sample; `key` draws its place in the clip and in the picture.

        Arrays are (frames, H, W, ...) of the types in PASSES; `intrinsics` (3, 3) px and
        `camera_to_world` (frames, 4, 4) belong to them; `tracks` (N, frames, ...) are points in
        world and picture.

        Raises:
            SimgenError: something is not stored, damaged or gone.
        """
        clip = int(np.searchsorted(self._ends, number, side="right"))
        place = number - (int(self._ends[clip - 1]) if clip else 0)
        entry, frames = self.clips.entry(clip), self._frames(clip, place, key)
        about = self.reader.clip(entry)
        sample = self._cut(self._arrays(entry, about, frames), key)
        if self.window.short == "pad":
            sample = self._padded(sample, len(frames), about)
        return sample | self._described(about, entry, frames)

    def _frames(self, clip: int, place: int, key: Key) -> range:
        """The stored frames of a window."""
        step, count = int(self._steps[clip]), int(self._instants[clip])
        length = min(self.window.frames, count)
        if self.window.starts == "all":
            start = min(place * self.window.frames, count - length)
        else:
            start = int(key.child("start").rng().integers(0, count - length + 1))
        return range(start * step, (start + length - 1) * step + 1, step)

    def _arrays(self, entry: ClipEntry, about: ClipIndex, frames: range) -> Sample:
        """Passes, camera, tracks and other arrays of some frames; stored ones in one read."""
        wanted = self.window.passes
        stored = [n for n in wanted if f"passes/{n}" in about.arrays]
        if frames.step > 1:
            stored = [n for n in stored if not n.startswith(("forward_", "backward_"))]
        fresh = [n for n in wanted if n not in stored]
        if fresh and not self.window.replay and set(fresh) - OPTIONAL_PASSES:
            raise SimgenError(_not_stored(about, fresh, frames.step))
        others = [*self.window.arrays, "camera/camera_to_world", "camera/intrinsics"]
        if self.window.tracks:
            others += [f"tracks/{name}" for name in _TRACKS]
        passes, found = self.reader.window(entry, stored, frames, others)
        if fresh and self.window.replay:
            passes |= self._replay.passes(entry, fresh, frames)
        shape = (len(frames), int(about.attributes["height"]), int(about.attributes["width"]))
        passes |= {n: nothing(n, shape) for n in fresh if n not in passes}
        sample: Sample = {name: passes[name] for name in wanted}
        sample["camera_to_world"] = found["camera/camera_to_world"]
        sample["intrinsics"] = found["camera/intrinsics"]
        sample |= {path: found[path] for path in self.window.arrays}
        if self.window.tracks:
            sample["tracks"] = {name: found[f"tracks/{name}"] for name in _TRACKS}
        return sample

    def _described(self, about: ClipIndex, entry: ClipEntry, frames: range) -> Sample:
        """Names, clock and caption."""
        attributes = about.attributes
        captions: dict[str, str] = json.loads(attributes.get("captions", "{}"))
        return {
            "name": str(attributes["name"]),
            "template": entry.template,
            "category": entry.category,
            "index": entry.index,
            "start": frames.start,
            "fps": float(attributes["fps"]) / frames.step,
            "caption": captions.get(self.window.caption, ""),
        }

    def _cut(self, sample: Sample, key: Key) -> Sample:
        """The sample in the window's size."""
        size = self.window.size
        if size is None:
            return sample
        names = [n for n in self.window.passes if n in sample]
        height, width = sample[names[0]].shape[1:3]
        places = key.child("crop").rng().random(2) if self.window.crop == "random" else (0.5, 0.5)
        crop = Crop((width, height), size, *(float(p) for p in places))
        out = sample | crop.annotations({n: sample[n] for n in names})
        out["intrinsics"] = crop.intrinsics(sample["intrinsics"])
        if "tracks" in sample:
            tracks = dict(sample["tracks"])
            tracks["pixels"] = crop.pixels(tracks["pixels"]).astype(np.float32)
            tracks["visible"] = tracks["visible"] & crop.inside(tracks["pixels"])
            out["tracks"] = tracks
        return out

    def _padded(self, sample: Sample, count: int, about: ClipIndex) -> Sample:
        """The sample with its last frame repeated, without motion, up to the window's length."""
        at = np.minimum(np.arange(self.window.frames), count - 1)
        timed = [p for p in self.window.arrays if about.arrays[p].axes[:1] == ("time",)]
        over_time = {*self.window.passes, "camera_to_world", *timed}
        out = {n: a[at] if n in over_time else a for n, a in sample.items()}
        for name in self.window.passes:
            if name.startswith(("forward_", "backward_")):
                out[name][count:] = False if name.endswith("_occlusion") else np.nan
        if "tracks" in sample:
            cut = {n: a if n == "instance" else a[:, at] for n, a in sample["tracks"].items()}
            cut["visible"][:, count:] = False
            out["tracks"] = cut
        out["frame_valid"] = np.arange(self.window.frames) < count
        return out


def _not_stored(clip: ClipIndex, names: list[str], step: int) -> str:
    """What to do about passes that a clip cannot give as it is stored."""
    about = clip.attributes
    if step > 1 and all(f"passes/{n}" in clip.arrays for n in names):
        return (
            f"{about['name']}: {', '.join(names)} between every {step}th stored frame must be "
            f"rendered from the states; set replay=True, or ask for the stored rate"
        )
    have = ", ".join(p.removeprefix("passes/") for p in clip.arrays if p.startswith("passes/"))
    return (
        f"{about['name']} (profile {about.get('profile', 'full')}) does not store "
        f"{', '.join(names)}; it stores {have}; set replay=True to render them from the states"
    )


def _steps(clips: Listing, fps: float | None) -> AnyArray:
    """(clip,) every how many stored frames there is one of the asked rate."""
    if fps is None:
        return np.ones(len(clips), np.int32)
    rates, which = np.unique(clips.fps, return_inverse=True)
    steps = [
        step_between(float(rate), fps, f"clip {clips.index[np.argmax(which == n)]}")
        for n, rate in enumerate(rates)
    ]
    return np.array(steps, np.int32)[which]


def _groups(
    clips: Listing, weights: Mapping[str, float] | None
) -> tuple[tuple[str, ...], AnyArray]:
    """Names of the groups that are weighed by themselves, and (clip,) the group of each."""
    names = tuple(weights or ())
    known = {t.split("/")[0] for t in clips.templates} | set(clips.templates)
    for name in names:
        if name not in known:
            raise unknown("category or template in weights", name, sorted(known))
    of_template: list[int] = []
    for template in clips.templates:
        own = template if template in names else template.split("/")[0]
        of_template.append(names.index(own) if own in names else len(names))
    return (*names, ""), np.array(of_template)[clips.template]
