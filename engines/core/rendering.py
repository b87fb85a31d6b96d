"""Pictures of a scene as the rest of the program gets them: looked at before anything is done with them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from engines.core.camera import Camera
from engines.core.engine import Scene, Stop, whole_controls
from engines.core.errors import BrokenContract
from engines.core.frame import Frame, Samples
from engines.core.scene_abilities import DrawsPixels


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
    _require(scene, "image of the frame from render", frame.image, (height, width, 3))
    if frame.depth is not None:
        # A method may have it on a grid of its own.
        _require(scene, "depth of the frame from render", frame.depth, tuple(frame.depth.shape[:2]))
    return frame


def pixel_renderer(scene: Scene) -> DrawsPixels | None:
    """The scene as one that draws some pixels of a picture; None where it can't."""
    found: object = scene
    return found if isinstance(found, DrawsPixels) and found.draws_pixels else None


def sampled(scene: Scene, camera: Camera, controls: Mapping[str, float], pixels: Tensor, stop: Stop) -> Samples:
    """Some pixels of the picture from `camera`, of a scene that has a `pixel_renderer`; costs nothing over it.

    Args:
        controls: those that are not at their default.
        pixels: [N] row * width + column.

    Raises:
        Cancelled: `stop` said so.
        UserError: as `render`.
        BrokenContract: the pixels are not what the protocol says; names the method.
    """
    renderer = pixel_renderer(scene)
    if renderer is None:
        raise ValueError(f"method {scene.engine}: this scene draws whole pictures only")
    samples: object = renderer.draw_pixels(camera, whole_controls(scene, controls), pixels, stop)
    if not isinstance(samples, Samples):
        what = type(samples).__name__
        raise BrokenContract(f"method {scene.engine}: draw_pixels gives a {what}; it must be Samples")
    _require(scene, "image from draw_pixels", samples.image, (len(pixels), 3))
    if samples.depth is not None:
        _require(scene, "depth from draw_pixels", samples.depth, (len(pixels),))
    return samples


def _require(scene: Scene, name: str, found: object, shape: tuple[int, ...]) -> None:
    if isinstance(found, Tensor) and found.shape == shape and found.dtype == torch.float32:
        return
    is_tensor = isinstance(found, Tensor)
    what = f"{list(found.shape)} of {found.dtype}" if is_tensor else f"a {type(found).__name__}"  # type: ignore[attr-defined]
    raise BrokenContract(f"method {scene.engine}: the {name} is {what}; it must be {list(shape)} of float32")
