# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Kernels of the annotation passes: one ray through each pixel's centre, everything from its hit.

The ray finds the primitive in single precision; the point on it is then solved again in double
precision, so depth and flow carry rounding errors of the recorded states only. Motion is that of
the material point: the same place on the same primitive, where the other frame's states put it.
"""

import warp as wp

from simgen.renderers.trace import (
    FAR,
    NOTHING,
    SPHERE,
    Geometry,
    Pinhole,
    camera_direction_exact,
    camera_origin,
    hit_geometric_normal,
    hit_instance,
    hit_normal,
    hit_rest_position,
    hit_temperature,
    occluded,
    trace,
)
from simgen.renderers.volume import Volume, extinction, volume_span

SELF_DISTANCE = wp.constant(1.0e-4)
"""Share of the distance within which a surface does not hide a point: the point lies on one."""


@wp.struct
class Places:
    """Where the matter of one frame's primitives is at some frame, double precision."""

    points: wp.array(dtype=wp.vec3d)
    """(V) triangle vertices, world [m]."""
    center: wp.array(dtype=wp.vec3d)
    """(S) sphere centres, world [m]."""
    orientation: wp.array(dtype=wp.quatd)
    """(S) body to world."""


@wp.struct
class Seen:
    """The material point behind each pixel."""

    kind: wp.array(dtype=wp.int32)
    primitive: wp.array(dtype=wp.int32)
    place: wp.array(dtype=wp.vec3d)
    """Weights of a triangle's vertices, or offset from a sphere's centre, body frame [m]."""
    instance: wp.array(dtype=wp.int32)


@wp.struct
class Surfaces:
    """Outputs of `first_hit`, one item per pixel (see simgen.record.PASSES)."""

    valid: wp.array(dtype=wp.bool)
    depth: wp.array(dtype=wp.float32)
    segmentation: wp.array(dtype=wp.uint16)
    normal: wp.array(dtype=wp.vec3)
    object_coordinates: wp.array(dtype=wp.vec3)
    temperature: wp.array(dtype=wp.float32)


@wp.func
def triangle_weights(
    a: wp.vec3d, b: wp.vec3d, c: wp.vec3d, origin: wp.vec3d, direction: wp.vec3d
) -> wp.vec3d:
    """Barycentric weights where a ray meets a triangle's plane (Moeller, Trumbore 1997); NaN if
    it runs along the plane."""
    ab = b - a
    ac = c - a
    p = wp.cross(direction, ac)
    determinant = wp.dot(ab, p)
    s = origin - a
    v = wp.dot(s, p) / determinant
    w = wp.dot(direction, wp.cross(s, ab)) / determinant
    return wp.vec3d(wp.float64(1.0) - v - w, v, w)


@wp.func
def material_point(
    places: Places, geometry: Geometry, kind: wp.int32, primitive: wp.int32, place: wp.vec3d
) -> wp.vec3d:
    """World position [m] of a point of matter, given by its place on a primitive."""
    if kind == SPHERE:
        return places.center[primitive] + wp.quat_rotate(places.orientation[primitive], place)
    a = places.points[geometry.triangles[3 * primitive]]
    b = places.points[geometry.triangles[3 * primitive + 1]]
    c = places.points[geometry.triangles[3 * primitive + 2]]
    return place[0] * a + place[1] * b + place[2] * c


@wp.func
def triangle_place(
    places: Places,
    geometry: Geometry,
    primitive: wp.int32,
    u: wp.float32,
    v: wp.float32,
    camera: Pinhole,
    direction: wp.vec3d,
) -> wp.vec3d:
    """Weights of a triangle hit, solved again in double precision."""
    a = places.points[geometry.triangles[3 * primitive]]
    b = places.points[geometry.triangles[3 * primitive + 1]]
    c = places.points[geometry.triangles[3 * primitive + 2]]
    exact = triangle_weights(a, b, c, camera.eye, direction)
    first = wp.float64(u)
    second = wp.float64(v)
    single = wp.vec3d(first, second, wp.float64(1.0) - first - second)
    if wp.length(exact - single) < wp.float64(0.01):
        return exact
    return single


@wp.func
def sphere_place(
    places: Places,
    geometry: Geometry,
    primitive: wp.int32,
    camera: Pinhole,
    direction: wp.vec3d,
) -> wp.vec3d:
    """Offset of a sphere hit from the centre, body frame [m], solved again in double precision."""
    offset = camera.eye - places.center[primitive]
    along = wp.dot(offset, direction)
    across = offset - along * direction
    radius = wp.float64(geometry.radius[primitive])
    square = radius * radius - wp.dot(across, across)
    half = wp.sqrt(wp.max(square, wp.float64(0.0)))
    t = -along - half
    if t < wp.float64(1.0e-5):
        t = -along + half
    return wp.quat_rotate_inv(places.orientation[primitive], offset + t * direction)


@wp.func
def facing_normal(facet: wp.vec3, shading: wp.vec3, direction: wp.vec3) -> wp.vec3:
    """The shading normal on the side the viewer sees; the facet's where shading bends away."""
    front = facet
    if wp.dot(facet, direction) > 0.0:
        front = -facet
    normal = shading
    if wp.dot(shading, front) < 0.0:
        normal = -shading
    if wp.dot(normal, direction) > 0.0:
        normal = front
    return normal


@wp.kernel
def first_hit(
    offset: wp.int32,
    geometry: Geometry,
    places: Places,
    camera: Pinhole,
    rest_lower: wp.array(dtype=wp.vec3),
    rest_extent: wp.array(dtype=wp.vec3),
    seen: Seen,
    out: Surfaces,
):
    """What each pixel's centre sees."""
    i = wp.tid() + offset
    x = wp.float64(i % camera.width) + wp.float64(0.5)
    y = wp.float64(i // camera.width + camera.top) + wp.float64(0.5)
    ray = camera_direction_exact(camera, x, y)
    direction = wp.vec3(ray)
    hit = trace(geometry, camera_origin(camera), direction, FAR)
    seen.kind[i] = hit.kind
    if hit.kind == NOTHING:
        seen.instance[i] = 0
        out.valid[i] = False
        out.depth[i] = wp.inf
        out.segmentation[i] = wp.uint16(0)
        out.normal[i] = wp.vec3(0.0, 0.0, 0.0)
        out.object_coordinates[i] = wp.vec3(0.0, 0.0, 0.0)
        out.temperature[i] = wp.nan
        return
    place = wp.vec3d()
    if hit.kind == SPHERE:
        place = sphere_place(places, geometry, hit.primitive, camera, ray)
    else:
        place = triangle_place(places, geometry, hit.primitive, hit.u, hit.v, camera, ray)
        hit.u = wp.float32(place[0])
        hit.v = wp.float32(place[1])
    exact = material_point(places, geometry, hit.kind, hit.primitive, place)
    point = wp.vec3(exact)
    instance = hit_instance(geometry, hit)
    seen.primitive[i] = hit.primitive
    seen.place[i] = place
    seen.instance[i] = instance
    out.valid[i] = True
    out.depth[i] = wp.float32(wp.dot(exact - camera.eye, camera.forward))
    out.segmentation[i] = wp.uint16(instance)
    facet = hit_geometric_normal(geometry, hit, point)
    out.normal[i] = facing_normal(facet, hit_normal(geometry, hit, point), direction)
    rest = hit_rest_position(geometry, hit, point) - rest_lower[instance]
    extent = rest_extent[instance]
    for axis in range(3):
        share = wp.float32(0.5)
        if extent[axis] > 0.0:
            share = wp.clamp(rest[axis] / extent[axis], 0.0, 1.0)
        rest[axis] = share
    out.object_coordinates[i] = rest
    heat = hit_temperature(geometry, hit)
    out.temperature[i] = wp.where(heat > 0.0, heat, wp.nan)


@wp.func
def project(camera: Pinhole, point: wp.vec3d) -> wp.vec3d:
    """(x, y) [px] and planar depth [m] of a world point; x, y mean nothing for depth <= 0."""
    offset = point - camera.eye
    z = wp.dot(offset, camera.forward)
    x = wp.dot(offset, camera.right) / z * camera.fx + camera.cx
    y = wp.dot(offset, camera.down) / z * camera.fy + camera.cy
    return wp.vec3d(x, y, z)


@wp.kernel
def motion(
    offset: wp.int32,
    geometry: Geometry,
    places: Places,
    camera: Pinhole,
    seen: Seen,
    other_places: Places,
    other_geometry: Geometry,
    other_camera: Pinhole,
    tolerance: wp.array(dtype=wp.float32),
    flow: wp.array(dtype=wp.vec2),
    depth_change: wp.array(dtype=wp.float32),
    occlusion: wp.array(dtype=wp.bool),
):
    """Where each seen point of matter is in another frame, and whether it is seen there.

    `tolerance` [m] per instance: how far off its surface the other frame may draw it (0 but for
    liquids, whose surface is made anew every frame).
    """
    i = wp.tid() + offset
    flow[i] = wp.vec2(wp.nan, wp.nan)
    depth_change[i] = wp.nan
    occlusion[i] = False
    kind = seen.kind[i]
    if kind == NOTHING:
        return
    here = material_point(places, geometry, kind, seen.primitive[i], seen.place[i])
    there = material_point(other_places, geometry, kind, seen.primitive[i], seen.place[i])
    a = project(camera, here)
    b = project(other_camera, there)
    if b[2] < wp.float64(1.0e-6):
        occlusion[i] = True
        return
    flow[i] = wp.vec2(wp.float32(b[0] - a[0]), wp.float32(b[1] - a[1]))
    depth_change[i] = wp.float32(b[2] - a[2])
    width = wp.float64(other_camera.width)
    height = wp.float64(other_camera.height)
    zero = wp.float64(0.0)
    if b[0] < zero or b[0] >= width or b[1] < zero or b[1] >= height:
        occlusion[i] = True
        return
    ray = there - other_camera.eye
    distance = wp.float32(wp.length(ray))
    reach = distance * (1.0 - SELF_DISTANCE) - tolerance[seen.instance[i]]
    if reach > 0.0:
        direction = wp.vec3(wp.normalize(ray))
        occlusion[i] = occluded(other_geometry, camera_origin(other_camera), direction, reach)


@wp.kernel
def smoke(
    offset: wp.int32,
    volume: Volume,
    camera: Pinhole,
    depth: wp.array(dtype=wp.float32),
    step: wp.float32,
    transmittance: wp.array(dtype=wp.float32),
    volume_depth: wp.array(dtype=wp.float32),
):
    """Light that passes the gas before the surface, and the expected depth of what absorbs it.

    Midpoint rule along the ray; T = exp(-integral of extinction), depth = E[z] under -dT/dt.
    """
    i = wp.tid() + offset
    x = wp.float64(i % camera.width) + wp.float64(0.5)
    y = wp.float64(i // camera.width + camera.top) + wp.float64(0.5)
    origin = camera_origin(camera)
    direction = wp.vec3(camera_direction_exact(camera, x, y))
    cosine = wp.dot(direction, wp.vec3(camera.forward))
    reach = wp.min(depth[i] / cosine, FAR)
    span = volume_span(volume, origin, direction, reach)
    passed = wp.float32(1.0)
    weighted = wp.float32(0.0)
    length = span[1] - span[0]
    if length > 0.0:
        count = wp.int32(wp.ceil(length / step))
        dt = length / wp.float32(count)
        for k in range(count):
            t = span[0] + (wp.float32(k) + 0.5) * dt
            share = 1.0 - wp.exp(-extinction(volume, origin + t * direction) * dt)
            weighted += passed * share * t * cosine
            passed *= 1.0 - share
            if passed < 1.0e-5:
                break
    transmittance[i] = passed
    volume_depth[i] = wp.inf
    if passed < 0.9999:
        volume_depth[i] = weighted / (1.0 - passed)
