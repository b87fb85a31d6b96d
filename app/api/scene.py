"""A trained scene, opened: rendered, exported, made into a mesh, evaluated."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator

from app.api import exporting
from app.api.image import Image
from app.api.requests import CamerasLike, ControlValue, Framing, PathRequest
from app.api.scene_work import (
    drawn_images,
    facts_table,
    judged,
    judging_asked,
    no_view,
    path_frames,
    still_frame,
    views_of,
)
from app.api.wording import python_worded, reworded
from app.camera.fitting import Fit
from app.training.evaluation import Evaluation, OnView
from app.viewing.opening import Opened, title_of
from engines.core.camera import Camera
from engines.core.data.views import Split, Views
from engines.core.engine import Stop, never_stop


class TrainedScene:
    """A trained scene, as `vantage.open` gives it. Several threads may ask it for images; it draws one at a time.

    Wherever `controls` are taken, each of the scene's controls is an argument by its name: `instance="car_003"`,
    `time=4`, `blend_with="car_000", blend=0.5`, or one of the method's own; a choice by its name or its number.

    Attributes:
        source: the file or run folder that was opened.
        name: what a person calls it.
        method: the name of the method that it was trained by.
        step: after how many steps of training; 0: unknown.
        device: that it is drawn on.
        channels: what images have: "rgb", "depth" and others.
        controls: what may be varied besides the camera, by name.
        size_px: the one (width, height) that it can draw; None: any.
        bounds: [2, 3] the box that holds it, lowest and highest corner.
        up: [3] unit vector.
        origin: [3] where its coordinates begin in the world of its data; mostly 0. Files of cameras and meshes are read
            and written in the world, everything else here is in the scene's coordinates.
        camera: where one begins to look.
        cameras: the training cameras, as far as they are known.
    """

    def __init__(self, opened: Opened, with_photographs: Callable[[], Opened]) -> None:
        """`with_photographs` opens it again with the data that it was trained on."""
        self._opened, self._drawing = opened, threading.RLock()
        self._photographed = functools.cache(lambda: opened if opened.dataset is not None else with_photographs())
        scene, checkpoint = opened.scene, opened.checkpoint
        self.source, self.name, self.origin = opened.path, title_of(opened.path), opened.origin
        self.method, self.step, self.device = checkpoint.engine, checkpoint.step, str(scene.device)
        self.channels, self.size_px, self.bounds, self.up = scene.channels, scene.native_px, scene.bounds, scene.up
        self.controls = {control.name: control for control in scene.controls}
        self.camera, self.cameras = scene.start, scene.cameras

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes in plain words: what had to be assumed, what is to be known of file and data; drawing may add some."""
        return tuple(map(reworded, self._opened.all_notes))

    @python_worded
    def views(self, split: Split = "train", **controls: ControlValue) -> Views:
        """The views of the data's split: each has `camera`, `name`, `time` and `image()`, its photograph.

        Args:
            split: "train", "validation" (also what the run held out) or "test".
            controls: `instance`, of a class.

        Raises:
            UserError: no data was named when it was opened, or there is no such split.
        """
        return views_of(self._opened, split, controls)

    @python_worded
    def camera_path(
        self, path: CamerasLike = None, *, frames: int | None = None, **controls: ControlValue
    ) -> tuple[Camera, ...]:
        """The cameras of a path.

        Args:
            path: "orbit", "spiral", "circle", "x", "y" or "z"; "train", "validation" or "test": the data's own; a file
                or folder of cameras; or cameras. None: orbit, or spiral where the capture faces one way.
            frames: of a generated path; of others only the first so many.
            controls: `instance`, of a class whose objects have paths of their own.

        Raises:
            UserError: it can't be had, and why.
        """
        return path_frames(self._opened, PathRequest(path, frames, controls)).cameras

    @python_worded
    def render(
        self, camera: Camera | None = None, *, channel: str = "rgb", width: int | None = None,
        height: int | None = None, fit: Fit | None = None, background: str | None = None, **controls: ControlValue,
    ) -> Image:  # fmt: skip
        """The image from a camera: byte for byte what `main.py render` writes.

        Args:
            camera: None: where one begins to look.
            channel: that is looked at; the image has all of them.
            width, height: pixels; one follows from the other. None: the camera's, or the one size that can be drawn.
            fit: where the size is of another shape than the camera's: "crop" off what does not fit, or "pad" with more
                at the sides; None: what was trained on, where that has the shape, else pad.
            background: "white" or "black" behind a scene with a channel alpha.

        Raises:
            UserError: there is no such channel, control or size.
        """
        alone = still_frame(self._opened, self.camera if camera is None else camera, controls)
        return next(drawn_images(self._opened, self._drawing, alone, channel, Framing(width, height, fit, background)))

    @python_worded
    def frames(
        self, path: CamerasLike = None, *, frames: int | None = None, channel: str = "rgb", width: int | None = None,
        height: int | None = None, fit: Fit | None = None, background: str | None = None, **controls: ControlValue,
    ) -> Iterator[Image]:  # fmt: skip
        """The images of a path, each drawn when it is asked for; a recording plays unless `time` is given.

        Args:
            path, frames: as in `camera_path`.
            channel, width, height, fit, background: as in `render`.

        Raises:
            UserError: as `camera_path` and `render`; before the first image is drawn.
        """
        along = path_frames(self._opened, PathRequest(path, frames, controls))
        return drawn_images(self._opened, self._drawing, along, channel, Framing(width, height, fit, background))

    export, mesh = exporting.export, exporting.mesh

    @python_worded
    def evaluate(
        self, split: Split | None = None, *, crop: int | None = None, width: int | None = None,
        height: int | None = None, on_view: OnView = no_view, stop: Stop = never_stop,
    ) -> Evaluation:  # fmt: skip
        """Compares it with photographs: `psnr` in dB, `ssim`, `means`, and the `scores` of each view.

        Without data it takes that which its run was trained on, less what was learnt.

        Args:
            split: "train", "validation" (also what the run held out) or "test"; None: the first of test, validation,
                train that has photographs, which `told` names.
            crop: pixels to leave out on each side; None: what the method doesn't learn.
            width, height: pixels, both or neither, to compare at; None: what was learnt at.
            on_view: called with each view's score.
            stop: as in `export`.

        Raises:
            UserError: there are no photographs.
        """
        asked = judging_asked(split, crop, width, height)
        return judged(self._photographed, self._drawing, asked, on_view, stop).evaluation

    def __repr__(self) -> str:
        size = "any size" if self.size_px is None else "{}x{}".format(*self.size_px)
        return f"<vantage scene {self.name}: {self.method}, {size}, {', '.join(self.channels)}, on {self.device}>"

    def _repr_html_(self) -> str:
        return facts_table(self._opened, self.notes)
