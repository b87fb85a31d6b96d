"""A path of cameras into a video or a folder of images: the same for `main.py render` and the window.

A video shows its channels side by side. A folder holds `rgb_00000.png`, and every other channel as numbers
(`depth_00000.npy`, `normals_00000.npy`), with `cameras.json` beside them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from app.camera.fitting import Fit, fit_cameras
from app.export.distributed_frames import Made, bound_to, joined
from app.export.image_folder import CAMERAS_NAME, replacing_folder, write_array, write_image
from app.export.video import VIDEO_SUFFIXES, ThreadedCalls, VideoWriter
from app.rendering.display import Pixels, channel_limits, has_limits, shade, shade_at
from engines.core import distributed
from engines.core.camera import Array, Camera
from engines.core.data.images import shrunk
from engines.core.data.origin import in_world
from engines.core.engine import TIME, Scene, Stop, whole_controls
from engines.core.errors import Cancelled, UserError
from engines.core.frame import Frame
from engines.core.paths.generators import write_path
from engines.core.rendering import rendered

BACKGROUNDS: Mapping[str, float] = {"white": 1.0, "black": 0.0}
TRANSPARENCY = "alpha"
"""The channel that says how far a pixel covers what is behind it, in [0, 1]; colours are not multiplied by it."""
THUMBNAIL_PX = 160
# Names that promise a file of a kind that is not written; without this they would become folders.
OTHER_FILES = (
    ".avi",
    ".mov",
    ".mkv",
    ".m4v",
    ".mpg",
    ".apng",
    ".png",
    ".jpg",
    ".jpeg",
    ".webp",
    ".npy",
    ".npz",
    ".zip",
)
# PNG takes several times as long as rendering does on a fast device.
PNG_THREADS = 4

Limits = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Export:
    """What to render, and where to.

    Attributes:
        cameras: one a frame, in order; fitted to what the scene can draw.
        out: a video (.mp4 .webm .gif), or a folder.
        fps: frames a second of a video.
        quality: of a video, 1 to 10.
        channels: of `Scene.channels`; side by side in a video.
        size_px: None: the scene's own size, else the cameras'.
        fit: how cameras of another shape are fitted; None: as `usual_fit`.
        controls: one mapping a frame; None: every control at its default.
        origin: [3] where the cameras' coordinates begin in the world that their file is written in.
        background: "white" or "black" behind the picture where the scene gives an "alpha" (not premultiplied).
        limits: of channels' colours in a video; of others those of the first frame, widened for the path.
        colour_maps: of channels in a video where they are not the usual ones.
    """

    cameras: Sequence[Camera]
    out: Path
    fps: float = 30.0
    quality: int = 8
    channels: tuple[str, ...] = ("rgb",)
    size_px: tuple[int, int] | None = None
    fit: Fit | None = None
    controls: Sequence[Mapping[str, float]] | None = None
    background: str | None = None
    origin: Array = field(default_factory=lambda: np.zeros(3))
    limits: Mapping[str, Limits] = field(default_factory=dict)
    colour_maps: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Progress:
    """How far an export is.

    Attributes:
        seconds_left: None until it can be told.
        picture: [H, W, 3] bytes of the newest frame.
        told: what is done, where `done` and `total` count more than one kind of thing.
    """

    done: int
    total: int
    seconds_left: float | None
    picture: Pixels | None
    told: str = ""

    @cached_property
    def thumbnail(self) -> Pixels | None:
        """[h, w, 3] bytes of the picture, at most `THUMBNAIL_PX` a side; made when it is asked for."""
        return None if self.picture is None else shrunk(self.picture, THUMBNAIL_PX)


OnProgress = Callable[[Progress], None]


def run_export(scene: Scene, export: Export, on_progress: OnProgress, stop: Stop) -> Path:
    """Renders every camera and writes the result; while one frame is encoded the next is rendered.

    The result appears when it is complete. After an error or a stop there is nothing of it.

    Args:
        on_progress: called after each frame, on this thread.

    Returns:
        The video or folder.

    Raises:
        UserError: a size or channel the scene has not, or a place that can't be written.
        Cancelled: `stop` said so.
    """
    out = Path(export.out)
    cameras = fit_cameras(scene, export.cameras, export.size_px, export.fit)
    _check(scene, export)
    drawing = _Drawing(scene, export, cameras, stop)
    is_video = out.suffix.lower() in VIDEO_SUFFIXES
    made = _pictures(drawing) if is_video else joined(len(cameras), drawing.owners, drawing.arrays)
    if not distributed.here().is_first:
        # Another rank writes what these are joined into.
        for _ in made:
            pass
    elif is_video:
        _write_video(export, cameras, made, on_progress)
    else:
        _write_folder(export, cameras, made, on_progress)
    return out


def _check(scene: Scene, export: Export) -> None:
    check_shown(scene, export.channels, export.background)
    if export.controls is not None and len(export.controls) != len(export.cameras):
        raise ValueError(f"{len(export.controls)} controls for {len(export.cameras)} cameras")
    if export.out.suffix.lower() in OTHER_FILES:
        raise UserError(f"{export.out}: name a video ({', '.join(VIDEO_SUFFIXES)}), or a folder for images")


def check_shown(scene: Scene, channels: Sequence[str], background: str | None) -> None:
    """Whether the scene gives these channels, and there is such a background.

    Raises:
        UserError: says what there is.
    """
    if not channels:
        raise UserError(f"no channels to write; this scene gives {', '.join(scene.channels)}")
    for channel in channels:
        if channel not in scene.channels:
            raise UserError(f"channel {channel}: this scene gives {', '.join(scene.channels)}")
    if background not in (None, *BACKGROUNDS):
        raise UserError(f"background {background}: must be {' or '.join(BACKGROUNDS)}")


class _Drawing:
    """The frames of an export, each as it is written."""

    def __init__(self, scene: Scene, export: Export, cameras: Sequence[Camera], stop: Stop) -> None:
        self.export, self.cameras = export, cameras
        self._scene, self._stop = scene, stop
        chosen = export.controls or [{}] * len(cameras)
        self._controls = [whole_controls(scene, frame) for frame in chosen]
        self.owners = bound_to(scene, cameras, self._controls, distributed.here().count)

    def frame(self, index: int) -> Frame:
        """As the scene draws it, over the background."""
        if self._stop():
            raise Cancelled
        return exported_frame(
            self._scene, self.cameras[index], self._controls[index], self.export.background, self._stop
        )

    def arrays(self, index: int) -> Made:
        """For a folder: each channel, bytes of a picture or numbers; last something to look at, where no picture is."""
        frame, channels = self.frame(index), self.export.channels
        arrays = [shade(frame, "rgb") if channel == "rgb" else _numbers(frame, channel) for channel in channels]
        return arrays if "rgb" in channels else [*arrays, shade(frame, channels[0])]


def exported_frame(
    scene: Scene, camera: Camera, controls: Mapping[str, float], background: str | None, stop: Stop
) -> Frame:
    """One frame as an export has it: as the scene draws it, over the background.

    Raises:
        Cancelled: `stop` said so.
        UserError: as `rendered`.
    """
    return _over_background(rendered(scene, camera, controls, stop), background)


def _over_background(frame: Frame, background: str | None) -> Frame:
    alpha = frame.extra.get(TRANSPARENCY)
    if background is None or alpha is None:
        return frame
    alpha = alpha.reshape(*frame.image.shape[:2], 1)
    return replace(frame, image=frame.image * alpha + BACKGROUNDS[background] * (1 - alpha))


class _Clock:
    """Tells the time left; the first frame does not count, it often waits for things to be made ready."""

    def __init__(self, total: int, on_progress: OnProgress) -> None:
        self._total, self._on_progress = total, on_progress
        self._done, self._first = 0, 0.0

    def tick(self, picture: Pixels | None) -> None:
        self._done += 1
        now = time.monotonic()
        left: float | None = None
        if self._done == 1:
            self._first = now
        else:
            left = (now - self._first) / (self._done - 1) * (self._total - self._done)
        self._on_progress(Progress(self._done, self._total, left, picture))


def _pictures(drawing: _Drawing) -> Iterator[Made]:
    """For a video: its channels side by side, in one range of values."""
    channels, cameras = drawing.export.channels, drawing.cameras
    first: list[Frame] = []
    limits: dict[str, Limits] = {}
    if channels != ("rgb",):
        # The range is the first frame's, whoever draws the others.
        if distributed.here().is_first:
            first.append(drawing.frame(0))
            limits = _clip_limits(first[0], channels, cameras) | dict(drawing.export.limits)
        limits = {channel: (low, high) for channel, (low, high) in distributed.broadcast(limits).items()}

    def picture(index: int) -> Made:
        frame = first.pop() if first else drawing.frame(index)
        shown = [_shown(frame, channel, limits.get(channel), drawing) for channel in channels]
        return shown if len(shown) == 1 else [np.concatenate(shown, axis=1)]

    yield from joined(len(cameras), drawing.owners, picture)


def _write_video(export: Export, cameras: Sequence[Camera], made: Iterator[Made], on_progress: OnProgress) -> None:
    width, height = cameras[0].size_px
    clock = _Clock(len(cameras), on_progress)
    writer = VideoWriter(export.out, (width * len(export.channels), height), export.fps, export.quality)
    with writer, ThreadedCalls() as background:
        for (picture,) in made:
            background.submit(writer.write, picture)
            clock.tick(picture)


def _clip_limits(first: Frame, channels: Sequence[str], cameras: Sequence[Camera]) -> dict[str, Limits]:
    """One range of values for the whole clip, or the colours would flicker.

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


def _shown(frame: Frame, channel: str, limits: Limits | None, drawing: _Drawing) -> Pixels:
    colour_map = drawing.export.colour_maps.get(channel, "")
    return shade_at(frame, channel, drawing.cameras[0].size_px, limits, colour_map)


def _write_folder(export: Export, cameras: Sequence[Camera], made: Iterator[Made], on_progress: OnProgress) -> None:
    clock = _Clock(len(cameras), on_progress)
    to_look_at = export.channels.index("rgb") if "rgb" in export.channels else -1
    with replacing_folder(export.out) as folder, ThreadedCalls(PNG_THREADS, 2 * PNG_THREADS) as background:
        write_path(folder / CAMERAS_NAME, in_world(cameras, export.origin), _times(export))
        for index, arrays in enumerate(made):
            for channel, array in zip(export.channels, arrays, strict=False):
                if channel == "rgb":
                    background.submit(write_image, folder / f"rgb_{index:05d}.png", array)
                else:
                    background.submit(write_array, folder / f"{channel}_{index:05d}.npy", array)
            clock.tick(arrays[to_look_at])


def _times(export: Export) -> list[int] | None:
    """The time step of each frame, of a recording."""
    times = [frame[TIME] for frame in export.controls or () if TIME in frame]
    return [round(time) for time in times] if times and len(times) == len(export.cameras) else None


def _numbers(frame: Frame, channel: str) -> Array:
    values = frame.depth if channel == "depth" else frame.extra.get(channel)
    if values is None:
        raise ValueError(f"the frame has no channel {channel}")
    return np.asarray(values.detach().to("cpu", torch.float32, copy=True).numpy())
