"""Physics-IQ: five seconds at 30 frames/s from three still cameras, two takes, the names it reads.

Read off google-deepmind/physics-IQ-benchmark (run_physics_iq.py, binary_mask_generator.py and
calculate_and_write_metrics_to_csv.py): names are split at underscores, so scenarios have none;
takes are told by name; identifiers go through all first takes, then through all second ones; masks
are differences of pictures, so cameras must stand still.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from simgen.clip import Clip
from simgen.errors import SimgenError
from simgen.export import Exporter, ExportOptions, Row
from simgen.exporters.files import pictures, write_mp4
from simgen.footage import Footage, Window
from simgen.geometry import Array
from simgen.manifest import write_text
from simgen.record import Trajectory
from simgen.renderer import View, make_renderer
from simgen.rotation import from_axis_angle, to_matrix
from simgen.scene import Camera, Scene

RATE, SECONDS = 30, 5
VIEWS = {"left": -1, "center": 0, "right": 1}
"""Perspective -> to which side of the clip's own camera, in the benchmark's order."""
ANGLES = (40.0, 30.0, 20.0, 10.0)
"""Turns of the side cameras about the event that are tried, until enough of it is seen [degree]."""
ENOUGH = 0.5
"""Share that a side camera sees at least of the middle one's pixels of what moves."""
CATEGORIES = {"fluid": "Fluid Dynamics", "thermodynamics": "Thermodynamics"}
"""The benchmark's names; everything else is Solid Mechanics."""
STILL = 1e-9
"""How far a camera that stands still moves at most [m]."""
Family = tuple[int, str]
"""Draw and configuration: what the takes of a scenario share."""


class PhysicsIQExporter(Exporter):
    """`split-videos/testing/30FPS/*.mp4`, `switch-frames/*.jpg` and `descriptions.csv`."""

    name = "physics_iq"
    passes = frozenset({"rgb"})
    captioned = True
    fps = RATE
    multiple = 2
    conventions: ClassVar[dict[str, str]] = {
        "testing-videos": "150 pictures at 30 frames/s from the clip's first instant on",
        "switch-frames": "the first picture of take 1; there are no conditioning videos: a clip "
        "starts with its event",
        "cameras": "center: the clip's own camera, which must stand still; left and right: turned "
        "about the vertical through the event by 40 degrees, or less where something is in the way",
        "takes": "clips of one draw and configuration; take 2 starts slightly differently",
        "identifiers": "three per scenario; first takes from 1 on, second takes after them",
        "use": "call the folder physics-IQ-benchmark where run_physics_iq.py runs; it insists on "
        "198 first takes (66 scenarios), its functions do not",
    }

    def __init__(self, folder: Path, options: ExportOptions) -> None:
        fixed = {"fps": RATE, "frames": RATE * SECONDS}
        for name, needed in fixed.items():
            if getattr(options, name) not in (None, needed):
                raise SimgenError(
                    f"physics_iq: {name}={getattr(options, name):g} is not the benchmark's {needed}"
                )
        super().__init__(folder, replace(options, frames=None))
        self._takes: dict[Family, dict[int, str]] = {}
        self._angles: dict[str, dict[str, float]] = {}
        self._shots: dict[str, Row] = {}

    def length(self, clip: Clip) -> int:
        """The benchmark's five seconds; what comes after them is left out."""
        return RATE * SECONDS

    def survey(self, clip: Clip) -> None:
        super().survey(clip)
        poses = clip.frames.camera_to_world
        if np.abs(poses - poses[0]).max() > STILL:
            raise SimgenError(
                f"{clip.name} has a moving camera, and the benchmark's masks are differences of "
                f"pictures; make the job anew with overrides.camera_motion=static"
            )
        if _take(clip) > 2:
            raise SimgenError(f"{clip.name} is take {_take(clip)}; the benchmark has two")
        self._takes.setdefault(_family(clip), {})[_take(clip)] = clip.name

    def begin(self) -> None:
        single = [takes for takes in self._takes.values() if not {1, 2} <= set(takes)]
        if single and not self.options.allow_missing:
            raise SimgenError(
                f"physics_iq needs two takes of every scenario; {len(single)} of "
                f"{len(self._takes)} have one (the first: {next(iter(single[0].values()))}). Make "
                f"the job anew with takes=2, or export what there is with --allow-missing"
            )

    def resume(self, rows: Iterator[Row]) -> None:
        for row in rows:
            if row["scenarios"] != len(self._takes):
                raise SimgenError(
                    f"{self.folder} counts {row['scenarios']} scenarios, now there are "
                    f"{len(self._takes)}, and second takes are numbered after all first ones; "
                    f"choose another --out"
                )
            self._angles.setdefault(row["scenario"], {})[row["view"]] = row["angle"]

    def footages(self, clip: Clip) -> Iterator[tuple[str, Footage]]:
        family, take = _family(clip), _take(clip)
        number, names = list(self._takes).index(family), self._takes[family]
        scenario = names[min(names)].translate(_HYPHENS)
        (_, own) = next(iter(super().footages(clip)))
        camera = clip.scene().camera()
        if scenario not in self._angles:
            self._angles[scenario] = side_angles(own, camera)
        center = event(own.scene, own.trajectory, camera)
        for order, (view, angle) in enumerate(self._angles[scenario].items()):
            identifier = 3 * (number + (take > 1) * len(self._takes)) + order + 1
            label = f"{identifier:04d}_perspective-{view}_take-{take}_{scenario}"
            self._shots[label] = {
                "scenario": scenario,
                "view": view,
                "take": take,
                "angle": angle,
                "identifier": identifier,
                "scenarios": len(self._takes),
                "category": CATEGORIES.get(clip.name.split("/")[0], "Solid Mechanics"),
                "description": self.caption(clip),
            }
            other = orbited(camera, center, angle) if angle else None
            yield label, Footage(clip, fps=RATE, size=own.size, camera=other, device=own.device)

    def write(self, window: Window) -> Row:
        row = self._shots.pop(window.name)
        identifier, rest = window.name.split("_", 1)
        view, _, scenario = rest.split("_")
        video = f"{identifier}_testing-videos_{RATE}FPS_{rest}.mp4"
        first = f"{identifier}_switch-frames_anyFPS_{view}_{scenario}.jpg"
        place = self.folder / "switch-frames" / first if row["take"] == 1 else None
        path = self.folder / "split-videos" / "testing" / f"{RATE}FPS" / video
        write_mp4(path, pictures(window.frames, place), window.footage.size, RATE)
        return row

    def finish(self, rows: Callable[[], Iterator[Row]]) -> None:
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(("scenario", "description", "category", "generated_video_name"))
        for row in sorted(rows(), key=lambda row: row["identifier"]):
            start = f"{row['identifier']:04d}_perspective-{row['view']}"
            writer.writerow(
                (
                    f"{row['name']}.mp4",
                    row["description"],
                    row["category"],
                    f"{start}_{row['scenario']}.mp4",
                )
            )
        write_text(self.folder / "descriptions.csv", table.getvalue().splitlines())


_HYPHENS = str.maketrans("/_", "--")


def _take(clip: Clip) -> int:
    return int(clip.attributes["take"])


def _family(clip: Clip) -> Family:
    return int(clip.attributes["draw"]), str(clip.attributes["configuration"])


def event(scene: Scene, trajectory: Trajectory, camera: Camera) -> Array:
    """(3,) the point on the optical axis that is as far as what moves, on the mean [m]."""
    moving = {item.name for item in scene.objects if item.dynamic}
    index = [i for i, name in enumerate(trajectory.bodies.names) if name in moving]
    places = [trajectory.bodies.position[:, i].mean(axis=0) for i in index]
    for states in (*trajectory.meshes.values(), *trajectory.particles.values()):
        places.append(np.asarray(states.position, float).mean(axis=(0, 1)))
    eye, forward = camera.camera_to_world[0, :3, 3], camera.camera_to_world[0, :3, 2]
    middle = np.mean(places, axis=0) if places else eye + forward
    return eye + forward * max(float((middle - eye) @ forward), 0.1)


def orbited(camera: Camera, center: Array, angle: float) -> Camera:
    """The camera turned about the vertical through `center`, to its right for angles > 0
    [degree]."""
    turn = np.eye(4)
    turn[:3, :3] = to_matrix(from_axis_angle((0, 0, 1), math.radians(angle)))
    turn[:3, 3] = center - turn[:3, :3] @ center
    return replace(camera, camera_to_world=turn @ camera.camera_to_world)


def side_angles(own: Footage, camera: Camera) -> dict[str, float]:
    """Perspective -> turn [degree]: the largest at which the view sees enough of what moves."""
    center = event(own.scene, own.trajectory, camera)
    wanted = ENOUGH * moving_pixels(own, camera)
    found: dict[str, float] = {}
    for view, side in VIEWS.items():
        tried = [side * angle for angle in ANGLES] if side else [0.0]
        good = (a for a in tried if moving_pixels(own, orbited(camera, center, a)) >= wanted)
        found[view] = next(good, tried[-1])
    return found


def moving_pixels(own: Footage, camera: Camera) -> int:
    """Pixels of what moves in a small picture of the first, middle and last instant."""
    ids = [item.id for item in own.scene.objects if item.dynamic]
    renderer = make_renderer(str(own.clip.attributes["renderer"]), device=own.device)
    width = min(160, own.size[0])
    height = max(1, round(width * own.size[1] / own.size[0]))
    poses = camera.camera_to_world[:: own.step]
    scene = replace(own.scene, cameras=(replace(camera, name="main", camera_to_world=poses),))
    last = min(RATE * SECONDS, len(own)) - 1
    count = 0
    for t in (0, last // 2, last):
        view = View(width=width, height=height, samples=1, frames=range(t, t + 1))
        (frame,) = renderer.render(scene, own.trajectory, view, frozenset({"segmentation"}))
        count += int(np.isin(frame["segmentation"], ids).sum())
    return count
