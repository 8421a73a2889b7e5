"""Cloth, soft bodies and inflatables as particle systems with constraints, on the host.

Turns elements and their material constants into vertices, masses and compliances for
`xpbd_kernels`.
"""

from __future__ import annotations

from simgen.engines.warp_solvers import xpbd_input as check
from simgen.engines.warp_solvers.xpbd_part import Part
from simgen.engines.warp_solvers.xpbd_sheet import cloth, inflatable
from simgen.engines.warp_solvers.xpbd_solid import MIDPOINT, settle_solid, soft_body
from simgen.scene import Cloth, Inflatable, Scene, SoftBody

Deformable = Cloth | SoftBody | Inflatable


def build_part(element: Deformable, scene: Scene) -> Part:
    """The particle system of one element; raises SimgenError for unusable input."""
    match element:
        case Cloth():
            part = cloth(element)
        case SoftBody():
            part = soft_body(element)
        case Inflatable():
            part = inflatable(element, scene.ambient)
    part.ties = check.ties(element, scene, len(part.position))
    return part


def settle(part: Part, element: Deformable, dt: float) -> None:
    """What of a part depends on the step [s]."""
    if isinstance(element, SoftBody):
        settle_solid(part, element.material, dt, MIDPOINT)
