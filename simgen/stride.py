"""A recorded clip at some of its instants: states and scene, for renders between them.

Flow, depth change and occlusion between distant instants are those of the matter between these
instants; they come from a render of the strided states, never from scaling or adding stored flow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar, cast

from simgen.errors import SimgenError
from simgen.record import Contacts, Record, Solver, array_specs
from simgen.rotation import unflipped
from simgen.scene import Scene

R = TypeVar("R", bound=Record)
ROUND = 1e-6
"""Relative error within which a ratio of frame rates is a whole number."""
COMMON = (48, 120, 240)
"""Frame rates that many others divide, to suggest for a job: 8, 16, 24; 8, 24, 30; all of them."""


def step_between(stored: float, asked: float, name: str) -> int:
    """Every how many stored frames there is an asked one; rates in frames/s.

    Raises:
        SimgenError: the asked instants are not among the stored ones; `name` is the clip's.
    """
    step = round(stored / asked) if asked > 0 else 0
    if step >= 1 and abs(stored / asked - step) <= ROUND * step:
        return step
    given = ", ".join(f"{stored / k:g}" for k in range(1, 7))
    better = [rate for rate in COMMON if asked > 0 and rate % asked == 0] or [asked]
    anew = " or ".join(f"fps={rate:g}" for rate in better)
    raise SimgenError(
        f"{name} is stored at {stored:g} frames/s and gives {given}, ... frames/s, not {asked:g}: "
        f"instants in between were not simulated; choose one of these, or make the job anew with "
        f"{anew}"
    )


def strided(record: R, frames: slice) -> R:
    """A record (`Trajectory`, `Tracks`...) at some of its frames; nested records too.

    Instants keep their time; contacts between them are left out; quaternions go on without a change
    of sign.
    """
    step = frames.step or 1
    changes: dict[str, Any] = {}
    specs = array_specs(type(record))
    whole: Any = record  # some dataclass
    for item in fields(whole):
        value = getattr(record, item.name)
        if value is not None and item.name in specs:
            axes = specs[item.name].axes.split()
            if "time" in axes:
                where = (slice(None),) * axes.index("time")
                part = value[(*where, frames)]
                turns = item.name == "quaternion" and step > 1
                changes[item.name] = unflipped(part) if turns else part
        elif isinstance(value, Contacts):
            changes[item.name] = _strided_contacts(value, frames)
        elif isinstance(value, Record):
            changes[item.name] = strided(value, frames)
        elif isinstance(value, Solver):
            changes[item.name] = replace(value, substeps=value.substeps * step)
        elif isinstance(value, Mapping):
            parts = cast("Mapping[str, Record]", value)
            changes[item.name] = {key: strided(part, frames) for key, part in parts.items()}
    return replace(whole, **changes)


def _strided_contacts(contacts: Contacts, frames: slice) -> Contacts:
    start, stop, step = frames.indices(1 + int(contacts.frame.max(initial=0)))
    since = contacts.frame - start
    kept = (since >= 0) & (contacts.frame < stop) & (since % step == 0)
    arrays = {name: getattr(contacts, name)[kept] for name in array_specs(Contacts)}
    return Contacts(**arrays | {"frame": since[kept] // step})


def strided_scene(scene: Scene, frames: slice) -> Scene:
    """The scene with the clock and the cameras of some of its frames."""
    clock, step = scene.clock, frames.step or 1
    substeps = None if clock.substeps is None else clock.substeps * step
    count = len(range(clock.frames)[frames])
    cameras = [
        replace(
            c,
            camera_to_world=c.camera_to_world[frames],
            focus_distance=None if c.focus_distance is None else c.focus_distance[frames],
        )
        for c in scene.cameras
    ]
    return replace(
        scene,
        clock=replace(clock, frames=count, fps=clock.fps / step, substeps=substeps),
        cameras=tuple(cameras),
    )
