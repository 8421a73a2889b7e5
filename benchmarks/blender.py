"""Blender Cycles on a scene of `benchmarks/rivals.py`; runs in a Python of its own with bpy.

PYTHON benchmarks/blender.py FOLDER       # reads FOLDER/world.npz, prints a JSON line per sample
                                         # count
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix, Vector


def build(world: dict[str, np.ndarray]) -> None:
    """Meshes, camera, sun and an even sky."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    for k in range(sum(name.startswith("f") for name in world)):
        mesh = bpy.data.meshes.new(f"mesh_{k}")
        mesh.from_pydata(world[f"v{k}"].tolist(), [], world[f"f{k}"].tolist())
        mesh.normals_split_custom_set_from_vertices(world[f"n{k}"].tolist())
        mesh.materials.append(material(k, world[f"c{k}"], world[f"e{k}"]))
        scene.collection.objects.link(bpy.data.objects.new(f"object_{k}", mesh))
    lens = bpy.data.cameras.new("camera")
    lens.sensor_fit, lens.angle = "VERTICAL", float(world["angle"])
    camera = bpy.data.objects.new("camera", lens)
    camera.matrix_world = Matrix((world["pose"] @ np.diag([1.0, -1.0, -1.0, 1.0])).tolist())
    scene.collection.objects.link(camera)
    scene.camera = camera
    if "sun" in world:
        light = bpy.data.lights.new("sun", "SUN")
        light.energy, light.angle = float(world["irradiance"].max()), 2 * float(world["sun_radius"])
        light.color = (world["irradiance"] / world["irradiance"].max()).tolist()
        sun = bpy.data.objects.new("sun", light)
        sun.rotation_euler = Vector(world["sun"].tolist()).to_track_quat("Z", "Y").to_euler()
        scene.collection.objects.link(sun)
    scene.world = bpy.data.worlds.new("world")
    scene.world.use_nodes = True
    background = scene.world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (*world["sky"].tolist(), 1.0)


def material(k: int, constants: np.ndarray, emission: np.ndarray) -> bpy.types.Material:
    """Principled BSDF of (red, green, blue, roughness, metallic)."""
    made = bpy.data.materials.new(f"look_{k}")
    made.use_nodes = True
    inputs = made.node_tree.nodes["Principled BSDF"].inputs
    inputs["Base Color"].default_value = (*constants[:3].tolist(), 1.0)
    inputs["Roughness"].default_value = float(constants[3])
    inputs["Metallic"].default_value = float(constants[4])
    strength = float(emission.max())
    if strength > 0:
        inputs["Emission Color"].default_value = (*(emission / strength).tolist(), 1.0)
        inputs["Emission Strength"].default_value = strength
    return made


def draw(path: Path, samples: int, *, denoise: bool, rows: tuple[int, int]) -> np.ndarray:
    """(rows, width, 3) linear RGB of some rows of the picture, the first one on top."""
    scene = bpy.context.scene
    height = scene.render.resolution_y
    scene.cycles.samples, scene.cycles.use_denoising = samples, denoise
    scene.render.use_border = scene.render.use_crop_to_border = rows != (0, height)
    # halfway into the rows: single precision must not fall short of one
    scene.render.border_min_y = 1.0 - (rows[1] - 0.25) / height
    scene.render.border_max_y = 1.0 - (rows[0] - 0.25) / height
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    pixels = np.array(image.pixels[:]).reshape(image.size[1], image.size[0], -1)[::-1, :, :3]
    bpy.data.images.remove(image)
    if len(pixels) != rows[1] - rows[0]:
        raise SystemExit(f"Cycles drew {len(pixels)} rows instead of {rows[0]}..{rows[1]}")
    return pixels


def main() -> None:
    """Render with more and more samples."""
    folder = Path(sys.argv[1])
    with np.load(folder / "world.npz") as file:
        world = dict(file)
    build(world)
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.device = "CYCLES", "CPU"
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.max_bounces, scene.cycles.denoiser = int(world["bounces"]), "OPENIMAGEDENOISE"
    scene.cycles.diffuse_bounces = scene.cycles.glossy_bounces = int(world["bounces"])
    scene.render.use_persistent_data = True
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.resolution_x, scene.render.resolution_y = (int(v) for v in world["size"])
    stripes, whole = world["stripes"].tolist(), (0, int(world["size"][1]))
    parts = [
        draw(folder / "reference.exr", int(world["samples"]), denoise=False, rows=tuple(rows))
        for rows in stripes
    ]
    reference = np.concatenate(parts)
    scale = 0.3 / float(np.median(reference @ [0.2126, 0.7152, 0.0722]))

    def shown(picture: np.ndarray) -> np.ndarray:
        return np.clip(picture * scale, 0, 1) ** (1 / 2.2) * 255

    draw(folder / "picture.exr", 1, denoise=True, rows=whole)
    for samples in world["counts"].tolist():
        start = time.process_time()
        picture = draw(folder / "picture.exr", samples, denoise=True, rows=whole)
        cost = time.process_time() - start
        striped = np.concatenate([picture[first:last] for first, last in stripes])
        error = float(np.mean((shown(striped) - shown(reference)) ** 2))
        reached = 20 * math.log10(255) - 10 * math.log10(error)
        print(json.dumps({"samples": samples, "cost": cost, "psnr": reached}), flush=True)


if __name__ == "__main__":
    main()
