"""Quaternions `wxyz` and look-at poses; every function is vectorised over leading axes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
IDENTITY = (1.0, 0.0, 0.0, 0.0)


def to_matrix(quaternion_wxyz: ArrayLike) -> Array:
    """(..., 3, 3) rotation matrices of unit quaternions (..., 4)."""
    q = np.asarray(quaternion_wxyz, float)
    w, x, y, z = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    matrix = np.empty((*q.shape[:-1], 3, 3))
    matrix[..., 0, 0] = 1 - 2 * (y * y + z * z)
    matrix[..., 0, 1] = 2 * (x * y - w * z)
    matrix[..., 0, 2] = 2 * (x * z + w * y)
    matrix[..., 1, 0] = 2 * (x * y + w * z)
    matrix[..., 1, 1] = 1 - 2 * (x * x + z * z)
    matrix[..., 1, 2] = 2 * (y * z - w * x)
    matrix[..., 2, 0] = 2 * (x * z - w * y)
    matrix[..., 2, 1] = 2 * (y * z + w * x)
    matrix[..., 2, 2] = 1 - 2 * (x * x + y * y)
    return matrix


def from_matrix(matrix: ArrayLike) -> Array:
    """Unit quaternions (..., 4) wxyz with w >= 0 of rotation matrices (..., 3, 3)."""
    from scipy.spatial.transform import Rotation

    m = np.asarray(matrix, float)
    xyzw = Rotation.from_matrix(m.reshape(-1, 3, 3)).as_quat(canonical=True)
    return np.roll(xyzw, 1, axis=-1).reshape(*m.shape[:-2], 4)


def from_axis_angle(axis: ArrayLike, angle: float) -> Array:
    """(4,) quaternion of a turn by `angle` [rad] about `axis` (any length but zero)."""
    a = np.asarray(axis, float)
    a = a / np.linalg.norm(a)
    return np.concatenate([[np.cos(angle / 2)], np.sin(angle / 2) * a])


def multiply(a: ArrayLike, b: ArrayLike) -> Array:
    """Hamilton product a * b: first turn by b, then by a."""
    aw, ax, ay, az = np.moveaxis(np.asarray(a, float), -1, 0)
    bw, bx, by, bz = np.moveaxis(np.asarray(b, float), -1, 0)
    return np.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        -1,
    )


def rotate(quaternion_wxyz: ArrayLike, vector: ArrayLike) -> Array:
    """Vectors (..., 3) turned by quaternions (..., 4)."""
    return np.einsum("...ij,...j->...i", to_matrix(quaternion_wxyz), np.asarray(vector, float))


def conjugate(quaternion_wxyz: ArrayLike) -> Array:
    """The inverse turn of unit quaternions (..., 4)."""
    return np.asarray(quaternion_wxyz, float) * np.array([1.0, -1.0, -1.0, -1.0])


def continuous(quaternion_wxyz: ArrayLike) -> Array:
    """(T, ..., 4) unit quaternions with signs chosen so that neighbours in time have dot >= 0."""
    q = np.array(quaternion_wxyz, float)
    return unflipped(q / np.linalg.norm(q, axis=-1, keepdims=True))


def unflipped(quaternion: NDArray[Any]) -> NDArray[Any]:
    """(T, ..., 4) quaternions, same values, with signs so that neighbours in time have dot >= 0."""
    flips = np.sum(quaternion[1:] * quaternion[:-1], axis=-1, keepdims=True) < 0
    signs = np.cumprod(np.where(flips, -1, 1), axis=0)
    out = np.array(quaternion)
    out[1:] *= signs.astype(out.dtype)
    return out


def random(rng: np.random.Generator) -> Array:
    """(4,) a uniformly distributed rotation (Shoemake 1992)."""
    q = rng.normal(size=4)
    return q / np.linalg.norm(q)


def align_z(direction: ArrayLike) -> Array:
    """(4,) the shortest turn that takes +z to `direction`."""
    d = np.asarray(direction, float)
    d = d / np.linalg.norm(d)
    axis = np.array([-d[1], d[0], 0.0])
    if np.linalg.norm(axis) < 1e-12:
        return np.array(IDENTITY) if d[2] > 0 else np.array([0.0, 1.0, 0.0, 0.0])
    return from_axis_angle(axis, float(np.arccos(np.clip(d[2], -1, 1))))


def look_at(eye: ArrayLike, target: ArrayLike, up: ArrayLike = (0, 0, 1)) -> Array:
    """(..., 4, 4) camera_to_world with OpenCV axes (x right, y down, z forward)."""
    e, t = np.broadcast_arrays(np.asarray(eye, float), np.asarray(target, float))
    forward = t - e
    forward = forward / np.linalg.norm(forward, axis=-1, keepdims=True)
    right = np.cross(forward, np.asarray(up, float))
    right = right / np.linalg.norm(right, axis=-1, keepdims=True)
    down = np.cross(forward, right)
    pose = np.zeros((*e.shape[:-1], 4, 4))
    pose[..., :3, 0], pose[..., :3, 1], pose[..., :3, 2], pose[..., :3, 3] = right, down, forward, e
    pose[..., 3, 3] = 1.0
    return pose
