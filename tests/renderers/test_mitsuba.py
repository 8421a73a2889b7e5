"""The renderer `mitsuba`: labels of our ray caster, pictures of the same scene."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from test_oracles import STUFF, body, clutter, scene_of, trajectory_of

from simgen.errors import SimgenError
from simgen.geometry import Box, Plane, Sphere
from simgen.material import Look
from simgen.renderer import View, make_renderer
from simgen.scene import Domain, Fuel, Gas, RigidBody, Scene, Shape

pytestmark = pytest.mark.skipif(
    find_spec("mitsuba") is None, reason="the extra simgen[mitsuba] is not installed"
)


@pytest.fixture
def compiler() -> None:
    """What Dr.Jit compiles with; `make setup` installs it where it may."""
    from simgen.renderers.mitsuba import library

    if "scalar" in library("cpu", 0).variant():
        pytest.skip("no LLVM that Dr.Jit can use: see make system")


def _picture(scene: Scene, renderer: str, view: View) -> np.ndarray:
    states = trajectory_of(scene)
    return next(iter(make_renderer(renderer).render(scene, states, view, frozenset({"rgb"}))))[
        "rgb"
    ]


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel().astype(float), b.ravel().astype(float))[0, 1])


def _dressed(name: str, geometry: object, position: object, look: Look) -> RigidBody:
    thing = body(name, geometry, position, (1, 0, 0, 0))
    return replace(thing, shapes=(Shape(geometry=geometry, material=STUFF, look=look),))  # type: ignore[arg-type]


@pytest.mark.usefixtures("compiler")
def test_labels_are_those_of_our_ray_caster() -> None:
    """Every other pass is bit-equal, frames and exposure come along, two frames differ in `t`."""
    scene = scene_of(clutter(balls=True), frames=2)
    states, view = trajectory_of(scene), View(width=48, height=36, samples=4)
    passes = frozenset({"rgb", "depth", "segmentation", "forward_flow", "valid"})
    pair = [
        list(make_renderer(name).render(scene, states, view, passes))
        for name in ("warp", "mitsuba")
    ]
    assert [f.index for f in pair[1]] == [0, 1]
    assert len(pair[1][0].exposure) == 3
    assert pair[1][0].exposure == pair[1][1].exposure
    for ours, theirs in zip(*pair, strict=True):
        assert list(ours.passes) == list(theirs.passes)
        for name in passes - {"rgb"}:
            np.testing.assert_array_equal(ours[name], theirs[name])
    # two path tracers, few samples: the pictures look alike
    assert _correlation(pair[0][0]["rgb"], pair[1][0]["rgb"]) > 0.85


@pytest.mark.usefixtures("compiler")
def test_textures_are_read_by_the_same_functions() -> None:
    """Checks on a box, a ball and a floor lie where ours lie: with checks of another size, or with
    none, the pictures agree worse."""
    view = View(width=100, height=75, samples=8)

    def scene(texture: str, size: float) -> Scene:
        def look(scale: float) -> Look:
            colors = {"color": (0.8, 0.75, 0.6), "accent": (0.15, 0.1, 0.1)}
            return Look(texture=texture, scale=scale * size, **colors)

        return scene_of(
            [
                _dressed("floor", Plane(8.0), (0, 0, 0), look(0.9)),
                _dressed("box", Box((0.7, 0.7, 0.7)), (-0.5, 0, 0.35), look(0.4)),
                _dressed("ball", Sphere(0.4), (0.5, 0, 0.4), look(0.4)),
            ]
        )

    ours = _picture(scene("checker", 1.0), "warp", view)
    same = _correlation(ours, _picture(scene("checker", 1.0), "mitsuba", view))
    other = _correlation(ours, _picture(scene("checker", 0.7), "mitsuba", view))
    plain = _correlation(ours, _picture(scene("plain", 1.0), "mitsuba", view))
    print(f"correlation {same:.3f}, other checks {other:.3f}, none {plain:.3f}")
    assert same > 0.96
    assert max(other, plain) < same - 0.2


@pytest.mark.usefixtures("compiler")
def test_smoke_dims_and_flames_are_refused() -> None:
    """A column of smoke darkens what is behind it; fuel is refused by name."""
    scene = scene_of([_dressed("wall", Box((4, 0.1, 3)), (0, 1.0, 1.0), Look(color=(0.9,) * 3))])
    domain = Domain(lower=(-0.4, -0.4, 0.0), upper=(0.4, 0.4, 1.2))
    gas = Gas(name="smoke", domain=domain, cell=0.1, sources=(), absorption=8.0, color=(0.1,) * 3)
    smoky = replace(scene, elements=(*scene.elements, gas))
    states = trajectory_of(smoky)
    grid = states.grids["smoke"]
    dense = replace(states, grids={"smoke": replace(grid, smoke=np.ones_like(grid.smoke))})
    renderer, view = make_renderer("mitsuba"), View(width=40, height=30, samples=8)
    passes = frozenset({"rgb", "transmittance"})
    frame = next(iter(renderer.render(smoky, dense, view, passes)))
    inside = frame["transmittance"] < 0.2
    assert inside.any()
    assert frame["rgb"][inside].mean() < 0.5 * frame["rgb"][~inside].mean()
    burning = replace(
        smoky, elements=(*scene.elements, replace(gas, fuel=Fuel(heat=4e7, air=15.0)))
    )
    with pytest.raises(SimgenError, match="flames"):
        next(iter(renderer.render(burning, dense, view, passes)))


WHITE = {"albedo": 1.0, "metallic": 0.0, "refractive_index": 1.5, "coat": 0.0, "through": 0.0}


@pytest.mark.parametrize(
    "change",
    [
        {"roughness": 0.3},
        {"roughness": 0.9},
        {"roughness": 0.5, "metallic": 1.0},
        {"roughness": 0.7, "coat": 1.0},
        {"roughness": 0.6, "through": 0.5},
    ],
    ids=lambda change: "-".join(change),
)
@pytest.mark.parametrize("cosine", [0.95, 0.4])
@pytest.mark.usefixtures("compiler")
def test_white_matter_returns_all_light(change: dict[str, float], cosine: float) -> None:
    """White furnace for our model in Mitsuba: sampled and integrated over all directions, all
    light comes back, and the densities of what is sampled add up to 1."""
    import drjit as dr

    from simgen.renderers.mitsuba import library
    from simgen.renderers.mitsuba_matter import Surface, matter_class

    mi = library("cpu", 0)
    given = {k: mi.Float(v) for k, v in (WHITE | change).items()}
    surface = Surface(**given | {"albedo": mi.Color3f(1.0), "slope": None})

    class Even:
        def at(self, si: object, active: object) -> Surface:
            return surface

    body, count = matter_class(mi.variant())(Even()), 1 << 17
    rng = np.random.default_rng(0)
    u, v = mi.Float(rng.random(count)), mi.Point2f(rng.random((2, count)))
    si = dr.zeros(mi.SurfaceInteraction3f, count)
    si.n, si.sh_frame = mi.Normal3f(0, 0, 1), mi.Frame3f([0, 0, 1])
    si.wi = mi.Vector3f(math.sqrt(1 - cosine**2), 0, cosine)
    drawn, weight = body.sample(mi.BSDFContext(), si, u, v)
    back = float(np.mean(weight.x.numpy()))
    value, density = body.eval_pdf(mi.BSDFContext(), si, mi.warp.square_to_uniform_sphere(v))
    asked = float(np.mean(value.x.numpy())) * 4 * np.pi
    whole = float(np.mean(density.numpy())) * 4 * np.pi
    used = float(np.mean(drawn.pdf.numpy() > 1e-6))
    assert back == pytest.approx(1.0, abs=0.03)
    if "coat" not in change:  # too narrow a lobe to be met by even directions
        assert asked == pytest.approx(back, abs=0.02)
        assert whole == pytest.approx(used, abs=0.02)


def test_without_a_compiler_pictures_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rays can still be cast by the interpreted variant; a picture would take hours."""
    import drjit

    monkeypatch.setattr(drjit.detail, "llvm_version", lambda: (14, 0, 6))
    scene = scene_of([_dressed("floor", Plane(8.0), (0, 0, 0), Look())])
    with pytest.raises(SimgenError, match="libllvm19"):
        _picture(scene, "mitsuba", View(width=16, height=9, samples=1))


def test_mean_colours_are_those_of_the_worn_body() -> None:
    """The mean of a worn box's look is what its faces show on average, rubbed edges and all."""
    from simgen.renderers.mitsuba_looks import LookReader

    look = Look(color=(0.25, 0.18, 0.15), accent=(0.1, 0.07, 0.06), texture="wood", wear=0.4)
    reader = LookReader(scene_of([_dressed("box", Box((1, 1, 1)), (0, 0, 0), look)]), [look])
    rng, count = np.random.default_rng(0), 1 << 14
    faces, side = rng.integers(0, 3, count), rng.choice([-0.5, 0.5], count)
    rest = rng.uniform(-0.5, 0.5, (count, 3))
    rest[np.arange(count), faces] = side
    normal = 2 * side[:, None] * np.eye(3)[faces]
    shown = reader.read(np.zeros(count, int), rest, normal)
    mean = reader.mean(0)
    np.testing.assert_allclose(mean.albedo[0], shown.albedo.mean(axis=0), rtol=0.2)
    assert mean.roughness[0] == pytest.approx(shown.roughness.mean(), abs=0.1)
