"""The card of a dataset: README and Croissant as their readers take them, coverage, duplicates."""

import json
import logging
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from simgen.card import write_card
from simgen.catalog import open_catalog, query
from simgen.cli import main
from simgen.cluster import RunOptions, run_job
from simgen.coverage import BINS, coverage
from simgen.duplicates import BITS, like_motion, like_pictures
from simgen.errors import SimgenError
from simgen.job import Job
from simgen.key import Key
from simgen.manifest import read_manifest, write_manifest
from simgen.space import Choice, Integers, LogUniform, Normal, OnSphere, Uniform


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A dataset of two accepted clips."""
    folder = tmp_path_factory.mktemp("card") / "d"
    templates = ["rigid/domino_chain", "articulated/newtons_cradle"]
    job = Job(name="two", templates=templates, frames=4, width=64, height=36, samples=1)
    assert run_job(job, RunOptions(out=folder, progress=False)).clips == 2
    return folder


@pytest.fixture
def copy(made, tmp_path) -> Path:
    return shutil.copytree(made, tmp_path / "d")


def front_matter(folder: Path) -> dict:
    return yaml.safe_load((folder / "README.md").read_text().split("---\n")[1])


def test_a_run_leaves_a_card(made) -> None:
    front = front_matter(made)
    assert (front["license"], front["pretty_name"]) == ("apache-2.0", "two")
    assert front["size_categories"] == ["n<1K"]
    assert {"depth-estimation", "image-to-video"} <= set(front["task_categories"])
    assert {"rigid", "articulated"} <= set(front["tags"])
    text = (made / "README.md").read_text()
    for words in (
        "| rigid/domino_chain | 1 | 1 |",
        "| forward_flow | px |",
        "0 of 2 draws were rejected",
        "## Near-duplicates",
        "simgen run job.yaml out=d",
        "`simgen card` draws plots",
    ):
        assert words in text, words
    assert "still being made" not in text
    (materials,) = query(made, "select materials from clips where index = 0").rows[0]
    assert all(f"| {name} | " in text for name in materials)
    assert not (made / "coverage").exists()


def test_the_hub_reads_the_front_matter(made) -> None:
    hub = pytest.importorskip("huggingface_hub")
    card = hub.DatasetCard.load(made / "README.md")
    assert card.data.license == "apache-2.0"
    assert card.data.pretty_name == "two"
    assert "text-to-video" in card.data.task_categories


def test_croissant_is_valid_and_gives_the_rows(made, caplog) -> None:
    mlc = pytest.importorskip("mlcroissant")
    with caplog.at_level(logging.WARNING):
        dataset = mlc.Dataset(jsonld=str(made / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    assert not dataset.metadata.ctx.issues.warnings
    assert not caplog.records
    records = list(dataset.records("clips"))
    assert [r["clips/index"] for r in records] == [0, 1]
    assert records[0]["clips/template"] == b"articulated/newtons_cradle"
    assert [r["clips/accepted"] for r in records] == [True, True]
    job = (made / "dataset.json").read_bytes()
    (file, *_) = json.loads((made / "croissant.json").read_text())["distribution"]
    assert file["contentSize"] == f"{len(job)} B"


def test_the_command_draws_plots_and_keeps_what_was_said(copy, capsys) -> None:
    pytest.importorskip("matplotlib")
    assert (
        main(["card", str(copy), "--licence", "CC-BY-4.0", "--url", "https://example.org/d"]) == 0
    )
    assert capsys.readouterr().out.strip() == str(copy / "README.md")
    plots = sorted(p.name for p in (copy / "coverage").iterdir())
    assert plots == ["articulated-newtons_cradle.png", "rigid-domino_chain.png"]
    assert (copy / "coverage" / plots[0]).read_bytes().startswith(b"\x89PNG")
    assert f"(coverage/{plots[0]})" in (copy / "README.md").read_text()
    write_card(copy, plots=False)
    assert front_matter(copy)["license"] == "cc-by-4.0"
    metadata = json.loads((copy / "croissant.json").read_text())
    assert metadata["license"] == "https://spdx.org/licenses/CC-BY-4.0.html"
    assert metadata["url"] == "https://example.org/d"


def test_a_readme_of_somebody_else_is_kept(copy) -> None:
    (copy / "README.md").write_text("my notes\n")
    with pytest.raises(SimgenError, match="was not written by simgen"):
        write_card(copy)
    job = Job(**json.loads((copy / "dataset.json").read_text())["job"])
    run_job(job, RunOptions(out=copy, progress=False))
    assert (copy / "README.md").read_text() == "my notes\n"


def test_cards_of_unfinished_and_of_empty_datasets(null_job, copy, tmp_path) -> None:
    (copy / "index.json").unlink()
    (info,) = read_manifest(copy)
    assert len(info.outcomes) == 2
    assert "still being made" in write_card(copy, plots=False).read_text()
    run_job(null_job(clips=2), RunOptions(out=tmp_path / "null", progress=False))
    text = (tmp_path / "null" / "README.md").read_text()
    assert "2 of 2 draws were rejected" in text
    assert "No clip was accepted" in text


def test_clips_that_are_alike_are_counted(copy) -> None:
    """A record written twice under other indices and draws: all three fingerprints agree."""
    (info,) = read_manifest(copy)
    twin = [vars(o) | {"index": o.index + 10, "draw": o.draw + 10} for o in info.outcomes]
    again = vars(info) | {"number": 5, "indices": (10, 12)}
    again["outcomes"] = tuple(type(info.outcomes[0])(**row) for row in twin)
    write_manifest(copy, type(info)(**again))
    (copy / "index.json").unlink()
    text = write_card(copy, plots=False).read_text()
    assert "| every parameter equal | 4 |" in text
    assert "| motion within 7 % at 8 instants | 4 | 0 and 10, 1 and 11 |" in text
    assert "| 3 pictures within 7 of 192 bits | 4 | 0 and 10, 1 and 11 |" in text


def hexes(codes: np.ndarray) -> list[str]:
    return [row.tobytes().hex() for row in codes.astype(np.uint8)]


def test_planted_duplicates_are_found_and_no_others() -> None:
    rng = Key(0).child("duplicates").rng()
    count, planted = 20_000, 100
    index = np.arange(count) * 3
    pictures = rng.integers(256, size=(count, 24))
    motion = rng.integers(256, size=(count, 32))
    expected = set()
    for k in range(planted):
        a, b = 2 * k, count - 1 - k
        bits = rng.choice(192, size=int(rng.integers(BITS + 1)), replace=False)
        flips = np.zeros(192, np.uint8)
        flips[bits] = 1
        pictures[b] = pictures[a] ^ np.packbits(flips)
        motion[b] = motion[a]
        motion[b, 4:] = np.clip(motion[a, 4:] + rng.integers(-1, 2, 28), 0, 255)
        expected.add((3 * a, 3 * b))
    own = np.arange(count)
    for finder, codes in ((like_pictures, pictures), (like_motion, motion)):
        found = finder(index, own, hexes(codes))
        assert {tuple(pair) for pair in found.pairs.tolist()} == expected
        assert found.clips == 2 * planted
        family = own.copy()
        family[count - planted :] = family[2 * np.arange(planted)[::-1]]
        assert finder(index, family, hexes(codes)).clips == 0


def test_what_does_not_move_or_has_no_fingerprint_is_like_nothing() -> None:
    own = np.arange(4)
    assert like_motion(own, own, ["80" * 32, "80" * 32, None, ""]).clips == 0
    assert like_pictures(own, own, ["", None, "ab", "00" * 24]).clips == 0


@pytest.mark.parametrize(
    "distribution",
    [
        Uniform(-2, 3),
        LogUniform(1e-3, 10),
        Normal(1, 2, -1, 4),
        Normal(0, 1),
        Integers(2, 9),
        Integers(0, 500),
        Choice("a", "b", 3),
        Choice(True, False),
    ],
    ids=str,
)
def test_draws_cover_their_distribution(distribution) -> None:
    rng = Key(0).child("coverage").rng()
    values = [distribution.sample(rng) for _ in range(4000)]
    row = coverage("x", distribution, values)
    assert row is not None
    assert row.counts.sum() == 4000
    assert row.share == 1.0
    expected = 4000 / len(row.counts)
    assert (np.abs(row.counts - expected) < 6 * np.sqrt(expected)).all()


def test_holes_show() -> None:
    row = coverage("x", Uniform(0, 1), list(np.linspace(0, 0.499, 100)))
    assert row is not None
    assert (row.share, len(row.counts)) == (0.5, BINS)
    assert coverage("x", Choice("a", "b"), ["b"]).counts.tolist() == [0, 1]  # type: ignore[union-attr]
    assert coverage("x", OnSphere(), [(0, 0, 1)]) is None
    assert coverage("x", Uniform(0, 1), []).share == 0.0  # type: ignore[union-attr]


def test_the_examples_of_the_docs_run(made, tmp_path, monkeypatch, capsys) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "demo").symlink_to(made)
    monkeypatch.chdir(tmp_path)
    text = (Path(__file__).parent.parent / "docs" / "catalog.md").read_text()
    (commands,) = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    for line in commands.strip().splitlines():
        assert main(shlex.split(line)[1:]) == 0, line
        assert capsys.readouterr().out
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    exec(compile(code, "docs/catalog.md", "exec"), {})
    assert "'articulated/newtons_cradle'" in capsys.readouterr().out
    listed = set(re.findall(r"`(\w+)(?:\.[^`]*)?`", text.partition("## Columns")[2]))
    with open_catalog(made) as catalog:
        missing = {path.partition(".")[0] for path in catalog.columns} - listed
        missing |= {
            path.rpartition(".")[2] for path in catalog.columns if "motion." in path
        } - listed
    assert not missing
