# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false, reportAssignmentType=false
"""Blocks of 4 x 4 x 4 cells: the liquid's grid is worked on where particles are near.

A sparse grid in the manner of SPGrid (Setaluri et al. 2014) without its storage: arrays are dense,
kernels run over a list of blocks.
"""

from typing import Any

import warp as wp

from simgen.engines.warp_solvers.apic_particles import Grid, is_absent
from simgen.engines.warp_solvers.pipes import Pipes

EDGE = wp.constant(4)
"""Cells along a block."""
CELLS = 64
"""Cells of a block."""
REACH = wp.constant(2)
"""Cells around a particle that its motion depends on: it crosses one at most and reads those around
its place."""


@wp.struct
class Blocks:
    """The blocks that a kernel works on."""

    along: wp.vec3i
    """Blocks along the axes of the grid, whose upper faces and nodes are in them too."""
    index: wp.array(dtype=int)
    """Flat index of each."""


@wp.func
def cell_of(blocks: Blocks, slot: int):
    """The `slot`-th cell of the blocks."""
    b = blocks.index[slot // CELLS]
    local = slot % CELLS
    low = wp.vec3i(b // (blocks.along[1] * blocks.along[2]), 0, b % blocks.along[2])
    low[1] = (b // blocks.along[2]) % blocks.along[1]
    i = EDGE * low[0] + local // (EDGE * EDGE)
    j = EDGE * low[1] + (local // EDGE) % EDGE
    return wp.vec3i(i, j, EDGE * low[2] + local % EDGE)


@wp.func
def is_cell(grid: Grid, c: wp.vec3i):
    """Whether an index of a block is a cell of the grid."""
    return c[0] < grid.cells[0] and c[1] < grid.cells[1] and c[2] < grid.cells[2]


@wp.func
def is_node(grid: Grid, c: wp.vec3i):
    """Whether it is a node; the arrays of faces are as large."""
    return c[0] <= grid.cells[0] and c[1] <= grid.cells[1] and c[2] <= grid.cells[2]


@wp.kernel
def mark_near(
    grid: Grid,
    pipes: Pipes,
    x: wp.array(dtype=wp.vec3),
    along: wp.vec3i,
    marks: wp.array(dtype=int),
):
    """Mark the blocks within reach of particles."""
    p = wp.tid()
    if is_absent(grid, pipes, p, x[p]):
        return
    low = wp.vec3i()
    high = wp.vec3i()
    for axis in range(3):
        c = int(wp.floor(x[p][axis] / grid.edge[axis]))
        low[axis] = wp.clamp(c - REACH, 0, grid.cells[axis]) // EDGE
        high[axis] = wp.clamp(c + REACH, 0, grid.cells[axis]) // EDGE
    for i in range(low[0], high[0] + 1):
        for j in range(low[1], high[1] + 1):
            for k in range(low[2], high[2] + 1):
                marks[(i * along[1] + j) * along[2] + k] = 1


@wp.kernel
def mark_new(near: wp.array(dtype=int), known: wp.array(dtype=int), marks: wp.array(dtype=int)):
    """Mark the blocks that are near but not known yet; now they are."""
    b = wp.tid()
    marks[b] = wp.where(known[b] == 0, near[b], 0)
    known[b] = wp.max(known[b], near[b])


@wp.kernel
def list_marked(
    marks: wp.array(dtype=int), before: wp.array(dtype=int), index: wp.array(dtype=int)
):
    """The flat indices of the marked blocks, in order."""
    b = wp.tid()
    if marks[b] == 1:
        index[before[b]] = b


class Chosen:
    """Some blocks of a grid: mark them in `marks`, then `list` them."""

    def __init__(self, cells: tuple[int, ...], device: str) -> None:
        self.device = device
        self.along = wp.vec3i(*(n // int(EDGE) + 1 for n in cells))
        size = self.along[0] * self.along[1] * self.along[2]
        self.marks, self.before = (wp.zeros(size, dtype=int, device=device) for _ in range(2))
        self.blocks: Any = Blocks()
        self.blocks.along = self.along
        self.blocks.index = wp.zeros(size, dtype=int, device=device)
        self.cells = 0
        """Cells of the listed blocks."""

    def list(self) -> None:
        """Of the marks."""
        wp.utils.array_scan(self.marks, self.before, inclusive=False)
        inputs = [self.marks, self.before, self.blocks.index]
        wp.launch(list_marked, dim=len(self.marks), inputs=inputs, device=self.device)
        self.cells = CELLS * int(self.before.numpy()[-1] + self.marks.numpy()[-1])
