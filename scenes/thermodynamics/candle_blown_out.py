"""A breath puts a candle out."""

from __future__ import annotations

from typing import ClassVar

from simgen.scenes.thermodynamics.candle_flame import CANDLE_TERMS, CandleFlame
from simgen.words import Words


class CandleBlownOut(CandleFlame):
    """A breath of air bends a candle's flame over and puts it out; the wick smokes."""

    blown: ClassVar[bool] = True
    words: ClassVar[Words] = Words(
        short="a short breath of air [blows at|meets|is blown at] the flame of a {wax} candle",
        setup="there {candles? is/are} {candles burning {wax} candle/burning {wax} candles}{plate}",
        event=(
            "[a short breath of air blows against {candles? its flame/one of the flames}|a "
            "breath is blown at {candles? the flame/one of the flames}]"
        ),
        parameters=(
            "{candles} {candles? candle/candles} of paraffin wax, radius {candle_radius} and "
            "about {candle_height} high, each flame of {power}; the breath follows air of "
            "{draught}"
        ),
        light="evening",
        terms=CANDLE_TERMS,
    )
