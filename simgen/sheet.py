"""Contact sheets: a few frames of a clip with every pass, as one picture to look at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.record import PASSES, AnyArray, Frame

Picture = NDArray[np.uint8]
LABEL = 92
"""Width of the column of pass names [px]."""
HEADER = 16
_MAP = np.array(
    (
        (48, 18, 59),
        (70, 107, 227),
        (40, 187, 236),
        (49, 242, 153),
        (162, 252, 60),
        (237, 208, 58),
        (251, 128, 34),
        (210, 49, 5),
        (122, 4, 3),
    ),
    float,
)
"""Knots of the Turbo colour map (Mikhailov 2019)."""


def contact_sheet(
    frames: Sequence[Frame], path: str | Path, times: int = 6, *, width: int = 320
) -> Path:
    """Write a PNG: one row per pass, `times` columns over the clip, each `width` px wide."""
    from PIL import Image, ImageDraw

    count = min(times, len(frames))
    picked: list[Frame] = [frames[round(i)] for i in np.linspace(0, len(frames) - 1, count)]
    names = [name for name in PASSES if name in picked[0] and name != "valid"]
    ranges = {name: _range(name, picked) for name in names}
    rows, columns = picked[0][names[0]].shape[:2]
    height = max(1, round(width * rows / columns))
    sheet = Image.new("RGB", (LABEL + count * width, HEADER + len(names) * height), (20, 20, 20))
    draw = ImageDraw.Draw(sheet)
    for j, frame in enumerate(picked):
        draw.text((LABEL + j * width + 4, 2), f"frame {frame.index}", fill=(230, 230, 230))
        for i, name in enumerate(names):
            picture = Image.fromarray(draw_pass(name, frame[name], ranges[name]))
            sheet.paste(
                picture.resize((width, height), Image.Resampling.NEAREST),
                (LABEL + j * width, HEADER + i * height),
            )
    for i, name in enumerate(names):
        draw.text((3, HEADER + i * height + 4), _label(name, ranges[name]), fill=(230, 230, 230))
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(target)
    return target


def draw_pass(name: str, values: AnyArray, limits: tuple[float, float]) -> Picture:
    """(H, W, 3) one pass as colours; `limits` scale what has no natural range."""
    v: Any = values
    if name == "rgb":
        return np.asarray(v, np.uint8)
    if name == "segmentation":
        return _ids(v)
    if name.endswith("_flow"):
        return _wheel(v, limits[1])
    if name == "normal":
        seen = np.abs(v).sum(-1, keepdims=True) > 0
        return np.where(seen, np.clip((v * 0.5 + 0.5) * 255, 0, 255), 0).astype(np.uint8)
    if name == "object_coordinates":
        return np.clip(v * 255, 0, 255).astype(np.uint8)
    if v.dtype == bool:
        return np.repeat(v[..., None] * np.uint8(255), 3, axis=2)
    return _turbo(v, limits)


def _range(name: str, frames: Sequence[Frame]) -> tuple[float, float]:
    """Smallest and largest finite value over the frames but for outliers; flow by length."""
    if name in ("rgb", "segmentation", "normal", "object_coordinates") or name.endswith(
        "occlusion"
    ):
        return 0.0, 1.0
    if name == "transmittance":
        return 0.0, 1.0
    values = [np.asarray(f[name], float) for f in frames]
    if name.endswith("_flow"):
        values = [np.linalg.norm(v, axis=-1) for v in values]
    finite = np.concatenate([v[np.isfinite(v)] for v in values])
    if not len(finite):
        return 0.0, 1.0
    low, high = np.percentile(finite, [0.5, 99.5])
    if name.endswith("_change"):
        high = max(abs(low), abs(high), 1e-9)
        return float(-high), float(high)
    return float(low), float(max(high, low + 1e-9))


def _label(name: str, limits: tuple[float, float]) -> str:
    text = name.replace("_", "\n")
    if limits == (0.0, 1.0):
        return text
    return f"{text}\n{limits[0]:.3g} .. {limits[1]:.3g}\n{PASSES[name].unit}"


def _turbo(values: AnyArray, limits: tuple[float, float]) -> Picture:
    """Colour-mapped scalars; black where not finite."""
    low, high = limits
    finite = np.isfinite(values)
    share = np.clip((np.where(finite, values, low) - low) / (high - low), 0.0, 1.0)
    knots = np.linspace(0, 1, len(_MAP))
    colors = np.stack([np.interp(share, knots, _MAP[:, k]) for k in range(3)], axis=-1)
    return np.where(finite[..., None], colors, 0).astype(np.uint8)


def _ids(ids: AnyArray) -> Picture:
    """A colour per instance id by golden-ratio hues; background black."""
    n = np.asarray(ids, float)
    hue, value = (n * 0.61803398875) % 1.0, 0.6 + 0.4 * ((n * 0.377) % 1.0)
    return np.where((n > 0)[..., None], _hsv(hue, 0.7 + 0 * hue, value), 0).astype(np.uint8)


def _wheel(flow: AnyArray, longest: float) -> Picture:
    """Direction as hue, length as saturation (the usual colour wheel of flow); NaN black."""
    valid: AnyArray = np.isfinite(flow[..., 0] + flow[..., 1])
    f = np.where(valid[..., None], flow, 0.0)
    hue = (np.arctan2(f[..., 1], f[..., 0]) / (2 * math.pi)) % 1.0
    saturation = np.clip(np.linalg.norm(f, axis=-1) / max(longest, 1e-6), 0.0, 1.0)
    colors = _hsv(hue, saturation, np.ones_like(hue))
    return np.where(valid[..., None], colors, 0).astype(np.uint8)


def _hsv(hue: AnyArray, saturation: AnyArray, value: AnyArray) -> AnyArray:
    """(..., 3) RGB in 0..255."""
    k = (np.array([5.0, 3.0, 1.0]) + hue[..., None] * 6.0) % 6.0
    ramp = np.clip(np.minimum(k, 4.0 - k), 0.0, 1.0)
    return 255.0 * value[..., None] * (1.0 - saturation[..., None] * ramp)
