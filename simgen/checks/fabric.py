"""What holds of every cloth: its threads hardly stretch, it shears up to locking, it does not
pierce itself."""

from __future__ import annotations

import numpy as np

from simgen.checks.sampling import sampled_frames
from simgen.crossing import pierced
from simgen.engines.warp_solvers.xpbd_mesh import membrane_frames
from simgen.geometry import Array
from simgen.record import AnyArray, MeshStates
from simgen.scene import Cloth

LIMITS = {"cloth_stretch": 0.15, "cloth_shear": 0.8, "cloth_pierced": 0.02}
"""Strain of warp and weft, which break at 0.05-0.3 (Morton & Hearle, Physical Properties of Textile
Fibres, ch. 13); sine of the angle between them, which locks at 40-55 degrees (Cao et al. 2008,
Composites A 39, 1037); share of the faces that edges of the same cloth pierce."""


def measure(cloth: Cloth, states: MeshStates) -> dict[str, float]:
    """The figures of one cloth that LIMITS bound; strains are the 99.5th percentile over triangles
    of the largest in time."""
    stretch, shear = strains(cloth, states.position)
    frames = sampled_frames(len(states.position))
    return {
        "cloth_stretch": float(np.quantile(stretch, 0.995)),
        "cloth_shear": float(np.quantile(shear, 0.995)),
        "cloth_pierced": max(pierced(states.position[t], cloth.faces) for t in frames),
    }


def strains(cloth: Cloth, position: AnyArray) -> tuple[Array, Array]:
    """(F,) largest strain of warp or weft and sine of their shear angle at any frame, vertices
    `position` (T, V, 3)."""
    faces = np.asarray(cloth.faces)
    rest = cloth.vertices if cloth.rest_vertices is None else cloth.rest_vertices
    inverse = membrane_frames(np.asarray(rest, float), faces)
    if cloth.pattern is not None:
        flat = np.concatenate([cloth.pattern, np.zeros((*faces.shape, 1))], axis=-1)
        inverse = membrane_frames(flat.reshape(-1, 3), np.arange(faces.size).reshape(-1, 3))
    stretch, shear = np.zeros(len(faces)), np.zeros(len(faces))
    for x in np.asarray(position, float):
        corner = x[faces]
        slope = np.swapaxes(corner[:, 1:] - corner[:, :1], 1, 2) @ inverse
        length = np.linalg.norm(slope, axis=1)
        product = np.abs(np.sum(slope[..., 0] * slope[..., 1], axis=1)) / length.prod(axis=1)
        stretch = np.maximum(stretch, length.max(axis=1) - 1.0)
        shear = np.maximum(shear, product)
    return stretch, shear
