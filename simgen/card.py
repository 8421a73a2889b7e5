"""The card of a dataset: README.md as the Hugging Face hub reads it, Croissant metadata, plots.

Everything in it is asked of the catalog, so it can be written at any time and for any size.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from simgen.card_sections import (
    LICENCE,
    Facts,
    clip_counts,
    conventions,
    how_made,
    how_read,
    licences,
    near_duplicates,
    outcome_balance,
    parameter_coverage,
    rejections,
    stored_sizes,
)
from simgen.catalog import open_catalog
from simgen.croissant import croissant
from simgen.errors import SimgenError
from simgen.manifest import read_about, read_json, write_json, write_text

MARK = "<!-- written by `simgen card`; it is written anew by the next run -->"
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
"""Size categories of the hub."""


def ours(folder: Path) -> bool:
    """Whether the dataset's README.md, if it has one, was written here."""
    path = folder / "README.md"
    return not path.is_file() or MARK in path.read_text(encoding="utf-8")


def write_card(folder: Path, *, licence: str = "", url: str = "", plots: bool = True) -> Path:
    """Write README.md, croissant.json and coverage/*.png into a dataset; gives the README's path.

    Args:
        folder: the dataset, complete or not.
        licence: of the clips, as an SPDX identifier; none: as on the last card, else Apache-2.0.
        url: the page of the dataset, once it is published; none: as on the last card.
        plots: draw how the parameters are covered, where matplotlib is installed.

    Raises:
        SimgenError: no dataset, or a README.md that simgen did not write.
    """
    path = folder / "README.md"
    if not ours(folder):
        raise SimgenError(f"{path} was not written by simgen and is kept; move it away first")
    before = _published(folder)
    licence, url = licence or before["licence"], url or before["url"]
    with open_catalog(folder) as catalog:
        data = Facts(folder, catalog, read_about(folder), licence, plots)
        front = _front(data)
        write_text(path, _lines(data, front))
        ((changed,),) = data.rows("select coalesce(max(modified), 0) from shards")
        metadata = croissant(
            folder,
            name=front["pretty_name"],
            description=_description(data),
            licence=licence,
            date=datetime.fromtimestamp(changed / 1e9, UTC).date().isoformat(),
            keywords=front["tags"],
            url=url,
        )
    write_json(folder / "croissant.json", metadata)
    return path


def _published(folder: Path) -> dict[str, str]:
    """Licence and page that the last card gave."""
    path = folder / "croissant.json"
    said = read_json(path) if path.is_file() else {}
    stem = str(said.get("license", "")).rpartition("/")[2].removesuffix(".html")
    return {"licence": stem or LICENCE, "url": str(said.get("url", ""))}


def _lines(data: Facts, front: dict[str, Any]) -> Iterator[str]:
    yield from ("---", yaml.safe_dump(front, sort_keys=False).rstrip(), "---", MARK, "")
    yield from (f"# {front['pretty_name']}", "", _description(data), "")
    if not (data.folder / "index.json").is_file():
        yield from ("**This dataset is still being made; the numbers are those so far.**", "")
    for title, section in (
        ("Clips", clip_counts),
        ("Sizes", stored_sizes),
        ("Rejected draws", rejections),
        ("What happens in the clips", outcome_balance),
        ("Coverage of the parameters", parameter_coverage),
        ("Near-duplicates", near_duplicates),
        ("Conventions", conventions),
        ("Licences and sources", licences),
        ("How it was made", how_made),
        ("Reading it", how_read),
    ):
        yield from (f"## {title}", "", *section(data), "")


def _front(data: Facts) -> dict[str, Any]:
    """The YAML header of the hub."""
    ((clips,),) = data.rows("select count(*) from clips where accepted")
    categories = [c for (c,) in data.rows("select distinct category from clips order by all")]
    stored = {path.partition(".")[2] for path in data.catalog.columns if path.startswith("stored.")}
    tasks = ["image-to-video"] if "rgb" in stored else []
    tasks += ["depth-estimation"] if "depth" in stored else []
    tasks += ["image-segmentation"] if "segmentation" in stored else []
    captions = any(path.startswith("captions.") for path in data.catalog.columns)
    return {
        "license": data.licence.lower(),
        "pretty_name": str(data.about["job"]["name"]),
        "size_categories": [next((t for most, t in SIZES if clips < most), "1M<n<10M")],
        "task_categories": [*(["text-to-video"] if captions else []), *tasks],
        **({"language": ["en"]} if captions else {}),
        "tags": [
            "physics",
            "simulation",
            "synthetic",
            "video",
            "optical-flow",
            "hdf5",
            *categories,
        ],
    }


def _description(data: Facts) -> str:
    ((clips, templates, categories, seconds, width, height),) = data.rows(
        "select count(*), count(distinct template), count(distinct category), "
        "coalesce(sum(frame_count / fps), 0), max(width), max(height) "
        "from clips where accepted"
    )
    long = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
    long = long if seconds < 7200 else f"{seconds / 3600:.0f} h"
    return (
        f"{clips} simulated and checked video clips, {long} at {width}x{height}, with exact "
        f"annotations and states from the simulation. Scenes: {templates}, physics categories: "
        f"{categories}. Made by {data.about['created_by']}."
    )
