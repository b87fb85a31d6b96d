"""The scene of the pictures: balls on a floor with all that can be shown of a scene, the same on every machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from engines.core.camera import Camera, pixel_rays
from engines.core.engine import BLEND, BLEND_WITH, INSTANCE, Control, Stop
from engines.core.frame import Frame
from tests.app.gui.fake_scene import BALLS, FakeScene

FLOOR_SHADE = 0.5
"""Darker than in other tests: a light floor on white is taken for the blurred outline of what stands on it."""
GLOWS = (0.0, 0.2, -0.2)
"""Of the objects of the class."""
CONTROLS = (
    Control(INSTANCE, "Instance", "choice", 0, 2, 0, ("balls", "glowing balls", "dim balls")),
    Control(BLEND_WITH, "Blend with", "choice", 0, 2, 0, ("balls", "glowing balls", "dim balls")),
    Control(BLEND, "Blend", "number", 0.0, 1.0, 0.0),
    Control("glow", "Glow", "number", -0.5, 0.5, 0.0),
)


class PicturedScene(FakeScene):
    """Balls on a grey floor: colours, depth, normals, opacity, and two things to vary."""

    channels: tuple[str, ...] = ("rgb", "depth", "normals", "opacity")

    def __init__(self) -> None:
        super().__init__(controls=CONTROLS)

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        share = controls.get(BLEND, 0.0)
        of_class = (1 - share) * GLOWS[round(controls.get(INSTANCE, 0))] + share * GLOWS[
            round(controls.get(BLEND_WITH, 0))
        ]
        glow = float(controls.get("glow", 0.0)) + of_class
        frame = super().render(camera, {"glow": 0.0}, stop)
        grey = (frame.image.amax(-1) - frame.image.amin(-1) < 1e-6) & (frame.image[..., 0] < 1)
        image = torch.where(grey[..., None], frame.image * FLOOR_SHADE, frame.image)
        opacity = frame.depth.isfinite().float() if frame.depth is not None else grey.float()
        image = torch.where(opacity[..., None] > 0, (image + glow).clamp(0, 1), image)
        return replace(frame, image=image, extra={"normals": normals(camera, frame), "opacity": opacity})


def normals(camera: Camera, frame: Frame) -> Tensor:
    """[H, W, 3] of the balls and the floor, world axes; 0 beside them."""
    origin, rays = pixel_rays(camera)
    assert frame.depth is not None
    depth = frame.depth.double().numpy()
    seen = np.isfinite(depth)
    points = origin + rays * (np.where(seen, depth, 0.0) / (rays @ camera.forward))[..., None]
    found = np.zeros_like(points)
    found[seen] = (0.0, 0.0, 1.0)
    for centre, radius, _ in BALLS:
        out = (points - np.array(centre)) / radius
        on_ball = seen & (np.abs(np.linalg.norm(out, axis=-1) - 1) < 1e-4)
        found[on_ball] = out[on_ball]
    return torch.from_numpy(found.astype(np.float32))
