# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false, reportOperatorIssue=false
# pyright: reportAssignmentType=false
# ruff: noqa: UP018
"""What a gas is made of (Warp): flames of fast chemistry, fog of condensed water, diffusion.

Flame. Fuel and oxygen never coexist (Burke & Schumann 1928), so the mixture fraction Z tells what
is burnt. Enthalpy is counted in kelvins of air, h = H / cp(air): h = e + h_bs(Z) with the piecewise
linear h_bs of the burnt mixture and e, which sources give and losses take. Temperature follows
from h = dT (1 + HEAT_GROWTH dT), density from the ideal gas. Cells carry per volume rho e, smoke,
rho Z and the lack 1 - rho of the density rho (relative to air): mass, fuel and heat are kept; where
the carried density and that of the gas law differ the gas expands (volume discrepancy: Pember et
al., Combust. Sci. Technol. 140 (1998) 123).

Fog. Total water q and e = dT - L q_l / cp are carried; what q exceeds saturation by is fog q_l
(saturation adjustment: Soong & Ogura, J. Atmos. Sci. 30 (1973) 879).
"""

import warp as wp

from simgen import gas
from simgen.engines.warp_solvers.gas_kernels import in_source
from simgen.engines.warp_solvers.gas_molecular import THINNEST

HEAT_GROWTH = wp.constant(gas.HEAT_GROWTH)
ROUNDS = wp.constant(10)
"""Newton steps of condensation: 8 leave 1e-9 K in air mixed with steam of up to 450 K."""


@wp.struct
class Flame:
    """The burnt state of one fuel."""

    stoichiometric: float
    """Mixture fraction."""
    peak: float
    """Enthalpy of the stoichiometric mixture, what is radiated taken off [K of air]."""
    air: float
    """Temperature of the air [K]."""
    growth: float
    """Largest relative expansion of a cell in a step."""


@wp.func
def _burnt(flame: Flame, mixture: float):
    """Enthalpy [K of air] that burning has given to a mixture."""
    zs = flame.stoichiometric
    return flame.peak * wp.min(mixture / zs, (1.0 - mixture) / (1.0 - zs))


@wp.func
def _excess(h: float):
    """Excess temperature [K] of an enthalpy [K of air]."""
    if h <= 0.0:
        return h
    return (wp.sqrt(1.0 + 4.0 * HEAT_GROWTH * h) - 1.0) / (2.0 * HEAT_GROWTH)


@wp.kernel
def burn(
    heat: wp.array3d(dtype=wp.vec2),
    fuel: wp.array3d(dtype=wp.vec2),
    flame: Flame,
    keep: float,
    weight: float,
    dt: float,
    excess: wp.array3d(dtype=float),
    conduct: wp.array3d(dtype=float),
    lift: wp.array3d(dtype=float),
    growth: wp.array3d(dtype=float),
):
    """Loss to the surroundings, temperature [K above air], rho D over that of air, buoyancy per g,
    divergence [1/s]."""
    i, j, k = wp.tid()
    a = heat[i, j, k]
    b = fuel[i, j, k]
    t = float(0.0)
    g = float(0.0)
    little = wp.abs(b[0]) < 3.0e-7 and wp.abs(b[1]) < 3.0e-5
    if little and wp.abs(a[0]) < 1.0e-2 and wp.abs(a[1]) < 1.0e-6:
        heat[i, j, k] = wp.vec2(0.0, 0.0)  # as good as clean: keeps transport cheap
        fuel[i, j, k] = wp.vec2(0.0, 0.0)
    else:
        rho = wp.max(1.0 - b[1], THINNEST)
        mixture = wp.clamp(b[0] / rho, 0.0, 1.0)
        h = a[0] / rho + _burnt(flame, mixture)
        heat[i, j, k] = wp.vec2(a[0] - rho * (1.0 - keep) * h, a[1])
        t = wp.max(_excess(keep * h), -0.5 * flame.air)
        g = wp.clamp(rho * (1.0 + t / flame.air) - 1.0, -flame.growth, flame.growth) / dt
    excess[i, j, k] = t
    conduct[i, j, k] = wp.pow(1.0 + t / flame.air, 0.7)
    lift[i, j, k] = t / flame.air - weight * a[1]
    growth[i, j, k] = g


@wp.kernel
def release(
    center: wp.vec3,
    radius: float,
    half: float,
    amount: float,
    enthalpy: float,
    heat: wp.array3d(dtype=wp.vec2),
    fuel: wp.array3d(dtype=wp.vec2),
):
    """Give fuel gas to a source's cells: `amount` of density (relative to air) to a full cell."""
    i, j, k = wp.tid()
    x = wp.vec3(float(i) + 0.5, float(j) + 0.5, float(k) + 0.5)
    share = in_source(x, center, radius, half)
    if share > 0.0:
        m = amount * share
        heat[i, j, k] = heat[i, j, k] + wp.vec2(m * enthalpy, 0.0)
        fuel[i, j, k] = fuel[i, j, k] + wp.vec2(m, -m)


@wp.func
def saturation(temperature: float, pressure: float):
    """Specific humidity of saturated air over water; Tetens' vapour pressure (1930)."""
    e = 610.78 * wp.exp(17.27 * (temperature - 273.15) / wp.max(temperature - 35.86, 1.0))
    e = wp.min(e, 0.9 * pressure)
    return 0.622 * e / (pressure - 0.378 * e)


@wp.struct
class Moisture:
    """The air that fog forms in."""

    air: float
    """Temperature [K]."""
    pressure: float
    """[Pa]."""
    water: float
    """Specific humidity of the air around."""
    latent: float
    """Latent heat of condensation over the heat capacity of air [K]."""


@wp.func
def _condensed(dry: float, water: float, m: Moisture):
    """Temperature [K] at which air that was `dry` [K] before condensation is just saturated:
    t - dry = latent (water - saturation(t)), by Newton steps that stay between the bounds."""
    t = dry
    low = dry
    high = dry + m.latent * water
    for _n in range(ROUNDS):
        s = saturation(t, m.pressure)
        f = t - dry - m.latent * (water - s)
        if f < 0.0:
            low = t
        else:
            high = t
        slope = s * (1.0 + 0.378 / 0.622 * s) * 17.27 * (273.15 - 35.86) / ((t - 35.86) ** 2.0)
        t -= f / (1.0 + m.latent * slope)
        if t < low or t > high:
            t = 0.5 * (low + high)
    return t


@wp.kernel
def condense(
    heat: wp.array3d(dtype=wp.vec2),
    water: wp.array3d(dtype=wp.vec2),
    m: Moisture,
    keep: float,
    weight: float,
    excess: wp.array3d(dtype=float),
    fog: wp.array3d(dtype=float),
    lift: wp.array3d(dtype=float),
):
    """Fog of what exceeds saturation, temperature [K above air], buoyancy per g; loss of heat."""
    i, j, k = wp.tid()
    a = heat[i, j, k]
    q = m.water + water[i, j, k][0]
    t = m.air + a[0]
    liquid = float(0.0)
    if q > saturation(t, m.pressure):
        t = _condensed(t, q, m)
        liquid = (t - m.air - a[0]) / m.latent
    d = t - m.air
    heat[i, j, k] = wp.vec2(a[0] - (1.0 - keep) * d, a[1])
    excess[i, j, k] = d
    fog[i, j, k] = liquid
    lift[i, j, k] = d / m.air + 0.608 * (q - liquid - m.water) - liquid - weight * a[1]


@wp.kernel
def push_lift(
    lift: wp.array3d(dtype=float),
    variable: int,
    axis: int,
    kick: float,
    face: wp.array3d(dtype=float),
):
    """u += kick * lift on the faces along `axis`; the mean of both cells, or where the density is
    `variable` that of their mean density, lift = 1 / rho - 1."""
    i, j, k = wp.tid()
    a = wp.vec3i(i, j, k)
    b = wp.vec3i(i, j, k)
    b[axis] = wp.max(b[axis] - 1, 0)
    a[axis] = wp.min(a[axis], lift.shape[axis] - 1)
    p = lift[a[0], a[1], a[2]]
    q = lift[b[0], b[1], b[2]]
    s = 0.5 * (p + q)
    if variable != 0:
        s = 2.0 * (1.0 + p) * (1.0 + q) / (2.0 + p + q) - 1.0
    face[i, j, k] = face[i, j, k] + kick * s


@wp.kernel
def lightness(
    excess: wp.array3d(dtype=float),
    air: float,
    axis: int,
    share: wp.array3d(dtype=float),
    light: wp.array3d(dtype=float),
    weight: wp.array3d(dtype=float),
):
    """Inverse density of faces (of the mean density of their cells), alone and times their open
    share."""
    i, j, k = wp.tid()
    a = wp.vec3i(i, j, k)
    b = wp.vec3i(i, j, k)
    b[axis] = wp.max(b[axis] - 1, 0)
    a[axis] = wp.min(a[axis], excess.shape[axis] - 1)
    p = 1.0 + excess[a[0], a[1], a[2]] / air
    q = 1.0 + excess[b[0], b[1], b[2]] / air
    s = 2.0 * p * q / (p + q)
    light[i, j, k] = s
    weight[i, j, k] = s * share[i, j, k]


@wp.kernel
def expand(growth: wp.array3d(dtype=float), cell: float, out: wp.array3d(dtype=float)):
    """Add what cells have to let out [m/s] to the right side of the pressure equation."""
    i, j, k = wp.tid()
    out[i, j, k] = out[i, j, k] + growth[i, j, k] * cell


@wp.kernel
def project_light(
    q: wp.array3d(dtype=float),
    share: wp.array3d(dtype=float),
    light: wp.array3d(dtype=float),
    axis: int,
    face: wp.array3d(dtype=float),
):
    """u -= (q_right - q_left) / rho on open faces; q = 0 beyond the domain."""
    i, j, k = wp.tid()
    if share[i, j, k] > 0.0:
        at = wp.vec3i(i, j, k)
        n = at[axis]
        right = float(0.0)
        left = float(0.0)
        if n < q.shape[axis]:
            right = q[i, j, k]
        if n > 0:
            at[axis] = n - 1
            left = q[at[0], at[1], at[2]]
        face[i, j, k] = face[i, j, k] - light[i, j, k] * (right - left)


@wp.kernel
def cross_wind(
    u: wp.array3d(dtype=float),
    v: wp.array3d(dtype=float),
    w: wp.array3d(dtype=float),
    up: wp.vec3,
    center: wp.vec3,
    radius: float,
    half: float,
    speed: wp.array(dtype=float),
):
    """Mean speed [m/s] of the gas in a source across `up`."""
    reach = int(wp.ceil(radius)) + 1
    total = wp.vec3(0.0, 0.0, 0.0)
    weight = float(0.0)
    for i in range(int(center[0]) - reach, int(center[0]) + reach + 1):
        for j in range(int(center[1]) - reach, int(center[1]) + reach + 1):
            for k in range(int(center[2]) - reach, int(center[2]) + reach + 1):
                inside = i >= 0 and j >= 0 and k >= 0 and i < v.shape[0]
                if inside and j < u.shape[1] and k < u.shape[2]:
                    x = wp.vec3(float(i) + 0.5, float(j) + 0.5, float(k) + 0.5)
                    s = in_source(x, center, radius, half)
                    here = wp.vec3(
                        u[i, j, k] + u[i + 1, j, k],
                        v[i, j, k] + v[i, j + 1, k],
                        w[i, j, k] + w[i, j, k + 1],
                    )
                    total += 0.5 * s * here
                    weight += s
    if weight > 0.0:
        total = total / weight
    speed[0] = wp.length(total - up * wp.dot(total, up))


@wp.kernel
def luminous(
    fuel: wp.array3d(dtype=wp.vec2),
    heat: wp.array3d(dtype=wp.vec2),
    flame: Flame,
    soot: float,
    smoke: float,
    cell: float,
    soot_out: wp.array3d(dtype=float),
    sheet_out: wp.array3d(dtype=float),
    smoke_out: wp.array3d(dtype=float),
):
    """Soot [1/m], area of the flame sheet per volume [1/m], smoke, of every cell.

    Soot glows from a little before the stoichiometric surface (where it burns out) to about three
    times that mixture (richer gas is too cold to form it: Kent & Honnery, Combust. Sci. Technol. 54
    (1987) 383). Behind the flame what soot is left counts as smoke.
    """
    i, j, k = wp.tid()
    rho = wp.max(1.0 - fuel[i, j, k][1], THINNEST)
    z = wp.clamp(fuel[i, j, k][0] / rho, 0.0, 1.0) / flame.stoichiometric
    rich = wp.smoothstep(0.75, 1.25, z) * (1.0 - wp.smoothstep(2.5, 6.0, z))
    soot_out[i, j, k] = soot * rich
    smoke_out[i, j, k] = heat[i, j, k][1] + smoke * fuel[i, j, k][0] * (
        1.0 - wp.smoothstep(0.5, 1.0, z)
    )
    at = wp.vec3i(i, j, k)
    slope = wp.vec3(0.0, 0.0, 0.0)
    for axis in range(3):
        a = at
        b = at
        a[axis] = wp.min(at[axis] + 1, fuel.shape[axis] - 1)
        b[axis] = wp.max(at[axis] - 1, 0)
        p = fuel[a[0], a[1], a[2]]
        q = fuel[b[0], b[1], b[2]]
        d = p[0] / wp.max(1.0 - p[1], THINNEST) - q[0] / wp.max(1.0 - q[1], THINNEST)
        slope[axis] = 0.5 * d / flame.stoichiometric
    steep = wp.length(slope)  # change of z per cell
    width = wp.max(steep, 0.15)
    sheet_out[i, j, k] = wp.max(1.0 - wp.abs(z - 1.0) / width, 0.0) / width * steep / cell
