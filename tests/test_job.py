"""Jobs: what they accept, how indices map to clips, one clear error for each mistake."""

import pytest

from simgen.errors import SimgenError
from simgen.job import Job, load_job, parse_job
from simgen.template import find, template_names

PHYSICS_IQ = {
    "ball-and-block-fall",
    "ball-behind-rotating-paper",
    "ball-hits-duck",
    "ball-hits-nothing",
    "ball-in-basket",
    "ball-in-sand",
    "ball-ramp",
    "ball-rolls-off",
    "ball-rolls-on-glass",
    "ball-train",
    "balls-collide",
    "block-domino",
    "blow-balloon",
    "cut-orange",
    "cut-paper",
    "domino-in-juice",
    "dominos-with-space",
    "double-cradle",
    "duck-and-dominos",
    "duck-falls-in-box",
    "duck-static",
    "fill-glass-red-drink",
    "glass-stays-same",
    "juice-in-water",
    "light-on-block",
    "light-on-mug",
    "light-on-mug-block",
    "light-on-statue",
    "liquid-on-duck",
    "liquid-overfill",
    "lit-candle",
    "magnet-domino",
    "magnet-transparent-peakaboo",
    "magnet-wrench",
    "marble-run-x",
    "marble-run-y",
    "match",
    "match-blows-balloon",
    "mirror-ball-fall",
    "mirror-ball-rotate",
    "mirror-teapot-rotate",
    "mug-breaks",
    "napkin-soak",
    "paint-on-glass",
    "paper-fall-water",
    "paper-in-water",
    "paper-smoke",
    "potato-in-water",
    "roll-behind-box",
    "roll-front-box",
    "roll-in-box",
    "rolling-reflection",
    "silk-cover",
    "single-cradle",
    "siphon",
    "smiley-ball-rotates",
    "solid-ball-peakaboo",
    "stable-blocks",
    "teapot-rotates",
    "two-balls-pass",
    "unstable-block-stack",
    "water-in-juice",
    "weight-on-ceramic",
    "weight-on-paper",
    "weight-on-pillow",
    "weight-protects-duck",
}
"""The 66 scenarios of the Physics-IQ benchmark (Motamed et al. 2025)."""


def test_shares_are_exact_and_spread() -> None:
    job = Job(templates={"rigid/domino_chain": 3, "fluid/dam_break": 1}, clips=40)
    names = [job.template_of(i).name() for i in range(40)]
    assert names.count("rigid/domino_chain") == 30
    assert all("fluid/dam_break" in names[i : i + 4] for i in range(0, 40, 4))


def test_shards_cover_every_index_once() -> None:
    job = Job(templates=["rigid/domino_chain"], clips=10, shard_size=4)
    assert [i for n in range(job.shards) for i in job.indices(n)] == list(range(10))


def test_a_clip_does_not_depend_on_the_length_of_its_job() -> None:
    short = Job(templates=["rigid/domino_chain"], clips=3, seed=5)
    long = Job(templates=["rigid/domino_chain"], clips=3000, seed=5, name="another name")
    assert short.configuration(2) == long.configuration(2)
    assert short.digest() == long.digest()
    assert short.digest() != Job(templates=["rigid/domino_chain"], clips=3, seed=6).digest()


def test_all_means_every_template_that_stages_no_benchmark() -> None:
    job = load_job("all")
    assert set(job.templates) == {n for n in template_names() if not find(n).physics_iq}
    assert {name.split("/")[0] for name in job.templates} >= {"rigid", "fluid", "granular"}


@pytest.mark.parametrize("name", ["demo", "all"])
def test_standard_jobs_stage_no_benchmark(name: str) -> None:
    assert not [t for t in load_job(name).templates if find(t).physics_iq]


def test_staged_scenarios_are_those_of_the_benchmark() -> None:
    staged = {find(n).physics_iq for n in template_names()} - {""}
    assert len(staged) > 8
    assert staged <= PHYSICS_IQ


def test_overrides_reach_one_template_or_all() -> None:
    job = Job(
        templates=["rigid/domino_chain", "rigid/bowling"],
        overrides={"camera_motion": "orbit", "rigid/domino_chain": {"camera_motion": "static"}},
    )
    names = ("rigid/domino_chain", "rigid/bowling")
    drawn = [job.configuration(job.first_of(name)).camera_motion for name in names]
    assert drawn == ["static", "orbit"]


def test_overriding_one_field_moves_no_other() -> None:
    free = Job(templates=["rigid/domino_chain"]).configuration(0)
    fixed = Job(
        templates=["rigid/domino_chain"], overrides={"camera_elevation": {"uniform": [0.4, 0.5]}}
    ).configuration(0)
    assert 0.4 <= fixed.camera_elevation <= 0.5
    skip = {"camera_elevation"}
    assert free.model_dump(exclude=skip) == fixed.model_dump(exclude=skip)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"templates": ["rigid/domino_chian"]}, "did you mean rigid/domino_chain"),
        ({"templates": []}, "empty"),
        ({"engine": "mujocco"}, "did you mean mujoco"),
        ({"engine": {"rigid/nothing": "mujoco"}}, "category or template"),
        ({"renderer": "opengl"}, "unknown renderer"),
        ({"passes": ["rgb", "dpeth"]}, "did you mean depth"),
        ({"split": "validation"}, "unknown split"),
        ({"framse": 3}, "did you mean frames"),
        ({"fps": -1}, "fps"),
        ({"width": 1}, "width"),
        ({"seed": -4}, "seed"),
        ({"clips": 0}, "clips"),
        ({"overrides": {"camera_moton": "static"}}, "did you mean camera_motion"),
        ({"overrides": {"camera_motion": "spin"}}, "leaves what the template allows"),
        ({"overrides": {"camera_elevation": {"uniform": [0.2, 9.0]}}}, "leaves what"),
        ({"overrides": {"camera_elevation": {"unifrm": [0.2, 0.3]}}}, "unknown distribution"),
        ({"overrides": {"camera_elevation": {"uniform": [0.4, 0.3]}}}, "low <= high"),
        ({"overrides": {"floor": "wood/oka"}}, "leaves what the template allows"),
        ({"overrides": {"rigid/domino_chain": {"nothing": 1}}}, "unknown field"),
    ],
)
def test_mistakes_are_named(fields, words) -> None:
    with pytest.raises(SimgenError, match=words):
        parse_job({"templates": ["rigid/domino_chain"], **fields})


def test_files(tmp_path) -> None:
    with pytest.raises(SimgenError, match=r"does not exist; shipped jobs: .*demo\.yaml"):
        load_job(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_text("a: [1")
    with pytest.raises(SimgenError, match="not YAML"):
        load_job(tmp_path / "bad.yaml")
    (tmp_path / "list.yaml").write_text("- 1")
    with pytest.raises(SimgenError, match="field: value"):
        load_job(tmp_path / "list.yaml")
    (tmp_path / "good.yaml").write_text("templates: [rigid/domino_chain]\nseed: 3\n")
    job = load_job(tmp_path / "good.yaml", {"seed": 4, "overrides.camera_motion": "static"})
    assert job.seed == 4
    assert job.overrides == {"camera_motion": "static"}


def test_a_clip_has_its_templates_own_clock_unless_the_job_sets_one() -> None:
    airbag, dominoes = "inflatable/airbag", "rigid/domino_chain"
    own = Job(templates=[airbag, dominoes])
    assert [own.configuration(i).fps for i in range(2)] == [240.0, 24.0]
    assert own.configuration(1).frame_count == 48
    fixed = Job(templates=[airbag, dominoes], fps=30.0, frames=12)
    assert [fixed.configuration(i).fps for i in range(2)] == [30.0, 30.0]
    assert fixed.configuration(0).frame_count == 12


def test_the_order_in_which_templates_are_named_does_not_matter() -> None:
    names = ["rigid/domino_chain", "rigid/bowling", "rope/knot_pull"]
    one, other = (Job(templates=given, clips=7) for given in (names, names[::-1]))
    assert one.digest() == other.digest()
    assert [one.template_of(i) for i in range(7)] == [other.template_of(i) for i in range(7)]
