"""The command line as a user types it: help, listings, errors with exit code 2."""

import subprocess
import sys

import imageio.v3 as iio
import pytest

from simgen.cli import main


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "simgen.cli", *words], capture_output=True, text=True
    )


@pytest.mark.parametrize(
    "command",
    [
        "run",
        "show",
        "templates",
        "materials",
        "check",
        "info",
        "query",
        "render",
        "export",
        "sheets",
    ],
)
def test_every_command_has_help_with_examples(command, capsys) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert f"simgen {command} " in capsys.readouterr().out.partition("examples:")[2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "nothing.yaml", "out=x"], "does not exist"),
        (["run", "demo"], "out=DIR"),
        (["run", "demo", "out=x", "seeed=3"], "did you mean seed"),
        (["run", "demo", "out=x", "seed"], "not field=value"),
        (["run", "demo", "out=x", "workers=many"], "whole number"),
        (["show", "rigid/domino"], "did you mean rigid/domino_chain"),
        (["templates", "liquid"], "did you mean"),
        (["materials", "wood/oka"], "did you mean wood/oak"),
        (["check", "/nonexistent"], "does not exist"),
        (["info", "/nonexistent.h5"], "does not exist"),
        (["query", "/nonexistent"], "is not a simgen dataset"),
        (["card", "/nonexistent"], "is not a simgen dataset"),
        (["export", "/nonexistent.h5", "--to", "folder", "--out", "x"], "does not exist"),
        (["export", "/nonexistent.h5", "--to", "foldr", "--out", "x"], "did you mean folder"),
        (["show", "rigid/domino_chain", "device=cuda"], "device 'cuda' is not here"),
        (["run", "demo", "out=x", "device=cuda"], "device 'cuda' is not here"),
        (["run", "demo", "out=x", "renderer=pyrender", "passes=[normal]"], "cannot give normal"),
        (["show", "rigid/domino_chain", "renderer=pyrender", "passes=[normal]"], "it gives depth"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(words, message, capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith("simgen: ")
    assert message in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_process_exits_with_2() -> None:
    finished = run("run", "nothing.yaml", "out=x")
    assert (finished.returncode, finished.stdout) == (2, "")


def test_listings(capsys) -> None:
    assert main(["templates", "rigid/domino_chain"]) == 0
    assert "Integers" in capsys.readouterr().out
    assert main(["materials", "wood/oak"]) == 0
    assert "kg/m^3" in capsys.readouterr().out


def test_fields_may_follow_options(tmp_path, capsys) -> None:
    words = ["show", "rigid/domino_chain", "frames=2", "--seed", "5", "--out", str(tmp_path)]
    small = ["width=48", "height=27", "samples=1"]
    file = tmp_path / "rigid-domino_chain-5.mp4"
    hashes, videos = [], []
    for _ in range(2):
        assert main([*words, *small]) == 0
        hashes.append(capsys.readouterr().out.partition("sha256 ")[2].split()[0])
        videos.append(file.read_bytes())
    assert hashes[0] == hashes[1]
    assert videos[0] == videos[1]
    video = iio.imread(file, plugin="pyav")
    assert video.shape == (2, 27, 48, 3)
    with pytest.raises(SystemExit) as stop:
        main([*words, "--frmaes", "3"])
    assert stop.value.code == 2
