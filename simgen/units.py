"""SI units as types: `Metre` is a float whose annotation carries the unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True)
class Unit:
    """The unit of a number, in SI symbols, e.g. `kg/m^3`."""

    symbol: str


Metre = Annotated[float, Unit("m")]
Second = Annotated[float, Unit("s")]
Kilogram = Annotated[float, Unit("kg")]
Radian = Annotated[float, Unit("rad")]
Kelvin = Annotated[float, Unit("K")]
Pascal = Annotated[float, Unit("Pa")]
Newton = Annotated[float, Unit("N")]
Watt = Annotated[float, Unit("W")]
MetrePerSecond = Annotated[float, Unit("m/s")]
RadianPerSecond = Annotated[float, Unit("rad/s")]
Hertz = Annotated[float, Unit("1/s")]
Ratio = Annotated[float, Unit("1")]
