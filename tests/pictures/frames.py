"""Rendered frames that are pictured: the demo scenes, a mesh, a preview, a contact sheet, colours of values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import trimesh

from app.camera import navigation
from app.camera.fitting import fit_cameras
from app.demos import DEMO_FOLDER
from app.export.contact_sheet import grid, write_contact_sheet
from app.mesh.drawing import draw_mesh, load_mesh
from app.mesh.mesh_reading import read_mesh
from app.mesh.showing import alone
from app.rendering.display import COLOUR_MAPS, shade, shade_at
from app.rendering.reprojection import Reprojector
from app.viewing.opening import open_scene
from engines.core.camera import Array, Camera
from engines.core.data.images import to_uint8
from engines.core.engine import Prepares, Scene, never_stop, whole_controls
from engines.core.frame import Frame
from engines.core.rendering import rendered
from tests.app.fake_scene import UP, ray_trace, start_camera
from tests.pictures.album import read
from tests.pictures.scene import PicturedScene

DEMOS = tuple(sorted(path.stem for path in DEMO_FOLDER.glob("*.safetensors")))
LONGEST_PX = 72
"""Of the demos' frames."""
GREY = (96, 96, 96)


def frame_of(scene: Scene, camera: Camera, controls: Mapping[str, float]) -> Frame:
    """What a scene draws, also where it has to make something ready first."""
    if isinstance(scene, Prepares):
        scene.prepare(camera, whole_controls(scene, controls), never_stop)
    return rendered(scene, camera, controls, never_stop)


def small(camera: Camera) -> Camera:
    """A camera at the size of these frames."""
    return camera.scaled(min(1.0, LONGEST_PX / max(camera.size_px)))


def demo(name: str) -> Array:
    """A demo scene from one or two of its cameras, all its channels beside each other."""
    scene = open_scene(DEMO_FOLDER / f"{name}.safetensors", None, "cpu").scene
    # What has to be made ready for each camera takes seconds.
    cameras = [scene.cameras[0], scene.cameras[len(scene.cameras) // 3]][: 1 if isinstance(scene, Prepares) else 2]
    if scene.native_px is None:
        cameras = [small(camera) for camera in cameras]
    rows = []
    for camera in fit_cameras(scene, cameras, None):
        frame = frame_of(scene, camera, {})
        rows.append([shade_at(frame, channel, camera.size_px) for channel in scene.channels])
    return grid(rows)


def mesh() -> Array:
    """A torus and a ball in each style of drawing."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mesh.ply"
        ring = trimesh.creation.torus(1.3, 0.4, major_sections=24, minor_sections=12)
        ball = trimesh.creation.icosphere(subdivisions=2, radius=0.7)
        ring.visual.vertex_colors = np.tile([200, 120, 60, 255], (len(ring.vertices), 1))
        ball.visual.vertex_colors = np.tile([60, 120, 200, 255], (len(ball.vertices), 1))
        trimesh.util.concatenate([ring, ball]).export(path)
        loaded = load_mesh(read_mesh(path), np.zeros(3))
    camera = start_camera(160)
    return grid(
        [
            [
                alone(draw_mesh(loaded.full, camera, style), GREY)
                for style in ("colours", "shaded", "normals", "wireframe")
            ]
        ]
    )


def preview() -> Array:
    """A frame, what a preview makes of it 15 degrees farther, and what is really there."""
    camera = start_camera(160)
    image, depth = ray_trace(camera)
    turned = navigation.orbit(camera, np.array([0.0, 0.0, 0.3]), UP, np.radians(15), np.radians(5))
    reprojected = Reprojector(to_uint8(image), depth, camera).draw(turned).pixels
    return grid([[to_uint8(image), reprojected, to_uint8(ray_trace(turned)[0])]])


def contact_sheet() -> Array:
    """The sheet that is written where there is no window, at half its size."""
    with TemporaryDirectory() as folder:
        path = write_contact_sheet(PicturedScene(), Path(folder) / "sheet.png", lambda progress: None)
        return read(path)[::2, ::2]


def colour_maps() -> Array:
    """Depth in each colour map, and the channels that have none."""
    scene = PicturedScene()
    frame = rendered(scene, scene.start, {}, never_stop)
    maps = [shade(frame, "depth", colour_map=name) for name in COLOUR_MAPS]
    return grid([maps, [shade(frame, channel) for channel in scene.channels]])


FRAMES: dict[str, Callable[[], Array]] = {
    **{f"demo_{name}": partial(demo, name) for name in DEMOS},
    "mesh_styles": mesh,
    "preview": preview,
    "contact_sheet": contact_sheet,
    "colour_maps": colour_maps,
}
