"""Reading clips: passes frame by frame, the exact trajectory, the certificate."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, overload

import h5py
import numpy as np
from pydantic import ValidationError

from simgen.certificate import Certificate, Finding
from simgen.codec import GOP, decode_video
from simgen.errors import SimgenError
from simgen.hdf5 import read_record, zstd_filter
from simgen.key import Key
from simgen.record import PASSES, Annotations, AnyArray, Frame, Frames, Tracks, Trajectory
from simgen.renderer import View
from simgen.scene import Scene, SceneObject
from simgen.shot import Shot, filmed
from simgen.template import SceneTemplate, find
from simgen.variant import perturbed


def stored_view(about: Mapping[str, Any], size: tuple[int, int], frames: range | None) -> View:
    """What the renderer of a stored clip is asked for, given its attributes: its own samples, in
    another width and height [px]."""
    return View(
        width=size[0],
        height=size[1],
        samples=int(about["samples"]),
        denoise=bool(about.get("denoise", True)),
        frames=frames,
    )


class StoredFrames(Frames):
    """The frames of a stored clip, read when asked for; one decoded group of pictures is kept."""

    def __init__(self, group: Any, frame_count: int) -> None:
        super().__init__(
            [], _array(group, "camera/camera_to_world"), _array(group, "camera/intrinsics")
        )
        self._group = group
        self._count = frame_count
        self._decoded: tuple[int, list[AnyArray]] = (-1, [])

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Frame]: ...
    def __getitem__(self, index: int | slice) -> Frame | Sequence[Frame]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        if not -self._count <= index < self._count:
            raise IndexError(f"frame {index} of {self._count}")
        at = index % self._count
        return Frame(at, {name: self.read(name, at) for name in self.passes})

    def __len__(self) -> int:
        return self._count

    @property
    def passes(self) -> tuple[str, ...]:
        stored = self._group.get("passes", {})
        return tuple(name for name in PASSES if name in stored)

    def read(self, name: str, index: int) -> AnyArray:
        """One pass of one frame, in the dtype of PASSES."""
        if name not in self.passes:
            raise SimgenError(f"pass {name!r} is not stored; stored: {', '.join(self.passes)}")
        if name == "rgb":
            return self._picture(index)
        dataset = self._group[f"passes/{name}"]
        return dataset[index].astype(PASSES[name].dtype)

    def _picture(self, index: int) -> AnyArray:
        number = index // GOP
        if self._decoded[0] != number:
            stream = self._group["passes/rgb"][number].tobytes()
            self._decoded = (number, list(decode_video(stream)))
        return self._decoded[1][index - number * GOP]

    def groups(self) -> Iterator[bytes]:
        """The video as it is stored: closed groups of pictures, H.264 Annex B."""
        if "rgb" not in self.passes:
            raise SimgenError(f"no pictures are stored; stored: {', '.join(self.passes)}")
        return (row.tobytes() for row in self._group["passes/rgb"])

    def stack(self, name: str) -> AnyArray:
        """(T, ...) one pass of every frame."""
        return np.stack([self.read(name, t) for t in range(self._count)])


class Clip:
    """One clip of a dataset; arrays are read from disk when asked for."""

    def __init__(self, group: Any) -> None:
        zstd_filter()
        self.group = group
        """The HDF5 group, for direct reading."""
        self._file = group.file  # stays open as long as the clip is held

    def __repr__(self) -> str:
        verdict = "accepted" if self.accepted else f"rejected: {self.attributes['reason']}"
        return f"<Clip {self.name} {len(self.frames)} frames, {verdict}>"

    @cached_property
    def attributes(self) -> dict[str, Any]:
        """Every scalar attribute: name, template, index, seed, config_hash, engine, fps,
        reason..."""
        stored = self.group.attrs.items()
        return {name: v.item() if hasattr(v, "item") else v for name, v in stored}

    @property
    def name(self) -> str:
        """`category/template/index`."""
        return str(self.attributes["name"])

    @property
    def index(self) -> int:
        """Index in the job."""
        return int(self.attributes["index"])

    @property
    def accepted(self) -> bool:
        """The certificate's verdict."""
        return bool(self.attributes["accepted"])

    @cached_property
    def configuration(self) -> SceneTemplate:
        """The template instance that made the clip.

        Raises:
            SimgenError: the template is gone or has other fields in this version.
        """
        return stored_configuration(self.attributes)

    @cached_property
    def captions(self) -> Mapping[str, Any]:
        """What the clip shows, in words (`simgen.caption.Captions`); empty for a scene made by
        hand."""
        return json.loads(self.attributes.get("captions", "{}"))

    @cached_property
    def paraphrases(self) -> Sequence[Mapping[str, Any]]:
        """Its captions in every wording, to augment training with; `captions` is one of them."""
        return json.loads(self.attributes.get("paraphrases", "[]"))

    @cached_property
    def frames(self) -> StoredFrames:
        """The annotation passes."""
        return StoredFrames(self.group, int(self.attributes["frame_count"]))

    @cached_property
    def objects(self) -> tuple[SceneObject, ...]:
        """Instances; the object of segmentation id k is `objects[k - 1]`."""
        return tuple(SceneObject(**o) for o in json.loads(self.attributes["objects"]))

    @cached_property
    def trajectory(self) -> Trajectory:
        """The exact recorded states.

        Raises:
            SimgenError: they were taken out of the shard.
        """
        if "trajectory" not in self.group:
            raise SimgenError(
                f"{self.name} holds no states (its shard has no clips/{self.index:08d}/trajectory):"
                f" nothing can be drawn of it; make the job anew"
            )
        return read_record(self.group["trajectory"], Trajectory)

    @cached_property
    def annotations(self) -> Annotations:
        """Tracks and what else was annotated."""
        tracks = self.group.get("tracks")
        return Annotations(tracks=None if tracks is None else read_record(tracks, Tracks))

    @cached_property
    def certificate(self) -> Certificate:
        """The findings of the checks."""
        return Certificate(
            findings=tuple(Finding(**f) for f in json.loads(self.attributes["certificate"]))
        )

    def scene(self) -> Scene:
        """The scene, built again from the stored configuration."""
        return stored_scene(self.attributes)

    def digest(self) -> str:
        """sha256 over every stored array and attribute: equal digests mean equal clips."""
        return group_digest(self.group)


def stored_configuration(attributes: Mapping[str, Any]) -> SceneTemplate:
    """The template instance that made a clip, from the clip's attributes.

    Raises:
        SimgenError: the template is gone or has other fields in this version.
    """
    template = find(str(attributes["template"]))
    try:
        return template(**json.loads(attributes["configuration"]))
    except ValidationError as error:
        raise SimgenError(
            f"{attributes['name']} was made by {attributes['created_by']} with other fields of "
            f"{template.name()} than this version has ({error.error_count()} differ); "
            f"open it with that version"
        ) from None


def stored_key(attributes: Mapping[str, Any]) -> Key:
    """The random stream of a clip, from the clip's attributes."""
    return Key(int(attributes["seed"]), tuple(json.loads(attributes["key_path"])))


def stored_scene(attributes: Mapping[str, Any]) -> Scene:
    """The scene of a clip, built again from the clip's attributes, as its shots show it."""
    key = stored_key(attributes)
    scene = stored_configuration(attributes).build(key.child("build"))
    scene = perturbed(scene, key, int(attributes.get("take", 1)))
    shots = [Shot(**shot) for shot in json.loads(attributes.get("shots", "[]"))]
    if not shots:
        return scene
    width, height = json.loads(attributes["recorded_size"])
    return filmed(scene, shots, (width, height), str(attributes["name"]))[0]


def group_digest(group: Any) -> str:
    """sha256 over names, values and attributes of a group, independent of file layout."""
    total = hashlib.sha256()
    for path, item in _walk(group):
        total.update(path.encode())
        for name in sorted(item.attrs):
            if name not in ("DIMENSION_LABELS", "seconds"):
                total.update(f"{name}={item.attrs[name]!r}".encode())
        if isinstance(item, h5py.Dataset):
            for part in _chunks(item):
                total.update(np.ascontiguousarray(part).tobytes())
    return total.hexdigest()


def _walk(group: Any) -> Iterator[tuple[str, Any]]:
    found: list[str] = []
    group.visit(found.append)
    yield "", group
    for path in sorted(found):
        yield path, group[path]


def _chunks(dataset: Any) -> Iterator[AnyArray]:
    if dataset.ndim == 0:
        yield dataset[()]
    else:
        for i in range(len(dataset)) if dataset.ndim > 1 else (slice(None),):
            yield dataset[i]


def _array(group: Any, path: str) -> AnyArray:
    return group[path][()]
