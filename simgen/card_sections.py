"""The sections of a dataset's card, in Markdown, each from a few questions to the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from simgen import __version__
from simgen.catalog import Catalog
from simgen.coverage import Coverage, coverage, draw_coverage
from simgen.duplicates import Duplicates, like_motion, like_pictures
from simgen.filters import quoted
from simgen.material import library
from simgen.record import PASSES
from simgen.summary import TOPPLED, VISIBLE
from simgen.template import find, template_names

LICENCE = "Apache-2.0"
"""Of the clips where nothing else is said; that of simgen and of its templates."""
ENGINES = {
    "mujoco": "MuJoCo, Apache-2.0",
    "pybullet": "Bullet, zlib",
    "newton": "Newton, Apache-2.0",
    "genesis": "Genesis, Apache-2.0",
    "warp": "solvers of simgen on NVIDIA Warp, Apache-2.0",
    "apic": "solvers of simgen on NVIDIA Warp, Apache-2.0",
    "fem": "solvers of simgen, Apache-2.0",
}
"""Engine -> whose software it is; what they compute is bound by none of these licences."""
SAME = 0.95
"""Share of a template's clips from which on they all come out the same."""
ENOUGH = 20
"""Clips of a template, with fewer of which nothing is said about that."""


@dataclass(frozen=True)
class Facts:
    """What the sections of a card ask."""

    folder: Path
    catalog: Catalog
    about: dict[str, Any]
    """Content of dataset.json."""
    licence: str
    draw: bool
    """Whether to draw plots, where matplotlib is installed."""

    def rows(self, sql: str) -> tuple[tuple[Any, ...], ...]:
        """The rows of a query."""
        return self.catalog.query(sql).rows

    def column(self, path: str) -> str:
        """A column in SQL, null where the dataset has none of that name."""
        return quoted(path) if path in self.catalog.columns else "null::DOUBLE"

    @cached_property
    def coverages(self) -> dict[str, list[Coverage]]:
        """How the accepted clips of every known template cover its parameters."""
        found: dict[str, list[Coverage]] = {}
        for (name,) in self.rows("select distinct template from clips where accepted order by all"):
            drawn = find(name).parameters() if name in template_names() else {}
            paths = {f"parameters.{n}": n for n in drawn}
            have = [path for path in paths if path in self.catalog.columns]
            values = self.catalog.select(f"accepted template='{name}'", have)
            rows = [coverage(paths[p], drawn[paths[p]], values[p].tolist()) for p in have]
            found[name] = [row for row in rows if row is not None]
        return found


def clip_counts(data: Facts) -> Iterator[str]:
    """How many clips there are of every template, category and split."""
    rows = data.rows(
        "select template, count_if(accepted), count(*), coalesce(sum(frame_count / fps) "
        "filter (accepted), 0) / 60 from clips group by all order by template"
    )
    yield from markdown(("template", "clips", "tried", "minutes"), rows)
    yield ""
    rows = data.rows(
        "select category, split, count_if(accepted), count(*) from clips group by all order by all"
    )
    yield from markdown(("category", "split", "clips", "tried"), rows)


def stored_sizes(data: Facts) -> Iterator[str]:
    """What every pass takes."""
    parts = [path for path in data.catalog.columns if path.startswith("stored.")]
    sums = ", ".join(f"coalesce(sum({quoted(path)}), 0)" for path in parts) or "0"
    ((clips, frames, *sizes),) = data.rows(
        f"select count(*), sum(frame_count), {sums} from clips where accepted"
    )
    if not clips:
        yield "No clip was accepted."
        return
    whole = sum(sizes) or 1
    found = sorted(zip(sizes, parts), reverse=True)
    rows = [
        (p.partition(".")[2], s / frames / 1e3, s / clips / 1e6, s / 1e9, f"{s / whole:.1%}")
        for s, p in found
        if s
    ]
    yield from markdown(("part", "kB per frame", "MB per clip", "GB", "share"), rows)
    yield ""
    yield "Of what is stored in the arrays; the bookkeeping of HDF5 comes on top."


def rejections(data: Facts) -> Iterator[str]:
    """Rejected draws by reason."""
    rows = data.rows(
        "select reason, count(*), count(distinct template), mode(template) from clips "
        "where not accepted group by all order by count(*) desc, reason"
    )
    ((tried,),) = data.rows("select count(*) from clips")
    rejected = sum(row[1] for row in rows)
    yield (
        f"{rejected} of {tried} draws were rejected by the checks; they are kept in `quarantine/` "
        f"or as a row of the catalog, and none is replaced."
    )
    if rows:
        yield ""
        yield from markdown(("reason", "draws", "templates", "most often"), rows)


def outcome_balance(data: Facts) -> Iterator[str]:
    """What became of the things in the clips of every template."""
    toppled, resting, left, moved, speed = (
        data.column(f"motion.{name}")
        for name in ("toppled_share", "resting_share", "left_share", "moved_share", "speed_max")
    )
    rows = data.rows(
        f"select template, count(*), avg({moved}), avg(({toppled} = 0)::INT), "
        f"avg(({toppled} > 0 and {toppled} < 1)::INT), avg(({toppled} = 1)::INT), "
        f"avg(({resting} = 1)::INT), avg(({left} > 0)::INT), median({speed}) "
        f"from clips where accepted group by template order by template"
    )
    table: list[tuple[Any, ...]] = []
    for name, count, moves, none, some, every, rests, leaves, fastest in rows:
        classes = [(none, some, every), (rests, _rest(rests)), (leaves, _rest(leaves))]
        same = all(max((s for s in c if s is not None), default=1.0) >= SAME for c in classes)
        note = ("same outcome" if same else "") if count >= ENOUGH else "few clips"
        share = [percent(s) for s in (moves, none, some, every, rests, leaves)]
        table.append((name, count, *share, fastest, note))
    heads = ("template", "clips", "moved", "none toppled", "some", "all", "all at rest", "left")
    yield from markdown((*heads, "speed [m/s]", ""), table)
    yield ""
    yield (
        f"Told from the recorded states, the same way for every template. *Moved*: share of the "
        f"things that physics moves (bodies, pieces of cloth, liquids...) whose middle went "
        f"{VISIBLE:.0%} of its distance to the camera or farther. *Toppled*: clips in which none, "
        f"some or all of the free bodies end with the axis that was up turned by more than "
        f"{TOPPLED:.0f} degrees; what rolls counts too. *All at rest*: clips at whose end nothing "
        f"travels more than that distance per second or turns by 0.2 rad/s. *Left*: clips in which "
        f"the middle of some thing ends outside the picture. *Speed*: median of the largest one. "
        f"*Same outcome*: in every one of these, {SAME:.0%} or more of at least {ENOUGH} clips "
        f"come out alike, so a model can guess the end without looking."
    )


def _rest(share: float | None) -> float | None:
    return None if share is None else 1.0 - share


def parameter_coverage(data: Facts) -> Iterator[str]:
    """How the clips cover what may be drawn, with plots."""
    yield (
        "Share of the range of every drawn parameter that holds an accepted clip: continuous "
        "ranges in 24 equally likely parts, whole numbers and choices one by one."
    )
    yield ""
    rows: list[tuple[Any, ...]] = []
    for name, found in data.coverages.items():
        if found:
            least = min(found, key=lambda row: row.share)
            mean = sum(row.share for row in found) / len(found)
            rows.append((name, len(found), percent(mean), f"{least.name} {percent(least.share)}"))
    yield from markdown(("template", "parameters", "mean", "least"), rows)
    yield ""
    if not data.draw or find_spec("matplotlib") is None:
        yield "`simgen card` draws plots, with `pip install 'simgen[card]'`."
        return
    yield (
        "The darker a cell, the more clips; white: none, as where a range is held back for the "
        "test split."
    )
    yield ""
    for name, path in draw_coverage(data.coverages, data.folder / "coverage").items():
        yield f"![{name}]({path.relative_to(data.folder)})"


def near_duplicates(data: Facts) -> Iterator[str]:
    """Clips that are alike."""
    ((equal,),) = data.rows(
        f"select coalesce(sum(n), 0)::BIGINT from (select count(distinct draw) as n from clips "
        f"where accepted group by {data.column('fingerprint.parameters')}) where n > 1"
    )
    names = [n for n in ("trajectory", "picture") if f"fingerprint.{n}" in data.catalog.columns]
    columns = data.catalog.select(
        "accepted", ["index", "draw", *(f"fingerprint.{n}" for n in names)]
    )
    found: dict[str, Duplicates] = {}
    for name, finder in (("trajectory", like_motion), ("picture", like_pictures)):
        if name in names:
            prints = columns[f"fingerprint.{name}"].tolist()
            found[name] = finder(columns["index"], columns["draw"], prints)
    yield "Clips of different draws that are alike; takes and counterfactuals of one are left out."
    yield ""
    rows: list[tuple[Any, ...]] = [("every parameter equal", equal, "")]
    words = {
        "trajectory": "motion within 7 % at 8 instants",
        "picture": "3 pictures within 7 of 192 bits",
    }
    for name, pairs in found.items():
        shown = ", ".join(f"{a} and {b}" for a, b in pairs.pairs[:5].tolist())
        rows.append((words[name], pairs.clips, shown))
    yield from markdown(("alike in", "clips at least", "for instance"), rows)


def conventions(data: Facts) -> Iterator[str]:
    """What the numbers mean."""
    yield f"Version {data.about['conventions_version']}, stored in every shard."
    yield ""
    yield from markdown(("what", "means"), data.about["conventions"].items())
    passes = {name for name in PASSES if f"stored.{name}" in data.catalog.columns}
    yield ""
    rows = [(n, s.unit, s.description) for n, s in PASSES.items() if n in passes]
    yield from markdown(("pass", "unit", "meaning"), rows)


def licences(data: Facts) -> Iterator[str]:
    """What is inside, and whose it is."""
    engines = [
        e for (e,) in data.rows("select distinct engine from clips where engine <> '' order by all")
    ]
    rows = [("clips, annotations, captions", data.licence, "made by this job")]
    rows.append(
        ("scene templates, shapes, textures, light", LICENCE, "simgen, computed by its code")
    )
    rows += [
        (f"engine {e}", ENGINES.get(e, "see its package"), "software; not inside") for e in engines
    ]
    yield from markdown(("what", "licence", "from"), rows)
    yield ""
    yield (
        "No meshes, pictures, sounds or recordings of others are inside: every shape, texture and "
        "light is computed. Constants of materials are measured facts with these sources:"
    )
    yield ""
    column = "materials" if "materials" in data.catalog.columns else "[]::VARCHAR[]"
    names = data.rows(f"select distinct unnest({column}) as m from clips where accepted order by m")
    sources = [
        (name, "; ".join(dict.fromkeys(library()[name].sources.values())))
        for (name,) in names
        if name in library()
    ]
    yield from ("<details><summary>materials</summary>", "")
    yield from markdown(("material", "sources"), sources)
    yield from ("", "</details>")


def how_made(data: Facts) -> Iterator[str]:
    """The job and the command."""
    stages = [path for path in data.catalog.columns if path.startswith("seconds.")]
    sums = " + ".join(f"coalesce(sum({quoted(path)}), 0)" for path in stages) or "0"
    ((hours,),) = data.rows(f"select ({sums}) / 3600 from clips")
    yield (
        f"{hours:.2g} hours of work by {data.about['created_by']}. Machines of one class make "
        f"the same clips from this job, saved as `job.yaml`:"
    )
    yield from ("", "```sh", f"simgen run job.yaml out={data.folder.absolute().name}", "```", "")
    job = {name: value for name, value in data.about["job"].items() if value not in (None, {}, [])}
    yield from ("```yaml", yaml.safe_dump(job, sort_keys=False).rstrip(), "```")


def how_read(data: Facts) -> Iterator[str]:
    """A few lines of Python."""
    yield from (
        "```python",
        "import simgen",
        "",
        f'for clip in simgen.load("{data.folder.absolute().name}"):',
        '    print(clip.name, clip.frames.read("rgb", 0).shape, clip.configuration)',
        "```",
        "",
        f"`pip install simgen=={__version__}`; `simgen query` filters the clips, "
        "`simgen.dataset` streams them. The shards are plain HDF5, readable without simgen.",
    )


def markdown(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A table in Markdown; numbers to three digits."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(_cell(value) for value in row)} |"


def percent(share: float | None) -> str:
    """A share in words, '' for none."""
    return "" if share is None else f"{share:.0%}"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = f"{value:.3g}" if isinstance(value, float) else str(value)
    return " ".join(text.split()).replace("|", "\\|")
