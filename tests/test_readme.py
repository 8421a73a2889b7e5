"""Every example of the README and the docs runs, in order, in an empty folder."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from simgen.template import CATEGORIES, template_names

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("readme")


@pytest.fixture(scope="module")
def dataset(folder) -> Path:
    """The folder after the README's shell commands."""
    for line in blocks(README, "sh")[1].strip().splitlines():
        words = shlex.split(line)
        assert words[0] == "simgen"
        command = [sys.executable, "-m", "simgen.cli", *words[1:]]
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert run.returncode == 0, f"{line}\n{run.stdout}{run.stderr}"
    return folder / "out" / "demo"


def test_commands_leave_what_they_say(dataset) -> None:
    assert (dataset / "index.json").is_file()
    assert (dataset / "check.md").is_file()
    assert list((dataset / "sheets").glob("*.png"))
    assert list((dataset.parent / "show").glob("*.mp4"))


def test_python_examples_run(dataset, folder) -> None:
    code = "\n".join(blocks(README, "python"))
    run = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert lines[0].startswith("(90, 160) True")
    assert any(line.startswith("rigid/") for line in lines)


def test_the_plain_reader_of_the_docs_runs(dataset) -> None:
    (code,) = blocks((ROOT / "docs" / "format.md").read_text(), "python")
    for shard in sorted(dataset.glob("shards/*.h5")):
        run = subprocess.run(
            [sys.executable, "-c", code, str(shard)], capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr
        assert "(180, 320, 3)" in run.stdout


def test_make_targets_of_the_readme_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", README, flags=re.MULTILINE)) <= targets | {
        "help"
    }


def test_the_table_lists_the_templates() -> None:
    for category in CATEGORIES:
        (row,) = re.findall(rf"^\| {category} \|.*\|$", README, flags=re.MULTILINE)
        listed = {f"{category}/{name.strip()}" for name in row.split("|")[3].split(",")}
        assert listed == {n for n in template_names() if n.startswith(category + "/")}


def test_the_streaming_example_runs(dataset, folder) -> None:
    (code,) = blocks((ROOT / "docs" / "streaming.md").read_text(), "python")
    run = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("torch.Size([2, 5, 3, 64, 64]) torch.Size([2, 5, 64, 64])")
