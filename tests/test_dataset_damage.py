"""Streaming from damaged datasets: an error that names the shard, never a wrong sample."""

import shutil
from pathlib import Path

import pytest

from simgen.byte_index import index_path
from simgen.errors import SimgenError

pytest.importorskip("torch")

from simgen.dataset import MapDataset
from simgen.samples import Window

SMALL = Window(frames=5, passes=("rgb", "depth"))


def damaged(stored: Path, folder: Path, change) -> MapDataset:
    """The dataset with one shard changed; its first clip is asked for afterwards."""
    shutil.copytree(stored, folder)
    shard = folder / "shards/shard-00000.h5"
    change(shard)
    return MapDataset(folder, SMALL, where="index=0")


def flip(shard: Path) -> None:
    content = bytearray(shard.read_bytes())
    for at in range(len(content) // 3, len(content) // 2, 97):
        content[at] ^= 8
    shard.write_bytes(content)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: s.write_bytes(s.read_bytes()[: s.stat().st_size // 8]), "truncated"),
        (flip, "damaged chunk"),
        (lambda s: s.unlink(), "does not exist"),
        (lambda s: index_path(s).unlink(), "does not exist"),
        (lambda s: index_path(s).write_bytes(b"nothing"), "no byte index"),
    ],
)
def test_damage_is_an_error_that_names_the_shard(clips_dataset, tmp_path, change, says) -> None:
    served = damaged(clips_dataset, tmp_path / "d", change)
    with pytest.raises(SimgenError, match=rf"shard-00000.*{says}"):
        served[0]


def test_wrong_windows_are_refused(clips_dataset) -> None:
    with pytest.raises(SimgenError, match="deph"):
        Window(passes=("deph",))
    with pytest.raises(SimgenError, match="caption"):
        Window(caption="long")
    with pytest.raises(SimgenError, match="at least 1"):
        Window(frames=0)
    with pytest.raises(SimgenError, match=r"dataset\.json"):
        MapDataset(clips_dataset / "shards", SMALL)
