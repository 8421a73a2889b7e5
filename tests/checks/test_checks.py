"""Every check passes on a true clip and fails on data broken in the way it is there to find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simgen.annotator import annotate
from simgen.camera import still
from simgen.certificate import Finding
from simgen.certify import certify
from simgen.engine import make_engine
from simgen.geometry import Box, Capsule, Plane, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.pipeline import render
from simgen.record import Annotations, Frame, Frames, Trajectory
from simgen.scene import Clock, RigidBody, Scene, Shape

Change = Callable[[dict[str, np.ndarray], int], None]


def shape(solid: Any, name: str) -> Shape:
    stuff = material(name)
    look = replace(stuff.look(Key(0).child(name)), texture="checker", scale=0.08)
    return Shape(geometry=solid, material=stuff, look=look)


@pytest.fixture(scope="module")
def clip() -> tuple[Scene, Trajectory, Frames, Annotations]:
    """A ball thrown across a floor past a spinning box, seen by a still camera."""
    clock = Clock(frames=10, fps=24)
    scene = Scene(
        elements=(
            RigidBody(
                name="ball",
                shapes=(shape(Sphere(0.12), "rubber/natural"),),
                position=(-0.4, 0.0, 0.3),
                velocity=(1.6, 0.2, 0.5),
                angular_velocity=(0.0, 3.0, 0.0),
            ),
            RigidBody(
                name="box",
                shapes=(shape(Box((0.2, 0.15, 0.1)), "wood/oak"),),
                position=(0.1, 0.3, 0.4),
                angular_velocity=(1.0, 2.0, 4.0),
            ),
            RigidBody(name="floor", shapes=(shape(Plane(), "stone/concrete"),), motion="static"),
        ),
        clock=clock,
        cameras=(still(clock, eye=(0.2, -1.6, 0.7), target=(0.0, 0.0, 0.25)),),
    )
    (trajectory,) = make_engine("mujoco").simulate([scene])
    assert isinstance(trajectory, Trajectory)
    frames = render(scene, trajectory, width=192, height=108)
    return scene, trajectory, frames, annotate(scene, trajectory, frames)


def broken(frames: Frames, change: Change) -> Frames:
    """A copy of the frames with `change(passes, t)` applied to each."""
    made = []
    for frame in frames:
        passes = {name: array.copy() for name, array in frame.passes.items()}
        change(passes, frame.index)
        made.append(Frame(frame.index, passes))
    return Frames(made, frames.camera_to_world, frames.intrinsics)


def find(findings: tuple[Finding, ...], name: str) -> Finding:
    return next(f for f in findings if f.check == name)


def test_a_true_clip_is_accepted(clip) -> None:
    scene, trajectory, frames, notes = clip
    certificate = certify(scene, trajectory, frames, notes)
    assert certificate.accepted, certificate.reason
    assert {f.check for f in certificate.findings} >= {
        *("flow_geometry", "flow_cycle", "flow_warp", "instances", "tracks"),
        *("kinematics", "engine_warnings", "rigid", "worth"),
    }
    assert find(certificate.findings, "flow_warp").measured["pixels"] > 200
    assert find(certificate.findings, "flow_geometry").measured["median_px"] < 1e-3


def negate_backward(passes: dict[str, np.ndarray], t: int) -> None:
    passes["backward_flow"] *= -1


def negate_forward(passes: dict[str, np.ndarray], t: int) -> None:
    passes["forward_flow"] *= -1


def halve_forward(passes: dict[str, np.ndarray], t: int) -> None:
    passes["forward_flow"] /= 2


def swap_components(passes: dict[str, np.ndarray], t: int) -> None:
    for name in ("forward_flow", "backward_flow"):
        passes[name] = passes[name][..., ::-1].copy()


def ray_length_for_depth(passes: dict[str, np.ndarray], t: int) -> None:
    height, width = passes["depth"].shape
    y, x = np.mgrid[0:height, 0:width] + 0.5
    focal = height / 2 / np.tan(0.35)
    passes["depth"] *= np.sqrt(1 + ((x - width / 2) ** 2 + (y - height / 2) ** 2) / focal**2)


def no_depth_change(passes: dict[str, np.ndarray], t: int) -> None:
    passes["forward_depth_change"] *= 0


def undeclared_id(passes: dict[str, np.ndarray], t: int) -> None:
    passes["segmentation"][3, 3] = 77


def ids_shifted(passes: dict[str, np.ndarray], t: int) -> None:
    ids = passes["segmentation"]
    passes["segmentation"] = np.where(ids == 1, 2, np.where(ids == 2, 1, ids)).astype(np.uint16)


def zero_depth_for_sky(passes: dict[str, np.ndarray], t: int) -> None:
    passes["depth"][~np.isfinite(passes["depth"])] = 0.0
    passes["depth"][0, 0] = 0.0
    passes["valid"][0, 0] = False


def black(passes: dict[str, np.ndarray], t: int) -> None:
    passes["rgb"][:] = 0


def blown(passes: dict[str, np.ndarray], t: int) -> None:
    passes["rgb"][:] = 255


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (negate_backward, "flow_geometry"),
        (negate_backward, "flow_cycle"),
        (negate_forward, "flow_warp"),
        (swap_components, "flow_geometry"),
        (swap_components, "flow_warp"),
        (halve_forward, "flow_warp"),
        (ray_length_for_depth, "tracks"),
        (no_depth_change, "flow_geometry"),
        (undeclared_id, "instances"),
        (zero_depth_for_sky, "instances"),
        (ids_shifted, "tracks"),
        (black, "worth"),
        (blown, "worth"),
    ],
    ids=lambda item: item if isinstance(item, str) else item.__name__,
)
def test_broken_passes_are_found(clip, change, check) -> None:
    scene, trajectory, frames, notes = clip
    certificate = certify(scene, trajectory, broken(frames, change), notes)
    assert not find(certificate.findings, check).passed
    assert not certificate.accepted
    assert certificate.reason


def test_passes_of_the_frame_before_are_found(clip) -> None:
    """A stale frame after a reset: every pass of frame t is that of t - 1."""
    scene, trajectory, frames, notes = clip
    late = [Frame(0, frames[0].passes)] + [
        Frame(t, frames[t - 1].passes) for t in range(1, len(frames))
    ]
    stale = Frames(late, frames.camera_to_world, frames.intrinsics)
    assert not certify(scene, trajectory, stale, notes).accepted


def test_an_instance_that_is_not_drawn_is_found(clip) -> None:
    scene, trajectory, _, notes = clip
    without = replace(scene, elements=scene.elements[1:])
    bodies = trajectory.bodies
    kept = {
        name: getattr(bodies, name)[:, 1:]
        for name in ("position", "quaternion", "velocity", "angular_velocity")
    }
    fewer = replace(
        trajectory,
        bodies=replace(
            bodies,
            names=bodies.names[1:],
            mass=bodies.mass[1:],
            center_of_mass=bodies.center_of_mass[1:],
            **kept,
        ),
    )
    drawn = render(without, fewer, width=192, height=108)

    def renumber(passes: dict[str, np.ndarray], t: int) -> None:
        passes["segmentation"][passes["segmentation"] > 0] += 1

    certificate = certify(scene, trajectory, broken(drawn, renumber), notes)
    assert find(certificate.findings, "instances").measured["missing_instances"] > 0


def test_a_rod_between_two_columns_of_pixels_is_not_missing() -> None:
    # A third of a pixel wide, upright in the middle of the picture: no pixel's centre lies on it.
    clock = Clock(frames=2, fps=24)
    rod = Shape(geometry=Capsule(0.005, 1.0), material=material("metal/steel"))
    scene = Scene(
        elements=(RigidBody(name="rod", shapes=(rod,), position=(0, 0, 1.0)),),
        clock=clock,
        cameras=(still(clock, eye=(0.0, -3.0, 1.0), target=(0.0, 0.0, 1.0)),),
        gravity=(0.0, 0.0, 0.0),
    )
    (trajectory,) = make_engine("mujoco").simulate([scene])
    assert isinstance(trajectory, Trajectory)
    drawn = render(scene, trajectory, width=96, height=54)
    notes = annotate(scene, trajectory, drawn)
    assert not (drawn.read("segmentation", 0) == 1).any()
    certificate = certify(scene, trajectory, drawn, notes)
    assert find(certificate.findings, "instances").passed


def in_bodies(trajectory: Trajectory, **arrays: Any) -> Trajectory:
    return replace(trajectory, bodies=replace(trajectory.bodies, **arrays))


def test_broken_states_are_found(clip) -> None:
    scene, trajectory, _, _ = clip
    bodies = trajectory.bodies
    broken_states = {
        "kinematics": [
            in_bodies(trajectory, velocity=-bodies.velocity),
            in_bodies(trajectory, velocity=bodies.velocity * 24),
            in_bodies(trajectory, quaternion=bodies.quaternion * 1.01),
            in_bodies(
                trajectory, position=np.where(bodies.position > 0.25, np.nan, bodies.position)
            ),
            in_bodies(trajectory, angular_velocity=-bodies.angular_velocity),
        ],
        "rigid": [
            in_bodies(trajectory, position=bodies.position - [0, 0, 0.5]),
            replace(trajectory, energy=trajectory.energy + np.linspace(0, 5, len(trajectory.time))),
        ],
        "engine_warnings": [
            replace(
                trajectory, solver=replace(trajectory.solver, warnings=("contact buffer full",))
            ),
            replace(trajectory, solver=replace(trajectory.solver, dt=1e-3, substeps=41)),
        ],
    }
    for check, cases in broken_states.items():
        for number, case in enumerate(cases):
            found = find(certify(scene, case).findings, check)
            assert not found.passed, f"{check} case {number}: {found.measured}"


def test_nothing_moving_is_not_worth_a_clip(clip) -> None:
    scene, _, _, _ = clip
    resting = [
        replace(b, velocity=(0, 0, 0), angular_velocity=(0, 0, 0)) for b in scene.elements[:2]
    ]
    quiet = replace(scene, elements=(*resting, scene.elements[2]))
    (trajectory,) = make_engine("null").simulate([quiet])
    frames = render(quiet, trajectory, width=64, height=36)
    certificate = certify(quiet, trajectory, frames, annotate(quiet, trajectory, frames))
    assert find(certificate.findings, "worth").measured["active_share_min"] == 0.0
    assert certificate.reason == "worth/active_share_min"
