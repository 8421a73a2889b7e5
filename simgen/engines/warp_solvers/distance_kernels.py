# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false
"""Signed distance of points to a triangle mesh (Warp). Negative inside; metres."""

import warp as wp


@wp.func
def nearest(mesh: wp.uint64, point: wp.vec3, reach: float, near: bool):
    """The nearest triangle; its side by the facet's normal if `near`, else by winding number."""
    if near:
        return wp.mesh_query_point_sign_normal(mesh, point, reach)
    return wp.mesh_query_point_sign_winding_number(mesh, point, reach)


@wp.kernel
def mesh_distance(
    mesh: wp.uint64,
    points: wp.array(dtype=wp.vec3),
    reach: float,
    near: bool,
    distance: wp.array(dtype=float),
    gradient: wp.array(dtype=wp.vec3),
):
    """Distance and its unit gradient: the facet's normal if `near` or on the surface, else the way
    from the nearest point. Points beyond `reach` get `reach` and no gradient."""
    tid = wp.tid()
    p = points[tid]
    query = nearest(mesh, p, reach, near)
    distance[tid] = reach
    if query.result:
        away = p - wp.mesh_eval_position(mesh, query.face, query.u, query.v)
        length = wp.length(away)
        distance[tid] = query.sign * length
        n = wp.mesh_eval_face_normal(mesh, query.face)
        if not near and length > 1.0e-3 * reach:
            n = query.sign * away / length
        gradient[tid] = n
