"""A breath puts a candle out."""

from __future__ import annotations

from typing import ClassVar

from simgen.scenes.thermodynamics.candle_flame import CandleFlame


class CandleBlownOut(CandleFlame):
    """A breath of air bends a candle's flame over and puts it out; the wick smokes."""

    blown: ClassVar[bool] = True
