"""The photographs of an open capture: which cameras there are, which pair is looked through, and what they saw."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.views import View, Views
from engines.core.engine import INSTANCE, TIME
from engines.core.errors import UserError
from engines.mask_volume.captures import background_of, depth_limits, picture_at
from engines.mask_volume.config import MaskVolumeOptions
from engines.mask_volume.examples import working_size
from engines.mask_volume.inference import Check
from engines.mask_volume.multiplane_image import CameraPair
from engines.mask_volume.multiplane_image_cache import Key
from engines.mask_volume.pairs import choose_pair, nearest, neighbour, require_apart

LISTED = 4096
"""Time steps whose cameras are kept."""
SAME_PLACE = 1e-6
"""Of two poses' numbers: the camera of a view, and the view itself."""


class Footage:
    """A capture's cameras and pictures at the size that the networks see; safe for several threads."""

    def __init__(self, dataset: Dataset, options: MaskVolumeOptions, img_wh: tuple[int, int]) -> None:
        """Opens it; photographs larger than `img_wh` are brought to fit."""
        self.dataset, self._options, self._img_wh = dataset, options, img_wh
        self.views = _looked_at(dataset)
        numbers, times = self.views.instances, self.views.times
        self.lengths = {int(number): int(times[numbers == number].max()) + 1 for number in np.unique(numbers)}
        """How many time steps each recording has."""
        self.first = int(numbers[0]) if len(numbers) else 0
        self.skipped: dict[str, None] = {}
        """In plain words, which photographs could not be read and what took their place."""
        self._cameras: dict[tuple[int, int], dict[int, Camera]] = {}
        self._fixed: dict[tuple[int, int], tuple[int, int]] = {}

    def when(self, controls: Mapping[str, float]) -> tuple[int, int]:
        """Which recording, and which of its time steps; of several each is as long as it is.

        Raises:
            UserError: no such recording.
        """
        instance = round(controls.get(INSTANCE, self.first))
        if instance not in self.lengths:
            raise UserError(f"instance {instance}: there are {len(self.lengths)} captures with photographs")
        return instance, min(max(round(controls.get(TIME, 0)), 0), self.lengths[instance] - 1)

    def cameras(self, instance: int, time: int) -> dict[int, Camera]:
        """The cameras that have a photograph of a time step, by their index; read from the disk where not known yet."""
        found = self._cameras.get((instance, time))
        if found is None:
            views = self.views.of_instance(instance).at_time(time)
            found = {
                place if view.camera_index is None else view.camera_index: self._fitted(view.camera)
                for place, view in enumerate(views)
            }
            if len(self._cameras) >= LISTED:
                self._cameras.clear()
                self._fixed.clear()
            self._cameras[instance, time] = found
        return found

    def _fitted(self, camera: Camera) -> Camera:
        if self._options.img_wh is not None:
            return camera.resized(self._options.img_wh)
        return camera.resized(working_size(camera.size_px, self._img_wh))

    def key(self, camera: Camera | None, controls: Mapping[str, float]) -> Key:
        """The planes that a picture from `camera` needs.

        Raises:
            UserError: there is no such pair, or the folder does not say how deep the scene is.
        """
        instance, time = self.when(controls)
        return Key(instance, time, *self._pair(self.cameras(instance, time), (instance, time), camera))

    def known_key(self, camera: Camera | None, controls: Mapping[str, float]) -> Key | None:
        """What `key` gives, without a look at the disk; None where that would be needed."""
        instance, time = self.when(controls)
        cameras = self._cameras.get((instance, time))
        if cameras is None:
            return None
        try:
            return Key(instance, time, *self._pair(cameras, (instance, time), camera))
        except UserError:
            # Told by whoever makes the planes; who only asks what is there gets nothing.
            return None

    def _pair(self, cameras: Mapping[int, Camera], when: tuple[int, int], camera: Camera | None) -> tuple[int, int]:
        near, options = depth_limits(self.dataset, when[0])[0], self._options
        if options.pair != "fixed" and camera is not None and len(cameras) > 2:
            if options.pair == "others":
                cameras = {index: other for index, other in cameras.items() if not _same_place(other, camera)}
            first = nearest(cameras, camera)
            second = neighbour(cameras, first, near)
            require_apart(cameras, first, second, near)
            return first, second
        found = self._fixed.get(when)
        if found is None:
            try:
                found = choose_pair(cameras, near, options.first_camera, options.second_camera)
                require_apart(cameras, *found, near)
            except UserError as error:
                raise UserError(f"{self.dataset.source}: {error}") from error
            self._fixed[when] = found
        return found

    def pair(self, key: Key) -> CameraPair:
        """Both cameras, of the reference's size: pictures of another are brought to it."""
        cameras = self.cameras(key.instance, key.time)
        first, second = cameras[key.first], cameras[key.second]
        label = (key.instance, key.first, key.second)
        return CameraPair(label, (first, second.resized(first.size_px)), depth_limits(self.dataset, key.instance))

    def pictures(self, key: Key, size_px: tuple[int, int], check: Check) -> Array:
        """[2, H, W, 3] what the pair saw."""
        return np.stack([self.picture(key, index, size_px, check) for index in (key.first, key.second)])

    def backgrounds(self, key: Key, size_px: tuple[int, int], check: Check) -> Array:
        """[2, H, W, 3] what the pair saw of what stands still."""
        return np.stack([self._background(key, index, size_px, check) for index in (key.first, key.second)])

    def _background(self, key: Key, index: int, size_px: tuple[int, int], check: Check) -> Array:
        try:
            return background_of(self.dataset, key.instance, index, size_px, check)[0]
        except UserError as error:
            if self._options.damaged_frames == "stop":
                raise
            median = background_of(self.dataset, key.instance, index, size_px, check, of_folder=False)[0]
            self.skipped[f"{error}: the median of camera {index}'s photographs takes its place"] = None
            return median

    def picture(self, key: Key, index: int, size_px: tuple[int, int], check: Check) -> Array:
        """[H, W, 3] one camera's photograph, or that of a time step near by where it can't be read and may be skipped.

        Raises:
            UserError: it can't be read, or none can.
        """
        failure: UserError | None = None
        times = range(self.lengths[key.instance])
        for time in sorted(times, key=lambda time: (abs(time - key.time), time)):
            check()
            try:
                picture = picture_at(self._view(key.instance, time, index), size_px)
            except UserError as error:
                if self._options.damaged_frames == "stop":
                    raise UserError(f"{error}; damaged_frames=skip takes the time step before in its place") from error
                failure = failure or error
                continue
            if failure is not None:
                self.skipped[f"{failure}: time step {time} is shown in place of {key.time}"] = None
            return picture
        raise failure or UserError(f"{self.dataset.source}: camera {index} has no photographs")

    def _view(self, instance: int, time: int, index: int) -> View:
        views = self.views.of_instance(instance).at_time(time)
        found = views if (views.camera_indices < 0).all() else views.chosen(views.camera_indices == index)
        place = index if found is views else 0
        if place >= len(found):
            raise UserError(f"{self.dataset.source}: camera {index} has no photograph of time step {time}")
        return found[place]


def _looked_at(dataset: Dataset) -> Views:
    """What planes may be made of: what is held out of a capture is there to compare with; all of it is not."""
    views = dataset.views.photographed
    train = views.splits == 0
    return views.chosen(train | ~np.isin(views.instances, views.instances[train]))


def _same_place(a: Camera, b: Camera) -> bool:
    return bool(np.abs(a.camera_to_world - b.camera_to_world).max() <= SAME_PLACE * (1 + np.abs(a.position).max()))
