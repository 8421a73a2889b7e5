"""The annotator seam: what is derived from a trajectory and its frames beside the dense passes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from typing import ClassVar

from simgen.record import Annotations, Frames, Trajectory
from simgen.scene import Scene

ANNOTATORS: dict[str, str] = {"tracks": "simgen.annotators.tracks:TracksAnnotator"}
"""Name -> `module:Class`, run in this order."""


class Annotator(ABC):
    """Adds fields to the Annotations of a clip; reads frames one at a time."""

    needs: ClassVar[frozenset[str]]
    """Passes it reads."""
    gives: ClassVar[str]
    """The field of Annotations it fills."""

    @abstractmethod
    def annotate(
        self, scene: Scene, trajectory: Trajectory, frames: Frames, annotations: Annotations
    ) -> Annotations:
        """`annotations` with the field `gives` filled."""


def annotate(scene: Scene, trajectory: Trajectory, frames: Frames) -> Annotations:
    """Every annotation whose passes were rendered."""
    result = Annotations()
    for path in ANNOTATORS.values():
        module, _, cls = path.partition(":")
        annotator: Annotator = getattr(import_module(module), cls)()
        if annotator.needs <= set(frames.passes):
            result = annotator.annotate(scene, trajectory, frames, result)
    return result
