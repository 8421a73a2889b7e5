"""A real small dataset: verified as made, found out when a byte, a file or a header is changed."""

import json
import shutil
from pathlib import Path

import h5py
import pytest

from simgen.byte_index import index_path
from simgen.catalog import Dataset, load, open_shard, query
from simgen.cli import main
from simgen.cluster import RunOptions, run_job
from simgen.job import Job
from simgen.manifest import read_manifest
from simgen.pipeline import generate
from simgen.repair import repair
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
    assert "articulated/newtons_cradle/000000" in capsys.readouterr().out


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


def test_a_sample_of_clips_is_certified(made) -> None:
    report = verify(made, certify_at_most=1)
    assert report.ok
    assert [clip.certificate is not None for clip in report.clips] == [True, False]


def test_damage_is_set_aside_and_made_again(copy, made) -> None:
    before = {clip.name: clip.digest() for clip in load(made)}
    first, second = read_manifest(copy)
    shard = copy / first.file
    shard.write_bytes(shard.read_bytes()[:-1000])
    index_path(copy / second.file).write_bytes(b"nothing")
    report = repair(copy)
    assert report.again == [range(1)]
    assert (copy / "damaged" / shard.name).is_file()
    assert not (copy / "index.json").exists()
    assert [clip.name for clip in load(copy)] == ["rigid/domino_chain/000001"]
    assert repair(copy).done == []
    run_job(JOB, RunOptions(out=copy, progress=False))
    assert {clip.name: clip.digest() for clip in load(copy)} == before
    assert verify(copy).ok


def test_a_damaged_record_is_set_aside_with_its_shard(copy, capsys) -> None:
    (record,) = (copy / "manifest").glob("*-00001.json")
    record.write_text(record.read_text()[:100])
    assert main(["check", str(copy)]) == 2
    assert main(["repair", str(copy)]) == 0
    assert "1 indices to make again: 1-1" in capsys.readouterr().out
    assert main(["repair", str(copy / "shards")]) == 2


def test_files_without_a_record_and_wrong_indices_are_found(copy) -> None:
    shutil.copy(copy / read_manifest(copy)[0].file, copy / "shards/shard-00007.h5")
    index_path(copy / read_manifest(copy)[1].file).unlink()
    problems = verify(copy).problems
    assert any("shard-00007.h5 has no commit record" in p for p in problems)
    assert any("byte index of shards/shard-00001.h5 is missing" in p for p in problems)


def test_more_shards_than_a_process_may_open(made, tmp_path) -> None:
    resource = pytest.importorskip("resource")
    shard = made / read_manifest(made)[0].file
    places = [(0, Path(shutil.copy(shard, tmp_path / f"{n}.h5"))) for n in range(60)]
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (50, limit[1]))
    try:
        dataset = Dataset(places)
        first = dataset[0]
        assert len({clip.digest() for clip in dataset}) == 1
        assert first.frames.read("depth", 0).shape == (54, 96)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limit)
