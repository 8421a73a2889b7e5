"""Outdoor surroundings: a terrace on a lawn or sand, trees, a hedge, hills on the horizon."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from simgen.geometry import Array, Box, Cylinder, Geometry, Plane, TriangleMesh
from simgen.key import Key
from simgen.material import Look
from simgen.scene import Element, Ints, Vector
from simgen.stage.place import Place, fixture

GROUNDS: dict[str, tuple[Look, str]] = {
    "lawn": (
        Look(color=(0.3, 0.42, 0.16), accent=(0.44, 0.5, 0.24), texture="grass", scale=1.3,
             roughness=0.95),
        "organic/clay",
    ),
    "sand": (
        Look(color=(0.82, 0.72, 0.55), accent=(0.68, 0.57, 0.41), texture="sand", scale=1.0,
             roughness=0.98),
        "granular/dry_sand",
    ),
    "gravel": (
        Look(color=(0.62, 0.6, 0.56), accent=(0.44, 0.42, 0.4), texture="gravel", scale=0.03,
             roughness=0.95),
        "granular/gravel",
    ),
    "earth": (
        Look(color=(0.46, 0.36, 0.26), accent=(0.33, 0.25, 0.17), texture="soil", scale=0.8,
             roughness=0.98),
        "organic/clay",
    ),
}  # fmt: skip
HAZE = (0.66, 0.74, 0.82)
"""Colour far things fade to (sRGB)."""


def terrace_half(place: Place) -> float:
    """Half-width of the floor outdoors [m]; it ends within the picture."""
    return max(1.6 * place.size, 0.8 * place.reach, 1.2)


def outdoor(key: Key, place: Place) -> list[Element]:
    """Everything but the floor itself, which lies as a terrace 2 cm above the ground."""
    rng = key.child("outdoor").rng()
    names = sorted(GROUNDS)
    look, stuff = GROUNDS[names[int(rng.choice(len(names), p=[0.15, 0.2, 0.5, 0.15]))]]
    far = max(11.0, 3.5 * place.reach)
    position = (*place.center, 0.0)
    half = terrace_half(place)
    edge = Look(color=(0.55, 0.53, 0.5), accent=(0.45, 0.44, 0.42), texture="concrete", scale=0.5)
    kerb = [(Box((2 * half, 2 * half, 0.06)), (0.0, 0.0, -0.031))]
    ground = [(Plane(extent=14 * far), (0.0, 0.0, -0.03))]
    parts: list[Element] = [
        fixture("ground", ground, look, stuff, position, collides=False),
        fixture("terrace", kerb, edge, "stone/concrete", position, collides=False),
        fixture(
            "hills", [(_hills(rng, far), (0.0, 0.0, -0.05))], _faded((0.3, 0.4, 0.22), 0.55),
            "organic/clay", position, collides=False,
        ),
    ]  # fmt: skip
    parts += _trees(rng, place, far)
    if rng.random() < 0.55:
        parts.append(_hedge(rng, place, far))
    return parts


def _faded(colour: tuple[float, float, float], share: float) -> Look:
    """A leafy look mixed with haze."""
    r, g, b = (c + share * (h - c) for c, h in zip(colour, HAZE, strict=True))
    accent = (min(1.0, 1.15 * r), min(1.0, 1.12 * g), min(1.0, 1.05 * b))
    return Look(color=(r, g, b), accent=accent, texture="grass", scale=8.0, roughness=1.0)


def _hills(rng: np.random.Generator, far: float) -> TriangleMesh:
    """A ring of rolling hills around the place."""
    turns = np.linspace(0.0, 2 * math.pi, 129)[:-1]
    radii = far * np.array([4.5, 6.0, 8.0, 10.0, 13.0])
    height = np.zeros(len(turns))
    for k in range(2, 14):
        height += rng.normal() / k * np.cos(k * turns + rng.uniform(0, 2 * math.pi))
    height = far * (0.5 + 0.35 * (height - height.min()) / np.ptp(height)) - 0.3 * far
    rise = np.array([0.0, 0.25, 0.8, 1.0, 0.0])
    points = np.zeros((len(turns), len(radii), 3))
    points[..., 0] = np.sin(turns)[:, None] * radii
    points[..., 1] = np.cos(turns)[:, None] * radii
    points[..., 2] = np.roll(height, 3)[:, None] * rise
    index = np.arange(points.shape[0] * len(radii)).reshape(points.shape[0], len(radii))
    after = np.roll(index, -1, axis=0)
    a, b = index[:, :-1].ravel(), index[:, 1:].ravel()
    c, d = after[:, 1:].ravel(), after[:, :-1].ravel()
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
    return TriangleMesh(points.reshape(-1, 3), faces, smooth=True)


def _clump(rng: np.random.Generator, radius: float, height: float) -> tuple[Array, Ints]:
    """Vertices and faces of one crown: a ball with leafy lumps."""
    import trimesh as _trimesh

    trimesh: Any = _trimesh  # partly typed
    ball = trimesh.creation.icosphere(subdivisions=3)
    v = np.array(ball.vertices, float)
    lumps = np.zeros(len(v))
    for frequency in (2.5, 5.0, 9.0):
        for _ in range(3):
            way = rng.normal(size=3)
            way /= np.linalg.norm(way)
            lumps += np.sin(frequency * (v @ way) + rng.uniform(0, 6.28)) * 0.16 / frequency**0.6
    v = v * (1.0 + lumps)[:, None]
    return v * (radius, radius, height), np.asarray(ball.faces, np.int32)


def _trees(rng: np.random.Generator, place: Place, far: float) -> list[Element]:
    """Trees scattered behind and beside the event."""
    crowns: list[Array] = []
    faces: list[Ints] = []
    trunks: list[tuple[Geometry, Vector]] = []
    count = 0
    for _ in range(int(rng.integers(7, 16))):
        azimuth = place.bearing + math.pi + rng.uniform(-1.3, 1.3)
        distance = far * rng.uniform(1.0, 3.5)
        tall = far * rng.uniform(0.25, 0.5)
        x, y = math.sin(azimuth) * distance, -math.cos(azimuth) * distance
        v, f = _clump(rng, tall * rng.uniform(0.24, 0.36), tall * rng.uniform(0.3, 0.4))
        crowns.append(v + np.array([x, y, 0.62 * tall]))
        faces.append(f + count)
        count += len(v)
        trunks.append((Cylinder(0.035 * tall, 0.5 * tall), (x, y, 0.25 * tall)))
    mesh = TriangleMesh(np.concatenate(crowns), np.concatenate(faces).astype(np.int32))
    leaf = (rng.uniform(0.22, 0.38), rng.uniform(0.34, 0.44), rng.uniform(0.13, 0.2))
    bark = Look(color=(0.33, 0.26, 0.2), texture="noise", scale=0.3, roughness=1.0)
    position = (*place.center, 0.0)
    crown = [(mesh, (0.0, 0.0, 0.0))]
    return [
        fixture("trees", crown, _faded(leaf, 0.15), "wood/oak", position, collides=False),
        fixture("trunks", trunks, bark, "wood/oak", position, collides=False),
    ]


def _hedge(rng: np.random.Generator, place: Place, far: float) -> Element:
    """A clipped hedge or a garden wall across the back."""
    azimuth = place.bearing + math.pi + rng.uniform(-0.25, 0.25)
    distance = far * rng.uniform(0.6, 0.9)
    height = max(0.9, 0.09 * far) * rng.uniform(0.9, 1.4)
    x, y, _ = place.at(azimuth, distance)
    quaternion = (math.cos(azimuth / 2), 0.0, 0.0, math.sin(azimuth / 2))
    if rng.random() < 0.5:
        look = Look(
            color=(0.19, 0.3, 0.12),
            accent=(0.3, 0.42, 0.18),
            texture="grass",
            scale=0.3,
            roughness=1.0,
        )
        stuff = "organic/clay"
    else:
        look = Look(
            color=(0.61, 0.34, 0.25), accent=(0.74, 0.71, 0.66), texture="brick", scale=0.25
        )
        stuff = "stone/brick"
    body = fixture(
        "hedge", [(Box((6 * far, 0.5, height)), (0.0, 0.0, height / 2))], look, stuff, (x, y, 0.0),
        collides=False,
    )  # fmt: skip
    return replace(body, quaternion=quaternion)
