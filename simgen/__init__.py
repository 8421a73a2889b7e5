"""simgen: the open engine that makes physics video data.

`simulate`, `render`, `check` work on a hand-made Scene; `generate` makes clip `index` of a job;
`load` opens a dataset. Heavy libraries load on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from simgen.catalog import load as load
    from simgen.job import Job as Job
    from simgen.job import load_job as load_job
    from simgen.pipeline import check as check
    from simgen.pipeline import generate as generate
    from simgen.pipeline import render as render
    from simgen.pipeline import simulate as simulate

_PUBLIC = {
    "Job": "job",
    "load_job": "job",
    "check": "pipeline",
    "generate": "pipeline",
    "render": "pipeline",
    "simulate": "pipeline",
    "load": "catalog",
}


def __getattr__(name: str) -> Any:
    """Public functions, imported when first used."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'simgen' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"simgen.{_PUBLIC[name]}"), name)
