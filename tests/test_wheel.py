"""The built wheel holds templates, materials and jobs, and works from a folder of its own."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q"),
            *("-w", str(folder), str(ROOT)),
        ],
        check=True,
        cwd=folder,
    )
    return next(folder.glob("simgen-*.whl"))


def test_the_wheel_has_code_and_data(wheel) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "simgen/cli.py",
        "simgen/scenes/rigid/domino_chain.py",
        "simgen/materials/wood.toml",
        "simgen/textures/wood.toml",
        "simgen/renderers/texture_means.toml",
        "simgen/jobs/demo.yaml",
        "simgen/py.typed",
    } <= names
    assert not [n for n in names if n.startswith(("tests/", "scenes/", "materials/", "jobs/"))]


def test_the_wheel_lists_its_templates(wheel, tmp_path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    run = subprocess.run(
        [sys.executable, "-m", "simgen.cli", "templates", "rigid"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
    )
    assert "rigid/domino_chain" in run.stdout


def test_scenes_are_imported_as_part_of_the_package() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "import scenes"], capture_output=True, text=True, cwd=ROOT
    )
    assert run.returncode != 0
    assert "import simgen.scenes" in run.stderr
