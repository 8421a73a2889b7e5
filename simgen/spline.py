# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false, reportOperatorIssue=false
"""Quadratic B-splines between particles and nodes, as the material point methods use them.

Steffen, Kirby & Berzins 2008, "Analysis and reduction of quadrature errors in the material point
method".
"""

import warp as wp


@wp.func
def spline(f: float):
    """Weights of the three nearest nodes; f in [0.5, 1.5) from the first."""
    a = 1.5 - f
    b = f - 1.0
    c = f - 0.5
    return wp.vec3(0.5 * a * a, 0.75 - b * b, 0.5 * c * c)


@wp.func
def stencil(u: wp.vec3):
    """First of the three nodes along each axis that a particle at u (in cells) reaches, the way
    from there to it, and the weights along x, y and z."""
    b = wp.vec3i(int(u[0] - 0.5), int(u[1] - 0.5), int(u[2] - 0.5))
    f = u - wp.vec3(float(b[0]), float(b[1]), float(b[2]))
    return b, f, spline(f[0]), spline(f[1]), spline(f[2])
