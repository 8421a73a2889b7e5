# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyright: reportGeneralTypeIssues=false, reportAssignmentType=false
# ruff: noqa: UP018, RUF046
"""Kernels that make the surface of a liquid: density on a lattice, smoothing, motion of its matter.

Places are in cells of the lattice where `u` stands, else in metres from the lattice's origin.
"""

import warp as wp

from simgen.spline import stencil

TURNS = 3
"""Three-tap blurs in a row: close to a Gaussian, and nothing beyond so many cells."""
Taps = wp.types.vector(length=2 * TURNS + 1, dtype=float)

FLOOR = wp.constant(1.0e-6)
"""Weight of particles beyond the reach: they speak where there are no others."""
WIDEST = wp.constant(64.0)
"""Reaches within which a surface point finds a particle at the latest."""

SUNK = wp.constant(0.25)
"""Depth in spacings to which a liquid's surface reaches into what it touches."""
WETS_FROM = wp.constant(0.4)
WETS_TO = wp.constant(0.9)
"""Gaps in spacings: up to the first the surface touches, beyond the second it does not."""


@wp.kernel
def scatter(
    u: wp.array(dtype=wp.vec3), amount: wp.array(dtype=float), field: wp.array3d(dtype=float)
):
    """Spread each particle's amount over the 27 nodes around it."""
    p = wp.tid()
    b, _f, wx, wy, wz = stencil(u[p])
    for i in range(3):
        for j in range(3):
            for k in range(3):
                share = amount[p] * wx[i] * wy[j] * wz[k]
                wp.atomic_add(field, b[0] + i, b[1] + j, b[2] + k, share)


@wp.kernel
def blur(
    source: wp.array(dtype=float),
    taps: Taps,
    stride: int,
    target: wp.array(dtype=float),
):
    """Convolve along the axis with this stride; the ends of the array keep what they are."""
    n = wp.tid()
    start = n - stride * wp.static(TURNS)
    if start >= 0 and start + stride * wp.static(2 * TURNS) < source.shape[0]:
        total = float(0.0)
        for m in range(wp.static(2 * TURNS + 1)):
            total += taps[m] * source[start + m * stride]
        target[n] = total


@wp.kernel
def mark_cells(field: wp.array3d(dtype=float), level: float, cut: wp.array3d(dtype=int)):
    """1 where the surface passes through the cell above a node; the last nodes have none."""
    i, j, k = wp.tid()
    last = i + 1 == field.shape[0] or j + 1 == field.shape[1] or k + 1 == field.shape[2]
    inside = int(0)
    if not last:
        for c in range(8):
            if field[i + (c & 1), j + ((c >> 1) & 1), k + (c >> 2)] >= level:
                inside += 1
    cut[i, j, k] = wp.where(inside > 0 and inside < 8, 1, 0)


@wp.kernel
def list_cells(
    field: wp.array3d(dtype=float),
    corners: wp.array(dtype=wp.vec3i),
    cut: wp.array3d(dtype=int),
    number: wp.array3d(dtype=int),
    cells: wp.array(dtype=wp.vec3i),
    values: wp.array2d(dtype=float),
):
    """The marked cells' nodes and corner values; `number` counts marks up to and with a cell."""
    i, j, k = wp.tid()
    if cut[i, j, k] == 1:
        n = number[i, j, k] - 1
        cells[n] = wp.vec3i(i, j, k)
        for c in range(8):
            corner = corners[c]
            values[n, c] = field[i + corner[0], j + corner[1], k + corner[2]]


@wp.func
def gathered(field: wp.array3d(dtype=float), u: wp.vec3):
    """Value of a field between nodes."""
    b, _f, wx, wy, wz = stencil(u)
    total = float(0.0)
    for i in range(3):
        for j in range(3):
            for k in range(3):
                total += wx[i] * wy[j] * wz[k] * field[b[0] + i, b[1] + j, b[2] + k]
    return total


@wp.kernel
def sample(field: wp.array3d(dtype=float), u: wp.array(dtype=wp.vec3), out: wp.array(dtype=float)):
    p = wp.tid()
    out[p] = gathered(field, u[p])


@wp.kernel
def count_links(faces: wp.array2d(dtype=int), count: wp.array(dtype=int)):
    """Every vertex of a closed surface starts as many edges as it has neighbours."""
    f, k = wp.tid()
    wp.atomic_add(count, faces[f, k], 1)


@wp.kernel
def fill_links(
    faces: wp.array2d(dtype=int),
    end: wp.array(dtype=int),
    left: wp.array(dtype=int),
    links: wp.array(dtype=int),
):
    f, k = wp.tid()
    v = faces[f, k]
    slot = wp.atomic_sub(left, v, 1)
    links[end[v] - slot] = faces[f, (k + 1) % 3]


@wp.kernel
def smooth(
    x: wp.array(dtype=wp.vec3),
    end: wp.array(dtype=int),
    links: wp.array(dtype=int),
    step: wp.array(dtype=float),
    scale: float,
    out: wp.array(dtype=wp.vec3),
):
    """Move every vertex towards (or from) the mean of its neighbours."""
    v = wp.tid()
    start = int(0)
    if v > 0:
        start = end[v - 1]
    mean = wp.vec3(0.0)
    for m in range(start, end[v]):
        mean += x[links[m]]
    mean /= wp.max(float(end[v] - start), 1.0)
    out[v] = x[v] + scale * step[v] * (mean - x[v])


@wp.kernel
def add_normals(
    x: wp.array(dtype=wp.vec3), faces: wp.array2d(dtype=int), normal: wp.array(dtype=wp.vec3)
):
    """Facet normals, by the angle at each vertex (Thuermer & Wuethrich 1998)."""
    f, k = wp.tid()
    v = faces[f, k]
    one = x[faces[f, (k + 1) % 3]] - x[v]
    two = x[faces[f, (k + 2) % 3]] - x[v]
    cross = wp.cross(one, two)
    size = wp.length(cross)
    if size > 0.0:
        wp.atomic_add(normal, v, wp.atan2(size, wp.dot(one, two)) / size * cross)


@wp.func
def wendland(q: float):
    """Wendland's C2 kernel of the distance in reaches."""
    a = wp.max(1.0 - q, 0.0)
    return wp.max(a * a * a * a * (1.0 + 4.0 * q), FLOOR)


@wp.kernel
def carry(
    grid: wp.uint64,
    x: wp.array(dtype=wp.vec3),
    values: wp.array2d(dtype=wp.vec3),
    plain: wp.array2d(dtype=float),
    reach: float,
    ridge: float,
    vertices: wp.array(dtype=wp.vec3),
    out: wp.array2d(dtype=wp.vec3),
    plain_out: wp.array2d(dtype=float),
):
    """Motion and properties of the particles at the surface's vertices.

    The first two `values` (displacements [m]) by moving least squares of first order: a surface
    lies outside its particles, so their mean lags behind an affine motion (a rotation, a shear); a
    ridge [in squares of the reach] keeps sheets tame. The third (rest position [m]) and `plain`
    numbers by the weighted mean.
    """
    v = wp.tid()
    at = vertices[v]
    total = float(0.0)
    first = wp.vec3(0.0)
    second = wp.mat33(0.0)
    one = wp.vec3(0.0)
    two = wp.vec3(0.0)
    rest = wp.vec3(0.0)
    one_x = wp.mat33(0.0)
    two_x = wp.mat33(0.0)
    wide = reach
    while total == 0.0 and wide < WIDEST * reach:
        query = wp.hash_grid_query(grid, at, wide)
        p = int(0)
        while wp.hash_grid_query_next(query, p):
            d = (x[p] - at) / reach
            far = wp.length(d)
            if far * reach <= wide:
                w = wendland(far)
                total += w
                first += w * d
                second += w * wp.outer(d, d)
                one += w * values[p, 0]
                two += w * values[p, 1]
                rest += w * values[p, 2]
                one_x += w * wp.outer(values[p, 0], d)
                two_x += w * wp.outer(values[p, 1], d)
                for m in range(plain.shape[1]):
                    plain_out[v, m] += w * plain[p, m]
        wide *= 2.0
    if total == 0.0:
        return
    share = 1.0 / total
    middle = share * first
    moment = share * second - wp.outer(middle, middle) + ridge * wp.identity(3, float)
    back = -(wp.inverse(moment) * middle)
    one *= share
    two *= share
    out[v, 0] = one + (share * one_x - wp.outer(one, middle)) * back
    out[v, 1] = two + (share * two_x - wp.outer(two, middle)) * back
    out[v, 2] = share * rest
    for m in range(plain.shape[1]):
        plain_out[v, m] *= share


@wp.kernel
def wet(
    solids: wp.uint64,
    spacing: float,
    x: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    out: wp.array(dtype=wp.vec3),
):
    """Draw what faces a solid from near a quarter of a spacing into it, fading with the gap."""
    v = wp.tid()
    out[v] = x[v]
    query = wp.mesh_query_point_no_sign(solids, x[v], WETS_TO * spacing)
    if query.result:
        place = wp.mesh_eval_position(solids, query.face, query.u, query.v)
        into = -wp.mesh_eval_face_normal(solids, query.face)
        gap = wp.length(place - x[v])
        outside = wp.dot(place - x[v], into) >= 0.0
        if gap > 1.0e-3 * spacing:
            into = wp.where(outside, place - x[v], x[v] - place) / gap
        gap = wp.where(outside, gap, -gap) / spacing
        if gap > -SUNK:
            share = 1.0 - wp.smoothstep(WETS_FROM, WETS_TO, gap)
            share *= wp.smoothstep(0.2, 0.7, wp.dot(normal[v], into))
            out[v] = x[v] + share * (gap + SUNK) * spacing * into
