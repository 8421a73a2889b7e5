"""The XPBD solver as an engine: what it records, refuses and rejects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simgen.engine import make_engine
from simgen.errors import Rejected, SimgenError
from simgen.geometry import Box, Plane
from simgen.material import Material, material
from simgen.record import Trajectory
from simgen.scene import Clock, Cloth, Element, Inflatable, RigidBody, Scene, Shape, SoftBody

pytest.importorskip("warp")
TET = np.array([[0, 0, 0], [0.1, 0, 0], [0, 0.1, 0], [0, 0, 0.1]], float)
QUAD = np.array([[0, 0, 0], [0.1, 0, 0], [0.1, 0.1, 0], [0, 0.1, 0]], float)
SHELL = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
FACES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
COTTON, JELLY, FILM = (material(n) for n in ("textile/cotton", "food/gelatin", "plastic/pvc_film"))


def floor() -> RigidBody:
    shape = Shape(geometry=Plane(), material=material("wood/oak"))
    return RigidBody(name="floor", shapes=(shape,), motion="static")


def run(*elements: Element, frames: int = 3, substeps: int | None = None) -> Any:
    scene = Scene(elements=elements, clock=Clock(frames=frames, fps=24, substeps=substeps))
    return next(iter(make_engine("warp").simulate([scene])))


def cloth(**rest: Any) -> Cloth:
    options: dict[str, Any] = {"vertices": QUAD + [0, 0, 1], "faces": FACES, "material": COTTON}
    return Cloth(name="thing", **(options | rest))


def soft(**rest: Any) -> SoftBody:
    tets = np.array([[0, 1, 2, 3]], np.int32)
    options: dict[str, Any] = {"vertices": TET + [0, 0, 1], "tetrahedra": tets, "material": JELLY}
    return SoftBody(name="thing", **(options | rest))


def ball(**rest: Any) -> Inflatable:
    options: dict[str, Any] = {"vertices": TET + [0, 0, 1], "faces": SHELL, "material": FILM}
    return Inflatable(name="thing", pressure=100.0, **(options | rest))


def test_frame_zero_is_the_initial_state_and_records_carry_the_gas() -> None:
    """Frame 0 before any step; volume for solids and gases, gauge pressure for gases only."""
    result = run(ball(velocity=(1, 0, 0)), floor())
    assert isinstance(result, Trajectory)
    state = result.meshes["thing"]
    np.testing.assert_array_equal(state.position[0], (TET + [0, 0, 1]).astype(np.float32))
    np.testing.assert_array_equal(state.velocity[0], np.tile(np.float32([1, 0, 0]), (4, 1)))
    assert state.pressure is not None
    assert state.pressure[0] == pytest.approx(100.0, abs=0.1)
    assert state.volume is not None
    assert state.volume[0] == pytest.approx(0.1**3 / 6, rel=1e-6)
    assert result.solver.dt * result.solver.substeps * 24 == pytest.approx(1.0)


def test_pinned_vertices_stay() -> None:
    """A pinned vertex never moves, the others fall."""
    state = run(cloth(pinned=(0, 1), velocity=(0, 1, 0))).meshes["thing"]
    np.testing.assert_array_equal(state.position[:, :2], np.tile(state.position[0, :2], (3, 1, 1)))
    np.testing.assert_array_equal(state.velocity[:, :2], 0.0)
    assert state.position[-1, 2:, 2].max() < 1.0


@pytest.mark.parametrize(
    ("element", "words"),
    [
        (cloth(faces=np.array([[0, 1, 1]], np.int32)), "vertices belong to no cell|no area"),
        (cloth(vertices=QUAD * [1, 0, 1]), "no area"),
        (cloth(material=JELLY), "areal_density"),
        (cloth(pinned=(7,)), "pinned"),
        (soft(tetrahedra=np.array([[0, 2, 1, 3]], np.int32)), "inverted"),
        (soft(material=COTTON), "missing|density|poissons_ratio|youngs"),
        (soft(material=Material(name="t/x", density=1e3, friction=0.5, youngs_modulus=1e12,
                                poissons_ratio=0.4)), "softer"),
        (ball(faces=SHELL[:3]), "watertight"),
        (ball(faces=SHELL[:, ::-1]), "inward"),
        (ball(material=Material(name="t/y", friction=0.5, areal_density=0.1, poissons_ratio=0.3,
                                stretch_stiffness=1.0, bending_stiffness=0.0)), "burst"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_by_name(element: Element, words: str) -> None:
    """Every unusable mesh or material is an error that says what is wrong."""
    if isinstance(element, SoftBody) and element.material is COTTON:
        element = soft(material=Material(name="t/z", friction=0.5, density=100.0))
    with pytest.raises(SimgenError, match=words):
        run(element)


def test_a_start_inside_an_obstacle_is_rejected() -> None:
    """Half in the floor at t = 0: a recorded rejection."""
    result = run(cloth(vertices=QUAD - [0, 0, 0.05]), floor())
    assert isinstance(result, Rejected)
    assert result.reason == "simulation/starts_inside_obstacle"


def test_the_clock_decides_substeps_of_sheets_and_guards_solids() -> None:
    """Asked substeps are used; too few for a solid's waves are refused."""
    assert run(cloth(), substeps=50).solver.substeps == 50
    with pytest.raises(SimgenError, match="substeps"):
        run(soft(vertices=0.1 * TET), substeps=1)


def test_two_sheets_do_not_pass_through_each_other() -> None:
    """A sheet dropped on a pinned one stays above it (vertex contact, one radius apart or more)."""
    line = np.linspace(-0.2, 0.2, 17)
    points = np.stack(np.meshgrid(line, line, [0.0], indexing="ij"), -1).reshape(-1, 3)
    quads = [(i * 17 + j, i * 17 + 17 + j, i * 17 + 18 + j, i * 17 + 1 + j)
             for i in range(16) for j in range(16)]  # fmt: skip
    faces = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))], np.int32)
    rim = tuple(int(i) for i in np.flatnonzero(np.abs(points[:, :2]).max(axis=1) > 0.199))
    lower = Cloth(name="lower", vertices=points, faces=faces, material=COTTON, pinned=rim)
    upper = Cloth(name="upper", vertices=0.5 * points + [0, 0, 0.06], faces=faces, material=COTTON)
    result = run(lower, upper, frames=25)
    assert isinstance(result, Trajectory)
    top, bottom = (result.meshes[n].position[-1] for n in ("upper", "lower"))
    nearest = np.linalg.norm(top[:, None, :2] - bottom[None, :, :2], axis=-1).argmin(axis=1)
    assert (top[:, 2] - bottom[nearest, 2]).min() > 0.0
    assert np.abs(top[:, 2] - bottom[nearest, 2]).max() < 0.05


def test_corners_of_a_box_hold_a_sheet() -> None:
    """A sheet over a box rests on it, no vertex inside beyond the half edge that is checked."""
    box = RigidBody(
        name="box", shapes=(Shape(geometry=Box((0.05, 0.05, 0.4)), material=material("wood/oak")),),
        position=(0, 0, 0.2), motion="static",
    )  # fmt: skip
    line = np.linspace(-0.2, 0.2, 21)
    points = np.stack(np.meshgrid(line, line, [0.45], indexing="ij"), -1).reshape(-1, 3)
    quads = [(i * 21 + j, i * 21 + 21 + j, i * 21 + 22 + j, i * 21 + 1 + j)
             for i in range(20) for j in range(20)]  # fmt: skip
    faces = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))], np.int32)
    sheet = Cloth(name="sheet", vertices=points, faces=faces, material=COTTON)
    result = run(sheet, box, floor(), frames=24)
    assert isinstance(result, Trajectory), result
    x = result.meshes["sheet"].position[-1]
    assert x[:, 2].max() > 0.4
    assert x[:, 2].min() < 0.36


def test_a_post_narrower_than_a_triangle_holds_a_sheet() -> None:
    """A sheet that nothing holds touches with the middle of a triangle what no vertex meets."""
    side = 0.02
    line = np.linspace(-5 * side, 5 * side, 11)
    points = np.stack(np.meshgrid(line, line, [0.11], indexing="ij"), -1).reshape(-1, 3)
    quads = [(i * 11 + j, i * 11 + 11 + j, i * 11 + 12 + j, i * 11 + 1 + j)
             for i in range(10) for j in range(10)]  # fmt: skip
    faces = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))], np.int32)
    shape = Shape(geometry=Box((0.006, 0.006, 0.1)), material=material("wood/oak"))
    place = (2 * side / 3, side / 3, 0.05)  # under the middle of a triangle
    post = RigidBody(name="post", shapes=(shape,), position=place, motion="static")
    sheet = Cloth(name="sheet", vertices=points, faces=faces, material=COTTON)
    result = run(sheet, post, frames=10)
    assert isinstance(result, Trajectory), result
    assert result.meshes["sheet"].position[-1, :, 2].max() > 0.09


def test_ties_to_nothing_or_twice_are_refused() -> None:
    """The error names the body that is missing, or the vertex that is held already."""
    with pytest.raises(SimgenError, match="did you mean floor"):
        run(cloth(attachments=((0, "flor"),)), floor())
    with pytest.raises(SimgenError, match="vertex 1"):
        run(cloth(attachments=((1, "floor"),), pinned=(1,)), floor())
    with pytest.raises(SimgenError, match="vertex 9"):
        run(soft(attachments=((9, "floor"),)), floor())


def test_a_body_too_light_for_what_is_tied_to_it_is_refused() -> None:
    """Beyond a third of the body's inertia the exchange would swing up, at any step."""

    def tag(mass: float) -> RigidBody:
        shape = Shape(geometry=Box((0.04, 0.04, 0.04)), material=material("wood/oak"))
        return RigidBody(name="tag", shapes=(shape,), position=(0.0, 0.0, 0.9), mass=mass)

    tied = cloth(attachments=((0, "tag"),))
    with pytest.raises(SimgenError, match="'tag' is too light"):
        run(tied, tag(5e-4))
    assert isinstance(run(tied, tag(0.5)), Trajectory)
