"""Render requests, and the rendered images that answer them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from app.camera import fitting
from app.rendering import display
from app.rendering.crop_box import CropBox
from app.rendering.display import Pixels
from app.rendering.dynamic_resolution import USUAL_POLICY, ResolutionPolicy
from app.rendering.left_out import OmittedPrimitives
from app.rendering.reprojection import Reprojector
from engines.core.camera import Array, Camera
from engines.core.device import in_step, to_host
from engines.core.engine import Prepares, Scene, Stop
from engines.core.frame import Frame
from engines.core.rendering import rendered

SETTLE_S = 0.12
"""A camera that has not moved for so long is taken to stand."""


FRAMED_POINTS = 4000
"""As many tell where a scene ends."""


@dataclass(frozen=True, eq=False)
class RenderRequest:
    """What is to be seen.

    Attributes:
        camera: its size is the picture's.
        controls: the scene's controls by name.
        channel: a name for `display.shade`.
        limits: of the channel's colours; None: from the picture.
        colour_map: of the channel's values; "": its usual one.
        crop: in the scene's coordinates, what lies outside of it is not shown; None: all is.
        background: of `compositing.read_background`, behind images that have an opacity; "": as the scene has it.
        resolution: how the picture may be reduced.
        moving: more requests will follow at once.
        scene_number: for whoever asks for pictures of several scenes.
        draft: the scene is not prepared for these controls; a placeholder is all there is.
        left_out: of the scene's primitives; None: all are drawn.
        live: a graphics card may draw what is shown while the camera moves.
    """

    camera: Camera
    controls: Mapping[str, float]
    channel: str = "rgb"
    limits: tuple[float, float] | None = None
    colour_map: str = ""
    crop: CropBox | None = None
    background: str = ""
    resolution: ResolutionPolicy = USUAL_POLICY
    moving: bool = False
    scene_number: int = 0
    draft: bool = False
    left_out: OmittedPrimitives | None = None
    live: bool = False


@dataclass(frozen=True, eq=False)
class Queued:
    """A request with its place in the order and its time."""

    request: RenderRequest
    number: int
    at_s: float

    def settled(self, now_s: float) -> bool:
        return not self.request.moving or now_s >= self.at_s + SETTLE_S


@dataclass(frozen=True, eq=False)
class RenderedImage:
    """What is there to be seen.

    Attributes:
        request: what it answers.
        kind: "preview" is reprojected or coarse.
        pixels: [H, W, 3] uint8.
        camera: the picture's own; a preview's may be smaller than the request's.
        ms: how long it took to make.
        frame: what was rendered; None for a reprojection.
        hole_fraction: the part that a reprojection had to invent.
        limits: the values at the ends of the colours; None where the channel has none.
        drawn: the part of the frame's pixels that were drawn; the others are interpolated.
    """

    request: RenderRequest
    kind: Literal["exact", "preview"]
    pixels: Pixels
    camera: Camera
    ms: float
    frame: Frame | None = None
    hole_fraction: float = 0.0
    limits: tuple[float, float] | None = None
    drawn: float = 1.0

    @property
    def reduced(self) -> bool:
        """Whether it is smaller than what was asked for."""
        return self.camera.size_px != self.request.camera.size_px


@dataclass(frozen=True, eq=False)
class DrawnFrame:
    """The last frame that was drawn, for previews, other channels and another crop box.

    Attributes:
        frame: as the scene drew it.
        limits: of the channel's colours.
        background: [H, W] bool, what is known to be a plain background; None where nothing is.
        reprojector: made of its pixels as they were shaded for `request`, with `limits`.
    """

    request: RenderRequest
    frame: Frame
    limits: tuple[float, float] | None
    background: Array | None = None
    reprojector: Reprojector | None = None


def answer(
    request: RenderRequest, frame: Frame, pixels: Pixels, limits: tuple[float, float] | None, ms: float
) -> RenderedImage:
    """The frame of a request's own camera; `pixels` [H, W, 3]: any channel of it. Of a draft a placeholder."""
    kind: Literal["exact", "preview"] = "preview" if request.draft else "exact"
    return RenderedImage(request, kind, pixels, request.camera, ms, frame, 0.0, limits)


def same_view(a: RenderRequest, b: RenderRequest) -> bool:
    """Whether both are answered by one frame."""
    return a is b or (
        a.camera.size_px == b.camera.size_px
        and a.camera.focal_px == b.camera.focal_px
        and a.camera.centre_px == b.camera.centre_px
        and a.draft == b.draft
        and a.left_out is b.left_out
        and dict(a.controls) == dict(b.controls)
        and np.array_equal(a.camera.camera_to_world, b.camera.camera_to_world)
    )


def same_image(a: RenderRequest, b: RenderRequest) -> bool:
    """Whether both are answered by one image."""
    return _choice(a) == _choice(b) and same_view(a, b)


def _choice(request: RenderRequest) -> tuple[object, ...]:
    """What of a frame is seen, and how."""
    return request.channel, request.limits, request.colour_map, request.crop, request.background


def may_be_live(request: RenderRequest) -> bool:
    """Whether a live preview shows what is asked for: the whole image, in the scene's own colours."""
    tinted = request.left_out is not None and request.left_out.tinted is not None
    return request.live and not request.draft and not tinted and request.channel == "rgb" and request.crop is None


def is_of_choice(picture: RenderedImage, wanted: RenderRequest) -> bool:
    """Whether a picture is of all that is wanted, but perhaps of another camera: channel, colours, crop, controls."""
    own = picture.request
    return (own.scene_number, _choice(own), dict(own.controls), own.left_out) == (
        wanted.scene_number,
        _choice(wanted),
        dict(wanted.controls),
        wanted.left_out,
    )


def is_final(picture: RenderedImage, wanted: RenderRequest) -> bool:
    """Whether a picture is the exact one of all that is wanted, the camera too."""
    own = picture.request.camera
    return (
        picture.kind == "exact"
        and not picture.request.draft
        and is_of_choice(picture, wanted)
        and own.size_px == wanted.camera.size_px
        and fitting.same_framing(own, wanted.camera)
    )


def draw(scene: Scene, request: RenderRequest, camera: Camera, stop: Stop) -> Frame:
    """The frame that answers a request, seen by `camera`; of a draft a placeholder."""
    prepares: object = scene
    if request.draft and isinstance(prepares, Prepares):
        return prepares.placeholder(camera, request.controls)
    return rendered(scene, camera, request.controls, in_step(stop, scene.device))


def cell_at(shape: Sequence[int], camera: Camera, u: float, v: float) -> tuple[int, int] | None:
    """(row, column) of a map of `shape` (height, width, ...) at a pixel of `camera`'s picture; None outside.

    Depth may be coarser than the image.
    """
    height, width = shape[:2]
    column, row = math.floor(u * width / camera.size_px[0]), math.floor(v * height / camera.size_px[1])
    return (row, column) if 0 <= column < width and 0 <= row < height else None


def depth_at(picture: RenderedImage, u: float, v: float) -> float | None:
    """The depth along the view, world units, at pixel (u, v) of a picture; None where nothing is hit or known."""
    frame = picture.frame
    if frame is None or frame.depth is None or (cell := cell_at(frame.depth.shape, picture.camera, u, v)) is None:
        return None
    depth = float(frame.depth[cell])
    return depth if np.isfinite(depth) and depth > 0 else None


def point_at(picture: RenderedImage, u: float, v: float) -> Array | None:
    """[3] the world point at pixel (u, v) of an exact picture; None where nothing is hit."""
    depth, camera = depth_at(picture, u, v), picture.camera
    if depth is None:
        return None
    ray = np.array(
        [(u - camera.centre_px[0]) / camera.focal_px[0], (v - camera.centre_px[1]) / camera.focal_px[1], 1.0]
    )
    return camera.position + camera.camera_to_world[:3, :3] @ (ray * depth)


def value_at(picture: RenderedImage, u: float, v: float) -> float | None:
    """The value of the picture's channel at pixel (u, v); None where nothing is, or it has three, or is a preview's."""
    channel = picture.request.channel
    if picture.frame is None or not display.has_limits(picture.frame, channel):
        return None
    values = display.channel_values(picture.frame, channel)
    if (cell := cell_at(values.shape, picture.camera, u, v)) is None:
        return None
    value = float(values[cell])
    return value if np.isfinite(value) else None


def scene_points(picture: RenderedImage) -> Array | None:
    """[N, 3] some thousand world points of what an exact picture shows, where all of it is in the picture.

    None where that is not known: without a depth, without a background, or where something goes on beyond the rim.
    """
    frame = picture.frame
    if frame is None or frame.depth is None:
        return None
    depth = to_host(frame.depth.detach().float()).numpy()
    there = np.isfinite(depth) & (depth > 0)
    rim = np.concatenate([there[0], there[-1], there[:, 0], there[:, -1]])
    if not there.any() or rim.any():
        return None
    rows, columns = np.nonzero(there)
    step = max(1, len(rows) // FRAMED_POINTS)
    rows, columns = rows[::step], columns[::step]
    camera = picture.camera.resized((depth.shape[1], depth.shape[0]))
    z = depth[rows, columns].astype(np.float64)
    x = (columns + 0.5 - camera.centre_px[0]) / camera.focal_px[0]
    y = (rows + 0.5 - camera.centre_px[1]) / camera.focal_px[1]
    in_camera = np.stack([x * z, y * z, z], axis=1)
    return np.asarray(in_camera @ camera.camera_to_world[:3, :3].T + camera.position)
