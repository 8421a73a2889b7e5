"""Two independent ray casters and a rasteriser must see the same scene.

Embree (Intel's CPU ray tracer) is the oracle for which triangle a ray meets; pyrender (OpenGL) for
the whole chain from scene to depth and ids. Both read nothing of our kernels.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, binary_erosion

from simgen.engines.null import NullEngine
from simgen.errors import SimgenError
from simgen.geometry import Box, Capsule, Cylinder, Plane, Sphere, TriangleMesh
from simgen.material import Look, Material
from simgen.record import Frame, Trajectory
from simgen.renderer import View, make_renderer
from simgen.rotation import look_at, random
from simgen.scene import Camera, Clock, Cloth, Domain, Element, Grains, RigidBody, Scene, Shape
from simgen.sheet import contact_sheet
from simgen.surface import SurfaceModel

STUFF = Material(name="test/stuff", density=1000.0)
VIEW = View(width=160, height=120)
needs_pyrender = pytest.mark.skipif(
    find_spec("pyrender") is None, reason="the extra simgen[pyrender] is not installed"
)


def scene_of(elements: list[Element], frames: int = 1) -> Scene:
    pose = look_at([0.4, -3.2, 1.7], [0, 0, 0.4])
    camera = Camera(camera_to_world=np.tile(pose, (frames, 1, 1)), field_of_view=0.75)
    return Scene(elements=tuple(elements), clock=Clock(frames=frames, fps=10), cameras=(camera,))


def body(name: str, geometry: object, position: object, quaternion: object) -> RigidBody:
    shape = Shape(geometry=geometry, material=STUFF, look=Look())  # type: ignore[arg-type]
    return RigidBody(
        name=name,
        shapes=(shape,),
        position=tuple(np.asarray(position, float)),
        quaternion=tuple(np.asarray(quaternion, float)),
        motion="static",
    )


def clutter(*, balls: bool) -> list[Element]:
    """Twenty solids at random poses, a crumpled cloth, grains, on a floor."""
    rng = np.random.default_rng(3)
    things: list[Element] = [body("floor", Plane(20.0), (0, 0, 0), (1, 0, 0, 0))]
    for i in range(20):
        size = rng.uniform(0.08, 0.25, 3)
        kinds = [Box(tuple(2 * size)), Cylinder(size[0], 2 * size[1]), Capsule(size[0], size[1])]
        kinds.append(Sphere(size[0]) if balls else TriangleMesh(*tetrahedron(size[0])))
        place = rng.uniform((-1.2, -0.8, 0.2), (1.2, 1.5, 1.2))
        things.append(body(f"thing_{i}", kinds[i % 4], place, random(rng)))
    n = 20
    grid = np.linspace(-0.5, 0.5, n)
    x, y = np.meshgrid(grid, grid)
    z = 1.1 + 0.1 * np.sin(9 * x) * np.cos(7 * y)
    index = np.arange(n * n).reshape(n, n)
    a, b, c, d = (index[i : n - 1 + i, j : n - 1 + j].ravel() for i in (0, 1) for j in (0, 1))
    faces = np.concatenate([np.stack([a, b, d], 1), np.stack([a, d, c], 1)]).astype(np.int32)
    vertices = np.stack([x.ravel(), y.ravel(), z.ravel()], 1)
    things.append(Cloth(name="cloth", vertices=vertices, faces=faces, material=STUFF))
    if balls:
        positions = rng.uniform((-1.5, -1.5, 0.02), (1.5, -0.9, 0.2), (300, 3))
        domain = Domain(lower=(-2, -2, 0), upper=(2, 2, 2))
        things.append(
            Grains(
                name="grains",
                positions=positions,
                radius=0.03,
                spacing=0.05,
                material=STUFF,
                domain=domain,
            )
        )
    return things


def tetrahedron(radius: float) -> tuple[np.ndarray, np.ndarray]:
    vertices = radius * np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], float)
    return vertices, np.array([[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]], np.int32)


def trajectory_of(scene: Scene) -> Trajectory:
    (trajectory,) = NullEngine().simulate([scene])
    assert isinstance(trajectory, Trajectory)
    return trajectory


def picture(scene: Scene, renderer: str, passes: set[str], view: View = VIEW) -> Frame:
    states = trajectory_of(scene)
    return next(iter(make_renderer(renderer).render(scene, states, view, frozenset(passes))))


def test_embree_sees_the_same_triangles() -> None:
    """Same instance at every pixel, same depth to float32, same facet normal where faceted."""
    rtcore = pytest.importorskip("embreex.rtcore_scene")
    from embreex.mesh_construction import TriangleMesh as EmbreeMesh

    scene = scene_of(clutter(balls=False))
    ours = picture(scene, "warp", {"depth", "segmentation", "valid"})
    patches = SurfaceModel(scene, trajectory_of(scene)).patches
    start = np.cumsum([0] + [len(p.rest) for p in patches])
    vertices = np.concatenate([p.vertices(0) for p in patches]).astype(np.float32)
    faces = np.concatenate([p.faces + s for p, s in zip(patches, start, strict=False)])
    instance = np.concatenate([np.full(len(p.faces), p.instance) for p in patches])
    pose = scene.camera().camera_to_world[0]
    k = scene.camera().intrinsics(VIEW.width, VIEW.height)
    x, y = np.meshgrid(np.arange(VIEW.width) + 0.5, np.arange(VIEW.height) + 0.5)
    local = np.stack([(x - k[0, 2]) / k[0, 0], (y - k[1, 2]) / k[1, 1], np.ones_like(x)], -1)
    direction = local.reshape(-1, 3) @ pose[:3, :3].T
    length = np.linalg.norm(direction, axis=1)
    embree = rtcore.EmbreeScene()
    _mesh = EmbreeMesh(embree, vertices, faces.astype(np.int32))
    origin = np.tile(pose[:3, 3], (len(direction), 1)).astype(np.float32)
    found = embree.run(origin, (direction / length[:, None]).astype(np.float32), output=1)
    hit = found["primID"] >= 0
    ids = np.where(hit, instance[found["primID"]], 0).reshape(VIEW.height, VIEW.width)
    assert len(np.unique(ids)) > 15
    np.testing.assert_array_equal(ours["segmentation"], ids)
    depth = np.where(hit, found["tfar"] / length, np.inf).reshape(VIEW.height, VIEW.width)
    # Embree solves in float32: 3 m * 6e-8 / cos of grazing rays
    np.testing.assert_allclose(ours["depth"], depth, rtol=2e-5)


@needs_pyrender
def test_pyrender_agrees_on_depth_and_ids() -> None:
    """Ids agree but for a thin band at edges (rasterisation rules, polyhedral spheres); depth to
    1e-3 of itself where both see the same instance away from its edges."""
    scene = scene_of(clutter(balls=True))
    ours = picture(scene, "warp", {"depth", "segmentation", "valid"})
    theirs = picture(scene, "pyrender", {"depth", "segmentation", "valid", "rgb"})
    ids = ours["segmentation"]
    differ = ids != theirs["segmentation"]
    assert differ.mean() < 0.01
    edge = np.zeros_like(differ)
    for axis in (0, 1):
        step = np.diff(ids.astype(int), axis=axis) != 0
        pad = ((0, 1), (0, 0)) if axis == 0 else ((0, 0), (0, 1))
        edge |= np.pad(step, pad) | np.roll(np.pad(step, pad), 1, axis)
    assert not (differ & ~binary_dilation(edge)).any()
    calm = (ids > 0) & ~differ & ~binary_dilation(edge, iterations=2)
    ratio = theirs["depth"][calm] / ours["depth"][calm]
    assert calm.mean() > 0.4
    assert np.percentile(np.abs(ratio - 1), 99.9) < 1e-3
    assert np.median(np.abs(ratio - 1)) < 2e-5
    np.testing.assert_array_equal(np.isfinite(theirs["depth"]), theirs["valid"])


@needs_pyrender
def test_pyrender_ids_beyond_one_byte() -> None:
    """Instance ids above 255 survive the colour-coded id picture."""
    rows: list[Element] = [
        body(
            f"b{i}",
            Box((0.05, 0.05, 0.05)),
            (0.08 * (i % 20 - 10), 0.08 * (i // 20), 0.4),
            (1, 0, 0, 0),
        )
        for i in range(300)
    ]
    ids = picture(scene_of(rows), "pyrender", {"segmentation"})["segmentation"]
    ours = picture(scene_of(rows), "warp", {"segmentation"})["segmentation"]
    inner = binary_erosion(ours == 290)
    assert (ids[inner] == 290).all() or not inner.any()
    assert np.mean(ids != ours) < 0.05
    assert ids.max() > 255


def test_threads_and_repeats_are_bit_equal() -> None:
    """One thread, three threads, again: every pass equal to the last bit (picture included)."""
    scene = scene_of(clutter(balls=True), frames=2)
    states = trajectory_of(scene)
    passes = frozenset({"rgb", "depth", "segmentation", "normal", "forward_flow", "valid"})
    view = View(width=80, height=60, samples=1)
    runs = [
        list(make_renderer("warp", threads=threads).render(scene, states, view, passes))
        for threads in (1, 3, 3)
    ]
    for other in runs[1:]:
        for a, b in zip(runs[0], other, strict=True):
            for name in passes:
                np.testing.assert_array_equal(a[name], b[name])


@needs_pyrender
def test_passes_a_renderer_cannot_give_are_refused() -> None:
    scene = scene_of(clutter(balls=False))
    with pytest.raises(SimgenError, match="forward_flow"):
        picture(scene, "pyrender", {"forward_flow"})


def test_contact_sheet_is_a_picture_of_all_passes(tmp_path: Path) -> None:
    """One row per pass but `valid`, one column per time."""
    from PIL import Image

    scene = scene_of(clutter(balls=True), frames=2)
    view = View(width=40, height=30, samples=1)
    passes = frozenset({"depth", "segmentation", "valid", "forward_flow", "normal"})
    frames = list(make_renderer("warp").render(scene, trajectory_of(scene), view, passes))
    path = contact_sheet(frames, tmp_path / "sheet.png", times=2, width=80)
    with Image.open(path) as image:
        assert image.size == (92 + 2 * 80, 16 + 4 * 60)
        assert len(np.unique(np.asarray(image).reshape(-1, 3), axis=0)) > 50
