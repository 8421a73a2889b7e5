"""The check of meshes passes on a true roll-out and fails on data broken in each way it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from simgen.certificate import Finding
from simgen.certify import certify
from simgen.crossing import crossings, pierced
from simgen.engine import make_engine
from simgen.errors import Rejected
from simgen.geometry import Plane
from simgen.lattice import block, sheet, unique_edges
from simgen.material import Material
from simgen.record import MeshStates, Trajectory
from simgen.scene import Clock, Cloth, Element, RigidBody, Scene, Shape, SoftBody

pytest.importorskip("warp")
STUFF = Material(
    name="test/stuff", density=300.0, youngs_modulus=2e4, poissons_ratio=0.4, friction=0.5,
    areal_density=0.2, stretch_stiffness=300.0, bending_stiffness=1e-5, restitution=0.3,
)  # fmt: skip


def jelly(name: str, height: float) -> SoftBody:
    points, tets = block((0.1, 0.1, 0.1), (3, 3, 3))
    return SoftBody(name=name, vertices=points + [0, 0, height], tetrahedra=tets, material=STUFF)


def towel(height: float) -> Cloth:
    points, faces = sheet(0.3, 0.3, 0.03)
    at = points + np.array([0.0, 0.0, height])
    return Cloth(name="towel", vertices=at, faces=faces, material=STUFF, self_collision=True)


def staged(*elements: Element) -> Scene:
    floor = RigidBody(
        name="floor", shapes=(Shape(geometry=Plane(), material=STUFF),), motion="static"
    )
    return Scene(elements=(*elements, floor), clock=Clock(frames=12, fps=24))


@pytest.fixture(scope="module")
def drop() -> tuple[Scene, Trajectory]:
    """A towel falls beside nothing onto a jelly."""
    scene = staged(jelly("jelly", 0.16), towel(0.4))
    (trajectory,) = make_engine("warp").simulate([scene])
    assert isinstance(trajectory, Trajectory), trajectory
    return scene, trajectory


def found(scene: Scene, trajectory: Trajectory) -> Finding:
    return next(f for f in certify(scene, trajectory).findings if f.check == "meshes")


def test_a_true_roll_out_passes(drop: tuple[Scene, Trajectory]) -> None:
    finding = found(*drop)
    assert finding.passed, finding
    assert {"cloth_pierced", "cloth_stretch", "inverted_share", "energy_gain"} <= set(
        finding.measured
    )


def turned_inside_out(x: np.ndarray, v: np.ndarray) -> None:
    x[6:, 5] = x[6:, 5] + [0.0, 0.0, 0.08]


def blown_up(x: np.ndarray, v: np.ndarray) -> None:
    x[6:] *= 1.2


def sunk(x: np.ndarray, v: np.ndarray) -> None:
    x[6:, :, 2] -= 0.1


def hastened(x: np.ndarray, v: np.ndarray) -> None:
    v[3:] *= 4.0


def stretched(x: np.ndarray, v: np.ndarray) -> None:
    x[6:, :, 0] *= 1.3


def sheared(x: np.ndarray, v: np.ndarray) -> None:
    x[6:, :, 0] += 1.5 * x[6:, :, 1]


def folded_through(x: np.ndarray, v: np.ndarray) -> None:
    """One half of the sheet turned over and pushed through the other."""
    over = x[6:, :, 0] > 0
    x[6:][over] = x[6:][over] * [-1.0, 1.0, 1.0]
    x[6:, :, 2] += np.where(over, 0.05 * np.sin(40 * x[6:, :, 1]), 0.0)


@pytest.mark.parametrize(
    ("name", "change", "figure"),
    [
        ("jelly", turned_inside_out, "inverted_share"),
        ("jelly", blown_up, "volume_change"),
        ("jelly", sunk, "below_floor_m"),
        ("jelly", hastened, "energy_gain"),
        ("towel", hastened, "energy_gain"),
        ("towel", stretched, "cloth_stretch"),
        ("towel", sheared, "cloth_shear"),
        ("towel", folded_through, "cloth_pierced"),
    ],
)
def test_broken_data_is_found(
    drop: tuple[Scene, Trajectory],
    name: str,
    change: Callable[[np.ndarray, np.ndarray], None],
    figure: str,
) -> None:
    scene, trajectory = drop
    states = trajectory.meshes[name]
    x, v = states.position.astype(float), states.velocity.astype(float)
    change(x, v)
    broken = MeshStates(position=x.astype(np.float32), velocity=v.astype(np.float32))
    finding = found(scene, replace(trajectory, meshes={**trajectory.meshes, name: broken}))
    assert not finding.passed
    assert finding.measured[figure] > finding.tolerance[figure]


def test_a_garment_stretches_against_its_pattern(drop: tuple[Scene, Trajectory]) -> None:
    """A sheet cut a third smaller than it lies is stretched from the start."""
    _, trajectory = drop
    cloth = towel(0.2)
    corners = np.asarray(cloth.vertices)[np.asarray(cloth.faces)][..., :2] / 1.3
    tight = staged(jelly("jelly", 0.06), replace(cloth, pattern=corners))
    assert found(tight, trajectory).measured["cloth_stretch"] == pytest.approx(0.3, abs=0.03)


def test_an_edge_through_a_face_is_a_crossing() -> None:
    """Not where triangles only share a corner or lie apart."""
    points = np.array(
        [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0.2, 0.2, -0.5], [0.2, 0.2, 0.5], [2, 2, 0.6]], float
    )
    faces = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    edges = unique_edges(faces)
    pairs = {(*edges[e].tolist(), int(f)) for e, f in crossings(points, edges, faces)}
    assert pairs == {(3, 4, 0), (1, 2, 1)}
    apart = points + np.array([[0, 0, 0]] * 3 + [[0, 0, 0.6]] * 3)
    assert pierced(np.stack([points, apart, np.full_like(points, np.nan)]), faces).tolist()[:2] == [
        1.0,
        0.0,
    ]


def test_a_crease_is_no_crossing_of_layers() -> None:
    """One row of a sheet pulled over the next crosses its neighbours only."""
    points, faces = sheet(0.3, 0.3, 0.03)
    row = np.abs(points[:, 0] - 0.03) < 1e-6
    bent = points + np.where(row, -0.045, 0.0)[:, None] * [1.0, 0, 0]
    bent[:, 2] += 0.01 * np.sin(60 * points[:, 0]) * np.cos(90 * points[:, 1])
    assert len(crossings(bent, unique_edges(faces), faces)) > 0
    assert pierced(bent[None], faces)[0] == 0.0


small = np.asarray(jelly("b", 0.0).vertices) * 0.5 + [0.0, 0.0, 0.06]


def upright(name: str, at: float) -> Cloth:
    points = np.asarray(towel(0.0).vertices)[:, [2, 1, 0]]
    return replace(towel(0.0), name=name, vertices=points + [at, 0.0, 0.3])


@pytest.mark.parametrize(
    "elements",
    [
        (jelly("a", 0.06), jelly("b", 0.15)),
        (jelly("a", 0.06), replace(jelly("b", 0.0), vertices=small)),
        (jelly("a", 0.06), towel(0.06)),
        (towel(0.3), upright("b", 0.0)),
    ],
    ids=["solids", "one inside the other", "cloth through a solid", "cloths"],
)
def test_elements_in_each_other_at_the_start_are_rejected(elements: tuple[Element, ...]) -> None:
    (result,) = make_engine("warp").simulate([staged(*elements)])
    assert isinstance(result, Rejected)
    assert result.reason == "simulation/starts_overlapping"


def test_mujoco_rejects_soft_bodies_in_each_other() -> None:
    scene = Scene(
        elements=(jelly("a", 0.06), jelly("b", 0.15)),
        clock=Clock(frames=2, fps=24),
    )
    (result,) = make_engine("mujoco").simulate([scene])
    assert isinstance(result, Rejected)
    assert "overlap" in result.reason


def test_bodies_that_only_touch_are_not_in_each_other() -> None:
    (result,) = make_engine("warp").simulate([staged(jelly("a", 0.05), jelly("b", 0.15))])
    assert isinstance(result, Trajectory)
