"""Every law of `tests/physics/laws` on every engine it names."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from law import Law, laws

from simgen.engine import ENGINES, engine_classes
from simgen.template import CATEGORIES

CASES = [(law, engine) for law in laws().values() for engine in law.engines]


def cases(*, study: bool) -> list[object]:
    return [
        pytest.param(law, engine, id=f"{law.name}-{engine}", marks=[pytest.mark.slow] * slow)
        for law, engine in CASES
        for slow in [int(study or law.slow)]
    ]


def needs(engine: str) -> None:
    package = engine_classes()[engine].package
    if package and find_spec(package) is None:
        pytest.skip(f"{package} is not installed")


@pytest.mark.parametrize(("law", "engine"), cases(study=False))
def test_law_holds(law: Law, engine: str) -> None:
    needs(engine)
    error = law.at_default(engine).error
    assert error <= law.limit(engine), f"{law.title}: error {error:.3g}"


@pytest.mark.parametrize(("law", "engine"), cases(study=True))
def test_error_falls_with_resolution(law: Law, engine: str) -> None:
    needs(engine)
    errors = [m.error for m in law.study(engine)]
    assert law.converges(engine, errors), (
        f"{law.title}: errors {errors} at {law.level_name} {law.levels}"
    )


@pytest.mark.parametrize("law", laws().values(), ids=lambda law: law.name)
def test_law_is_well_formed(law: Law) -> None:
    assert law.category in CATEGORIES
    assert set(law.engines) <= set(ENGINES)
    assert law.source
    assert law.run.__doc__
    assert len(law.levels) >= 3
    assert list(law.levels) == sorted(law.levels) or list(law.levels) == sorted(law.levels)[::-1]
    for engine in law.engines:
        assert law.limit(engine) > 0
