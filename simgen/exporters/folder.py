"""One folder of MP4s with captions that the common trainers of video models read.

Read off their loaders: finetrainers and Hugging Face `datasets` refuse a folder with two files
called `metadata.*`, so there is one, and other lists have other names. diffusion-pipe takes every
file of a folder for an image or a video, so videos have a folder of their own. Extra columns of
`metadata.jsonl` reach finetrainers' models as arguments, so it has none that means something there.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

from simgen.export import Exporter, Row
from simgen.exporters.files import pictures, write_mp4
from simgen.footage import Window
from simgen.manifest import write_text

README = """---
configs:
  - config_name: default
    data_files: [metadata.jsonl, "videos/*.mp4"]
---

# {clips} videos made by simgen

| trainer | what to give it |
|---|---|
| Hugging Face datasets, finetrainers | this folder (`metadata.jsonl`: file_name, caption) |
| diffusion-pipe, musubi-tuner | the folder `videos` (MP4s and captions of equal stem) |
| DiffSynth-Studio | `--dataset_base_path` this folder, `--dataset_metadata_path` `videos.csv` |
| VideoX-Fun | `--train_data_dir` this folder, `--train_data_meta` `videos.json` |
| Open-Sora | `videos.csv` (`path` is absolute: export again where the folder moves) |

`first_frames` holds the first picture of every video, for image-to-video models. All videos have
4n+1 frames and sizes that 16 divides; H.264, yuv420p, BT.709. What they are: `export.json`.
"""


class FolderExporter(Exporter):
    """MP4, caption and first frame of every window, and the lists of the trainers."""

    name = "folder"
    passes = frozenset({"rgb"})
    captioned = True
    multiple = 16
    four_n_plus_one = True
    conventions: ClassVar[dict[str, str]] = {
        "video": "H.264 in MP4, yuv420p, BT.709 tagged and converted, constant frame rate",
        "frames": "the stored instants at the rate of the file; 4n+1 of them",
        "size": "the middle of the stored picture that fills the size, filtered (bicubic)",
        "caption": "the text file beside the video, `caption`, `prompt` and `text` are the same",
    }

    def write(self, window: Window) -> Row:
        footage, name = window.footage, window.name
        text = self.caption(window.clip)
        place = self.folder / "videos" / f"{name}.mp4"
        first = self.folder / "first_frames" / f"{name}.png"
        write_mp4(place, pictures(window.frames, first), footage.size, footage.fps)
        write_text(place.with_suffix(".txt"), [text])
        return {
            "caption": text,
            "template": str(window.clip.attributes["template"]),
            "frames": window.length,
            "width": footage.size[0],
            "height": footage.size[1],
            "fps": footage.fps,
        }

    def finish(self, rows: Callable[[], Iterator[Row]]) -> None:
        write_text(self.folder / "metadata.jsonl", (json.dumps(_plain(row)) for row in rows()))
        write_text(self.folder / "videos.csv", self._table(rows()))
        write_text(self.folder / "videos.json", _json_list(_item(row) for row in rows()))
        count = sum(1 for _ in rows())
        write_text(self.folder / "README.md", [README.format(clips=count).rstrip()])

    def _table(self, rows: Iterable[Row]) -> Iterator[str]:
        """Lines of the table for DiffSynth-Studio (video, prompt) and Open-Sora (the others)."""
        line = io.StringIO()
        writer = csv.writer(line, lineterminator="")

        def text(values: Iterable[Any]) -> str:
            line.seek(0)
            line.truncate()
            writer.writerow(values)
            return line.getvalue()

        root = self.folder.resolve()
        yield text(
            ("video", "prompt", "path", "text", "num_frames", "height", "width")
            + ("aspect_ratio", "resolution", "fps")
        )
        for row in rows:
            width, height = row["width"], row["height"]
            video = f"videos/{row['name']}.mp4"
            yield text(
                (video, row["caption"], root / video, row["caption"], row["frames"], height, width)
                + (f"{height / width:.6g}", height * width, f"{row['fps']:g}")
            )


def _plain(row: Row) -> Row:
    return {
        "file_name": f"videos/{row['name']}.mp4",
        "caption": row["caption"],
        "clip": row["clip"],
        "template": row["template"],
    }


def _item(row: Row) -> Row:
    """An entry of VideoX-Fun's list."""
    return {
        "file_path": f"videos/{row['name']}.mp4",
        "text": row["caption"],
        "type": "video",
        "width": row["width"],
        "height": row["height"],
    }


def _json_list(items: Iterable[Row]) -> Iterator[str]:
    """Lines of a JSON list, item by item."""
    yield "["
    before = ""
    for item in items:
        if before:
            yield f"{before},"
        before = json.dumps(item)
    if before:
        yield before
    yield "]"
