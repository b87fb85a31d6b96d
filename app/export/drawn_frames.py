"""The frames of an export, each as it is written: drawn, over a background, its channels as bytes or numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from app.camera.fitting import fit_cameras
from app.export.colour_bars import with_colour_bar
from app.export.composed_frames import level_camera, ranged, reduced, stereo_pair, whole_sphere
from app.export.distributed_frames import Made, bound_to
from app.export.export_request import EQUIRECTANGULAR, SPHERE_PX, Export, Limits
from app.export.frame_files import FORMATS, USUAL_FORMAT, FramePart, PartsRequest, byte_colours
from app.export.labels import labelled
from app.rendering.compositing import AS_IT_IS, TRANSPARENT, over, straight
from app.rendering.crop_box import CropBox
from app.rendering.cropping import Crop, Cropping, uncropped
from app.rendering.display import Pixels, channel_limits, has_limits, shade, shade_at
from app.viewing.colour_scale import colour_scale
from engines.core import distributed
from engines.core.camera import Array, Camera
from engines.core.engine import Scene, Stop, whole_controls
from engines.core.errors import Cancelled
from engines.core.frame import Frame
from engines.core.rendering import rendered

NO_LIMITS: Mapping[str, Limits] = {}


class DrawnFrames:
    """The frames of an export, drawn when they are asked for.

    Attributes:
        path_limits: the range of values of each channel in a folder's pictures, as `parts` has found it.
    """

    def __init__(self, scene: Scene, export: Export, cameras: Sequence[Camera], stop: Stop) -> None:
        self.export, self.cameras = export, cameras
        self.is_transparent = export.is_transparent(scene)
        width, height = cameras[0].size_px
        across = 1 if export.pair is None else export.pair.across
        self.size_px = (2 * width if export.eye_distance is not None else across * width, height)
        self._scene, self._stop = scene, stop
        self._crop: Crop = crop_to(scene, export.crop_box, stop)
        self._second_crop: Crop = uncropped
        if export.pair is not None:
            self._second_crop = crop_to(export.pair.second.scene, export.pair.crop_of_second(export.crop_box), stop)
        chosen = export.controls or [{}] * len(cameras)
        self._controls = [whole_controls(scene, frame) for frame in chosen]
        self.owners = bound_to(scene, cameras, self._controls, distributed.here().count)
        self._first: Frame | None = None
        self.path_limits: dict[str, Limits] = {}

    def frame(self, index: int) -> Frame:
        """A frame as the scene draws it, over the background."""
        if index == 0 and self._first is not None:
            first, self._first = self._first, None
            return first
        if self._stop():
            raise Cancelled
        return self._composed(self.cameras[index], self._controls[index])

    def _composed(self, camera: Camera, controls: Mapping[str, float]) -> Frame:
        export, (width, height) = self.export, camera.size_px

        def draw(seen: Camera) -> Frame:
            return exported_frame(self._scene, seen, controls, export.background, self._stop, self._crop)

        def drawn(seen: Camera) -> Frame:
            return ranged(draw(seen), seen) if export.depth == "range" else draw(seen)

        large = camera.resized((width * export.supersample, height * export.supersample))
        if export.projection == EQUIRECTANGULAR:
            frame = whole_sphere(draw, large, self.is_transparent)
        elif export.eye_distance is not None:
            frame = stereo_pair(drawn, large, export.eye_distance)
        else:
            frame = drawn(large)
        if export.pair is not None:
            frame = export.pair.composed(frame, large, controls, self._second, export.channels)
        return reduced(frame, self.size_px, self.is_transparent)

    def _second(self, camera: Camera, controls: Mapping[str, float]) -> Frame:
        """What the second scene gives."""
        if self.export.pair is None:
            raise ValueError("an export of one scene has no second one")
        scene = self.export.pair.second.scene
        frame = exported_frame(scene, camera, controls, self.export.background, self._stop, self._second_crop)
        return ranged(frame, camera) if self.export.depth == "range" else frame

    def _limits(self, known: Mapping[str, Limits]) -> dict[str, Limits]:
        """One range of values for the whole path, or the colours would flicker: the first frame's, whoever draws."""
        limits = dict(known)
        if distributed.here().is_first and not limits:
            self._first = self.frame(0)
            limits = _path_limits(self._first, self.export.drawn_channels, self.cameras) | dict(self.export.limits)
        return {channel: (low, high) for channel, (low, high) in distributed.broadcast(limits).items()}

    def video_limits(self, known: Mapping[str, Limits] = NO_LIMITS) -> dict[str, Limits]:
        """The range of values of each channel of a video that has one.

        Args:
            known: what an export before this one has found; empty: it is found by the first frame.
        """
        return {} if self.export.drawn_channels == ("rgb",) else self._limits(known)

    def picture(self, index: int, limits: Mapping[str, Limits]) -> Pixels:
        """[H, W, 3] bytes for a video, [H, W, 4] of a transparent one: its channels side by side."""
        frame = self.frame(index)
        shown = [self._shown(frame, channel, limits.get(channel)) for channel in self.export.drawn_channels]
        return shown[0] if len(shown) == 1 else np.concatenate(shown, axis=1)

    def _shown(self, frame: Frame, channel: str, limits: Limits | None) -> Pixels:
        shaded: Pixels | None = None
        if channel != "rgb":
            colour_map = self.export.colour_maps.get(channel, "")
            shaded = shade_at(frame, channel, self.size_px, limits, colour_map)
        return self._written_over(byte_colours(frame, self.is_transparent, shaded), channel, limits)

    def _written_over(self, pixels: Pixels, channel: str, limits: Limits | None) -> Pixels:
        """[H, W, 3 or 4] a picture with names and the scale of its colours, where they are wanted."""
        export = self.export
        if export.colour_bars and limits is not None:
            colour_map, is_range = export.colour_maps.get(channel, ""), export.depth_kind == "range"
            pixels = with_colour_bar(pixels, colour_scale(channel, limits, colour_map, export.lengths, is_range))
        return self._labelled(pixels, channel) if export.labels else pixels

    def _labelled(self, pixels: Pixels, channel: str) -> Pixels:
        """[H, W, 3 or 4] a picture with the names of what is seen in it."""
        left, right = self.export.label(channel)
        if self.export.pair is None or self.export.pair.across == 1:
            return labelled(pixels, left, right)
        halves = np.split(pixels, 2, axis=1)
        named: list[Pixels] = [labelled(half, name) for half, name in zip(halves, (left, right), strict=True)]
        return np.concatenate(named, axis=1)

    def parts(self, known: Mapping[str, Limits] = NO_LIMITS) -> list[FramePart]:
        """The files of each frame in a folder; `known` as in `video_limits`."""
        chosen = FORMATS[self.export.format] if self.export.format is not None else USUAL_FORMAT
        self.path_limits = self.video_limits(known) if chosen.is_limited else {}
        export = self.export
        return chosen.parts(
            PartsRequest(
                export.drawn_channels,
                self.is_transparent,
                export.depth_kind,
                self.size_px,
                self.path_limits,
                export.colour_maps,
            )
        )

    def arrays(self, index: int, parts: Sequence[FramePart]) -> Made:
        """The array of each file of a folder; last something to look at, where none of them is a picture."""
        frame = self.frame(index)
        arrays = [part.make(frame) for part in parts]
        channels = self.export.drawn_channels
        # Files of formats that hold several channels are no pictures.
        shown = channels if len(parts) == len(channels) else [part.name for part in parts]
        arrays = [
            self._written_over(array, name, self.path_limits.get(name)) if _is_picture(array) else array
            for array, name in zip(arrays, shown, strict=True)
        ]
        return arrays if shown_part(arrays) is not None else [*arrays, shade(frame, self.export.drawn_channels[0])]


def export_cameras(scene: Scene, export: Export) -> tuple[Camera, ...]:
    """The cameras as they are drawn: fitted to what the scene can draw, of a sphere with a level horizon.

    Raises:
        UserError: as `fit_cameras`.
    """
    if export.projection != EQUIRECTANGULAR:
        return fit_cameras(scene, export.cameras, export.size_px, export.fit)
    size_px = export.size_px or SPHERE_PX
    fitted = fit_cameras(scene, export.cameras, None)
    return tuple(level_camera(camera, scene.up, size_px) for camera in fitted)


def shown_part(arrays: Made) -> Pixels | None:
    """[H, W, 3 or 4] the array that is bytes of a picture; None where there is none."""
    return next((array for array in arrays if _is_picture(array)), None)


def _is_picture(array: Array) -> bool:
    return array.dtype == np.uint8 and array.ndim == 3


def crop_to(scene: Scene, box: CropBox | None, stop: Stop) -> Crop:
    """What crops frames of a scene to a box in its coordinates; None: not at all."""
    return uncropped if box is None else Cropping(scene).to(box, stop)


def exported_frame(
    scene: Scene,
    camera: Camera,
    controls: Mapping[str, float],
    background: str | None,
    stop: Stop,
    crop: Crop = uncropped,
) -> Frame:
    """One frame as an export has it: as the scene draws it, cropped, over the background, or with straight colours.

    Raises:
        Cancelled: `stop` said so.
        UserError: as `rendered`.
    """
    frame = crop(rendered(scene, camera, controls, stop), camera)
    return straight(frame) if background == TRANSPARENT else over(frame, background or AS_IT_IS)


def _path_limits(first: Frame, channels: Sequence[str], cameras: Sequence[Camera]) -> dict[str, Limits]:
    """One range of values for the whole path.

    It is the first frame's; depth is widened by how far the path comes nearer and goes away from what that frame shows.
    """
    limits = {channel: channel_limits(first, channel) for channel in channels if has_limits(first, channel)}
    if "depth" in limits:
        low, high = limits["depth"]
        middle = cameras[0].position + cameras[0].forward * (low + high) / 2
        distances = [float(np.linalg.norm(camera.position - middle)) for camera in cameras]
        nearer, further = distances[0] - min(distances), max(distances) - distances[0]
        # Half the nearest depth is kept: a range that reaches 0 has no colours left for the scene.
        limits["depth"] = (max(low - nearer, low / 2), high + further)
    return limits
