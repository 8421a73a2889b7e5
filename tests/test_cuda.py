"""The same kernel sources on CUDA: they compile for it without a GPU, and agree with one."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simgen
from simgen.device import warp_device
from simgen.engines.null import NullEngine
from simgen.geometry import Box, Plane, Sphere
from simgen.material import Material
from simgen.record import PASSES, Trajectory
from simgen.renderer import View, make_renderer
from simgen.rotation import from_axis_angle, look_at
from simgen.scene import Camera, Clock, Keyframes, RigidBody, Scene, Shape


def _kernel_modules() -> list[Any]:
    """Every module with Warp kernels; those that read textures compile for minutes: slow."""
    root = Path(simgen.__file__).parent
    files = [f for f in sorted(root.rglob("*.py")) if "@wp.kernel" in f.read_text()]
    names = [".".join(("simgen", *f.relative_to(root).with_suffix("").parts)) for f in files]
    slow = [
        f"simgen.renderers.{name}"
        for name in ("mitsuba_looks", "shade", "texture_measure", "volume_light")
    ]
    return [
        pytest.param(name, arch, marks=[pytest.mark.slow] if name in slow else [])
        for name in names
        for arch in (80, 90)
    ]


@pytest.mark.parametrize(("name", "arch"), _kernel_modules())
def test_kernels_compile_for_cuda(name: str, arch: int, tmp_path: Path) -> None:
    """Ahead-of-time compilation for sm_80 (A100) and sm_90 (H100, H200) needs no driver."""
    wp: Any = warp_device("cpu")
    wp.compile_aot_module(importlib.import_module(name), arch=arch, module_dir=str(tmp_path))
    (made,) = (f for f in tmp_path.iterdir() if f.suffix in (".ptx", ".cubin"))
    assert made.stat().st_size > 10_000


@pytest.mark.gpu
def test_cuda_agrees_with_cpu() -> None:
    """Ids equal but for edges, depth to 1e-5, flow to 1e-3 px at 99.9 % of the pixels."""
    stuff = Material(name="test/stuff", density=1000.0)
    path = Keyframes(
        times=np.array([0.0, 1.0]),
        positions=np.array([[0.0, 0.0, 0.3], [1.0, 0.0, 0.3]]),
        quaternions=np.stack([[1.0, 0, 0, 0], from_axis_angle([0, 1, 0], 2.0)]),
    )
    bodies = [
        RigidBody(
            name=name,
            shapes=(Shape(geometry=geometry, material=stuff),),
            motion="static" if keyframes is None else "kinematic",
            keyframes=keyframes,
        )
        for name, geometry, keyframes in (
            ("floor", Plane(10.0), None),
            ("ball", Sphere(0.3), path),
            ("box", Box((0.2, 2.0, 0.9)), None),
        )
    ]
    pose = np.tile(look_at([0.5, -3, 1.5], [0, 0, 0.2]), (3, 1, 1))
    scene = Scene(
        elements=tuple(bodies),
        clock=Clock(frames=3, fps=24),
        cameras=(Camera(camera_to_world=pose, field_of_view=0.7),),
    )
    (states,) = NullEngine().simulate([scene])
    assert isinstance(states, Trajectory)
    passes = frozenset(PASSES) - {"rgb"}
    view = View(width=160, height=90)
    pair = [
        list(make_renderer("warp", device=device).render(scene, states, view, passes))[1]
        for device in ("cpu", "cuda")
    ]
    same = pair[0]["segmentation"] == pair[1]["segmentation"]
    assert same.mean() > 0.999
    both = same & pair[0]["valid"]
    np.testing.assert_allclose(pair[0]["depth"][both], pair[1]["depth"][both], rtol=1e-5)
    change = np.abs(pair[0]["forward_flow"] - pair[1]["forward_flow"])[both]
    assert np.percentile(change, 99.9) < 1e-3
