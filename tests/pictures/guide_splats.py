"""A still life as splats, in the file of programs that train them: a small ball for each pixel of some views."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.synthetic.arrangement import still_life
from app.synthetic.raytracer import draw
from app.synthetic.scene import SyntheticScene
from app.synthetic.viewpoints import hemisphere_cameras
from engines.core.camera import Array, Camera, pixel_rays

CONSTANT = 0.28209479177387814
"""The spherical harmonic of degree 0."""
SPREAD_PX = 0.5
"""A ball's standard deviation, in pixels of the view that it is of: neighbours leave no hole."""
SOLID = 4.0
"""A ball's opacity, before the sigmoid."""
NAMES = (
    *("x", "y", "z", "f_dc_0", "f_dc_1", "f_dc_2", "opacity", "scale_0", "scale_1", "scale_2"),
    *("rot_0", "rot_1", "rot_2", "rot_3"),
)


def write_splats(path: Path, seed: int, views: int = 24, size_px: int = 160) -> None:
    """Writes a .ply as 3D Gaussian Splatting does, of what cameras all around the still life of a seed see."""
    scene = still_life(seed)
    rows = np.concatenate([seen(scene, camera) for camera in hemisphere_cameras(views, size_px)])
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(rows)}"]
    header += [f"property float {name}" for name in NAMES]
    path.write_bytes("\n".join([*header, "end_header\n"]).encode() + rows.astype("<f4").tobytes())


def seen(scene: SyntheticScene, camera: Camera) -> Array:
    """[N, 14] a ball for each of a camera's pixels that hits something, with numbers as the file has them, y down."""
    picture = draw(scene, camera, samples=1)
    origin, directions = pixel_rays(camera)
    directions, depth = directions[picture.mask], picture.depth[picture.mask][:, None]
    x, y, z = (origin + directions * depth / (directions @ camera.camera_to_world[:3, 2])[:, None]).T
    scales = np.log(SPREAD_PX * depth / camera.focal_px[0]).repeat(3, axis=1)
    count = len(depth)
    return np.concatenate(
        [
            np.stack([x, -z, y], axis=1),
            (picture.image[picture.mask] - 0.5) / CONSTANT,
            np.full((count, 1), SOLID),
            scales,
            np.tile([1.0, 0.0, 0.0, 0.0], (count, 1)),
        ],
        axis=1,
    )
