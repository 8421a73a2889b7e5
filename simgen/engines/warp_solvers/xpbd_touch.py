# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false
"""Contact between soft bodies: surface vertices against the faces of others, both ways.

A vertex meets the nearest face of another soft body. What it went towards the face in this step is
taken back, and a penetration at RECOVERY, in proportion to the mobilities, so momentum is kept; a
Coulomb cone bounds what is taken off the sliding. The normal is interpolated between vertices
(Phong), so it does not jump from face to face.
"""

from typing import Any

import numpy as np
import warp as wp

from simgen.engines.warp_solvers.xpbd_part import Part

Real = wp.float64
Vec3 = wp.vec3d
RESORT = 6
"""Steps between two searches for the nearest faces."""
SHARE = wp.constant(wp.float64(0.375))
"""Share of a correction done at once: a vertex acts by itself and as a corner of the faces that
others meet, so two equal bodies pressed on each other part by 2.7 times one correction."""
RECOVERY = wp.constant(wp.float64(0.1))
"""Speed at which a penetration is taken back [m/s]."""
THICK = 0.03
"""Gap kept between two surfaces, in mean edges."""


@wp.kernel
def to_single(vertex: wp.array(dtype=int), x: wp.array(dtype=Vec3), out: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    out[i] = wp.vec3(x[vertex[i]])


@wp.kernel
def add_normals(
    faces: wp.array(dtype=wp.vec3i), x: wp.array(dtype=Vec3), normal: wp.array(dtype=Vec3)
):
    """Normals of vertices: the mean of their faces', weighed by area."""
    f = faces[wp.tid()]
    n = wp.cross(x[f[1]] - x[f[0]], x[f[2]] - x[f[0]])
    wp.atomic_add(normal, f[0], n)
    wp.atomic_add(normal, f[1], n)
    wp.atomic_add(normal, f[2], n)


@wp.func
def nearest(a: Vec3, b: Vec3, c: Vec3, q: Vec3) -> Vec3:
    """Barycentric coordinates of the point of a triangle nearest to q (Ericson, Real-Time Collision
    Detection 2005, 5.1.5)."""
    ab = b - a
    ac = c - a
    d1 = wp.dot(ab, q - a)
    d2 = wp.dot(ac, q - a)
    if d1 <= Real(0.0) and d2 <= Real(0.0):
        return Vec3(Real(1.0), Real(0.0), Real(0.0))
    d3 = wp.dot(ab, q - b)
    d4 = wp.dot(ac, q - b)
    if d3 >= Real(0.0) and d4 <= d3:
        return Vec3(Real(0.0), Real(1.0), Real(0.0))
    vc = d1 * d4 - d3 * d2
    if vc <= Real(0.0) and d1 >= Real(0.0) and d3 <= Real(0.0):
        t = d1 / (d1 - d3)
        return Vec3(Real(1.0) - t, t, Real(0.0))
    d5 = wp.dot(ab, q - c)
    d6 = wp.dot(ac, q - c)
    if d6 >= Real(0.0) and d5 <= d6:
        return Vec3(Real(0.0), Real(0.0), Real(1.0))
    vb = d5 * d2 - d1 * d6
    if vb <= Real(0.0) and d2 >= Real(0.0) and d6 <= Real(0.0):
        t = d2 / (d2 - d6)
        return Vec3(Real(1.0) - t, Real(0.0), t)
    va = d3 * d6 - d5 * d4
    if va <= Real(0.0) and d4 - d3 >= Real(0.0) and d5 - d6 >= Real(0.0):
        t = (d4 - d3) / ((d4 - d3) + (d5 - d6))
        return Vec3(Real(0.0), Real(1.0) - t, t)
    scale = Real(1.0) / (va + vb + vc)
    return Vec3(Real(1.0) - (vb + vc) * scale, vb * scale, vc * scale)


@wp.kernel
def seek(
    grid: wp.uint64,
    single: wp.array(dtype=wp.vec3),
    vertex: wp.array(dtype=int),
    owner: wp.array(dtype=int),
    first: wp.array(dtype=int),
    around: wp.array(dtype=int),
    faces: wp.array(dtype=wp.vec3i),
    x: wp.array(dtype=Vec3),
    reach: float,
    found: wp.array(dtype=int),
):
    """The nearest face of another body around the vertices within `reach`, -1 where none is."""
    i = wp.tid()
    q = x[vertex[i]]
    best = Real(1.0e30)
    face = int(-1)  # noqa: RUF046, UP018
    for j in wp.hash_grid_query(grid, single[i], reach):
        if owner[j] != owner[i] and wp.length(single[j] - single[i]) < reach:
            for m in range(first[j], first[j + 1]):
                f = faces[around[m]]
                b = nearest(x[f[0]], x[f[1]], x[f[2]], q)
                away = q - (x[f[0]] * b[0] + x[f[1]] * b[1] + x[f[2]] * b[2])
                size = wp.dot(away, away)
                if size < best or (size == best and around[m] < face):
                    best = size
                    face = around[m]
    found[i] = face


@wp.kernel
def press(
    vertex: wp.array(dtype=int),
    found: wp.array(dtype=int),
    faces: wp.array(dtype=wp.vec3i),
    x: wp.array(dtype=Vec3),
    p: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    normal: wp.array(dtype=Vec3),
    friction: wp.array(dtype=Real),
    thick: Real,
    reach: Real,
    dt: Real,
    shift: wp.array(dtype=Vec3),
):
    """Non-penetration and friction of vertices on faces; corrections are added to `shift`."""
    t = wp.tid()
    if found[t] >= 0:
        i = vertex[t]
        f = faces[found[t]]
        q = x[i]
        b = nearest(x[f[0]], x[f[1]], x[f[2]], q)
        c = x[f[0]] * b[0] + x[f[1]] * b[1] + x[f[2]] * b[2]
        n = wp.normalize(normal[f[0]]) * b[0]
        n = n + wp.normalize(normal[f[1]]) * b[1] + wp.normalize(normal[f[2]]) * b[2]
        n = wp.normalize(n)
        depth = thick - wp.dot(q - c, n)
        mobility = w[i] + w[f[0]] * b[0] * b[0] + w[f[1]] * b[1] * b[1] + w[f[2]] * b[2] * b[2]
        if depth > Real(0.0) and depth < reach and mobility > Real(0.0):
            start = p[f[0]] * b[0] + p[f[1]] * b[1] + p[f[2]] * b[2]
            slip = (q - p[i]) - (c - start)
            near = wp.dot(slip, n)
            depth = wp.min(depth, wp.max(Real(0.0), -near) + RECOVERY * dt)
            slip = slip - n * near
            most = wp.sqrt(friction[i] * friction[f[0]]) * depth
            drag = wp.min(Real(1.0), most / wp.max(wp.length(slip), Real(1.0e-12)))
            push = (n * depth - slip * drag) * (SHARE / mobility)
            wp.atomic_add(shift, i, push * w[i])
            wp.atomic_add(shift, f[0], push * (-b[0] * w[f[0]]))
            wp.atomic_add(shift, f[1], push * (-b[1] * w[f[1]]))
            wp.atomic_add(shift, f[2], push * (-b[2] * w[f[2]]))


class Touch:
    """Contact among all soft bodies of a system."""

    def __init__(self, parts: list[Part], offsets: Any, friction: Any, put: Any) -> None:
        solids = [(p, int(o)) for p, o in zip(parts, offsets[:-1]) if p.tetrahedra is not None]
        self.count = 0
        if len(solids) < 2:
            return
        faces = np.concatenate([p.faces + o for p, o in solids])
        vertices = np.unique(faces)
        self.count = len(vertices)
        number = np.full(int(offsets[-1]), -1)
        number[vertices] = np.arange(self.count)
        owner = np.searchsorted(np.array([o for _, o in solids]), vertices, side="right")
        corners = number[faces].ravel()
        order = np.argsort(corners, kind="stable")
        first = np.searchsorted(corners[order], np.arange(self.count + 1))
        spacing = max(p.spacing for p, _ in solids)
        self.thick, self.reach = THICK * spacing, 1.3 * spacing
        self.vertex = put(vertices, wp.int32)
        self.owner = put(owner, wp.int32)
        self.first = put(first, wp.int32)
        self.around = put(order // 3, wp.int32)
        self.faces = put(faces, wp.vec3i)
        self.friction = friction
        self.device = self.vertex.device
        total = int(offsets[-1])
        self.normal = wp.zeros(total, dtype=wp.vec3d, device=self.device)
        self.found = wp.full(self.count, -1, dtype=int, device=self.device)
        self.single = wp.zeros(self.count, dtype=wp.vec3, device=self.device)
        self.grid = wp.HashGrid(64, 64, 64, device=self.device)
        self.grid.reserve(self.count)

    def step(self, number: int, x: Any, p: Any, w: Any, dt: float, shift: Any) -> None:
        """Add the corrections of step `number` to `shift`."""
        device = self.device
        if number % RESORT == 0:
            inputs = [self.vertex, x, self.single]
            wp.launch(to_single, dim=self.count, inputs=inputs, device=device)
            self.grid.build(self.single, self.reach)
            inputs = [self.grid.id, self.single, self.vertex, self.owner, self.first, self.around]
            inputs += [self.faces, x, self.reach, self.found]
            wp.launch(seek, dim=self.count, inputs=inputs, device=device)
        self.normal.zero_()
        inputs = [self.faces, x, self.normal]
        wp.launch(add_normals, dim=len(self.faces), inputs=inputs, device=device)
        inputs = [self.vertex, self.found, self.faces, x, p, w, self.normal, self.friction]
        inputs += [self.thick, self.reach, dt, shift]
        wp.launch(press, dim=self.count, inputs=inputs, device=device)
