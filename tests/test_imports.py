"""Imports point down; heavy libraries load only inside their plug-in."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "simgen"
LAYERS = [
    {"errors", "units", "key", "conventions", "certificate"},
    {"space", "rotation", "geometry", "material", "texture", "device", "filters", "table", "words"},
    {"spectrum", "spline"},
    {"atmosphere"},
    {"inflow", "lattice", "crossing"},
    {"element", "matter", "gas", "melt", "shapes"},
    {"sky"},
    {"scene"},
    {"camera", "record", "particles", "valve", "stride", "resize"},
    {"motion", "surface", "shot", "stage"},
    {
        "template",
        "variant",
        "engine",
        "renderer",
        "annotator",
        "certify",
        "codec",
        "hdf5",
        "byte_index",
    },
    {"engines", "renderers", "annotators", "checks", "scenes", "sheet", "caption"},
    {"order", "store", "cache", "reader", "replay", "clip", "shard", "job"},
    {"manifest", "summary", "coverage", "croissant", "duplicates"},
    {"database", "catalog", "footage", "recording"},
    {"pipeline", "export", "listing", "samples", "card", "card_sections"},
    {"cluster"},
    {"verify", "exporters", "dataset", "budget", "repair", "reshoot"},
    {"cli", "commands"},
]
"""From the bottom up: a module imports its own layer and those below."""
LEVEL = {name: i for i, layer in enumerate(LAYERS) for name in layer}
HEAVY = ["mujoco", "pybullet", "newton", "warp", "pyrender", "ray", "torch", "trimesh", "coacd"]
HEAVY += ["genesis", "duckdb", "matplotlib"]


def modules() -> list[Path]:
    return [p for p in sorted(ROOT.rglob("*.py")) if "/scenes/" not in str(p)]


def imported(path: Path, *, top_level: bool = False) -> set[str]:
    """simgen modules imported anywhere in a file (or at its top level only)."""
    tree = ast.parse(path.read_text())
    nodes = tree.body if top_level else ast.walk(tree)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("simgen."):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("simgen.")}
    return found


def place(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


def test_every_module_has_a_layer() -> None:
    assert {place(p) for p in modules()} - {"__init__"} == set(LEVEL) - {"scenes"}


@pytest.mark.parametrize("path", [p for p in modules() if p.name != "__init__.py"], ids=place)
def test_imports_point_down(path) -> None:
    above = {m for m in imported(path, top_level=True) if LEVEL[m] > LEVEL[place(path)]}
    assert not above


def test_templates_import_no_engine() -> None:
    allowed = {"space", "scene", "geometry", "material", "template", "shapes", "units", "key"}
    allowed |= {"camera", "lattice", "rotation", "stage", "errors", "scenes", "particles", "words"}
    for path in (ROOT.parent / "scenes").rglob("*.py"):
        assert imported(path) <= allowed, path


def loaded_by(code: str) -> set[str]:
    probe = f"import sys\n{code}\nprint(*(m for m in {HEAVY!r} if m in sys.modules))"
    run = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_import_simgen_is_light() -> None:
    assert loaded_by("import simgen, simgen.cli") == set()


def test_the_tables_of_plug_ins_are_light() -> None:
    code = (
        "from simgen.engine import engine_classes; engine_classes()\n"
        "from simgen.renderer import RENDERERS\n"
        "from importlib import import_module\n"
        "for path in RENDERERS.values(): import_module(path.split(':')[0])"
    )
    assert loaded_by(code) == set()


def test_every_template_imports_no_engine_library() -> None:
    code = "from simgen.template import find, template_names\nfor n in template_names(): find(n)"
    assert loaded_by(code) - {"trimesh"} == set()
