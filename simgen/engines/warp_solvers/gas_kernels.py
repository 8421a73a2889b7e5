# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false, reportOperatorIssue=false
# pyright: reportAssignmentType=false
# ruff: noqa: UP018, SIM102
"""Transport of a gas on a MAC grid (Warp). Lengths inside kernels are in cells unless named.

Velocity: semi-Lagrangian with the MacCormack correction, limited to the values around the departure
point (Selle, Fedkiw, Kim, Liu, Rossignac 2008). Excess temperature and smoke: conservative fluxes
with the monotonised central limiter (LeVeque 2002, section 6.11) through the open shares of the
faces.
"""

import warp as wp


@wp.func
def _sample(a: wp.array3d(dtype=float), p: wp.vec3):
    """Trilinear value at index coordinates p, clamped to the array."""
    x = wp.clamp(p[0], 0.0, float(a.shape[0] - 1))
    y = wp.clamp(p[1], 0.0, float(a.shape[1] - 1))
    z = wp.clamp(p[2], 0.0, float(a.shape[2] - 1))
    i = wp.min(int(x), a.shape[0] - 2)
    j = wp.min(int(y), a.shape[1] - 2)
    k = wp.min(int(z), a.shape[2] - 2)
    fx = x - float(i)
    fy = y - float(j)
    fz = z - float(k)
    c00 = a[i, j, k] + fz * (a[i, j, k + 1] - a[i, j, k])
    c01 = a[i, j + 1, k] + fz * (a[i, j + 1, k + 1] - a[i, j + 1, k])
    c10 = a[i + 1, j, k] + fz * (a[i + 1, j, k + 1] - a[i + 1, j, k])
    c11 = a[i + 1, j + 1, k] + fz * (a[i + 1, j + 1, k + 1] - a[i + 1, j + 1, k])
    c0 = c00 + fy * (c01 - c00)
    c1 = c10 + fy * (c11 - c10)
    return c0 + fx * (c1 - c0)


@wp.func
def _limits(a: wp.array3d(dtype=float), p: wp.vec3):
    """(smallest, largest) of the eight values that `_sample` mixes."""
    i = wp.min(int(wp.clamp(p[0], 0.0, float(a.shape[0] - 1))), a.shape[0] - 2)
    j = wp.min(int(wp.clamp(p[1], 0.0, float(a.shape[1] - 1))), a.shape[1] - 2)
    k = wp.min(int(wp.clamp(p[2], 0.0, float(a.shape[2] - 1))), a.shape[2] - 2)
    low = a[i, j, k]
    high = low
    for n in range(1, 8):
        v = a[i + (n & 1), j + ((n >> 1) & 1), k + (n >> 2)]
        low = wp.min(low, v)
        high = wp.max(high, v)
    return wp.vec2(low, high)


@wp.func
def _velocity(
    u: wp.array3d(dtype=float),
    v: wp.array3d(dtype=float),
    w: wp.array3d(dtype=float),
    p: wp.vec3,
):
    """Velocity at p [cells from the lowest corner]."""
    return wp.vec3(
        _sample(u, p - wp.vec3(0.0, 0.5, 0.5)),
        _sample(v, p - wp.vec3(0.5, 0.0, 0.5)),
        _sample(w, p - wp.vec3(0.5, 0.5, 0.0)),
    )


@wp.kernel
def trace_back(
    u: wp.array3d(dtype=float),
    v: wp.array3d(dtype=float),
    w: wp.array3d(dtype=float),
    own: wp.array3d(dtype=float),
    offset: wp.vec3,
    scale: float,
    departure: wp.array3d(dtype=wp.vec3),
    result: wp.array3d(dtype=float),
):
    """Midpoint departure point of every face of one direction and the value there; scale = dt /
    cell."""
    i, j, k = wp.tid()
    x = wp.vec3(float(i), float(j), float(k)) + offset
    middle = x - 0.5 * scale * _velocity(u, v, w, x)
    start = x - scale * _velocity(u, v, w, middle)
    departure[i, j, k] = start
    result[i, j, k] = _sample(own, start - offset)


@wp.kernel
def correct(
    own: wp.array3d(dtype=float),
    first: wp.array3d(dtype=float),
    departure: wp.array3d(dtype=wp.vec3),
    offset: wp.vec3,
    result: wp.array3d(dtype=float),
):
    """MacCormack: half of the error of a round trip is taken off."""
    i, j, k = wp.tid()
    x = wp.vec3(float(i), float(j), float(k)) + offset
    start = departure[i, j, k]
    back = _sample(first, 2.0 * x - start - offset)
    value = first[i, j, k] + 0.5 * (own[i, j, k] - back)
    limits = _limits(own, start - offset)
    result[i, j, k] = wp.clamp(value, limits[0], limits[1])


@wp.kernel
def push(
    scalars: wp.array3d(dtype=wp.vec2),
    axis: int,
    heat: float,
    weight: float,
    face: wp.array3d(dtype=float),
):
    """Buoyancy on the faces along `axis`: u += heat * excess + weight * smoke, mean of both
    cells."""
    i, j, k = wp.tid()
    a = wp.vec3i(i, j, k)
    b = wp.vec3i(i, j, k)
    b[axis] = wp.max(b[axis] - 1, 0)
    a[axis] = wp.min(a[axis], scalars.shape[axis] - 1)
    s = 0.5 * (scalars[a[0], a[1], a[2]] + scalars[b[0], b[1], b[2]])
    face[i, j, k] = face[i, j, k] + heat * s[0] + weight * s[1]


@wp.func
def in_source(p: wp.vec3, center: wp.vec3, radius: float, half: float):
    """Share of a cell at p that lies in a ball, or in an upright disc of half thickness `half`; all
    in cells."""
    d = p - center
    if half > 0.0:
        flat = wp.clamp(0.5 + radius - wp.length(wp.vec2(d[0], d[1])), 0.0, 1.0)
        return flat * wp.clamp(0.5 + half - wp.abs(d[2]), 0.0, 1.0)
    return wp.clamp(0.5 + radius - wp.length(d), 0.0, 1.0)


@wp.kernel
def feed_velocity(
    offset: wp.vec3,
    center: wp.vec3,
    radius: float,
    half: float,
    rate: float,
    speed: float,
    sway: float,
    swirl: float,
    face: wp.array3d(dtype=float),
):
    """Inside a source: turn a share `rate` of the velocity into `speed` and a flicker [m/s]."""
    i, j, k = wp.tid()
    x = wp.vec3(float(i), float(j), float(k)) + offset
    share = in_source(x, center, radius, half)
    if share > 0.0:
        phase = (x[0] - center[0] + 1.7 * (x[1] - center[1]) - 0.6 * (x[2] - center[2])) / radius
        target = speed + sway * wp.cos(2.0 * phase) + swirl * wp.sin(3.0 * phase)
        face[i, j, k] = face[i, j, k] + share * rate * (target - face[i, j, k])


@wp.kernel
def feed_scalars(
    center: wp.vec3,
    radius: float,
    half: float,
    value: wp.vec2,
    scalars: wp.array3d(dtype=wp.vec2),
):
    """Inside a source: hold two scalars, excess temperature [K] and smoke for one."""
    i, j, k = wp.tid()
    x = wp.vec3(float(i) + 0.5, float(j) + 0.5, float(k) + 0.5)
    share = in_source(x, center, radius, half)
    if share > 0.0:
        scalars[i, j, k] = scalars[i, j, k] + share * (value - scalars[i, j, k])


@wp.func
def _limited(a: float, b: float):
    """Monotonised central slope of two differences."""
    s = float(0.0)
    if a * b > 0.0:
        s = wp.sign(a) * wp.min(2.0 * wp.min(wp.abs(a), wp.abs(b)), 0.5 * wp.abs(a + b))
    return s


@wp.func
def _carried(c: float, aa: wp.vec2, a: wp.vec2, b: wp.vec2, bb: wp.vec2):
    """What passes a face at Courant number c from cell a to cell b; aa and bb lie beyond."""
    if c > 0.0:
        half = 0.5 * (1.0 - c)
        return c * wp.vec2(
            a[0] + half * _limited(a[0] - aa[0], b[0] - a[0]),
            a[1] + half * _limited(a[1] - aa[1], b[1] - a[1]),
        )
    half = 0.5 * (1.0 + c)
    return c * wp.vec2(
        b[0] - half * _limited(bb[0] - b[0], b[0] - a[0]),
        b[1] - half * _limited(bb[1] - b[1], b[1] - a[1]),
    )


@wp.func
def _at(s: wp.array3d(dtype=wp.vec2), i: int, j: int, k: int):
    """Value of a cell; clean air at the surrounding temperature beyond the domain."""
    value = wp.vec2(0.0, 0.0)
    if i >= 0 and j >= 0 and k >= 0:
        if i < s.shape[0] and j < s.shape[1] and k < s.shape[2]:
            value = s[i, j, k]
    return value


@wp.func
def clean(s: wp.array3d(dtype=wp.vec2), i: int, j: int, k: int):
    """Whether a cell and its six neighbours hold nothing: what flows in is clean too."""
    none = wp.vec2(0.0, 0.0)
    if s[i, j, k] == none and _at(s, i, j, k - 1) == none and _at(s, i, j, k + 1) == none:
        if _at(s, i - 1, j, k) == none and _at(s, i + 1, j, k) == none:
            return _at(s, i, j - 1, k) == none and _at(s, i, j + 1, k) == none
    return False


@wp.func
def _moved(
    x: wp.array3d(dtype=float),
    y: wp.array3d(dtype=float),
    z: wp.array3d(dtype=float),
    scalars: wp.array3d(dtype=wp.vec2),
    scale: float,
    i: int,
    j: int,
    k: int,
):
    """What a cell holds after its fluxes of one step."""
    c = scalars[i, j, k]
    w1 = _at(scalars, i - 1, j, k)
    e1 = _at(scalars, i + 1, j, k)
    s1 = _at(scalars, i, j - 1, k)
    n1 = _at(scalars, i, j + 1, k)
    d1 = _at(scalars, i, j, k - 1)
    u1 = _at(scalars, i, j, k + 1)
    s = c
    s += _carried(scale * x[i, j, k], _at(scalars, i - 2, j, k), w1, c, e1)
    s -= _carried(scale * x[i + 1, j, k], w1, c, e1, _at(scalars, i + 2, j, k))
    s += _carried(scale * y[i, j, k], _at(scalars, i, j - 2, k), s1, c, n1)
    s -= _carried(scale * y[i, j + 1, k], s1, c, n1, _at(scalars, i, j + 2, k))
    s += _carried(scale * z[i, j, k], _at(scalars, i, j, k - 2), d1, c, u1)
    s -= _carried(scale * z[i, j, k + 1], d1, c, u1, _at(scalars, i, j, k + 2))
    return s


@wp.func
def _outflow(
    x: wp.array3d(dtype=float),
    y: wp.array3d(dtype=float),
    z: wp.array3d(dtype=float),
    i: int,
    j: int,
    k: int,
):
    """Net outflow of a cell [m/s]."""
    out = x[i + 1, j, k] - x[i, j, k] + y[i, j + 1, k] - y[i, j, k]
    return out + z[i, j, k + 1] - z[i, j, k]


@wp.kernel
def carry_mixed(
    x: wp.array3d(dtype=float),
    y: wp.array3d(dtype=float),
    z: wp.array3d(dtype=float),
    scalars: wp.array3d(dtype=wp.vec2),
    scale: float,
    keep: float,
    result: wp.array3d(dtype=wp.vec2),
):
    """As `carry` for what is counted per mass of a gas of constant density: divergence that the
    projection left takes or brings the cell's own value, so no value leaves the range of those
    around. `keep` = share of the excess heat not lost to cooling."""
    i, j, k = wp.tid()
    if clean(scalars, i, j, k):
        result[i, j, k] = wp.vec2(0.0, 0.0)
        return
    s = _moved(x, y, z, scalars, scale, i, j, k)
    s += scale * _outflow(x, y, z, i, j, k) * scalars[i, j, k]
    result[i, j, k] = wp.vec2(keep * s[0], s[1])


@wp.func
def _burning(c: float, aa: wp.vec4, a: wp.vec4, b: wp.vec4, bb: wp.vec4, chemical: float):
    """As `_carried` for (heat e, smoke, fuel, lack); what lean gas has of heat in all, e + chemical
    * fuel, does not leave the range of the cells around either: both slopes give way to it."""
    ahead = b - a
    start = a
    behind = a - aa
    half = 0.5 * (1.0 - c)
    if c <= 0.0:
        start = b
        behind = bb - b
        half = -0.5 * (1.0 + c)
    heat = _limited(behind[0], ahead[0])
    fuel = _limited(behind[2], ahead[2])
    total = heat + chemical * fuel
    back = behind[0] + chemical * behind[2]
    front = ahead[0] + chemical * ahead[2]
    most = float(0.0)
    if back * front > 0.0:
        most = 2.0 * wp.sign(front) * wp.min(wp.abs(back), wp.abs(front))
    keep = float(0.0)
    if total * most > 0.0:
        keep = wp.min(most / total, 1.0)
    slope = wp.vec4(
        keep * heat,
        _limited(behind[1], ahead[1]),
        keep * fuel,
        _limited(behind[3], ahead[3]),
    )
    return (start + slope * half) * c


@wp.func
def _four(heat: wp.array3d(dtype=wp.vec2), fuel: wp.array3d(dtype=wp.vec2), i: int, j: int, k: int):
    """All that a cell of a burning gas holds; nothing beyond the domain."""
    a = _at(heat, i, j, k)
    b = _at(fuel, i, j, k)
    return wp.vec4(a[0], a[1], b[0], b[1])


@wp.kernel
def carry_burning(
    x: wp.array3d(dtype=float),
    y: wp.array3d(dtype=float),
    z: wp.array3d(dtype=float),
    heat: wp.array3d(dtype=wp.vec2),
    fuel: wp.array3d(dtype=wp.vec2),
    scale: float,
    chemical: float,
    heat_out: wp.array3d(dtype=wp.vec2),
    fuel_out: wp.array3d(dtype=wp.vec2),
):
    """One step of what is counted per volume, conservative; `scale` = dt / cell, `chemical` what
    burnt fuel gives. The lack 1 - rho of a carried density rho grows by what flows out more than
    in."""
    i, j, k = wp.tid()
    if clean(heat, i, j, k):
        if clean(fuel, i, j, k):
            heat_out[i, j, k] = wp.vec2(0.0, 0.0)
            fuel_out[i, j, k] = wp.vec2(0.0, 0.0)
            return
    c = _four(heat, fuel, i, j, k)
    w1 = _four(heat, fuel, i - 1, j, k)
    e1 = _four(heat, fuel, i + 1, j, k)
    s1 = _four(heat, fuel, i, j - 1, k)
    n1 = _four(heat, fuel, i, j + 1, k)
    d1 = _four(heat, fuel, i, j, k - 1)
    u1 = _four(heat, fuel, i, j, k + 1)
    s = c
    s += _burning(scale * x[i, j, k], _four(heat, fuel, i - 2, j, k), w1, c, e1, chemical)
    s -= _burning(scale * x[i + 1, j, k], w1, c, e1, _four(heat, fuel, i + 2, j, k), chemical)
    s += _burning(scale * y[i, j, k], _four(heat, fuel, i, j - 2, k), s1, c, n1, chemical)
    s -= _burning(scale * y[i, j + 1, k], s1, c, n1, _four(heat, fuel, i, j + 2, k), chemical)
    s += _burning(scale * z[i, j, k], _four(heat, fuel, i, j, k - 2), d1, c, u1, chemical)
    s -= _burning(scale * z[i, j, k + 1], d1, c, u1, _four(heat, fuel, i, j, k + 2), chemical)
    heat_out[i, j, k] = wp.vec2(s[0], s[1])
    fuel_out[i, j, k] = wp.vec2(s[2], s[3] + scale * _outflow(x, y, z, i, j, k))
