"""A recording, or a still capture, seen through the multiplane images of a pair of its cameras."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from engines.core.camera import Array, Camera
from engines.core.dataset import Dataset
from engines.core.engine import Control, Stop, never_stop
from engines.core.errors import Cancelled, UserError
from engines.core.frame import Frame
from engines.core.views import View, Views
from engines.mask_volume.captures import background_of, depth_limits, picture_at
from engines.mask_volume.config import PLANES, MaskVolumeConfig, MaskVolumeOptions
from engines.mask_volume.drawing import Drawn, Stack
from engines.mask_volume.examples import working_size
from engines.mask_volume.moment_cache import Key, MomentCache
from engines.mask_volume.moments import Maker, Moment, Pair, has_mask
from engines.mask_volume.pairs import AUTHORS, advice, choose_pair, nearest, neighbour
from engines.mask_volume.upstream import MPI

SMALL_CACHE_MB = 256
"""While learning: what is kept is soon of yesterday's weights."""
LISTED = 1024
"""Moments whose cameras are kept."""
WAIT_S = 0.02
"""Between two looks at whether a picture is still wanted, while another thread makes its planes."""


class MaskVolumeScene:
    """Draws any size. Planes are made at the first look at a moment, or before by `prepare` on another thread."""

    engine = "mask_volume"
    native_px: tuple[int, int] | None = None
    cropped_px = border_px = 0

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        dataset: Dataset,
        device: torch.device,
        options: MaskVolumeOptions,
        img_wh: tuple[int, int] | None = None,
    ) -> None:
        """Opens a capture.

        Args:
            img_wh: what photographs are brought to fit into; None: the options' width.

        Raises:
            UserError: it has no pair of cameras as asked for, or does not say how deep it is.
        """
        self.device, self.options, self._dataset = device, options, dataset
        self._img_wh = img_wh or (options.width_px, options.width_px * 4)
        self._views = _looked_at(dataset)
        # Of a still capture without a background nothing can be told apart: its planes are all there is.
        self.moves = has_mask(weights) and (dataset.moments > 1 or len(dataset.backgrounds) > 0)
        self._cameras_of = lru_cache(LISTED)(self._list_cameras)
        self._cache = MomentCache(options.cache_mb * 10**6)
        self._making = threading.Lock()
        used = weights if self.moves else {name: w for name, w in weights.items() if name.startswith(MPI)}
        self._maker = Maker(used, device)
        self._shown: tuple[Moment, Stack] | None = None
        self._skipped: dict[str, None] = {}
        self._instances = dataset.instances or ("",)
        numbers, times = self._views.instances, self._views.times
        self._lengths = {int(number): int(times[numbers == number].max()) + 1 for number in np.unique(numbers)}
        self.bounds, self.up = dataset.bounds, dataset.up
        first = int(self._views.instances[0]) if len(self._views) else 0
        self._first = first
        self._known = self._known_cameras(first, 0)
        self.cameras = tuple(self._known.values())
        pair = self._pair(first, 0, None)
        self.start = self._known[pair[0]]
        self._fixed_notes = self._notes(pair)
        channels = ("rgb", "depth", "disparity", "opacity")
        self.channels: tuple[str, ...] = (*channels, "foreground", "mask") if self.moves else channels
        self.controls = self._controls()

    # What there is

    def _controls(self) -> tuple[Control, ...]:
        controls = []
        if len(self._dataset.instances) > 1:
            last = len(self._dataset.instances) - 1
            names = self._dataset.instances
            controls.append(Control("instance", "Recording", "choice", 0, last, self._first, names))
        moments = max(self._lengths.values(), default=1)
        if moments > 1:
            controls.append(Control("time", "Moment", "time", 0, moments - 1, 0))
        return (*controls, Control("plane", "Plane (0: all)", "integer", 0, PLANES, 0))

    def _notes(self, pair: tuple[int, int]) -> tuple[str, ...]:
        notes = []
        if self.options.pair == "fixed" and pair != AUTHORS and self.options.first_camera is None:
            notes.append(f"of all cameras {pair[0]} and {pair[1]} were taken for the pair; the options choose others")
        still = self._dataset.backgrounds.of_instance(self._first)
        if self.moves and not len(still):
            notes.append("no background in the folder: it is taken to be the median of each camera's photographs")
        return tuple(notes)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What is shown in place of what, also of photographs that could not be read so far."""
        return (*self._fixed_notes, *self._skipped)

    def _known_cameras(self, instance: int, time: int) -> dict[int, Camera]:
        """The cameras that have a photograph of a moment, at the size that the networks see."""
        return self._cameras_of(instance, time)

    def _list_cameras(self, instance: int, time: int) -> dict[int, Camera]:
        views = self._views.of_instance(instance).at_time(time)
        return {
            place if view.camera_index is None else view.camera_index: self._fitted(view.camera)
            for place, view in enumerate(views)
        }

    def _fitted(self, camera: Camera) -> Camera:
        return camera.resized(working_size(camera.size_px, self._img_wh))

    def _view(self, instance: int, time: int, index: int) -> View:
        views = self._views.of_instance(instance).at_time(time)
        if (views.camera_indices < 0).all():
            return views[index]
        return views.chosen(views.camera_indices == index)[0]

    @property
    def room(self) -> int:
        """How many moments are kept."""
        return self._cache.capacity(self._moment_bytes())

    def _moment_bytes(self) -> int:
        width, height = self.start.size_px
        return (5 if self.moves else 4) * 2 * PLANES * width * height

    # What is asked for

    def _key(self, camera: Camera, controls: Mapping[str, float]) -> Key:
        instance, time = self._when(controls)
        return Key(instance, time, *self._pair(instance, time, camera))

    def _when(self, controls: Mapping[str, float]) -> tuple[int, int]:
        """Which recording, and which of its moments; of several each is as long as it is."""
        instance = round(controls.get("instance", self._first))
        if instance not in self._lengths:
            raise UserError(f"instance {instance}: there are {len(self._instances)} captures")
        return instance, min(max(round(controls.get("time", 0)), 0), self._lengths[instance] - 1)

    def _pair(self, instance: int, time: int, camera: Camera | None) -> tuple[int, int]:
        cameras = self._known_cameras(instance, time)
        near = depth_limits(self._dataset, instance)[0]
        options = self.options
        if options.pair == "nearest" and camera is not None:
            first = nearest(cameras, camera)
            return first, neighbour(cameras, first, near)
        try:
            return choose_pair(cameras, near, options.first_camera, options.second_camera)
        except UserError as error:
            raise UserError(f"{self._dataset.source}: {error}") from error

    def sources_of(self, instance: int) -> tuple[int, int]:
        """Which cameras the planes of a recording's first moment are made of."""
        return self._pair(instance, 0, None)

    def sources(self, controls: Mapping[str, float]) -> tuple[Camera, ...]:
        """The pair that the planes are made of."""
        key = self._key(self.start, controls)
        cameras = self._known_cameras(key.instance, key.time)
        return cameras[key.first], cameras[key.second]

    def prepared(self, camera: Camera, controls: Mapping[str, float]) -> bool:
        """Whether the planes that this picture needs are there."""
        if self.options.pair == "fixed":
            # No look at the disk: the window asks for every moment.
            return self._cache.has_moment(*self._when(controls))
        return self._cache.has(self._key(camera, controls))

    def prepare(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> None:
        """Makes the planes that this picture needs; may run on another thread than `render`, at the same time.

        Raises:
            Cancelled: `stop` said so.
            UserError: a photograph can't be read.
        """
        self._moment(self._key(camera, controls), stop)

    def glimpse(self, camera: Camera, controls: Mapping[str, float]) -> Frame:
        """The reference's photograph on a single plane.

        Raises:
            UserError: it can't be read.
        """
        key = self._key(camera, controls)
        reference = self._known_cameras(key.instance, key.time)[key.first]
        picture = torch.from_numpy(self._picture(key, key.first, reference.size_px, lambda: None)).to(self.device)
        near, far = depth_limits(self._dataset, key.instance)
        depths = torch.tensor([2 / (1 / near + 1 / far)])
        with torch.inference_mode():
            layers = torch.cat([picture, torch.ones_like(picture[..., :1])], dim=-1)[None]
            stack = Stack(layers.contiguous(), reference, depths)
            moment = Moment(layers, None, None, reference, depths)
            return _Seen(moment, stack, camera, None, never_stop).frame(moves=False)

    def render(self, camera: Camera, controls: Mapping[str, float] | None = None, stop: Stop = never_stop) -> Frame:
        """The picture from `camera`; its planes are made where they are not there yet.

        Raises:
            Cancelled: `stop` said so.
            UserError: no such recording, or a photograph can't be read.
        """
        controls = controls or {}
        only = round(controls.get("plane", 0)) - 1
        moment = self._moment(self._key(camera, controls), stop)
        with torch.inference_mode():
            view = _Seen(moment, self._stack(moment), camera, only if only >= 0 else None, stop)
            return view.frame(self.moves)

    def advice(self, camera: Camera, controls: Mapping[str, float]) -> str:
        """Where the view leaves what planes can show: in plain words, why. Else empty."""
        key = self._key(camera, controls)
        reference = self._known_cameras(key.instance, key.time)[key.first]
        depths = np.array(depth_limits(self._dataset, key.instance))
        return advice(camera, reference, 1 / np.linspace(1 / depths[1], 1 / depths[0], PLANES))

    # Planes

    def _stack(self, moment: Moment) -> Stack:
        if self._shown is None or self._shown[0] is not moment:
            layers = moment.layers
            if self.device.type == "cpu":
                # The same memory again and again: memory never touched before takes longer than what is done in it.
                old = self._shown[1].layers if self._shown is not None else None
                fits = old is not None and old.shape == layers.shape
                layers = old.copy_(layers) if old is not None and fits else layers.float()
            else:
                layers = layers.float()
            self._shown = (moment, Stack(layers, moment.reference, moment.depths))
        return self._shown[1]

    def _moment(self, key: Key, stop: Stop) -> Moment:
        found = self._cache.get(key)
        if found is not None:
            return found
        while not self._making.acquire(timeout=WAIT_S):
            if stop():
                raise Cancelled
        try:
            # Another thread may have made it meanwhile.
            found = self._cache.get(key)
            if found is None:
                found = self._make(key, stop)
                self._cache.put(key, found)
            return found
        finally:
            self._making.release()

    def _make(self, key: Key, stop: Stop) -> Moment:
        def check() -> None:
            if stop():
                raise Cancelled

        cameras = self._known_cameras(key.instance, key.time)
        both = (cameras[key.first], cameras[key.second])
        # Pictures of another camera's size are brought to the reference's.
        size = both[0].size_px
        pair = Pair((both[0], both[1].resized(size)), depth_limits(self._dataset, key.instance))
        pictures = np.stack([self._picture(key, index, size, check) for index in (key.first, key.second)])
        check()

        def backgrounds() -> Array:
            found = (background_of(self._dataset, key.instance, index, size) for index in (key.first, key.second))
            return np.stack([image for image, _ in found])

        return self._maker.make(pair, pictures, backgrounds, check)

    def _picture(self, key: Key, index: int, size_px: tuple[int, int], check: Callable[[], None]) -> Array:
        """[H, W, 3] one camera's photograph, or that of a moment near by where it can't be read and may be skipped."""
        failure: UserError | None = None
        for time in sorted(range(self._lengths[key.instance]), key=lambda time: (abs(time - key.time), time)):
            check()
            try:
                picture = picture_at(self._view(key.instance, time, index), size_px)
            except UserError as error:
                if self.options.damaged_frames == "stop":
                    raise UserError(f"{error}; damaged_frames=skip takes the moment before in its place") from error
                failure = failure or error
                continue
            if failure is not None:
                self._skipped[f"{failure}: moment {time} is shown in place of {key.time}"] = None
            return picture
        raise failure or UserError(f"{self._dataset.source}: camera {index} has no photographs")


def _looked_at(dataset: Dataset) -> Views:
    """What planes may be made of: what is held out of a capture is there to compare with; all of it is not."""
    views = dataset.views.photographed
    train = views.splits == 0
    return views.chosen(train | ~np.isin(views.instances, views.instances[train]))


@dataclass(frozen=True, eq=False)
class _Seen:
    """A moment from one camera; the rarer channels are drawn when they are looked at."""

    moment: Moment
    stack: Stack
    camera: Camera
    only: int | None
    stop: Stop

    def frame(self, moves: bool) -> Frame:
        """The picture and its channels."""
        drawn = self.stack.draw(self.camera, self.stop, self.only)
        known = {"disparity": drawn.disparity, "opacity": drawn.opacity}
        later = {"foreground": self._foreground, "mask": self._mask} if moves else {}
        return Frame(drawn.image, self._depth(drawn), Channels(known, later))

    def _depth(self, drawn: Drawn) -> Tensor:
        """[H, W] along this camera's +z, of the plane at the mean disparity before the reference; inf where clear."""
        clear = drawn.opacity < 1e-2
        before = drawn.opacity / drawn.disparity.clamp(min=1e-12)
        to_reference = self.moment.reference.world_to_camera @ self.camera.camera_to_world
        width, height = self.camera.size_px
        x = (torch.arange(width, device=before.device) + 0.5 - self.camera.centre_px[0]) / self.camera.focal_px[0]
        y = (torch.arange(height, device=before.device) + 0.5 - self.camera.centre_px[1]) / self.camera.focal_px[1]
        slope = float(to_reference[2, 0]) * x[None] + float(to_reference[2, 1]) * y[:, None] + float(to_reference[2, 2])
        depth = (before - float(to_reference[2, 3])) / slope
        return torch.where(clear | (depth <= 0), torch.inf, depth)

    def _foreground(self) -> Tensor:
        """[H, W] opacity of what moves."""
        moment = self.moment
        if moment.mask is None or moment.still is None:
            raise ValueError("nothing tells what moves")
        # Full opacity is the mix of both: what the background gave to it is taken away again.
        moving = moment.layers[..., 3].float() - moment.still.float() * (1 - moment.mask.float())
        layers = torch.cat([torch.zeros_like(moment.layers[..., :3]).float(), moving.clamp(0, 1)[..., None]], dim=-1)
        return self._other(layers).opacity

    def _mask(self) -> Tensor:
        """[H, W] the mask as it shows on the visible planes."""
        if self.moment.mask is None:
            raise ValueError("nothing tells what moves")
        mask, opacity = self.moment.mask.float()[..., None], self.moment.layers[..., 3:].float()
        return self._other(torch.cat([mask, mask, mask, opacity], dim=-1)).image[..., 0]

    def _other(self, layers: Tensor) -> Drawn:
        with torch.inference_mode():
            stack = Stack(layers, self.moment.reference, self.moment.depths)
            return stack.draw(self.camera, never_stop, self.only)


class Channels(Mapping[str, Tensor]):
    """A frame's channels, some of them made when they are looked at."""

    def __init__(self, known: Mapping[str, Tensor], later: Mapping[str, Callable[[], Tensor]]) -> None:
        self._known, self._later = dict(known), later

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._known:
            self._known[name] = self._later[name]()
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in self._later

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._known, *self._later)))

    def __len__(self) -> int:
        return len(set(self._known) | set(self._later))


def scene_of_training(
    config: MaskVolumeConfig, weights: Mapping[str, Tensor], dataset: Dataset, device: torch.device
) -> MaskVolumeScene:
    """The scene as learnt so far: planes are made near each view that is looked at, where there is a choice."""
    options = MaskVolumeOptions(pair="fixed" if config.stage == "mask" else "nearest", cache_mb=SMALL_CACHE_MB)
    return MaskVolumeScene(weights, dataset, device, options, config.img_wh)
