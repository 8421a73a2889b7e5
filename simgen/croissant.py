"""Croissant metadata of a dataset (MLCommons Croissant 1.1): what its files are and how the rows of
its commit records are read."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from simgen import __version__

CONFORMS_TO = "http://mlcommons.org/croissant/1.1"
FIELDS = {
    "index": ("sc:Integer", "Number of the clip in its job."),
    "name": ("sc:Text", "`category/template/index`."),
    "category": ("sc:Text", "One of the nine categories."),
    "template": ("sc:Text", "What was staged."),
    "split": ("sc:Text", "Part of the parameter ranges it was drawn from."),
    "accepted": ("sc:Boolean", "Whether every check passed; rejected draws have no clip."),
    "reason": ("sc:Text", "Check and residual that failed."),
    "engine": ("sc:Text", "What simulated it."),
    "width": ("sc:Integer", "Of the pictures [px]."),
    "height": ("sc:Integer", "Of the pictures [px]."),
    "frame_count": ("sc:Integer", "Number of frames."),
    "fps": ("sc:Float", "Frames per second."),
    "digest": ("sc:Text", "sha256 over every stored array."),
}
"""Columns of a commit record that are described: type and meaning."""
_TERMS = (
    "arrayShape citeAs column containedIn equivalentProperty extract field fileObject fileProperty "
    "fileSet format includes isArray isLiveDataset jsonPath key md5 parentField path recordSet "
    "references regex repeated replace samplingRate separator source subField transform"
)
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _TERMS.split()},
}


def croissant(
    folder: Path,
    *,
    name: str,
    description: str,
    licence: str,
    date: str,
    keywords: list[str],
    url: str = "",
) -> dict[str, Any]:
    """The metadata as plain data.

    Args:
        folder: the dataset; `dataset.json` in it is hashed.
        name: of the dataset.
        description: one paragraph.
        licence: SPDX identifier.
        date: ISO date of the newest shard.
        keywords: for search.
        url: the page of the dataset, which Croissant asks for once it is published.
    """
    about = {"url": url} if url else {}
    return about | {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": name,
        "description": description,
        "license": f"https://spdx.org/licenses/{licence}.html",
        "version": "1.0.0",
        "datePublished": date,
        "creator": {"@type": "sc:Organization", "name": f"simgen {__version__}"},
        "citeAs": f"{name}: physics video data made by simgen {__version__}, {date[:4]}",
        "keywords": keywords,
        "inLanguage": "en",
        "rai:dataCollection": "Simulated: no recordings, no people, no personal data.",
        "distribution": _files(folder),
        "recordSet": [_rows()],
    }


def _files(folder: Path) -> list[dict[str, Any]]:
    """The files of a dataset."""
    job = (folder / "dataset.json").read_bytes()
    return [
        {
            "@type": "cr:FileObject",
            "@id": "dataset.json",
            "name": "dataset.json",
            "description": "The job that made the dataset, and its conventions.",
            "contentUrl": "dataset.json",
            "contentSize": f"{len(job)} B",
            "encodingFormat": "application/json",
            "sha256": sha256(job).hexdigest(),
        },
        {
            "@type": "cr:FileSet",
            "@id": "shards",
            "name": "shards",
            "description": "Clips: pictures, annotations, exact states. HDF5; the commit records "
            "have the sha256 of every file.",
            "encodingFormat": "application/x-hdf5",
            "includes": "shards/*.h5",
        },
        {
            "@type": "cr:FileSet",
            "@id": "records",
            "name": "records",
            "description": "Commit records: a shard's checksum, and what became of every index.",
            "encodingFormat": "application/json",
            "includes": "manifest/*.json",
        },
    ]


def _rows() -> dict[str, Any]:
    """The rows of the commit records."""
    return {
        "@type": "cr:RecordSet",
        "@id": "clips",
        "name": "clips",
        "description": "Every index that was tried, accepted or not.",
        "key": {"@id": "clips/index"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"clips/{name}",
                "name": name,
                "description": meaning,
                "dataType": kind,
                "source": {
                    "fileSet": {"@id": "records"},
                    "extract": {"jsonPath": f"$.outcomes[*].{name}"},
                },
            }
            for name, (kind, meaning) in FIELDS.items()
        ],
    }
