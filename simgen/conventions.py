"""The convention header stored in every shard: what the numbers mean, in words a reader can
test."""

from __future__ import annotations

CONVENTIONS_VERSION = "1.0"

CONVENTIONS: dict[str, str] = {
    "units": "SI: m, kg, s, N, Pa, K, W; angles in radians; every array names its unit",
    "world": "right-handed, z up; gravity is a stored vector",
    "quaternion": "wxyz, unit norm, sign-continuous over time, body to world",
    "velocity": "linear, of the centre of mass, and angular; both in the world frame",
    "time": "frame k is the state at t = k / fps; dt * substeps = 1 / fps; instantaneous shutter",
    "pixel": "pixel (row i, column j) covers [j, j+1) x [i, i+1); its centre is (j + 0.5, i + 0.5)",
    "camera": "OpenCV axes: x right, y down, z forward; camera_to_world 4x4 for every frame",
    "intrinsics": "3x3 in pixels of the stored resolution, fx, fy > 0; cx = width/2, cy = height/2",
    "depth": "planar z in the camera frame [m]; where nothing is hit, valid is false and "
    "depth is +inf",
    "segmentation": "instance id, 0 = background; id = index into objects + 1; no anti-aliasing",
    "normal": "unit surface normal, world frame, facing the camera",
    "forward_flow": "pixels (dx right, dy down) from t to t+1 of the surface point at the pixel "
    "centre in t; NaN where invalid (background, last frame)",
    "backward_flow": "pixels from t to t-1 of the surface point at the pixel centre in t; "
    "NaN where invalid",
    "depth_change": "z of the same point in the camera of t+1 (t-1) minus z in that of t [m]",
    "occlusion": "the point is hidden or outside the picture in frame t+1 (t-1)",
    "object_coordinates": "rest-pose coordinates in [0,1]^3 of the instance's rest bounding box",
    "temperature": "K, of the visible surface; NaN where the surface has none",
    "transparent": "the first surface hit defines depth, flow and segmentation; smoke adds "
    "transmittance and volume_depth and does not overwrite the solid behind it",
    "tracks": "material points; order (point, time, xy); visible means depth and id agree at the "
    "pixel",
}
