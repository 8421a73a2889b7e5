"""Explicit finite-volume heat conduction with contacts, convection and radiation (Warp,
float64)."""

# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false, reportOperatorIssue=false
import warp as wp


@wp.func
def surface_temperature(
    t: wp.float64, air: wp.float64, inner: wp.float64, h: wp.float64, radiant: wp.float64
):
    """T_s [K] with inner (t - T_s) = h (T_s - T_air) + radiant (T_s^4 - T_air^4), by Newton.

    All three coefficients are for the same surface [W/K, W/K, W/K^4]. The function is convex and
    the start lies between its root and t, so four steps reach rounding for any solid that conducts.
    """
    s = (inner * t + h * air) / (inner + h)
    air4 = air * air * air * air
    for _ in range(4):
        cubed = s * s * s
        value = inner * (s - t) + h * (s - air) + radiant * (cubed * s - air4)
        s = s - value / (inner + h + wp.float64(4.0) * radiant * cubed)
    return s


@wp.func
def exchange(
    c: int,
    air: wp.float64,
    convection: wp.float64,
    temperature: wp.array(dtype=wp.float64),
    emission: wp.array(dtype=wp.float64),
    power: wp.array(dtype=wp.float64),
    neighbour: wp.array2d(dtype=int),
    conductance: wp.array2d(dtype=wp.float64),
    start: wp.array(dtype=int),
    other: wp.array(dtype=int),
    contact: wp.array(dtype=wp.float64),
    area: wp.array(dtype=wp.float64),
    inner: wp.array(dtype=wp.float64),
):
    """(conducted inside, from contacts and sources, lost to the air) of cell c [W]."""
    t = temperature[c]
    conducted = wp.float64(0.0)
    for face in range(6):
        n = neighbour[c, face]
        if n >= 0:
            conducted += conductance[c, face] * (temperature[n] - t)
    touching = wp.float64(0.0)
    for e in range(start[c], start[c + 1]):
        touching += contact[e] * (temperature[other[e]] - t)
    leaving = wp.float64(0.0)
    a = area[c]
    if a > wp.float64(0.0):
        s = surface_temperature(t, air, inner[c], convection * a, emission[c] * a)
        leaving = inner[c] * (t - s)
    return wp.vec3d(conducted, touching + power[c], leaving)


@wp.func
def temperature_of(
    heat: wp.float64,
    capacity: wp.float64,
    solidus: wp.float64,
    width: wp.float64,
    whole: wp.float64,
):
    """T [K] of a cell with `heat` [J] above the solidus; melting through takes `whole` [J]."""
    t = solidus + heat / capacity
    if whole > wp.float64(0.0) and heat > wp.float64(0.0):
        if heat < whole:
            t = solidus + width * heat / whole
        else:
            t = solidus + width + (heat - whole) / capacity
    return t


@wp.kernel
def heat_step(
    dt: wp.float64,
    air: wp.float64,
    convection: wp.float64,
    temperature: wp.array(dtype=wp.float64),
    capacity: wp.array(dtype=wp.float64),
    emission: wp.array(dtype=wp.float64),
    power: wp.array(dtype=wp.float64),
    held: wp.array(dtype=wp.bool),
    neighbour: wp.array2d(dtype=int),
    conductance: wp.array2d(dtype=wp.float64),
    start: wp.array(dtype=int),
    other: wp.array(dtype=int),
    contact: wp.array(dtype=wp.float64),
    area: wp.array(dtype=wp.float64),
    inner: wp.array(dtype=wp.float64),
    received: wp.array(dtype=wp.float64),
    lost: wp.array(dtype=wp.float64),
    heat: wp.array(dtype=wp.float64),
    solidus: wp.array(dtype=wp.float64),
    width: wp.array(dtype=wp.float64),
    whole: wp.array(dtype=wp.float64),
    result: wp.array(dtype=wp.float64),
):
    """One explicit Euler step of every cell, whose state is its heat: what melts keeps its
    temperature. `received` and `lost` [J] keep the books."""
    c = wp.tid()
    flow = exchange(
        c, air, convection, temperature, emission, power, neighbour, conductance, start, other,
        contact, area, inner,
    )  # fmt: skip
    lost[c] = lost[c] + dt * flow[2]
    if held[c]:
        received[c] = received[c] + dt * flow[2]
        result[c] = temperature[c]
    else:
        received[c] = received[c] + dt * flow[1]
        h = heat[c] + dt * (flow[0] + flow[1] - flow[2])
        heat[c] = h
        result[c] = temperature_of(h, capacity[c], solidus[c], width[c], whole[c])
