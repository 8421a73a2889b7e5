"""Cloth: Hooke, catenary, waves, Peirce's cantilever, drag, Coulomb, capstan. Levels are edges of
the mesh along the cloth."""

from __future__ import annotations

import math

import numpy as np
from law import Measured, law, simulate
from scipy.optimize import brentq
from xpbd_scenes import sheet

from simgen.checks.energy import vertex_masses
from simgen.geometry import Box, Cylinder, Plane
from simgen.material import Material
from simgen.scene import Ambient, Clock, Cloth, RigidBody, Scene, Shape

G = 9.81
VACUUM = Ambient(pressure=0.0)
BOTH = ("warp", "newton")


def fabric(**constants: float) -> Material:
    """A textile without Poisson's contraction, so that strips are bars."""
    base = {"areal_density": 0.2, "stretch_stiffness": 300.0, "bending_stiffness": 1e-7}
    base |= {"shear_stiffness": 50.0, "friction": 0.4, "poissons_ratio": 0.0, "restitution": 0.01}
    return Material(name="test/fabric", **(base | constants))


def run(engine: str, *elements: Cloth | RigidBody, seconds: float, fps: float = 24.0, **rest):
    """Positions (T, V, 3) of `cloth` and the times [s]."""
    clock = Clock(frames=1 + round(fps * seconds), fps=fps, substeps=rest.pop("substeps", None))
    scene = Scene(elements=elements, clock=clock, **({"ambient": VACUUM} | rest))
    t = simulate(engine, scene)
    return t.meshes["cloth"].position.astype(float), t.time, t.meshes["cloth"].velocity


def near(values: np.ndarray, value: float) -> tuple[int, ...]:
    return tuple(int(i) for i in np.flatnonzero(np.abs(values - value) < 1e-9))


@law(
    category="garment",
    engines=BOTH,
    title="A hanging strip stretches by rho g (L s - s^2 / 2) / K at s from its top",
    source="Hooke, De potentia restitutiva (1678); KES-F tensile stiffness K [N/m]",
    axes=("distance from the top [m]", "elongation [m]"),
    level_name="edges along",
    levels=(8, 16, 32),
    bound={"warp": 0.06, "newton": 0.02},
    exact=0.02,
)
def stretch(engine: str, edges: float) -> Measured:
    """Lumped masses err by 1 / n^2 < 1 %; one sweep per step leaves what its relief misses, 5 % at
    the Courant number of 0.75 aimed at; the mean is over whole periods but for damping."""
    length, areal, k = 0.5, 0.5, 300.0
    n = int(edges)
    points, faces = sheet(max(2, n // 8), n, length / 8, length)
    hung = np.stack([0.0 * points[:, 0], points[:, 1], -points[:, 0]], -1)
    strip = Cloth(
        name="cloth",
        vertices=hung,
        faces=faces,
        rest_vertices=points,
        material=fabric(areal_density=areal, stretch_stiffness=k, poissons_ratio=0.0),
        pinned=near(points[:, 0], 0.0),
    )
    seconds = 2.0 if engine == "warp" else 1.0
    x, t, _ = run(engine, strip, seconds=seconds)
    period = 4 * length * math.sqrt(areal / k)
    last = t > seconds - math.floor(0.5 * seconds / period) * period - 1e-9
    levels = np.unique(points[:, 0].round(9))
    mean = x[last].mean(axis=0)
    got = np.array([-mean[np.abs(points[:, 0] - s) < 1e-6, 2].mean() - s for s in levels])
    exact = areal * G * (length * levels - levels**2 / 2) / k
    return Measured(x=levels, measured=got, expected=exact)


@law(
    category="garment",
    engines=BOTH,
    title="A cloth between two rails hangs as a catenary",
    source="Leibniz, Huygens, Johann Bernoulli, Acta Eruditorum (1691)",
    axes=("x [m]", "z [m]"),
    level_name="edges along",
    levels=(10, 20, 40),
    bound=0.03,
    exact=0.01,
)
def catenary(engine: str, edges: float) -> Measured:
    """Edges cut the curve (ds / a)^2 / 8 = 1 % of the sag at 20 edges; the fabric is 0.2 %
    longer under its weight, which sags 0.5 % more; what swings still is averaged."""
    n, length, span = int(edges), 0.6, 0.4
    points, faces = sheet(2, n, 2 * length / 20, length)
    a = brentq(lambda a: 2 * a * math.sinh(span / 2 / a) - length, 0.05, 10.0)
    s = points[:, 0] - length / 2
    start = np.stack([a * np.arcsinh(s / a), points[:, 1], np.hypot(a, s)], -1)
    # It starts 5 % too flat and falls into the curve.
    top = start[:, 2].max()
    start[:, 2] = top + 0.95 * (start[:, 2] - top)
    ends = near(points[:, 0], 0.0) + near(points[:, 0], length)
    cloth = Cloth(
        name="cloth",
        vertices=start,
        faces=faces,
        rest_vertices=points,
        material=fabric(stretch_stiffness=1000.0, areal_density=0.3),
        pinned=ends,
    )
    x, _, _ = run(engine, cloth, seconds=2.0 if engine == "warp" else 1.0, ambient=Ambient())
    mean = x[-12:].mean(axis=0)
    columns = np.unique(points[:, 0].round(9))
    rows = [np.abs(points[:, 0] - c) < 1e-6 for c in columns]
    got = np.array([mean[r, 2].mean() for r in rows]) - top
    exact = np.hypot(a, columns - length / 2) - top
    return Measured(x=columns - length / 2, measured=got, expected=exact)


@law(
    category="garment",
    engines=("warp",),
    title="A wave runs along a stretched strip at sqrt(T / mu)",
    source="Mersenne (1636); d'Alembert (1747)",
    axes=("tension per width [N/m]", "speed [m/s]"),
    level_name="edges along",
    levels=(16, 32, 64),
    default=-1,
    bound=0.03,
)
def wave(engine: str, edges: float) -> Measured:
    """The lowest standing wave of a strip held at both ends, frequency c / (2 L). A chain of n
    edges is slow by (pi / n)^2 / 24, below 1 %; the strip pulls as hard as it is stiff, which one
    sweep per step leaves 5 % off, 2.5 % of the speed."""
    n, length, areal, k = int(edges), 0.6, 0.2, 400.0
    points, faces = sheet(2, n, 2 * length / n, length)
    strains, got, exact = (0.02, 0.05, 0.1), [], []
    for strain in strains:
        placed = points * [1 + strain, 1.0, 1.0]
        long = length * (1 + strain)
        placed[:, 2] = 0.004 * np.sin(math.pi * placed[:, 0] / long)
        cloth = Cloth(
            name="cloth",
            vertices=placed,
            faces=faces,
            rest_vertices=points,
            material=fabric(stretch_stiffness=k, areal_density=areal),
            pinned=near(points[:, 0], 0.0) + near(points[:, 0], length),
        )
        options = {"gravity": (0.0, 0.0, 0.0), "fps": 120.0}
        x, t, _ = run(engine, cloth, seconds=1.0, **options)
        shape = np.sin(math.pi * points[:, 0] / length)
        height = x[:, :, 2] @ shape
        # Zero crossings of the mode give its period.
        flips = np.flatnonzero(np.diff(np.sign(height)) != 0)
        at = t[flips] + (t[1] - t[0]) * height[flips] / (height[flips] - height[flips + 1])
        period = 2.0 * float(np.diff(at).mean())
        got.append(2 * long / period)
        # The mass per length is thinner by the strain.
        exact.append(math.sqrt(k * strain / (areal / (1 + strain))))
    return Measured(x=np.array(strains) * k, measured=np.array(got), expected=np.array(exact))


@law(
    category="garment",
    engines=("warp",),
    title="A fabric cantilever sinks by q L^4 / (8 B): Peirce's bending length",
    source="Peirce, J. Text. Inst. 21, T377 (1930); c^3 = B / (rho_A g)",
    axes=("overhang over bending length [1]", "sinking over length [1]"),
    level_name="edges along",
    levels=(6, 10, 16),
    default=-1,
    bound=0.12,
    exact=0.05,
)
def cantilever(engine: str, edges: float) -> Measured:
    """Two rows are held; the hinge over the second stands for half an edge on each side, which
    leaves an error of first order in the edge; steps that resolve bending waves by 0.2 of an edge
    leave 4 %, a linear beam 2 %; a free edge curls."""
    n, length, areal = int(edges), 0.1, 0.2
    points, faces = sheet(2, n, 2 * length / n, length)
    edge = length / n
    overhang = length - 0.5 * edge
    got, exact, ratios = [], [], (0.75, 0.9)
    for ratio in ratios:
        bending = areal * G * (overhang / ratio) ** 3
        cloth = Cloth(
            name="cloth",
            vertices=points,
            faces=faces,
            material=fabric(bending_stiffness=bending, areal_density=areal, restitution=0.01),
            pinned=tuple(int(i) for i in np.flatnonzero(points[:, 0] < 1.01 * edge)),
        )
        x, _, _ = run(engine, cloth, seconds=1.0, substeps=max(80, 14 * n**2))
        tip = points[:, 0] > length - 1e-9
        got.append(-x[-12:, tip, 2].mean() / overhang)
        exact.append(areal * G * overhang**3 / (8 * bending))
    return Measured(x=np.array(ratios), measured=np.array(got), expected=np.array(exact))


@law(
    category="garment",
    engines=BOTH,
    title="A flat sheet sinks to the speed at which drag bears its weight",
    source="Hoerner, Fluid-Dynamic Drag (1965), ch. 3: plate, C = 1.17; v = v_t tanh(g t / v_t)",
    axes=("time [s]", "speed [m/s]"),
    level_name="substeps per frame",
    levels=(20, 40, 80),
    bound=0.02,
    exact=0.01,
)
def falling_sheet(engine: str, substeps: float) -> Measured:
    """A stiff sheet keeps flat; steps lag by g dt / 2 at the start, below 0.3 % of the speed."""
    points, faces = sheet(6, 6, 0.3, 0.3)
    areal = 0.2
    cloth = Cloth(
        name="cloth",
        vertices=points,
        faces=faces,
        material=fabric(areal_density=areal, bending_stiffness=0.05),
    )
    _, t, v = run(engine, cloth, seconds=0.75, substeps=int(substeps), ambient=Ambient())
    rho = 101_325 * 0.0289652 / (8.314462618 * 293.15)
    limit = math.sqrt(2 * areal * G / (1.17 * rho))
    return Measured(x=t, measured=-v[:, :, 2].mean(axis=1), expected=limit * np.tanh(G * t / limit))


@law(
    category="garment",
    engines=BOTH,
    title="A cloth slides down an incline at g (sin a - mu cos a)",
    source="Coulomb, Theorie des machines simples (1785)",
    axes=("time [s]", "distance [m]"),
    level_name="substeps per frame",
    levels=(20, 40, 80),
    bound=0.02,
    exact=0.01,
)
def sliding(engine: str, substeps: float) -> Measured:
    """It starts a little above the incline and slides once it touches; its way is measured from
    the start."""
    mu = 0.4
    slope = math.atan(1.5 * mu)
    points, faces = sheet(6, 6, 0.3, 0.3)
    stuff = fabric(friction=mu, stretch_stiffness=300.0)
    layer = 0.2 * 0.05 * (2 + math.sqrt(2)) / 3
    cloth = Cloth(name="cloth", vertices=points + [0, 0, layer], faces=faces, material=stuff)
    hard = Material(name="test/ramp", density=1000.0, friction=mu)
    shape = Shape(geometry=Plane(), material=hard)
    ramp = RigidBody(name="ramp", shapes=(shape,), motion="static")
    down = (G * math.sin(slope), 0.0, -G * math.cos(slope))
    x, t, _ = run(engine, cloth, ramp, seconds=0.75, substeps=int(substeps), gravity=down)
    way = x[:, :, 0].mean(axis=1)
    a = G * (math.sin(slope) - mu * math.cos(slope))
    return Measured(x=t, measured=way - way[0], expected=a / 2 * t**2)


def over_a_bar(edges: int, mu: float, masses: tuple[float, float]) -> tuple[float, float]:
    """Mean accelerations [m/s^2] of the heavier of two weights on a light strip over a fixed bar:
    as run, and after Euler and Eytelwein with the inertia of both weights."""
    radius, length, width = 0.05, 0.5, 0.04
    points, faces = sheet(2, edges, width, length)
    points = points - [length / 2, width / 2, 0.0]
    layer = radius + 0.25 * length / edges
    turn = np.clip(points[:, 0] / layer, -math.pi / 2, math.pi / 2)
    hang = np.abs(points[:, 0]) - np.abs(turn) * layer
    place = np.stack([layer * np.sin(turn), points[:, 1], layer * np.cos(turn) - hang], -1)
    stiff = 2e4
    stuff = fabric(areal_density=0.3, stretch_stiffness=stiff, friction=mu)
    # Cut shorter by what the light weight stretches it, so that it starts taut.
    cut = points * [1.0 - masses[0] * G / (stiff * width), 1.0, 1.0]
    hard = Material(name="test/bar", density=1000.0, friction=mu, restitution=0.0)
    lying = (math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0)
    bar = Shape(geometry=Cylinder(radius, 0.2), material=hard)
    bodies = [RigidBody(name="bar", shapes=(bar,), motion="static", quaternion=lying)]
    ties: list[tuple[int, str]] = []
    for name, sign, mass in zip(("light", "heavy"), (-1.0, 1.0), masses, strict=True):
        end = np.flatnonzero(sign * points[:, 0] > length / 2 - 1e-9)
        ties += [(int(i), name) for i in end]
        at = place[end].mean(axis=0) - [0.0, 0.0, 0.02]
        block = Shape(geometry=Box((0.02, width, 0.02)), material=hard)
        bodies.append(
            RigidBody(name=name, shapes=(block,), position=(at[0], at[1], at[2]), mass=mass)
        )
    cloth = Cloth(
        name="cloth",
        vertices=place,
        faces=faces,
        rest_vertices=cut,
        material=stuff,
        attachments=tuple(ties),
    )
    scene = Scene(elements=(cloth, *bodies), clock=Clock(frames=10, fps=48), ambient=VACUUM)
    t = simulate("warp", scene)
    z = t.bodies.position[:, t.bodies.names.index("heavy"), 2]
    grip = math.exp(mu * math.pi)
    light, heavy = masses
    mean = 2.0 * (z[0] - z[-1]) / t.time[-1] ** 2
    return mean, G * (heavy - grip * light) / (heavy + grip * light)


@law(
    category="garment",
    engines=("warp",),
    title="A strip slides over a bar against T2 / T1 = exp(mu a)",
    source="Euler 1762; Eytelwein, Handbuch der Statik (1808): the capstan equation",
    axes=("friction", "acceleration of the weights [m/s^2]"),
    level_name="edges along",
    levels=(10, 20, 40),
    bound=0.1,
    default=-1,
    exact=0.02,
)
def capstan(engine: str, edges: float) -> Measured:
    """Half a turn, the weights 1 : 6, before the light one reaches the bar. Where the strip
    leaves the bar its last vertex presses for half an edge only, so the arc is short by an edge
    over the radius: 6.6 % of the acceleration at 40 edges and mu = 0.4; the strip, a hundredth of
    the weights, stretches and swings by 2 %. Weights of 10,000 vertices, as on finer strips, are
    more than one sweep per step carries."""
    frictions = np.array([0.1, 0.25, 0.4])
    got = [over_a_bar(int(edges), float(mu), (0.1, 0.6)) for mu in frictions]
    measured, exact = np.array(got).T
    return Measured(x=frictions, measured=measured, expected=exact)


@law(
    category="garment",
    engines=BOTH,
    title="A free sheet that spins in its plane keeps its angular momentum",
    source="Newton, Principia (1687); Euler's second law of motion",
    axes=("time [s]", "angular momentum / that at the start"),
    level_name="substeps",
    levels=(40, 80, 160),
    bound={"warp": 0.02, "newton": 0.05},
    exact=0.01,
)
def spinning_sheet(engine: str, substeps: float) -> Measured:
    """Turned by implicit steps, momentum decays as exp(-w^2 dt t): 0.4 % at 40 steps a frame."""
    points, faces = sheet(6, 6, 0.3, 0.3)
    cloth = Cloth(
        name="cloth",
        vertices=points,
        faces=faces,
        material=fabric(),
        angular_velocity=(0.0, 0.0, 4.0),
    )
    still = {"gravity": (0.0, 0.0, 0.0), "substeps": int(substeps)}
    x, t, v = run(engine, cloth, seconds=0.25, **still)
    spin = vertex_masses(cloth) @ np.cross(x, v)[..., 2].T
    return Measured(x=t, measured=spin / spin[0], expected=np.ones(len(t)))
