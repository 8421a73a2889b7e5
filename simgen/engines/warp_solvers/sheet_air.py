# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false
"""Air on sheets in single precision, for solvers that take forces on particles."""

import warp as wp


@wp.kernel
def push_sheets(
    x: wp.array(dtype=wp.vec3),
    v: wp.array(dtype=wp.vec3),
    faces: wp.array2d(dtype=wp.int32),
    wind: wp.vec3,
    strength: float,
    force: wp.array(dtype=wp.vec3),
):
    """Flat plates: F = 1/2 rho C A |v| v_n n, a third to each corner; `strength` is 1/2 rho C."""
    t = wp.tid()
    i = faces[t, 0]
    j = faces[t, 1]
    k = faces[t, 2]
    area = 0.5 * wp.cross(x[j] - x[i], x[k] - x[i])
    size = wp.length(area)
    if size > 0.0:
        n = area / size
        flow = wind - (v[i] + v[j] + v[k]) / 3.0
        push = n * (strength * size * wp.length(flow) * wp.dot(flow, n) / 3.0)
        wp.atomic_add(force, i, push)
        wp.atomic_add(force, j, push)
        wp.atomic_add(force, k, push)


@wp.kernel
def hold_vertices(
    vertex: wp.array(dtype=int), target: wp.array(dtype=wp.vec3), x: wp.array(dtype=wp.vec3)
):
    """Put held vertices where they are to be."""
    t = wp.tid()
    x[vertex[t]] = target[t]


@wp.kernel
def scale_velocities(v: wp.array(dtype=wp.vec3), factor: float):
    """Multiply every velocity."""
    i = wp.tid()
    v[i] = v[i] * factor
