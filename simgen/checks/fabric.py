"""What holds of every cloth: its threads hardly stretch, it shears up to locking, it does not
pierce itself."""

from __future__ import annotations

import numpy as np

from simgen.checks.sampling import sampled_frames
from simgen.crossing import pierced
from simgen.engines.warp_solvers.xpbd_mesh import (
    hinge_stencils,
    interior_edges,
    membrane_frames,
    triangle_areas,
    unfolded,
)
from simgen.geometry import Array
from simgen.record import AnyArray, MeshStates
from simgen.scene import Cloth

LIMITS = {"cloth_stretch": 0.15, "cloth_shear": 0.8, "cloth_pierced": 0.01}
"""Strain of warp and weft, which break at 0.05-0.3 (Morton & Hearle, Physical Properties of Textile
Fibres, ch. 13); sine of the angle between them, which locks at 40-55 degrees (Cao et al. 2008,
Composites A 39, 1037); share of the faces that other layers of the same cloth pierce."""


def measure(cloth: Cloth, states: MeshStates) -> dict[str, float]:
    """The figures of one cloth that LIMITS bound; strains are the 99.5th percentile over triangles
    of the largest in time."""
    stretch, shear = np.zeros(len(cloth.faces)), np.zeros(len(cloth.faces))
    inverse, _ = _cut(cloth)
    for x in states.position:
        slope = _slopes(cloth, inverse, x)
        length = np.linalg.norm(slope, axis=1)
        product = np.abs(np.sum(slope[..., 0] * slope[..., 1], axis=1)) / length.prod(axis=1)
        stretch = np.maximum(stretch, length.max(axis=1) - 1.0)
        shear = np.maximum(shear, product)
    layers = pierced(states.position[sampled_frames(len(states.position))], cloth.faces)
    return {
        "cloth_stretch": float(np.quantile(stretch, 0.995)),
        "cloth_shear": float(np.quantile(shear, 0.995)),
        "cloth_pierced": float(layers.max()),
    }


def strain_energy(cloth: Cloth, x: AnyArray) -> float:
    """Of membrane and bending with the vertices at `x` (V, 3) [J]: K/2 (e_u^2 + e_v^2) + G/2 sin^2
    + B/2 curvature^2 per area, without Poisson's coupling."""
    stiffness, bending = cloth.material.require("stretch_stiffness", "bending_stiffness")
    inverse, area = _cut(cloth)
    slope = _slopes(cloth, inverse, x)
    strain = np.linalg.norm(slope, axis=1) - 1.0
    product = np.sum(slope[..., 0] * slope[..., 1], axis=1)
    shear = cloth.material.shear_stiffness or stiffness / 2.6
    membrane = area @ (stiffness * np.sum(strain**2, axis=1) + shear * product**2)
    faces = np.asarray(cloth.faces, np.int32)
    hinges = interior_edges(faces)
    corners, apart = cut(cloth)
    flat = (corners, hinges)
    if cloth.pattern is not None:
        flat = unfolded(corners[apart], faces, hinges)
    stencil, rest, share = hinge_stencils(*flat)
    bend = np.einsum("hk,hki->hi", stencil, np.asarray(x, float)[hinges])
    fold = np.linalg.norm(bend, axis=1) - np.abs(rest)
    return float(membrane + bending * np.sum(fold**2 / share)) / 2


def _cut(cloth: Cloth) -> tuple[Array, Array]:
    """Inverse rest frames (F, 2, 2) [1/m] and areas (F,) [m^2] of the triangles as cut."""
    corners, faces = cut(cloth)
    return membrane_frames(corners, faces), triangle_areas(corners, faces)


def cut(cloth: Cloth) -> tuple[Array, AnyArray]:
    """Unstressed vertices [m] and faces (F, 3) of a cloth, those of its pattern apart."""
    faces = np.asarray(cloth.faces, np.int32)
    if cloth.pattern is None:
        rest = cloth.vertices if cloth.rest_vertices is None else cloth.rest_vertices
        return np.asarray(rest, float), faces
    flat = np.concatenate([cloth.pattern, np.zeros((*faces.shape, 1))], axis=-1)
    return flat.reshape(-1, 3), np.arange(faces.size, dtype=np.int32).reshape(-1, 3)


def _slopes(cloth: Cloth, inverse: Array, x: AnyArray) -> Array:
    """(F, 3, 2) gradients of the vertices `x` (V, 3) along warp and weft."""
    corner = np.asarray(x, float)[cloth.faces]
    return np.swapaxes(corner[:, 1:] - corner[:, :1], 1, 2) @ inverse
