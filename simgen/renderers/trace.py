# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""What every ray sees: the geometry of one frame on the device, and the functions that query it.

World frame, metres. Triangles live in one `wp.Mesh`, balls (rigid spheres, grains) are analytic in
one `wp.Bvh`. Hits give everything else: instance, look, shading normal, rest position, temperature.
"""

import warp as wp

NOTHING: int = wp.constant(0)
TRIANGLE: int = wp.constant(1)
SPHERE: int = wp.constant(2)
FAR = wp.constant(1.0e6)
"""Length of a ray that goes on for ever [m]."""


@wp.struct
class Geometry:
    """One frame. Arrays per triangle (F), per vertex (V) and per sphere (S)."""

    mesh: wp.uint64
    """Id of the `wp.Mesh` of all triangles; query only if triangle_count > 0."""
    opaque_group: wp.int32
    """Group of the opaque triangles in the mesh; -1: all are opaque, -2: none is."""
    triangle_count: wp.int32
    triangles: wp.array(dtype=wp.int32)
    """(3F) vertex indices."""
    points: wp.array(dtype=wp.vec3)
    """(V) world [m]."""
    normals: wp.array(dtype=wp.vec3)
    """(V) unit shading normals, world; vertices on edges sharper than 40 degrees are split."""
    rest: wp.array(dtype=wp.vec3)
    """(V) position in the body's frame or of the unstressed matter [m]: texture coordinate."""
    temperature: wp.array(dtype=wp.float32)
    """(V) [K], 0 where the matter has none."""
    triangle_instance: wp.array(dtype=wp.int32)
    triangle_look: wp.array(dtype=wp.int32)

    spheres: wp.uint64
    """Id of the `wp.Bvh` of sphere bounds; query only if sphere_count > 0."""
    sphere_count: wp.int32
    center: wp.array(dtype=wp.vec3)
    """(S) world [m]."""
    radius: wp.array(dtype=wp.float32)
    orientation: wp.array(dtype=wp.quat)
    """(S) xyzw (Warp's order), body to world."""
    sphere_rest: wp.array(dtype=wp.vec3)
    """(S) centre in the body's frame, or at t = 0 for grains [m]."""
    sphere_instance: wp.array(dtype=wp.int32)
    sphere_look: wp.array(dtype=wp.int32)

    look_transmission: wp.array(dtype=wp.float32)
    """(looks) share of light that passes; above 0 the surface does not block `occluded_opaque`."""


@wp.struct
class Hit:
    """Where a ray met a surface."""

    kind: wp.int32
    """NOTHING, TRIANGLE or SPHERE."""
    primitive: wp.int32
    """Triangle or sphere index."""
    t: wp.float32
    """Distance along the unit direction [m]."""
    u: wp.float32
    """Weight of the triangle's first vertex; the third has 1 - u - v."""
    v: wp.float32
    """Weight of the second vertex."""


@wp.struct
class Pinhole:
    """One camera pose with OpenCV axes, in double precision."""

    eye: wp.vec3d
    right: wp.vec3d
    down: wp.vec3d
    forward: wp.vec3d
    fx: wp.float64
    fy: wp.float64
    cx: wp.float64
    cy: wp.float64
    width: wp.int32
    """Of the whole picture [px]."""
    height: wp.int32
    top: wp.int32
    """Row of the picture that the first item of per-pixel arrays belongs to."""
    lens_radius: wp.float32
    """Of the aperture [m]; labels are drawn as if it were 0."""
    focus: wp.float32
    """Depth at which the lens is sharp [m]."""


@wp.struct
class Ray:
    """Single precision, world frame."""

    origin: wp.vec3
    direction: wp.vec3


@wp.func
def camera_origin(camera: Pinhole) -> wp.vec3:
    """The eye, single precision."""
    return wp.vec3(camera.eye)


@wp.func
def camera_direction_exact(camera: Pinhole, x: wp.float64, y: wp.float64) -> wp.vec3d:
    """Unit direction through image point (x, y) [px]; pixel centres are at (j + .5, i + .5)."""
    a = (x - camera.cx) / camera.fx
    b = (y - camera.cy) / camera.fy
    return wp.normalize(a * camera.right + b * camera.down + camera.forward)


@wp.func
def camera_direction(camera: Pinhole, x: wp.float32, y: wp.float32) -> wp.vec3:
    """Unit direction through the image point (x, y) [px], single precision."""
    return wp.vec3(camera_direction_exact(camera, wp.float64(x), wp.float64(y)))


@wp.func
def lens_ray(camera: Pinhole, x: wp.float32, y: wp.float32, u: wp.vec2) -> Ray:
    """A ray through image point (x, y) [px] and a place on the lens; `u` in [0, 1)^2."""
    ray = Ray()
    ray.origin = camera_origin(camera)
    ray.direction = camera_direction(camera, x, y)
    if camera.lens_radius > 0.0:
        sharp = ray.origin + ray.direction * (
            camera.focus / wp.dot(ray.direction, wp.vec3(camera.forward))
        )
        r = camera.lens_radius * wp.sqrt(u[0])
        turn = 6.2831853 * u[1]
        ray.origin += wp.vec3(camera.right) * (r * wp.cos(turn))
        ray.origin += wp.vec3(camera.down) * (r * wp.sin(turn))
        ray.direction = wp.normalize(sharp - ray.origin)
    return ray


@wp.func
def sphere_distance(
    center: wp.vec3, radius: wp.float32, origin: wp.vec3, direction: wp.vec3
) -> wp.float32:
    """Distance to the nearest intersection ahead, -1 if none; stable for far and small spheres
    (Haines et al. 2019, Ray Tracing Gems ch. 7)."""
    offset = origin - center
    along = wp.dot(offset, direction)
    across = offset - along * direction
    square = radius * radius - wp.dot(across, across)
    if square <= 0.0:
        return -1.0
    half = wp.sqrt(square)
    near = 1.0e-5
    if -along - half > near:
        return -along - half
    if -along + half > near:
        return -along + half
    return -1.0


@wp.func
def trace(geometry: Geometry, origin: wp.vec3, direction: wp.vec3, t_max: wp.float32) -> Hit:
    """The nearest surface along a unit direction, both sides of everything."""
    hit = Hit()
    hit.kind = NOTHING
    hit.t = t_max
    if geometry.triangle_count > 0:
        query = wp.mesh_query_ray(geometry.mesh, origin, direction, t_max)
        if query.result:
            hit.kind = TRIANGLE
            hit.primitive = query.face
            hit.t = query.t
            hit.u = query.u
            hit.v = query.v
    if geometry.sphere_count > 0:
        best = hit.t
        walk = wp.bvh_query_ray(geometry.spheres, origin, direction)
        index = wp.int32(0)
        while wp.bvh_query_next(walk, index, best):
            t = sphere_distance(geometry.center[index], geometry.radius[index], origin, direction)
            if t > 0.0 and t < best:
                best = t
                hit.kind = SPHERE
                hit.primitive = index
                hit.t = t
    return hit


@wp.func
def _sphere_occludes(
    geometry: Geometry,
    origin: wp.vec3,
    direction: wp.vec3,
    t_max: wp.float32,
    opaque_only: wp.bool,
) -> wp.bool:
    walk = wp.bvh_query_ray(geometry.spheres, origin, direction)
    index = wp.int32(0)
    while wp.bvh_query_next(walk, index, t_max):
        t = sphere_distance(geometry.center[index], geometry.radius[index], origin, direction)
        if t > 0.0 and t < t_max:
            if not opaque_only:
                return True
            if geometry.look_transmission[geometry.sphere_look[index]] <= 0.0:
                return True
    return False


@wp.func
def occluded(geometry: Geometry, origin: wp.vec3, direction: wp.vec3, t_max: wp.float32) -> wp.bool:
    """Whether anything lies within `t_max` [m] along a unit direction."""
    if geometry.triangle_count > 0:  # noqa: SIM102
        if wp.mesh_query_ray_anyhit(geometry.mesh, origin, direction, t_max):
            return True
    if geometry.sphere_count > 0:
        return _sphere_occludes(geometry, origin, direction, t_max, False)
    return False


@wp.func
def occluded_opaque(
    geometry: Geometry, origin: wp.vec3, direction: wp.vec3, t_max: wp.float32
) -> wp.bool:
    """Like `occluded`, but water, glass and their like let light pass."""
    if geometry.triangle_count > 0 and geometry.opaque_group != -2:
        root = wp.int32(-1)
        if geometry.opaque_group >= 0:
            root = wp.mesh_get_group_root(geometry.mesh, geometry.opaque_group)
        if wp.mesh_query_ray_anyhit(geometry.mesh, origin, direction, t_max, root):
            return True
    if geometry.sphere_count > 0:
        return _sphere_occludes(geometry, origin, direction, t_max, True)
    return False


@wp.func
def blend_vectors(values: wp.array(dtype=wp.vec3), geometry: Geometry, hit: Hit) -> wp.vec3:
    """A vertex attribute at a triangle hit."""
    a = geometry.triangles[3 * hit.primitive]
    b = geometry.triangles[3 * hit.primitive + 1]
    c = geometry.triangles[3 * hit.primitive + 2]
    return values[a] * hit.u + values[b] * hit.v + values[c] * (1.0 - hit.u - hit.v)


@wp.func
def hit_geometric_normal(geometry: Geometry, hit: Hit, point: wp.vec3) -> wp.vec3:
    """Unit normal of the facet or sphere, outward by winding; `point` is the hit, world."""
    if hit.kind == SPHERE:
        return wp.normalize(point - geometry.center[hit.primitive])
    a = geometry.points[geometry.triangles[3 * hit.primitive]]
    b = geometry.points[geometry.triangles[3 * hit.primitive + 1]]
    c = geometry.points[geometry.triangles[3 * hit.primitive + 2]]
    return wp.normalize(wp.cross(b - a, c - a))


@wp.func
def hit_normal(geometry: Geometry, hit: Hit, point: wp.vec3) -> wp.vec3:
    """Unit shading normal (interpolated, outward by winding); not yet turned towards the viewer."""
    if hit.kind == SPHERE:
        return wp.normalize(point - geometry.center[hit.primitive])
    return wp.normalize(blend_vectors(geometry.normals, geometry, hit))


@wp.func
def hit_rest_position(geometry: Geometry, hit: Hit, point: wp.vec3) -> wp.vec3:
    """Where this piece of matter sits in its body's frame or unstressed shape [m]: sticks to it."""
    if hit.kind == SPHERE:
        offset = point - geometry.center[hit.primitive]
        return (
            wp.quat_rotate_inv(geometry.orientation[hit.primitive], offset)
            + geometry.sphere_rest[hit.primitive]
        )
    return blend_vectors(geometry.rest, geometry, hit)


@wp.func
def hit_rest_normal(geometry: Geometry, hit: Hit, point: wp.vec3) -> wp.vec3:
    """Unit facet normal in the frame of `hit_rest_position` (for triplanar weights)."""
    if hit.kind == SPHERE:
        normal = wp.normalize(point - geometry.center[hit.primitive])
        return wp.quat_rotate_inv(geometry.orientation[hit.primitive], normal)
    a = geometry.rest[geometry.triangles[3 * hit.primitive]]
    b = geometry.rest[geometry.triangles[3 * hit.primitive + 1]]
    c = geometry.rest[geometry.triangles[3 * hit.primitive + 2]]
    return wp.normalize(wp.cross(b - a, c - a))


@wp.func
def hit_temperature(geometry: Geometry, hit: Hit) -> wp.float32:
    """[K], 0 where the surface has none."""
    if hit.kind == SPHERE:
        return 0.0
    a = geometry.triangles[3 * hit.primitive]
    b = geometry.triangles[3 * hit.primitive + 1]
    c = geometry.triangles[3 * hit.primitive + 2]
    field = geometry.temperature
    return field[a] * hit.u + field[b] * hit.v + field[c] * (1.0 - hit.u - hit.v)


@wp.func
def hit_look(geometry: Geometry, hit: Hit) -> wp.int32:
    """Index into the looks table."""
    if hit.kind == SPHERE:
        return geometry.sphere_look[hit.primitive]
    return geometry.triangle_look[hit.primitive]


@wp.func
def hit_instance(geometry: Geometry, hit: Hit) -> wp.int32:
    """Instance id as in the segmentation."""
    if hit.kind == SPHERE:
        return geometry.sphere_instance[hit.primitive]
    return geometry.triangle_instance[hit.primitive]
