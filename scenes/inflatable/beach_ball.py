"""Beach balls are thrown and bounce."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Cylinder, Geometry, bounds
from simgen.key import Key
from simgen.material import Look, Material, material
from simgen.rotation import from_axis_angle
from simgen.scene import Inflatable, Quaternion, RigidBody, Scene, Shape
from simgen.shapes import ramp, stairs
from simgen.space import Choice, Integers, LogUniform, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Pascal, RadianPerSecond

PATTERNS = ("beach_ball", "beach_ball", "stripes", "dots", "checker")
SUBDIVISIONS = 3
"""Of an icosahedron: 642 vertices; finer film waves need more substeps than a frame has."""


def sphere_mesh(radius: float, subdivisions: int) -> tuple[Array, np.ndarray]:
    """A geodesic sphere about the origin, outward."""
    import trimesh as _trimesh

    trimesh: Any = _trimesh  # partly typed
    mesh = trimesh.creation.icosphere(subdivisions=subdivisions, radius=radius)
    return np.array(mesh.vertices, float), np.array(mesh.faces, np.int32)


class BeachBall(SceneTemplate):
    """One to three beach balls are thrown with spin and bounce."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)

    count: Annotated[int, Integers(1, 3)]
    radius: Annotated[Metre, Uniform(0.2, 0.3)]
    film: Annotated[Metre, LogUniform(0.0003, 0.002)]
    """Thickness: 0.3 mm is a beach toy, light and quick; 2 mm an exercise ball, which flattens
    more."""
    pressure: Annotated[Pascal, LogUniform(300.0, 1200.0)]
    """Gauge pressure: a limp ball flattens on the floor, a firm one springs back."""
    height: Annotated[Metre, Uniform(0.6, 1.0)]
    """Of the lowest ball's centre at the start."""
    throw: Annotated[MetrePerSecond, Uniform(0.6, 1.6)]
    """Horizontal speed, left to right or back."""
    down: Annotated[MetrePerSecond, Uniform(4.0, 7.0)]
    """Downward speed at the start."""
    spin: Annotated[RadianPerSecond, Uniform(0.0, 14.0)]
    obstacle: Annotated[str, Choice("none", "box", "boxes", "ramp", "stairs", "post")]

    def build(self, key: Key) -> Scene:
        rng = key.child("throw").rng()
        side = float(rng.choice([-1.0, 1.0]))
        obstacles = self._obstacles(key, side)
        balls = [self._ball(key, i, side) for i in range(self.count)]
        top = max(float(np.asarray(b.vertices)[:, 2].max()) for b in balls)
        half = 0.35 + 1.6 * self.radius
        focus = Focus(
            lower=(-half, -1.5 * self.radius, 0.0), upper=(half, 1.5 * self.radius, min(top, 1.3))
        )
        return self.stage(key, (*balls, *obstacles), focus=focus)

    def _ball(self, key: Key, index: int, side: float) -> Inflatable:
        rng = key.child("ball", index).rng()
        radius = self.radius * (1.0 if index == 0 else float(rng.uniform(0.6, 0.9)))
        points, faces = sphere_mesh(radius, SUBDIVISIONS)
        start = (-side * (0.5 - 0.3 * index), 0.15 * float(rng.uniform(-1, 1)))
        lift = self.height + index * 2.3 * self.radius
        axis = rng.normal(size=3) * [0.4, 1.0, 0.4]
        spin = self.spin * axis / np.linalg.norm(axis)
        speed = self.throw * float(rng.uniform(0.7, 1.0))
        stuff = _film(self.film)
        look = stuff.look(key.child("look", index))
        return Inflatable(
            name=f"ball_{index}",
            vertices=points + [*start, lift],
            faces=faces,
            material=stuff,
            look=_patterned(look, PATTERNS[int(rng.integers(len(PATTERNS)))], radius),
            pressure=self.pressure,
            velocity=(side * speed, -start[1] * 0.5, -self.down),
            angular_velocity=(float(spin[0]), float(spin[1]), float(spin[2])),
        )

    def _obstacles(self, key: Key, side: float) -> list[RigidBody]:
        rng = key.child("obstacle").rng()
        names = ("wood/oak", "wood/pine", "plastic/abs", "stone/concrete")
        stuff = material(names[int(rng.integers(len(names)))])
        look = stuff.look(key.child("obstacle_look"))

        def put(name: str, geometry: Geometry, x: float, angle: float) -> RigidBody:
            turn: Quaternion = tuple(from_axis_angle((0, 0, 1), angle))  # type: ignore[assignment]
            return RigidBody(
                name=name,
                shapes=(Shape(geometry=geometry, material=stuff, look=look),),
                position=(x, 0.0, -float(bounds(geometry)[0, 2])),
                quaternion=turn,
                motion="static",
            )

        tall = float(rng.uniform(0.18, 0.4))
        facing = 0.0 if side > 0 else math.pi
        match self.obstacle:
            case "box":
                return [put("box", Box((0.4, 0.7, tall)), side * 0.35, rng.uniform(-0.4, 0.4))]
            case "boxes":
                return [
                    put("box_0", Box((0.3, 0.5, tall)), side * 0.15, rng.uniform(-0.4, 0.4)),
                    put("box_1", Box((0.35, 0.6, 1.7 * tall)), side * 0.75, rng.uniform(-0.3, 0.3)),
                ]
            case "ramp":
                return [put("ramp", ramp(length=0.8, width=0.8, height=tall), side * 0.1, facing)]
            case "stairs":
                flight = stairs(steps=4, width=0.9, rise=0.1, run=0.2)
                return [put("stairs", flight, side * 0.05, facing)]
            case "post":
                return [put("post", Cylinder(0.12, 2.2 * tall), side * 0.4, 0.0)]
            case _:
                return []


def _film(thickness: float) -> Material:
    """PVC film of another thickness [m]: mass and stretch grow with it, bending with its cube."""
    base = material("plastic/pvc_film")
    areal, stretch, bending, own = base.require(
        "areal_density", "stretch_stiffness", "bending_stiffness", "thickness"
    )
    times = thickness / own
    return replace(
        base,
        areal_density=areal * times,
        stretch_stiffness=stretch * times,
        bending_stiffness=bending * times**3,
        thickness=thickness,
    )


def _patterned(look: Look, texture: str, radius: float) -> Look:
    """The film printed with a pattern of a size that suits the ball, white against its colour."""
    scale = {"stripes": 0.5, "dots": 0.45, "checker": 0.7}.get(texture, 1.0) * radius
    return replace(look, texture=texture, scale=scale, accent=(0.95, 0.94, 0.9), roughness=0.25)
