"""Captions: every template has words, they are English, true to the configuration, and tell no
outcome."""

import inspect
import json
import re
import sys
from functools import cache
from typing import Any

import pytest

from simgen import caption
from simgen.caption import PARAPHRASES, captions, paraphrases
from simgen.errors import SimgenError
from simgen.key import Key
from simgen.pipeline import generate
from simgen.scene import Scene
from simgen.stage import ENVIRONMENTS, FLOORS, LIGHTS, scenery
from simgen.template import SceneTemplate, find, template_names
from simgen.words import Words, colour_name, count_name, fill, quantity, sentences, worded

SEEDS = (0, 1)
UNITS = re.compile(r"\d (m|s|kg|K|Pa|W|rad|m/s|rad/s|Hz)\b")
OUTCOMES = (
    "topples?|falls?|fell|collapses?|tumbles?|crumbles?|bounces?|rebounds?|lands?|settles?|sinks?|"
    "floats?|splash(es)?|spills?|floods?|overflows?|melts?|puddles?|shrinks?|fades?|breaks?|"
    "extinguish(es|ed)?|shatters?|wins?|loses?|scatters?|crash(es)?(?!-test)|collides?|hits?|strikes?|"
    "drapes?|wraps?|coils?|tightens?|swells?|bursts?|knocks?|overtakes?|climbs?|slosh(es)?|mixes|"
    "spreads?|squash(es)?|sags?|wobbles?|flutters?|flares?|comes? to rest|goes? out|blown out"
)
TELLS = re.compile(rf"\b({OUTCOMES})\b", re.IGNORECASE)


@cache
def drawn(name: str, seed: int) -> tuple[SceneTemplate, Scene]:
    key = Key(seed).child(name, 0)
    template = find(name).sample(key.child("parameters"))
    return template, template.build(key.child("build"))


def told(template: SceneTemplate, scene: Scene) -> tuple[dict[str, Any], ...]:
    """All captions, with the scene of a like configuration where that has all that is asked for."""
    try:
        return paraphrases(template, scene)
    except SimgenError:
        return paraphrases(template, template.build(Key(0)))


@pytest.fixture(autouse=True)
def _unsettled(monkeypatch) -> None:
    """Inflatables as they are sewn: finding how they stand still takes half a minute."""
    for name in template_names():
        module = sys.modules[find(name).__module__]
        if hasattr(module, "settled"):
            monkeypatch.setattr(module, "settled", lambda inflatable: inflatable)


@pytest.mark.parametrize("name", template_names())
def test_template_has_words_of_its_own(name) -> None:
    assert isinstance(vars(find(name)).get("words"), Words), (
        f"{name} has no words: give its class `words: ClassVar[Words] = Words(...)`, from which "
        "its captions are made (see CONTRIBUTING.md, A new scene)"
    )


@pytest.mark.parametrize("name", template_names())
def test_captions_are_english(name) -> None:
    for seed in SEEDS:
        for said in paraphrases(*drawn(name, seed)):
            for kind in ("short", "prompt", "parameters"):
                text = said[kind]
                assert not re.search(r"[{}\[\]|_*]|  | [,.;]|,,|\.\.|;;", text), text
                assert not re.search(r"[a-z]/[a-z]", re.sub(r"\b(m|rad|kg)/(s|m)\b", "", text)), (
                    text
                )
                assert not re.search(r"\b[Aa] [aeio]|\b[Aa]n [^aeiouhAEIOUH]", text), text
                assert not re.search(r"\b(\w+) \1\b", text), text
                assert text.endswith(".")
                assert all(s[0].isupper() or s[0].isdigit() for s in text.split(". "))
            assert said["prompt"][0].isupper()
            assert said["short"][0].isupper()
            assert said["short"].count(".") == 1
            assert said["language"] == "en"


@pytest.mark.parametrize("name", template_names())
def test_prompt_tells_no_number_and_no_outcome(name) -> None:
    for seed in SEEDS:
        for said in paraphrases(*drawn(name, seed)):
            for kind in ("short", "prompt"):
                assert not re.search(r"\d", said[kind]), said[kind]
                assert not TELLS.search(said[kind]), said[kind]
            assert re.search(r"camera|shot", said["prompt"])


@pytest.mark.parametrize("name", template_names())
def test_parameters_have_units_and_paraphrases_differ(name) -> None:
    for seed in SEEDS:
        found = paraphrases(*drawn(name, seed))
        assert [c["paraphrase"] for c in found] == list(range(PARAPHRASES))
        assert len({c["short"] for c in found}) >= 3
        assert len({c["prompt"] for c in found}) == PARAPHRASES
        assert all(UNITS.search(c["parameters"]) for c in found)


def test_every_wording_and_term_is_told() -> None:
    """Every value of a field with terms has a caption, not only the values that seeds draw."""
    for name in template_names():
        template, scene = drawn(name, 0)
        for field in {term.partition(".")[0] for term in template.words.terms}:
            choices = getattr(template.parameters().get(field), "values", ())
            for value in choices:
                other = template.model_copy(update={field: value})
                for said in told(other, scene):
                    assert not TELLS.search(said["prompt"]), (name, field, value)
                    assert not re.search(r"\d", said["prompt"]), (name, field, value)


def test_captions_depend_on_key_and_configuration_alone() -> None:
    template, scene = drawn("rigid/domino_chain", 0)
    key = Key(3).child("rigid/domino_chain", 5)
    once = captions(template, scene, key)
    assert captions(template, scene, key) == once
    assert once == paraphrases(template, scene)[once["paraphrase"]]
    chosen = {captions(template, scene, Key(s).child("x"))["paraphrase"] for s in range(40)}
    assert chosen == set(range(PARAPHRASES))


def test_prompts_vary() -> None:
    """Distinct prompts over seeds, in one wording, for templates of each kind of event."""
    for name in ("rigid/domino_chain", "thermodynamics/torch_swing", "inflatable/beach_ball"):
        prompts = {paraphrases(*drawn(name, seed))[0]["prompt"] for seed in range(12)}
        assert len(prompts) >= 11


def test_what_is_said_is_what_is_there() -> None:
    template, scene = drawn("rigid/table_knock", 0)
    text = paraphrases(template, scene)[0]["prompt"]
    for stem, kind in template.words.kinds.items():
        count = sum(re.sub(r"_\d+$", "", o.name) == stem for o in scene.objects)
        one, many = kind.split("/")
        said = {0: "", 1: f" {one}"}.get(count, f"{count_name(count)} {many}")
        assert said.lower() in text.lower()
        assert count or one not in text


def test_camera_and_slow_motion_are_said() -> None:
    template, scene = drawn("rigid/domino_chain", 0)
    still = template.model_copy(update={"camera_motion": "static"})
    assert paraphrases(still, scene)[0]["prompt"].endswith("Static shot with no camera movement.")
    slow = still.model_copy(update={"fps": 240.0})
    assert "slow motion" in paraphrases(slow, scene)[0]["prompt"].lower()
    assert "slow motion" not in paraphrases(still, scene)[0]["prompt"].lower()


def test_every_surrounding_has_words() -> None:
    assert set(caption._FLOORS) == set(FLOORS)
    assert set(caption._LIGHTS) == set(LIGHTS)
    template, _ = drawn("rigid/domino_chain", 0)
    for environment in ENVIRONMENTS:
        other = template.model_copy(update={"environment": environment})
        place = scenery(environment) or "backdrop"
        for said in paraphrases(other, other.build(Key(0))):
            assert place in said["prompt"]


def test_words_that_name_what_is_not_there_are_refused() -> None:
    template, scene = drawn("rigid/domino_chain", 0)

    def tell(phrase: str) -> None:
        words = Words(short=phrase, setup="x", event="x", parameters="x")
        kind = type(template)
        paraphrases(type("Other", (kind,), {"words": words})(**template.model_dump()), scene)

    with pytest.raises(SimgenError, match="'colour'"):
        tell("{colour}")
    with pytest.raises(SimgenError, match="which its scene lacks"):
        tell("{dragon.material}")
    with pytest.raises(SimgenError, match="cannot say speed"):
        tell("{speed}")


def test_english() -> None:
    assert count_name(0) == "no"
    assert count_name(21) == "twenty-one"
    with pytest.raises(SimgenError, match="100"):
        count_name(100)
    assert quantity(0.123456, "m") == "0.123 m"
    assert quantity(123456.0, "Pa") == "123000 Pa"
    assert quantity(2e-6, "m") == "0.000002 m"
    assert (
        sentences("a oak ball , then a hour", "it is a unit")
        == "An oak ball, then an hour. It is a unit."
    )
    assert worded("[a|b|c] ball[s|]", 4) == "b balls"
    assert colour_name((0.9, 0.1, 0.1)) == "red"
    with pytest.raises(SimgenError, match="circle"):
        fill("{x}", lambda name, mark, rest: "{x} ")


def test_captions_are_stored_with_the_clip(null_job) -> None:
    clip = generate(null_job(), 0)
    job = null_job()
    assert clip.captions == captions(clip.configuration, clip.scene(), job.key_of(0))
    assert json.loads(clip.attributes["captions"]) == clip.captions
    assert list(clip.paraphrases) == list(paraphrases(clip.configuration, clip.scene()))
    assert clip.captions == clip.paraphrases[clip.captions["paraphrase"]]
    assert inspect.signature(captions).parameters.keys() == {"template", "scene", "key"}
