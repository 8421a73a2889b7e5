"""Deforming, flowing, hot and smoking matter: what is drawn of it against closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from golden_scenes import (
    STUFF,
    body,
    centers,
    focal,
    project,
    rays,
    render,
    scene_of,
    trajectory_of,
)

from simgen.errors import SimgenError
from simgen.geometry import Box
from simgen.record import GridStates, HeatStates, MeshStates
from simgen.rotation import from_axis_angle, to_matrix
from simgen.scene import Domain, Fluid, Gas, RigidBody, Rope, Shape, SoftBody, ThermalBody
from simgen.surface import SurfaceModel, surface_mesh
from simgen.surface.liquid import Liquid, LiquidMesh

W, H = 96, 72


def rope_of(points: np.ndarray, radius: float = 0.05) -> Rope:
    return Rope(name="rope", points=points, radius=radius, material=STUFF)


def test_straight_rope_is_a_capsule() -> None:
    """A straight rope of length 2 and radius 0.1: a cylinder with round caps. Rest coordinates run
    along it from end to end."""
    points = np.stack([np.linspace(-1, 1, 9), np.full(9, 5.0), np.zeros(9)], axis=1)
    frame = render(scene_of([rope_of(points, 0.1)]), width=200, height=40)[1]
    rows, columns = np.nonzero(frame["valid"])
    pixel = 5.0 / focal(40)
    assert (columns.max() - columns.min() + 1) * pixel == pytest.approx(2.2, abs=1.1 * pixel)
    assert (rows.max() - rows.min() + 1) * pixel == pytest.approx(0.2, abs=1.1 * pixel)
    hit = frame["valid"]
    point = (rays(200, 40) * frame["depth"][..., None].astype(float))[hit]
    along = frame["object_coordinates"][hit][:, 0] * 2.2 - 1.1
    # the 16-gon is inside the round cap by up to r (1 - cos(pi/16)) = 0.002; either direction
    sign = np.sign(np.corrcoef(along, point[:, 0])[0, 1])
    np.testing.assert_allclose(sign * along, point[:, 0], atol=0.004)
    distance = np.hypot(point[:, 1] - 5, point[:, 2])[np.abs(point[:, 0]) < 1]
    assert distance.max() < 0.1 + 1e-6
    assert distance.min() > 0.1 * np.cos(np.pi / 16) - 1e-6


def test_rope_that_turns_as_a_whole_moves_rigidly() -> None:
    """A bent rope turned about y by 0.1 rad per frame: its tube's frames follow without twist, so
    every point of its surface moves as the rigid turn says."""
    s = np.linspace(0, 1, 13)
    points = np.stack([s - 0.5, 4 + 0.2 * np.sin(5 * s), 0.3 * np.cos(4 * s)], axis=1)
    center = points.mean(axis=0)
    scene = scene_of([rope_of(points)])
    turns = [to_matrix(from_axis_angle((0, 1, 0), 0.1 * t)) for t in range(3)]
    positions = np.stack([(points - center) @ r.T + center for r in turns])
    states = {"rope": MeshStates(position=positions, velocity=0 * positions)}
    trajectory = replace(trajectory_of(scene), meshes=states)
    (patch,) = SurfaceModel(scene, trajectory).patches
    start = patch.vertices(0)
    turned = (start - center) @ turns[2].T + center
    # a turn of the tangent about itself is not a twist of the tube: compare up to that angle
    radial = np.linalg.norm(patch.vertices(2) - turned, axis=1)
    twist = radial.max() / 0.05
    tangent = (points[1] - points[0]) / np.linalg.norm(points[1] - points[0])
    assert twist == pytest.approx(0.2 * abs(tangent[1]), abs=0.02)
    assert np.linalg.norm(patch.normals(2, turned), axis=1) == pytest.approx(1.0)


def soft_cube(center: tuple[float, float, float]) -> SoftBody:
    """A cube of 1 m: six tetrahedra around its diagonal."""
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    paths = [(4, 6), (4, 5), (2, 6), (2, 3), (1, 5), (1, 3)]
    tetrahedra = []
    for a, b in paths:
        tet = [0, a, b, 7]
        edges = corners[tet[1:]] - corners[0]
        tetrahedra.append(tet if np.linalg.det(edges) > 0 else [0, b, a, 7])
    return SoftBody(
        name="cube",
        vertices=corners - 0.5 + np.asarray(center),
        tetrahedra=np.array(tetrahedra, np.int32),
        material=STUFF,
    )


def test_soft_cube_equals_rigid_cube() -> None:
    """The boundary of six tetrahedra is the cube: same depth, sharp normals, coordinates."""
    center = (0.3, 4.0, 0.4)
    soft = render(scene_of([soft_cube(center)]), width=W, height=H)[1]
    rigid = render(scene_of([body("cube", Box((1, 1, 1)), position=center)]), width=W, height=H)[1]
    for name in ("segmentation", "valid"):
        np.testing.assert_array_equal(soft[name], rigid[name])
    hit = soft["valid"]
    np.testing.assert_allclose(soft["depth"][hit], rigid["depth"][hit], rtol=3e-7)
    np.testing.assert_allclose(soft["normal"], rigid["normal"], atol=1e-6)
    coordinates = soft["object_coordinates"][hit]
    np.testing.assert_allclose(coordinates, rigid["object_coordinates"][hit], atol=2e-6)


def liquid_cloud() -> tuple[np.ndarray, np.ndarray]:
    """Positions (N, 3) of a jittered block of particles about the origin, and a drift (3,)."""
    rng = np.random.default_rng(7)
    grid = np.stack(np.meshgrid(*[np.arange(14) * 0.05] * 3, indexing="ij"), -1).reshape(-1, 3)
    start = grid - grid.mean(axis=0) + rng.normal(size=grid.shape) * 0.008
    return start, np.array([0.02, 0.0, -0.01])


def water(positions: np.ndarray) -> Fluid:
    return Fluid(
        name="water",
        positions=positions,
        spacing=0.05,
        material=STUFF,
        domain=Domain(lower=(-5, -5, -5), upper=(5, 15, 5)),
    )


def test_liquid_flow_is_the_motion_of_its_particles() -> None:
    """A block of particles that turns by 0.05 rad per frame and drifts: the surface is a new mesh
    every frame, but its flow is that of the rigid motion. Moving least squares on jittered
    particles: within 3 % of the largest motion at 99 % of the pixels."""
    start, drift = liquid_cloud()
    place = np.array([0.0, 3.0, 0.0])
    turns = [to_matrix(from_axis_angle((0, 0.6, 0.8), 0.05 * (t - 1))) for t in range(3)]
    positions = np.stack([start @ r.T + place + drift * (t - 1) for t, r in enumerate(turns)])
    scene = scene_of([water(positions[0])])
    still = trajectory_of(scene)
    states = replace(still.particles["water"], position=positions, velocity=0 * positions)
    moving = replace(still, particles={"water": states})
    frame = render(scene, width=W, height=H, trajectory=moving)[1]
    hit = frame["valid"]
    assert hit.sum() > 300
    points = (rays(W, H) * frame["depth"][..., None].astype(float))[hit]
    for side, r, step in (("forward", turns[2], drift), ("backward", turns[0], -drift)):
        target = (points - place) @ r.T + place + step
        expected = project(target, W, H) - centers(W, H)[hit]
        error = np.linalg.norm(frame[f"{side}_flow"][hit] - expected, axis=1)
        longest = np.linalg.norm(expected, axis=1).max()
        assert np.percentile(error, 99) < 0.03 * longest
        # a rigid block hides only its edges from itself
        assert frame[f"{side}_occlusion"][hit].mean() < 0.1


def surface_of(points: np.ndarray, spacing: float = 0.05) -> LiquidMesh:
    lower, upper = points.min(axis=0) - 5.0, points.max(axis=0) + 5.0
    liquid = Liquid(
        instance=1,
        look=0,
        positions=points[None],
        spacing=spacing,
        domain=Domain(lower=tuple(lower), upper=tuple(upper)),
    )
    return liquid.mesh(0)


def volume_of(mesh: LiquidMesh) -> float:
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    return float(np.sum(np.cross(a, b) * c) / 6)


def lattice_of(*counts: int) -> np.ndarray:
    """Jittered particles 0.05 apart."""
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in counts), indexing="ij"), -1)
    jitter = np.random.default_rng(2).uniform(-0.2, 0.2, (grid.size // 3, 3))
    return (grid.reshape(-1, 3) + jitter) * 0.05


def test_liquid_surface_is_repeatable() -> None:
    first, second = surface_of(liquid_cloud()[0]), surface_of(liquid_cloud()[0])
    np.testing.assert_array_equal(first.vertices, second.vertices)
    np.testing.assert_array_equal(first.faces, second.faces)


@pytest.mark.parametrize(
    ("counts", "volume"),
    [((14, 14, 14), (0.97, 1.05)), ((20, 20, 2), (1.0, 1.25)), ((2, 2, 30), (1.0, 1.3))],
    ids=["block", "sheet", "thread"],
)
def test_liquid_surface_keeps_the_volume(
    counts: tuple[int, int, int], volume: tuple[float, float]
) -> None:
    """Closed, outward; a body of liquid has the volume of its particles, what is two particles
    thin has a little more, so that it keeps together."""
    points = lattice_of(*counts)
    mesh = surface_of(points)
    assert volume[0] < volume_of(mesh) / (len(points) * 0.05**3) < volume[1]
    start, end = mesh.faces.ravel(), mesh.faces[:, [1, 2, 0]].ravel()
    there = np.sort(start.astype(np.int64) * len(mesh.vertices) + end)
    back = np.sort(end.astype(np.int64) * len(mesh.vertices) + start)
    assert (np.diff(there) > 0).all()
    np.testing.assert_array_equal(there, back)
    assert len(np.unique(start)) == len(mesh.vertices)


def test_drops_keep_their_size() -> None:
    """Single particles far apart: balls of one size, as large as the particles' room or a little
    larger, wherever they lie in the cells of the lattice."""
    points = 0.5 * np.stack(np.meshgrid(*[np.arange(3)] * 3), -1).reshape(-1, 3)
    points += np.random.default_rng(4).uniform(-0.05, 0.05, points.shape)
    mesh = surface_of(points)
    near = np.linalg.norm(mesh.vertices[:, None] - points, axis=2).argmin(axis=1)
    room = np.array([volume_of(replace(mesh, faces=mesh.faces[near[mesh.faces[:, 0]] == n]))
                     for n in range(len(points))]) / 0.05**3  # fmt: skip
    assert (room > 1.5).all()
    assert (room < 2.6).all()
    assert np.ptp(room) < 0.25


def test_liquid_surface_far_from_the_origin() -> None:
    """Some kilometres away, whole cells: the surface is the same to 1/1000 of a spacing."""
    points, away = lattice_of(8, 8, 8), np.array([990.0, -1980.0, 495.0])
    near, far = surface_of(points), surface_of(points + away)
    np.testing.assert_array_equal(near.faces, far.faces)
    np.testing.assert_allclose(far.vertices - away, near.vertices, atol=5e-5)


def test_liquid_surface_of_a_lattice_beyond_memory() -> None:
    """Two handfuls of drops 100 m apart at 5 cm."""
    points = np.concatenate([lattice_of(2, 2, 2), lattice_of(2, 2, 2) + 100.0])
    with pytest.raises(SimgenError, match=r"nodes.*allowed"):
        surface_of(points)


def test_liquid_overlaps_its_walls() -> None:
    """Particles half a spacing off the domain's floor: the surface reaches below the floor, so no
    gap shows; away from walls nothing is pushed."""
    start, _ = liquid_cloud()
    lower = tuple(start.min(axis=0) - 0.025)
    liquid = Liquid(
        instance=1,
        look=0,
        positions=start[None],
        spacing=0.05,
        domain=Domain(lower=lower, upper=(5, 5, 5)),
    )
    low = liquid.mesh(0).vertices.min(axis=0)
    np.testing.assert_allclose(low, np.array(lower) - 0.0125, atol=1e-6)
    assert liquid.mesh(0).vertices.max() < start.max() + 0.05


def test_liquid_meets_the_solids_it_touches() -> None:
    """A block of particles between a wall that some of them keep off and open air: what faces the
    wall is drawn into it by a quarter of a spacing, all else stays where it was."""
    points = lattice_of(10, 10, 10)
    face = points[:, 0].max() + 0.03
    scene = scene_of(
        [water(points), body("wall", Box((0.4, 4.0, 4.0)), position=(face + 0.2, 0, 0))]
    )
    model = SurfaceModel(scene, trajectory_of(scene))
    free, met = model.liquids[0].mesh(0), model.liquid_mesh(model.liquids[0], 0)
    np.testing.assert_array_equal(free.faces, met.faces)
    middle = (np.abs(free.vertices[:, 1:] - points[:, 1:].mean(axis=0)) < 0.15).all(axis=1)
    touching = middle & (free.normals[:, 0] > 0.8)
    assert np.ptp(free.vertices[touching, 0]) > 0.01
    np.testing.assert_allclose(met.vertices[touching, 0], face + 0.0125, atol=1e-5)
    away = free.vertices[:, 0] < face - 0.05
    np.testing.assert_allclose(met.vertices[away], free.vertices[away], atol=1e-6)


def heated_box() -> ThermalBody:
    shape = Shape(geometry=Box((1.0, 1.0, 1.0)), material=STUFF)
    held = RigidBody(name="hot", shapes=(shape,), position=(0, 4, 0), motion="static")
    return ThermalBody(name="hot", body=held, temperature=300.0)


def test_temperature_is_interpolated_and_nan_elsewhere() -> None:
    """A field linear in space, given at the surface's vertices, is read back at every pixel."""
    hot = heated_box()
    scene = scene_of([body("wall", Box((30, 1, 30)), position=(0, 9, 0)), hot])
    vertices = surface_mesh(hot.body, refine=True).vertices
    field = 300 + 100 * vertices[:, 0] - 50 * vertices[:, 2]
    zero = np.zeros(3)
    states = HeatStates(
        temperature=np.tile(field, (3, 1)) + np.arange(3)[:, None] * 7,
        heat=zero,
        flow_in=zero,
        flow_out=zero,
    )
    trajectory = replace(trajectory_of(scene), heat={"hot": states})
    frames = render(scene, width=W, height=H, trajectory=trajectory)
    for t, frame in enumerate(frames):
        hit = frame["segmentation"] == 2
        points = (rays(W, H) * frame["depth"][..., None].astype(float))[hit]
        expected = 300 + 100 * points[:, 0] - 50 * points[:, 2] + 7 * t
        # float32 of 400 K is 3e-5 K
        np.testing.assert_allclose(frame["temperature"][hit], expected, atol=2e-4)
        assert np.isnan(frame["temperature"][~hit]).all()


def gas_of(smoke: np.ndarray, cell: float, lower: tuple[float, float, float]) -> tuple[Gas, dict]:
    upper = tuple(np.asarray(lower) + np.array(smoke.shape) * cell)
    gas = Gas(
        name="gas",
        domain=Domain(lower=lower, upper=upper),  # type: ignore[arg-type]
        cell=cell,
        sources=(),
        absorption=2.0,
    )
    field = np.tile(smoke, (3, 1, 1, 1)).astype(np.float32)
    grid = GridStates(
        origin=np.asarray(lower, float),
        cell=cell,
        smoke=field,
        temperature=field + 293,
        velocity=np.zeros((*field.shape, 3), np.float32),
    )
    return gas, {"gas": grid}


def test_uniform_smoke_obeys_beer_lambert() -> None:
    """A slab of uniform smoke (k = 2 * 0.4 per metre) from y = 3 to 5: transmittance
    exp(-k L / cos) where L / cos is the path in it; expected depth of an exponential cut at L; a
    wall inside the slab ends the path; the solid passes are those of the solid behind."""
    gas, grids = gas_of(np.full((80, 20, 80), 0.4), 0.1, (-4.0, 3.0, -4.0))
    wall = body("plate", Box((0.6, 0.1, 8.0)), position=(0.0, 4.05, 0.0))
    scene = scene_of([wall, gas])
    frame = render(
        scene, width=37, height=23, trajectory=replace(trajectory_of(scene), grids=grids)
    )[1]
    stretch = np.linalg.norm(rays(37, 23), axis=-1)
    length = np.where(frame["valid"], 1.0, 2.0)
    k = 0.8 * stretch
    expected = np.exp(-k * length)
    np.testing.assert_allclose(frame["transmittance"], expected, rtol=2e-5)
    inside = 1 / k - length * expected / (1 - expected)
    np.testing.assert_allclose(frame["volume_depth"], 3.0 + inside, rtol=1e-4)
    assert frame["valid"].any()
    assert not frame["valid"].all()
    np.testing.assert_allclose(frame["depth"][frame["valid"]], 4.0, rtol=3e-7)


def test_no_smoke_lets_everything_through() -> None:
    """Clean air: transmittance exactly 1, no depth of smoke."""
    gas, grids = gas_of(np.zeros((4, 4, 4)), 0.5, (-1.0, 3.0, -1.0))
    scene = scene_of([gas])
    frame = render(scene, trajectory=replace(trajectory_of(scene), grids=grids))[1]
    assert (frame["transmittance"] == 1).all()
    assert np.isposinf(frame["volume_depth"]).all()
    assert not frame["valid"].any()


def test_smoke_sits_where_the_grid_says() -> None:
    """One full cell in a grid of 9 x 4 x 9: it darkens the pixels that look through that cell, and
    only the cells next to it by interpolation; x to the right, z up."""
    smoke = np.zeros((9, 4, 9))
    smoke[6, 1, 7] = 0.5
    gas, grids = gas_of(smoke, 0.2, (-0.9, 4.0, -0.9))
    scene = scene_of([gas])
    frame = render(scene, width=W, height=H, trajectory=replace(trajectory_of(scene), grids=grids))[
        1
    ]
    row, column = np.unravel_index(frame["transmittance"].argmin(), (H, W))
    center = project(np.array([-0.9 + 6.5 * 0.2, 4.3, -0.9 + 7.5 * 0.2]), W, H)
    assert abs(column + 0.5 - center[0]) < 1.5
    assert abs(row + 0.5 - center[1]) < 1.5
    assert frame["volume_depth"][row, column] == pytest.approx(4.3, abs=0.02)
    off = np.abs(centers(W, H) - center).max(-1) > 0.2 * 1.1 * focal(H) / 4.0
    assert (frame["transmittance"][off] == 1).all()


def test_states_that_are_missing_are_named() -> None:
    """A trajectory without the states of an element is refused by the element's name."""
    scene = scene_of([rope_of(np.stack([np.arange(3) * 0.3, np.full(3, 4.0), np.zeros(3)], 1))])
    bare = replace(trajectory_of(scene), meshes={})
    with pytest.raises(SimgenError, match="'rope'"):
        render(scene, trajectory=bare)
