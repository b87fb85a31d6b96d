"""Frames of a scene, cropped: what lies outside of a box, and a plain background, is transparent.

One decision for the window and for exports: it depends on the scene, the frame and its camera alone, never on pictures
before, so that equal frames have equal pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from app.rendering.background import background_pixels, plain_background, without
from app.rendering.crop_box import CropBox, inside
from engines.core.camera import Array, Camera
from engines.core.device import to_host
from engines.core.engine import Scene, Stop, never_stop, whole_controls
from engines.core.frame import ALPHA, BLACK, Colour, Frame
from engines.core.rendering import rendered

EDGE_PX = 2
"""So far into a plain background, and into an object, an outline may be blurred."""
LEAST_CONTRAST = 0.1
"""Of an object against its plain background, in any channel: where it has less its outline is not seen."""
LOOKED_AT_PX = 128
"""Of the longer side: a picture so large tells the background's colour."""

Crop = Callable[[Frame, Camera], Frame]


def uncropped(frame: Frame, camera: Camera) -> Frame:
    """The frame as it is."""
    return frame


def offered_channels(scene: Scene, crop: CropBox | None) -> tuple[str, ...]:
    """What can be shown of a scene: where it is cropped, its opacity, too."""
    channels = tuple(scene.channels)
    return channels if crop is None or "depth" not in channels or ALPHA in channels else (*channels, ALPHA)


class Cropping:
    """Crops the frames of one scene."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._plain: Array | None = None
        self._border_px = scene.border_px
        # What has an opacity needs no guess at its background.
        self.ready = ALPHA in scene.channels or "depth" not in scene.channels

    def prepare(self, stop: Stop = never_stop) -> None:
        """Finds the colour of a plain background where the scene begins; only whoever may draw the scene calls it.

        Raises:
            Cancelled: `stop` said so.
            UserError: as `Scene.render`.
        """
        if self.ready:
            return
        scene = self._scene
        start, controls = scene.start, whole_controls(scene, {})
        if scene.native_px is None:
            start = start.scaled(min(1.0, LOOKED_AT_PX / max(start.size_px)))
        image = rendered(scene, start, controls, stop).image
        found = plain_background([image], self._border_px if 2 * self._border_px < min(start.size_px) else 0)
        self._plain = None if found is None else found.numpy()
        self.ready = True

    def to(self, box: CropBox, stop: Stop = never_stop) -> Crop:
        """What crops frames to a box; as `prepare`."""

        def crop(frame: Frame, camera: Camera) -> Frame:
            self.prepare(stop)
            return self.cropped(frame, camera, box)

        return crop

    def cropped(self, frame: Frame, camera: Camera, box: CropBox) -> Frame:
        """The frame with an opacity, 0 outside of the box, where its depth is infinite and its image the backdrop.

        Unchanged where it has no depth: nobody knows where its pixels lie.

        Args:
            frame: as the scene drew it.
            camera: that it was drawn for.
        """
        if frame.depth is None:
            return frame
        within = inside(frame.depth, camera, box)
        height, width = frame.image.shape[:2]
        kept = _resized(within, (height, width))
        own, background = frame.extra.get(ALPHA), None
        if own is not None:
            alpha = torch.where(kept, own.reshape(height, width), 0)
            backdrop = frame.backdrop
        else:
            background, soft = self._matte(frame.image)
            if background is not None and soft is not None:
                edge = kept & ~torch.from_numpy(background).to(kept.device)
                kept = torch.where(torch.from_numpy(background).to(kept.device), _grown(edge), kept)
                alpha = torch.where(kept, torch.from_numpy(soft).to(frame.image), 0)
            else:
                alpha = kept.to(frame.image)
            backdrop = BLACK if background is None or self._plain is None else _colour(self._plain)
        image = torch.where(alpha[..., None] > 0, frame.image, frame.image.new_tensor(backdrop or BLACK))
        depth = frame.depth.masked_fill(~within, torch.inf)
        extra = CroppedExtra(frame.extra, alpha)
        return without(replace(frame, image=image, depth=depth, extra=extra, backdrop=backdrop), background)

    def _matte(self, image: Tensor) -> tuple[Array | None, Array | None]:
        """[H, W] bool the plain background, and [H, W] float32 how far what is before it covers it; None: none."""
        if self._plain is None:
            return None, None
        border_px = self._border_px if 2 * self._border_px < min(image.shape[:2]) else 0
        background = background_pixels(image, torch.from_numpy(self._plain), border_px).numpy()
        return background, soft_outline(to_host(image.detach().float()).numpy(), self._plain, background)


def soft_outline(image: Array, colour: Array, background: Array) -> Array:
    """[H, W] float32, how far pixels [H, W, 3] cover a background of one colour [3], by how far they differ from it.

    1 and 0 but for outlines, whose pixels are taken to be a mix of the background and of what is beside them.

    Args:
        background: [H, W] bool, the pixels that are it mostly.
    """
    square, beyond = (np.ones((2 * reach + 1, 2 * reach + 1), np.uint8) for reach in (EDGE_PX, EDGE_PX + 1))
    objects = (~background).astype(np.uint8)
    difference = np.abs(np.clip(image, 0, 1) - colour.astype(np.float32)).max(axis=2)
    whole = cv2.dilate(np.where(background, np.float32(0), difference), beyond)
    share = np.clip(difference / np.maximum(whole, LEAST_CONTRAST), 0, 1)
    outside = background & (cv2.dilate(objects, square) > 0)
    # Less than half of an object's pixel is background: what differs less is of the background's colour itself.
    within = ~background & (cv2.dilate(1 - objects, square) > 0) & (share >= 0.5)
    return np.asarray(np.where((outside | within) & (whole > LEAST_CONTRAST), share, objects), dtype=np.float32)


class CroppedExtra(Mapping[str, Tensor]):
    """The further channels of a frame, 0 where nothing covers; made when they are looked at."""

    def __init__(self, whole: Mapping[str, Tensor], alpha: Tensor) -> None:
        """`alpha`: [H, W]."""
        self._whole, self._made = whole, {ALPHA: alpha}

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._made:
            values = self._whole[name]
            covered = _resized(self._made[ALPHA] > 0, (values.shape[0], values.shape[1]))
            self._made[name] = values * covered.reshape(*covered.shape, *[1] * (values.ndim - 2)).to(values)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name == ALPHA or name in self._whole

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._whole, ALPHA)))

    def __len__(self) -> int:
        return len({*self._whole, ALPHA})


def _resized(mask: Tensor, size: tuple[int, int]) -> Tensor:
    """The mask [h, w] at (H, W): depth may be coarser than the image."""
    if tuple(mask.shape) == size:
        return mask
    return functional.interpolate(mask[None, None].float(), size=size, mode="nearest-exact")[0, 0] > 0


def _grown(mask: Tensor) -> Tensor:
    """The mask [H, W], and what is as near to it as outlines are blurred."""
    return functional.max_pool2d(mask[None, None].float(), 2 * EDGE_PX + 1, 1, EDGE_PX)[0, 0] > 0


def _colour(values: Array) -> Colour:
    red, green, blue = (float(value) for value in np.clip(values, 0, 1))
    return red, green, blue
