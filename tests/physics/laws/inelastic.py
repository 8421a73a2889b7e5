"""Soft bodies that flow or lose speed: von Mises, Zener, Newton. Levels are cells."""

from __future__ import annotations

import numpy as np
from law import Measured, law

from laws.deformable import ENGINES, FLOOR, SMOOTH, G, matter, run
from simgen.engines.warp_solvers.xpbd_part import lumped
from simgen.geometry import Array, Box
from simgen.lattice import block, volumes
from simgen.material import Material
from simgen.scene import Keyframes, RigidBody, Shape, SoftBody
from simgen.scenes.deformable._parts import form_mesh


def pressed(engine: str, strain: float, cells: int, stuff: Material) -> tuple[float, float]:
    """Log strain of a cube under a smooth plate, and what is left of it when the plate has gone."""
    points, tets = block((0.1, 0.1, 0.1), (cells, cells, cells))
    cube = SoftBody(name="cube", vertices=points + [0, 0, 0.051], tetrahedra=tets, material=stuff)
    high = 0.107
    way = np.zeros((4, 3))
    way[:, 2] = high, high - 0.1 * strain - 0.002, high - 0.1 * strain - 0.002, high + 0.05
    press = RigidBody(
        name="press",
        shapes=(Shape(geometry=Box((0.3, 0.3, 0.01)), material=SMOOTH),),
        position=(0, 0, high),
        motion="kinematic",
        keyframes=Keyframes(times=np.array([0.0, 0.5, 0.6, 0.9]), positions=way),
    )
    t = run(engine, cube, press, FLOOR, seconds=1.2, gravity=1.0)
    x = t.meshes["cube"].position[:, :, 2].astype(float)
    top, bottom = points[:, 2] > 0.05 - 1e-9, points[:, 2] < -0.05 + 1e-9
    logs = np.log((x[:, top].mean(axis=1) - x[:, bottom].mean(axis=1)) / 0.1)
    return float(logs.min()), float(logs[-4:].mean())


@law(
    category="deformable",
    engines=ENGINES,
    title="Beyond its yield stress matter keeps what exceeds the elastic strain",
    source="von Mises 1913; Prandtl 1924: residual strain = strain - yield stress / E",
    axes=("strain applied", "strain that stays"),
    level_name="cells",
    levels=(2, 3, 4),
    bound={"warp": 0.03, "mujoco": 0.1},
    default=1,
    exact=0.03,
)
def residual(engine: str, cells: float) -> Measured:
    """Logarithmic strains of an ideally plastic cube between smooth plates. MuJoCo's return works
    on Green's strain, off by half the strain itself, 10 % here."""
    young, yielding = 1e5, 5e3
    stuff = matter(youngs_modulus=young, yield_stress=yielding)
    got = [pressed(engine, e, int(cells), stuff) for e in (0.1, 0.2)]
    applied = np.array([-a for a, _ in got])
    exact = applied - yielding / young
    return Measured(x=applied, measured=np.array([-b for _, b in got]), expected=exact)


@law(
    category="deformable",
    engines=("warp",),
    title="A bar of Zener's standard solid creeps under its weight",
    source="Zener, Elasticity and Anelasticity of Metals (1948), ch. 5: the standard linear solid",
    axes=("time [s]", "lengthening of the lower three quarters [m]"),
    level_name="cells across",
    levels=(1, 2, 3),
    bound=0.05,
    default=1,
    exact=0.04,
)
def creep(engine: str, cells: float) -> Measured:
    """Shear creeps and the bulk does not: e(t) = s (1 / (9 K) + J(t) / 3), J = 1 / m - (1 / m -
    1 / m0) exp(-t m / (m0 tau)), shear moduli m slow and m0 fast. The flow is of first order in the
    strain, 3 % at the held end; means over the ringing of the start."""
    n = int(cells)
    young, more, poisson, tau, length = 6e4, 6e4, 0.35, 0.4, 0.4
    points, tets = block((0.05, 0.05, length), (n, n, 8 * n))
    top = tuple(int(i) for i in np.flatnonzero(points[:, 2] > length / 2 - 1e-9))
    stuff = matter(
        youngs_modulus=young, poissons_ratio=poisson, relaxing_modulus=more, relaxation_time=tau
    )
    bar = SoftBody(name="bar", vertices=points, tetrahedra=tets, material=stuff, pinned=top)
    t = run(engine, bar, seconds=2.5)
    low = points[:, 2] < -length / 2 + 1e-9
    high = np.abs(points[:, 2] - length / 4) < 1e-9
    z = t.meshes["bar"].position[:, :, 2].astype(float)
    grown = z[:, high].mean(axis=1) - z[:, low].mean(axis=1) - 0.75 * length
    bulk = young / (3 * (1 - 2 * poisson))
    slow = young / (2 * (1 + poisson))
    fast = 3 * bulk * (young + more) / (9 * bulk - young - more)
    left = np.exp(-t.time * slow / (fast * tau))
    creeping = 1 / slow - (1 / slow - 1 / fast) * left
    load = 1000 * G * (0.75 * length) ** 2 / 2
    exact = load * (1 / (9 * bulk) + creeping / 3)

    def mean(values: Array) -> Array:
        """Over two periods 4 L / c of the ringing."""
        return np.convolve(values, np.full(7, 1 / 7), mode="valid")[10:]

    return Measured(x=mean(t.time), measured=mean(grown), expected=mean(exact))


@law(
    category="deformable",
    engines=ENGINES,
    title="A soft ball bounces as its restitution says",
    source="Newton, Principia (1687), scholium: speeds after over before; friction in soft_bounce",
    axes=("restitution of the material", "speed after over speed before"),
    level_name="cells across",
    levels=(4, 6, 8),
    bound={"warp": 0.09, "mujoco": 0.12},
    default=1,
    exact=0.12,
)
def bouncing(engine: str, cells: float) -> Measured:
    """Without gravity, at a ninth of the speed of its waves. Vibrations that stay behind take up to
    a tenth of the speed of what loses little else, and the engine's steps their share."""
    radius, young, speed = 0.06, 6e4, 1.2
    points, tets = form_mesh("ball", 2 * radius, cells=int(cells))
    share = lumped(len(points), tets, volumes(points, tets))
    given = np.array([0.3, 0.45, 0.6, 0.75, 0.9])
    got: list[float] = []
    for e in given:
        stuff = matter(youngs_modulus=young, density=500.0, poissons_ratio=0.4, restitution=e)
        thing = SoftBody(
            name="ball",
            vertices=points - [0, 0, points[:, 2].min() - 1e-3],
            tetrahedra=tets,
            material=stuff,
            velocity=(0.0, 0.0, -speed),
        )
        t = run(engine, thing, FLOOR, seconds=0.2, gravity=0.0, fps=120.0)
        up = t.meshes["ball"].velocity[-8:, :, 2].astype(float) @ share / share.sum()
        got.append(float(up.mean()) / speed)
    return Measured(x=given, measured=np.array(got), expected=given)
