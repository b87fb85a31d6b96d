"""Pictures of a scene as the rest of the program gets them: looked at before anything is done with them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from engines.core.camera import Camera
from engines.core.engine import Scene, Stop, whole_controls
from engines.core.errors import BrokenContract
from engines.core.frame import Frame


def rendered(scene: Scene, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
    """The picture from `camera`; costs nothing over `Scene.render`.

    Args:
        controls: those that are not at their default.

    Raises:
        Cancelled: `stop` said so.
        UserError: a size that this scene can't draw.
        BrokenContract: the frame's picture or depth is not what the protocol says; names the method.
    """
    frame: object = scene.render(camera, whole_controls(scene, controls), stop)
    width, height = camera.size_px
    if not isinstance(frame, Frame):
        raise BrokenContract(f"method {scene.engine}: render gives a {type(frame).__name__}; it must be a Frame")
    _require(scene, "image", frame.image, (height, width, 3))
    if frame.depth is not None:
        # A method may have it on a grid of its own.
        _require(scene, "depth", frame.depth, tuple(frame.depth.shape[:2]))
    return frame


def _require(scene: Scene, name: str, found: object, shape: tuple[int, ...]) -> None:
    if isinstance(found, Tensor) and found.shape == shape and found.dtype == torch.float32:
        return
    is_tensor = isinstance(found, Tensor)
    what = f"{list(found.shape)} of {found.dtype}" if is_tensor else f"a {type(found).__name__}"  # type: ignore[attr-defined]
    raise BrokenContract(
        f"method {scene.engine}: the {name} of the frame from render is {what}; it must be {list(shape)} of float32"
    )
