"""Blender Cycles on a scene of `benchmarks/render.py`; runs in a Python of its own with bpy.

PYTHON benchmarks/blender.py FOLDER DECIBEL       # reads FOLDER/world.npz, prints a JSON line per
                                                 # sample count until its PSNR reaches DECIBEL
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

REFERENCE = 512


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


def draw(path: Path, samples: int, *, denoise: bool) -> tuple[np.ndarray, float]:
    """Linear RGB and CPU seconds of one picture, the scene already in memory."""
    scene = bpy.context.scene
    scene.cycles.samples, scene.cycles.use_denoising = samples, denoise
    scene.render.filepath = str(path)
    start = time.process_time()
    bpy.ops.render.render(write_still=True)
    cost = time.process_time() - start
    image = bpy.data.images.load(str(path))
    pixels = np.array(image.pixels[:]).reshape(image.size[1], image.size[0], -1)[..., :3]
    bpy.data.images.remove(image)
    return pixels, cost


def main() -> None:
    """Render with more and more samples."""
    folder, wanted = Path(sys.argv[1]), float(sys.argv[2])
    with np.load(folder / "world.npz") as file:
        world = dict(file)
    build(world)
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.device = "CYCLES", "CPU"
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.max_bounces, scene.cycles.denoiser = 5, "OPENIMAGEDENOISE"
    scene.render.use_persistent_data = True
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.resolution_x, scene.render.resolution_y = (int(v) for v in world["size"])
    reference, _ = draw(folder / "reference.exr", REFERENCE, denoise=False)
    scale = 0.3 / float(np.median(reference @ [0.2126, 0.7152, 0.0722]))

    def shown(picture: np.ndarray) -> np.ndarray:
        return np.clip(picture * scale, 0, 1) ** (1 / 2.2) * 255

    for samples in (1, 2, 4, 8, 16, 32, 64, 128):
        picture, cost = draw(folder / "picture.exr", samples, denoise=True)
        error = float(np.mean((shown(picture) - shown(reference)) ** 2))
        reached = 20 * math.log10(255) - 10 * math.log10(error)
        print(json.dumps({"samples": samples, "cost": cost, "psnr": reached}), flush=True)
        if reached >= wanted:
            return


if __name__ == "__main__":
    main()
