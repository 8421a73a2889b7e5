"""A real small dataset: verified as made, found out when a byte, a file or a header is changed."""

import json
import shutil
from pathlib import Path

import h5py
import pytest

from simgen.catalog import load, open_shard, query
from simgen.cli import main
from simgen.cluster import RunOptions, run_job
from simgen.job import Job
from simgen.manifest import read_manifest
from simgen.pipeline import generate
from simgen.verify import verify

JOB = Job(
    templates=["rigid/domino_chain", "articulated/newtons_cradle"],
    frames=8,
    width=96,
    height=54,
    samples=1,
    shard_size=1,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("verify") / "d"
    summary = run_job(JOB, RunOptions(out=folder, progress=False))
    assert (summary.clips, summary.rejected) == (2, {})
    return folder


@pytest.fixture
def copy(made, tmp_path) -> Path:
    return shutil.copytree(made, tmp_path / "copy")


def test_a_fresh_dataset_verifies(made, capsys) -> None:
    assert main(["check", str(made), "--report", str(made / "check.md")]) == 0
    assert "2 of 2 clips verified, 0 file problems" in capsys.readouterr().out
    assert "| flow_geometry | median_px |" in (made / "check.md").read_text()
    assert main(["info", str(made)]) == 0
    assert "articulated/newtons_cradle/000001" in capsys.readouterr().out


def test_clips_are_what_a_lone_worker_makes(made) -> None:
    for clip in load(made):
        assert clip.accepted
        assert clip.digest() == generate(JOB, clip.index).digest()
        assert clip.scene().objects == clip.objects
        assert clip.configuration == JOB.configuration(clip.index)
        assert len(clip.certificate.findings) >= 8
        picture = clip.group["passes/rgb"].attrs
        assert (picture["exposure"] > 0).all()
        assert "ACES" in picture["tone_mapping"]


def test_changed_files_are_found(copy) -> None:
    shard = copy / read_manifest(copy)[0].file
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    report = verify(copy)
    assert not report.ok
    assert "changed since it was written" in report.problems[0]
    shard.unlink()
    assert "is missing" in verify(copy).problems[0]
    (copy / "index.json").unlink()
    assert "index.json is missing" in verify(copy).problems[0]
    assert main(["check", str(copy)]) == 1


def test_changed_contents_are_found(copy) -> None:
    shard = copy / read_manifest(copy)[0].file
    with h5py.File(shard, "r+") as file:
        (clip,) = file["clips"].values()  # type: ignore[union-attr]
        ids = clip["passes/segmentation"]
        ids[3] = ids[3][::-1]
    (found,) = verify(shard).clips
    assert found.problems
    assert any("tracks" in p for p in found.problems)


def test_a_foreign_convention_header_is_found(copy) -> None:
    shard = copy / read_manifest(copy)[0].file
    with h5py.File(shard, "r+") as file:
        file.attrs["conventions_version"] = "0.9"
    assert any("convention header '0.9'" in p for p in verify(shard).clips[0].problems)


def test_every_row_of_the_catalog_leads_to_its_clip(made) -> None:
    for row in query(made, "select * from clips").dicts():
        with open_shard(made / row["shard"]) as file:
            clip = file[f"clips/{row['index']:08d}"]
            for name in ("config_hash", "name", "seed", "split", "width", "fps"):
                assert clip.attrs[name] == row[name]
            assert json.loads(clip.attrs["motion"]) == row["motion"]
            for found in json.loads(clip.attrs["certificate"]):
                for name, value in found["measured"].items():
                    assert row["certificate"][found["check"]][name] == pytest.approx(
                        value, rel=1e-5
                    )


def test_frames_are_read_one_by_one(made) -> None:
    frames = load(made)[0].frames
    assert frames.read("depth", 7).shape == (54, 96)
    assert [f.index for f in frames[2:4]] == [2, 3]
    assert (frames[-1]["segmentation"] == frames.read("segmentation", 7)).all()
    with pytest.raises(IndexError):
        frames[8]
