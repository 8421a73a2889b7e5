# pyright: basic, reportInvalidTypeForm=false
"""Textures: what one evaluation costs, their means, and a contact sheet.

`python benchmarks/textures.py` prints the time to compile and the nanoseconds of one evaluation on
one core; `--means` measures the means again and writes them; `--sheet FILE.png [NAME...]` draws
every texture, or the named ones, as a ball and as planes of two sizes.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from simgen.device import warp_device
from simgen.material import Look
from simgen.texture import textures

warp_device("cpu")

from simgen.renderers import texture_measure  # noqa: E402
from simgen.renderers.texture_measure import means, spreads, surfaces  # noqa: E402

MEANS = Path(texture_measure.__file__).with_name("texture_means.toml")
SPREADS = MEANS.with_name("texture_spreads.toml")
SPOTS = 200_000


def write_means() -> None:
    """Measure every texture and write the file that `texture_means` reads."""
    lines = ["# Means of the textures, written by benchmarks/textures.py --means."]
    for name, kind in textures().items():
        lines.append(f"{name} = [{', '.join(f'{x:.4f}' for x in means(kind, SPOTS))}]")
    MEANS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    lines = ["# Slopes too fine for samples, written by benchmarks/textures.py --means."]
    for name, kind in textures().items():
        lines.append(f"{name} = [{', '.join(f'{x:.3g}' for x in spreads(kind, SPOTS // 10))}]")
    SPREADS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def costs() -> None:
    """Nanoseconds of one evaluation on a ball of one scale, at a fine footprint, one core."""
    rng = np.random.default_rng(1)
    normals = rng.normal(size=(SPOTS, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    start = time.perf_counter()
    surfaces(next(iter(textures().values())).look(), normals[:1], normals[:1], 1e-4)
    print(f"compile or load {time.perf_counter() - start:.1f} s")
    spent = {}
    for name, kind in textures().items():
        table = [kind.look(), normals * kind.scale, normals, 0.002 * kind.scale]
        surfaces(*table)
        start = time.process_time()
        surfaces(*table)
        spent[name] = (time.process_time() - start) / SPOTS * 1e9
    for name, nanoseconds in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"{name:20s} {textures()[name].pattern:10s} {nanoseconds:6.0f} ns")
    print(f"{len(spent)} textures, mean {np.mean(list(spent.values())):.0f} ns")


def _lit(kind: Look, points: np.ndarray, normals: np.ndarray, footprint: float) -> np.ndarray:
    """(n, 3) radiance under a low lamp and a soft sky, seen along -z; GGX highlights."""
    albedo, slope, finish = surfaces(kind, points, normals, footprint)
    n = normals - (slope - normals * np.sum(slope * normals, axis=1, keepdims=True))
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    rough, metal = finish[:, :1], finish[:, 1:]
    lamp = np.array((-0.62, 0.45, 0.64))
    half = lamp + (0.0, 0.0, 1.0)
    half /= np.linalg.norm(half)
    alpha = np.maximum(rough, 0.05) ** 2
    cos = np.clip(n @ half, 0.0, 1.0)[:, None]
    lobe = np.minimum(alpha**2 / (np.pi * (cos**2 * (alpha**2 - 1.0) + 1.0) ** 2), 12.0)
    f0 = 0.04 * (1.0 - metal) + albedo * metal
    sun = np.clip(n @ lamp, 0.0, 1.0)[:, None]
    mirror = 2.0 * n[:, 2:] * n - (0.0, 0.0, 1.0)
    sky = 0.35 + 0.5 * np.clip(0.5 + 1.6 / (0.4 + rough) * (mirror[:, 1:2] - 0.1), 0.0, 1.0)
    matt = albedo * (1.0 - metal) * (0.75 * sun + 0.28 + 0.12 * n[:, 1:2])
    return matt + f0 * (lobe * sun * 0.55 + sky)


def sheet(path: Path, names: list[str], wear: float) -> None:
    """A picture of textures: a ball of 2 scales, a plane of 6, and one of 60."""
    from PIL import Image, ImageDraw

    size, columns = 150, 4
    rows = -(-len(names) // columns)
    picture = Image.new("RGB", (columns * (3 * size + 12), rows * (size + 18)), "white")
    grid = (np.indices((size, size)).reshape(2, -1).T[:, ::-1] + 0.5) / size * 2.0 - 1.0
    grid[:, 1] *= -1.0
    flat = np.concatenate([grid, np.zeros((len(grid), 1))], axis=1)
    up = np.tile((0.0, 0.0, 1.0), (len(grid), 1))
    radius = np.sqrt(np.sum(grid**2, axis=1))
    ball = np.concatenate([grid, np.sqrt(np.clip(1.0 - radius**2, 0.0, 1.0))[:, None]], axis=1)
    ball[radius > 1.0] = (0.0, 0.0, 1.0)
    for k, name in enumerate(names):
        look = replace(textures()[name].look(seed=1), wear=wear)
        s = look.scale
        left, top = k % columns * (3 * size + 12), k // columns * (size + 18)
        for i, (points, normals, reach) in enumerate(
            [(ball, ball, s), (flat, up, 3.0 * s), (flat, up, 30.0 * s)]
        ):
            color = _lit(look, points * reach, normals, 2.0 * reach / size)
            color[radius > 1.0] = color[radius > 1.0] if i else 0.5
            coded = np.clip(1.055 * np.clip(color, 0, 1) ** (1 / 2.4) - 0.055, 0, 1)
            tile = (coded.reshape(size, size, 3) * 255).astype(np.uint8)
            picture.paste(Image.fromarray(tile), (left + i * (size + 2), top))
        ImageDraw.Draw(picture).text((left + 2, top + size + 2), f"{name} {s:g} m", fill="black")
    picture.save(path)


def main() -> None:
    """Read the command line and do as it says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--means", action="store_true", help="measure and write the means")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="draw a contact sheet")
    parser.add_argument("--wear", type=float, default=0.0, help="wear of the sheet's looks, 0..1")
    parser.add_argument("names", nargs="*", help="textures of the sheet (all)")
    options = parser.parse_args()
    if options.means:
        write_means()
    if options.sheet:
        sheet(options.sheet, options.names or list(textures()), options.wear)
    if not (options.means or options.sheet):
        costs()


if __name__ == "__main__":
    main()
