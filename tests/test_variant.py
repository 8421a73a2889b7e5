"""Families and takes: one thing changed, everything else equal, linked in the catalog."""

import numpy as np
import pytest

from simgen.catalog import load, select
from simgen.cluster import RunOptions, run_job
from simgen.errors import SimgenError
from simgen.job import Job
from simgen.pipeline import simulate
from simgen.template import SceneTemplate, find, template_names


def job(**fields) -> Job:
    return Job(**{"templates": {"rigid/domino_chain": 1}, "clips": 3} | fields)


def differences(a: SceneTemplate, b: SceneTemplate) -> set[str]:
    return {name for name, value in a.model_dump().items() if value != getattr(b, name)}


def test_a_job_without_variants_is_as_before() -> None:
    plain = job()
    assert (plain.variants, plain.count) == (1, 3)
    assert plain.variant_of(2).draw == 2
    assert plain.key_of(2).path == ("rigid/domino_chain", "2")


def test_counterfactuals_change_one_own_parameter_each() -> None:
    family = job(family=3)
    assert family.count == 12
    plain = job()
    for draw in range(3):
        members = [family.configuration(4 * draw + m) for m in range(4)]
        assert members[0] == plain.configuration(draw)
        changes = [differences(members[0], other) for other in members[1:]]
        assert all(len(change) == 1 for change in changes)
        assert len(set.union(*changes)) == 3
        named = [set(family.changed_in(4 * draw + m)) for m in range(4)]
        assert named == [set(), *changes]


def test_named_values_are_taken_in_order() -> None:
    family = job(family={"count": [26, 31], "trigger": ["nudge"]})
    found = [family.configuration(i) for i in range(4)]
    assert [f.count for f in found[1:3]] == [26, 31]
    assert found[3].trigger == "nudge"
    assert differences(found[0], found[1]) <= {"count"}


def test_values_and_fields_that_cannot_be_are_refused_before_the_run() -> None:
    with pytest.raises(SimgenError, match="leaves what the template allows"):
        job(family={"count": [26, 5000]})
    with pytest.raises(SimgenError, match="cuont"):
        job(family={"cuont": [26]})
    every = find("rigid/domino_chain").model_fields
    drawn = find("rigid/domino_chain").parameters()
    fixed = {n: getattr(job().configuration(0), n) for n in every if n in drawn}
    with pytest.raises(SimgenError, match="no parameter of its own"):
        job(family=1, overrides=fixed)


@pytest.mark.parametrize("name", template_names())
def test_every_template_can_have_a_family_and_a_second_take(name) -> None:
    variants = Job(templates={name: 1}, clips=1, family=2, takes=2)
    first, again, other = (variants.scene(i) for i in (0, 1, 2))
    tilt = np.dot(first.gravity, again.gravity) / np.dot(first.gravity, first.gravity)
    assert 0 < 1 - tilt < 1e-6
    assert np.linalg.norm(again.gravity) == pytest.approx(np.linalg.norm(first.gravity))
    assert again.ambient.temperature != first.ambient.temperature
    assert [o.name for o in again.objects] == [o.name for o in first.objects]
    assert other.gravity == first.gravity
    assert variants.variant_of(3).take == 2


def test_takes_begin_alike_and_drift_apart() -> None:
    variants = Job(
        templates={"rigid/pile_drop": 1},
        clips=1,
        takes=2,
        frames=40,
    )
    one, two = (simulate(variants.scene(i)).bodies for i in range(2))
    apart = np.linalg.norm(one.position - two.position, axis=-1)
    assert 0 < apart[1].max() < 1e-3
    assert apart[-1].max() > 3 * apart[1].max()


def test_variants_are_stored_and_linked(tmp_path) -> None:
    variants = Job(
        templates={"rigid/ball_bounce": 1},
        clips=1,
        takes=2,
        family=1,
        frames=10,
        width=48,
        height=32,
        samples=1,
    )
    run_job(variants, RunOptions(out=tmp_path / "d", progress=False))
    rows = select(tmp_path / "d", "draw=0", ("index", "take", "changed", "config_hash"))
    assert rows["take"].tolist() == [1, 2, 1, 2]
    changed = rows["changed"].tolist()
    assert changed[:2] == ["", ""]
    assert changed[2] == changed[3] != ""
    assert len(set(rows["config_hash"].tolist())) == 4
    for clip in load(tmp_path / "d"):
        assert clip.attributes["take"] == rows["take"][clip.index]
        made = simulate(clip.scene(), engine=clip.attributes["engine"])
        assert np.array_equal(made.bodies.position, clip.trajectory.bodies.position)
