"""The renderer seam: a recorded trajectory in, frames out one by one; and the table of
renderers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import ClassVar

from simgen.errors import SimgenError, unknown
from simgen.record import Frame, Trajectory
from simgen.scene import Scene

RENDERERS: dict[str, str] = {
    "warp": "simgen.renderers.warp:WarpRenderer",
    "mitsuba": "simgen.renderers.mitsuba:MitsubaRenderer",
    "pyrender": "simgen.renderers.pyrender:PyrenderRenderer",
    "null": "simgen.renderers.null:NullRenderer",
}
"""Name -> `module:Class`. The module imports without its heavy library."""


@dataclass(frozen=True, kw_only=True)
class View:
    """What is drawn: resolution, which camera, how many samples per pixel for the picture."""

    width: int = 320
    height: int = 180
    camera: str = "main"
    samples: int = 2
    """Samples per pixel of `rgb`; annotations always use the pixel centre."""
    denoise: bool = True
    """Whether the noise that few samples leave in `rgb` is taken out (Open Image Denoise)."""
    frames: range | None = None
    """Which frames; None: all."""

    def __post_init__(self) -> None:
        if not (
            1 <= self.width <= 16384 and 1 <= self.height <= 16384 and 1 <= self.samples <= 65536
        ):
            raise SimgenError(f"{self}: width and height must be 1..16384 px and samples 1..65536")


class Renderer(ABC):
    """Draws frames from recorded states; never sees an engine. Memory does not grow with clip
    length."""

    name: ClassVar[str]
    package: ClassVar[str] = ""
    """The importable package the renderer needs, '' for none."""
    passes: ClassVar[frozenset[str]]
    """Names in PASSES it can give."""

    def __init__(self, *, device: str = "cpu", threads: int = 0) -> None:
        self.device = device
        self.threads = threads
        """CPU threads; 0 takes every core."""

    @abstractmethod
    def render(
        self, scene: Scene, trajectory: Trajectory, view: View, passes: frozenset[str]
    ) -> Iterator[Frame]:
        """The frames of the view in order, with exactly the asked passes (optional ones only where
        the scene has them)."""


def make_renderer(name: str, *, device: str = "cpu", threads: int = 0) -> Renderer:
    """The renderer called `name`."""
    if name not in RENDERERS:
        raise unknown("renderer", name, RENDERERS)
    module, _, cls = RENDERERS[name].partition(":")
    renderer_class: type[Renderer] = getattr(import_module(module), cls)
    if renderer_class.package and find_spec(renderer_class.package) is None:
        raise SimgenError(
            f"renderer {name!r} needs the package {renderer_class.package!r}: "
            f"pip install 'simgen[{name}]'"
        )
    return renderer_class(device=device, threads=threads)


def require_passes(renderer: Renderer, passes: frozenset[str]) -> None:
    """Refuse passes the renderer cannot give."""
    missing = sorted(passes - renderer.passes)
    if missing:
        raise SimgenError(
            f"renderer {renderer.name!r} cannot give {', '.join(missing)}; "
            f"it gives {', '.join(sorted(renderer.passes))}"
        )
