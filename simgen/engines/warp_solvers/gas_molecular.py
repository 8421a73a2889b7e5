# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false, reportOperatorIssue=false
# pyright: reportAssignmentType=false
# ruff: noqa: SIM102
"""Molecular transport in a gas (Warp): diffusion of heat, fuel and water, viscosity."""

import warp as wp

from simgen.engines.warp_solvers.gas_kernels import clean

THINNEST = wp.constant(0.08)
"""Least density, relative to air, that is divided by (3600 K)."""


@wp.func
def _pair(heat: wp.vec2, fuel: wp.vec2):
    """(e, Z) of a cell."""
    rho = wp.max(1.0 - fuel[1], THINNEST)
    return wp.vec2(heat[0], fuel[0]) / rho


@wp.func
def _drawn(
    heat: wp.array3d(dtype=wp.vec2),
    fuel: wp.array3d(dtype=wp.vec2),
    conduct: wp.array3d(dtype=float),
    here: wp.vec2,
    own: float,
    share: float,
    i: int,
    j: int,
    k: int,
):
    """Diffusive gain of (e, Z) through a face; rho D grows as T^0.7 (D as T^1.7)."""
    if share == 0.0 or i < 0 or j < 0 or k < 0:
        return wp.vec2(0.0, 0.0)
    if i >= heat.shape[0] or j >= heat.shape[1] or k >= heat.shape[2]:
        return wp.vec2(0.0, 0.0)
    mean = 0.5 * (own + conduct[i, j, k])
    return (_pair(heat[i, j, k], fuel[i, j, k]) - here) * (share * mean)


@wp.kernel
def mix(
    x: wp.array3d(dtype=float),
    y: wp.array3d(dtype=float),
    z: wp.array3d(dtype=float),
    heat: wp.array3d(dtype=wp.vec2),
    fuel: wp.array3d(dtype=wp.vec2),
    conduct: wp.array3d(dtype=float),
    number: float,
    heat_out: wp.array3d(dtype=wp.vec2),
    fuel_out: wp.array3d(dtype=wp.vec2),
):
    """Diffusion of heat and fuel alike (Lewis number 1) through open shares x, y, z; `number` =
    D dt / cell^2 of air."""
    i, j, k = wp.tid()
    if clean(heat, i, j, k):
        if clean(fuel, i, j, k):
            heat_out[i, j, k] = wp.vec2(0.0, 0.0)
            fuel_out[i, j, k] = wp.vec2(0.0, 0.0)
            return
    a = heat[i, j, k]
    b = fuel[i, j, k]
    here = _pair(a, b)
    t = conduct[i, j, k]
    s = _drawn(heat, fuel, conduct, here, t, x[i, j, k], i - 1, j, k)
    s += _drawn(heat, fuel, conduct, here, t, x[i + 1, j, k], i + 1, j, k)
    s += _drawn(heat, fuel, conduct, here, t, y[i, j, k], i, j - 1, k)
    s += _drawn(heat, fuel, conduct, here, t, y[i, j + 1, k], i, j + 1, k)
    s += _drawn(heat, fuel, conduct, here, t, z[i, j, k], i, j, k - 1)
    s += _drawn(heat, fuel, conduct, here, t, z[i, j, k + 1], i, j, k + 1)
    heat_out[i, j, k] = wp.vec2(a[0] + number * s[0], a[1])
    fuel_out[i, j, k] = wp.vec2(b[0] + number * s[1], b[1])


@wp.func
def _gain(s: wp.array3d(dtype=wp.vec2), here: wp.vec2, share: float, i: int, j: int, k: int):
    if share == 0.0 or i < 0 or j < 0 or k < 0:
        return wp.vec2(0.0, 0.0)
    if i >= s.shape[0] or j >= s.shape[1] or k >= s.shape[2]:
        return wp.vec2(0.0, 0.0)
    return (s[i, j, k] - here) * share


@wp.kernel
def mix_plain(
    x: wp.array3d(dtype=float),
    y: wp.array3d(dtype=float),
    z: wp.array3d(dtype=float),
    scalars: wp.array3d(dtype=wp.vec2),
    first: float,
    second: float,
    result: wp.array3d(dtype=wp.vec2),
):
    """Diffusion of two scalars with numbers D dt / cell^2 of their own, density constant."""
    i, j, k = wp.tid()
    if clean(scalars, i, j, k):
        result[i, j, k] = wp.vec2(0.0, 0.0)
        return
    c = scalars[i, j, k]
    s = _gain(scalars, c, x[i, j, k], i - 1, j, k) + _gain(scalars, c, x[i + 1, j, k], i + 1, j, k)
    s += _gain(scalars, c, y[i, j, k], i, j - 1, k) + _gain(scalars, c, y[i, j + 1, k], i, j + 1, k)
    s += _gain(scalars, c, z[i, j, k], i, j, k - 1) + _gain(scalars, c, z[i, j, k + 1], i, j, k + 1)
    result[i, j, k] = c + wp.vec2(first * s[0], second * s[1])


@wp.func
def _near(u: wp.array3d(dtype=float), i: int, j: int, k: int):
    return u[
        wp.clamp(i, 0, u.shape[0] - 1),
        wp.clamp(j, 0, u.shape[1] - 1),
        wp.clamp(k, 0, u.shape[2] - 1),
    ]


@wp.kernel
def drag(
    u: wp.array3d(dtype=float),
    excess: wp.array3d(dtype=float),
    conduct: wp.array3d(dtype=float),
    air: float,
    number: float,
    most: float,
    result: wp.array3d(dtype=float),
):
    """Viscous diffusion of one velocity component; `number` = nu dt / cell^2 at `air` [K], growing
    as T^1.7 (T times `conduct`) up to `most`."""
    i, j, k = wp.tid()
    hot = 1.0 + _near(excess, i, j, k) / air
    n = wp.min(number * hot * _near(conduct, i, j, k), most)
    c = u[i, j, k]
    s = _near(u, i - 1, j, k) + _near(u, i + 1, j, k) + _near(u, i, j - 1, k)
    s += _near(u, i, j + 1, k) + _near(u, i, j, k - 1) + _near(u, i, j, k + 1)
    result[i, j, k] = c + n * (s - 6.0 * c)
