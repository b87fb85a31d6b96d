"""A recording, or a still capture, seen through the multiplane images of a pair of its cameras."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from engines.core.camera import Camera
from engines.core.data.dataset import Dataset
from engines.core.device import in_step, memory_there, to_device
from engines.core.engine import INSTANCE, TIME, Control, Stop, never_stop
from engines.core.errors import Cancelled
from engines.core.frame import ALPHA, BLACK, Frame
from engines.core.side_stream import HIGH_PRIORITY, SideStream
from engines.mask_volume.config import PLANES, MaskVolumeConfig, MaskVolumeOptions
from engines.mask_volume.drawing import ComposedImage, Stack
from engines.mask_volume.footage import Footage
from engines.mask_volume.multiplane_image import Maker, MultiplaneImage, has_mask
from engines.mask_volume.multiplane_image_cache import Key, MultiplaneImageCache
from engines.mask_volume.pairs import AUTHORS, advice
from engines.mask_volume.upstream import MPI

SMALL_CACHE_MB = 256
"""While learning: what is kept is soon of yesterday's weights."""
WAIT_S = 0.02
"""Between two looks at whether a picture is still wanted, while another thread makes its planes."""


class MaskVolumeScene:
    """Draws any size. Planes are made at the first look at a time step, or before by `prepare` on another thread."""

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
            weights: by their names and in their shapes in a checkpoint.
            img_wh: what photographs are brought to fit into; None: the options' width.

        Raises:
            UserError: it has no pair of cameras as asked for, or does not say how deep it is.
        """
        self.device, self.options = device, options
        self.footage = footage = Footage(dataset, options, img_wh or (options.width_px, options.width_px * 4))
        # Of a still capture without a background nothing can be told apart: its planes are all there is.
        self.moves = has_mask(weights) and (dataset.time_steps > 1 or len(dataset.backgrounds) > 0)
        self._cache = MultiplaneImageCache(_room(options.cache_mb * 10**6, device))
        self._making = threading.Lock()
        used = weights if self.moves else {name: w for name, w in weights.items() if name.startswith(MPI)}
        self._maker = Maker(used, device)
        self._preparing, self._drawing = SideStream(device), SideStream(device, HIGH_PRIORITY)
        self._shown: tuple[MultiplaneImage, Stack] | None = None
        self.bounds, self.up = dataset.bounds, dataset.up
        key = footage.key(None, {})
        cameras = footage.cameras(key.instance, key.time)
        self.cameras, self.start = tuple(cameras.values()), cameras[key.first]
        self._notes = self._first_notes(key)
        channels = ("rgb", "depth", "disparity", ALPHA)
        self.channels: tuple[str, ...] = (*channels, "foreground", "mask") if self.moves else channels
        self.controls = self._controls()

    # What there is

    def _controls(self) -> tuple[Control, ...]:
        controls, names = [], self.footage.dataset.instances
        if len(names) > 1:
            controls.append(Control(INSTANCE, "Recording", "choice", 0, len(names) - 1, self.footage.first, names))
        time_steps = max(self.footage.lengths.values(), default=1)
        if time_steps > 1:
            controls.append(Control(TIME, "Time step", "time", 0, time_steps - 1, 0))
        return (*controls, Control("plane", "MPI plane (0: all)", "integer", 0, PLANES, 0))

    def _first_notes(self, key: Key) -> tuple[str, ...]:
        notes, pair = [], (key.first, key.second)
        if self.options.pair == "fixed" and pair != AUTHORS and self.options.first_camera is None:
            names = self.footage.dataset.instances
            which = f"of {names[key.instance]}'s cameras" if len(names) > 1 else "of all cameras"
            notes.append(f"{which} {pair[0]} and {pair[1]} were taken for the pair; the options choose others")
        if self.moves and not len(self.footage.dataset.backgrounds.of_instance(key.instance)):
            notes.append("no background in the folder: it is taken to be the median of each camera's photographs")
        return tuple(notes)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What is shown in place of what, also of photographs that could not be read so far."""
        return (*self._notes, *self.footage.skipped)

    def time_steps(self, controls: Mapping[str, float]) -> int:
        """How many time steps the recording that `controls` choose has."""
        return self.footage.lengths[self.footage.when(controls)[0]]

    @property
    def room(self) -> int:
        """How many time steps are kept."""
        return self._cache.capacity(self._time_step_bytes())

    def _time_step_bytes(self) -> int:
        width, height = self.start.size_px
        return (5 if self.moves else 4) * 2 * PLANES * width * height

    # What is asked for

    def sources(self, camera: Camera, controls: Mapping[str, float]) -> tuple[Camera, ...]:
        """The pair that the planes are made of; empty while its cameras are not read yet."""
        key = self.footage.known_key(camera, controls)
        if key is None:
            return ()
        cameras = self.footage.cameras(key.instance, key.time)
        return cameras[key.first], cameras[key.second]

    def find_sources(self, camera: Camera, controls: Mapping[str, float]) -> tuple[Camera, ...]:
        """The pair that the planes are going to be made of; looks at the disk, and makes none.

        Raises:
            UserError: no such recording, or its cameras can't be read.
        """
        self.footage.key(camera, controls)
        return self.sources(camera, controls)

    def cache_key(self, camera: Camera, controls: Mapping[str, float]) -> object:
        """Tells what must be made for different pictures apart."""
        if self.options.pair == "fixed":
            return self.footage.when(controls)
        return self.footage.known_key(camera, controls) or self.footage.when(controls)

    def prepared(self, camera: Camera, controls: Mapping[str, float]) -> bool:
        """Whether the planes that this picture needs are there; no look at the disk, as the window asks often."""
        if self.options.pair == "fixed":
            return self._cache.has_time_step(*self.footage.when(controls))
        key = self.footage.known_key(camera, controls)
        return key is not None and self._cache.has(key)

    def prepare(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> None:
        """Makes the planes that this picture needs; may run on another thread than `render`, at the same time.

        Raises:
            Cancelled: `stop` said so.
            UserError: a photograph can't be read.
        """
        key = self.footage.key(camera, controls)
        self._multiplane_image(key, in_step(stop, self.device), ahead=True)

    def placeholder(self, camera: Camera, controls: Mapping[str, float]) -> Frame:
        """The reference's photograph on a single plane.

        Raises:
            UserError: it can't be read.
        """
        key = self.footage.key(camera, controls)
        pair = self.footage.pair(key)
        reference, (near, far) = pair.cameras[0], pair.depths
        photograph = self.footage.picture(key, key.first, reference.size_px, lambda: None)
        picture = to_device(torch.from_numpy(photograph), self.device)
        depths = torch.tensor([2 / (1 / near + 1 / far)])
        with torch.inference_mode():
            layers = torch.cat([picture, torch.ones_like(picture[..., :1])], dim=-1)[None].contiguous()
            # What moves is not known yet: nothing.
            unknown = torch.zeros_like(layers[..., 0]) if self.moves else None
            mpi = MultiplaneImage(layers, unknown, layers[..., 3], reference, depths)
            stack = Stack(layers, reference, depths)
            return _Seen(mpi, stack, camera, None, never_stop).frame(self.moves)

    def render(self, camera: Camera, controls: Mapping[str, float] | None = None, stop: Stop = never_stop) -> Frame:
        """The picture from `camera`; its planes are made where they are not there yet.

        Raises:
            Cancelled: `stop` said so.
            UserError: no such recording, or a photograph can't be read.
        """
        controls = controls or {}
        only = round(controls.get("plane", 0)) - 1
        key = self.footage.key(camera, controls)
        self._cache.look_at(key.instance, key.time, self.footage.lengths[key.instance])
        mpi = self._multiplane_image(key, stop)
        with torch.inference_mode(), self._drawing.work() as done:
            mpi.hand_over()
            view = _Seen(mpi, self._stack(mpi), camera, only if only >= 0 else None, stop)
            frame = view.frame(self.moves)
        done.hand_over(frame.image, frame.depth, frame.extra["disparity"], frame.extra[ALPHA])
        return frame

    def advice(self, camera: Camera, controls: Mapping[str, float]) -> str:
        """Why the view leaves what planes can show, in plain words; empty where it doesn't."""
        key = self.footage.known_key(camera, controls)
        if key is None:
            return ""
        pair = self.footage.pair(key)
        near, far = pair.depths
        return advice(camera, pair.cameras[0], 1 / np.linspace(1 / far, 1 / near, PLANES))

    # Planes

    def _stack(self, mpi: MultiplaneImage) -> Stack:
        if self._shown is None or self._shown[0] is not mpi:
            layers = mpi.layers
            if self.device.type == "cpu":
                # The same memory again and again: memory never touched before takes longer than what is done in it.
                old = self._shown[1].layers if self._shown is not None else None
                fits = old is not None and old.shape == layers.shape
                layers = old.copy_(layers) if old is not None and fits else layers.float()
            else:
                layers = layers.float()
            self._shown = (mpi, Stack(layers, mpi.reference, mpi.depths))
        return self._shown[1]

    def _multiplane_image(self, key: Key, stop: Stop, ahead: bool = False) -> MultiplaneImage:
        """`ahead`: it is kept only when a GPU has made it, as a frame that asked for it before would stand still."""
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
                if ahead:
                    found.done.wait()
                self._cache.put(key, found)
            return found
        finally:
            self._making.release()

    def _make(self, key: Key, stop: Stop) -> MultiplaneImage:
        def check() -> None:
            if stop():
                raise Cancelled

        pair = self.footage.pair(key)
        size = pair.cameras[0].size_px
        with self._preparing.work() as done:
            pictures = self.footage.pictures(key, size, check)
            made = self._maker.make(pair, pictures, lambda: self.footage.backgrounds(key, size, check), check)
        return replace(made, done=done)


@dataclass(frozen=True, eq=False)
class _Seen:
    """A time step from one camera; the rarer channels are drawn when they are looked at."""

    mpi: MultiplaneImage
    stack: Stack
    camera: Camera
    only: int | None
    stop: Stop

    def frame(self, moves: bool) -> Frame:
        """The picture and its channels."""
        drawn = self.stack.draw(self.camera, self.stop, self.only)
        known = {"disparity": drawn.disparity, ALPHA: drawn.opacity}
        later = {"foreground": self._foreground, "mask": self._mask} if moves else {}
        return Frame(drawn.image, self._depth(drawn), Channels(known, later), BLACK)

    def _depth(self, drawn: ComposedImage) -> Tensor:
        """[H, W] along this camera's +z, of the plane at the mean disparity before the reference; inf where clear."""
        clear = drawn.opacity < 1e-2
        before = drawn.opacity / drawn.disparity.clamp(min=1e-12)
        to_reference = self.mpi.reference.world_to_camera @ self.camera.camera_to_world
        width, height = self.camera.size_px
        x = (torch.arange(width, device=before.device) + 0.5 - self.camera.centre_px[0]) / self.camera.focal_px[0]
        y = (torch.arange(height, device=before.device) + 0.5 - self.camera.centre_px[1]) / self.camera.focal_px[1]
        slope = float(to_reference[2, 0]) * x[None] + float(to_reference[2, 1]) * y[:, None] + float(to_reference[2, 2])
        depth = (before - float(to_reference[2, 3])) / slope
        return torch.where(clear | (depth <= 0), torch.inf, depth)

    def _foreground(self) -> Tensor:
        """[H, W] opacity of what moves."""
        mpi = self.mpi
        if mpi.mask is None or mpi.still is None:
            raise ValueError("nothing tells what moves")
        mpi.hand_over()
        # Full opacity is the mix of both: what the background gave to it is taken away again.
        moving = mpi.layers[..., 3].float() - mpi.still.float() * (1 - mpi.mask.float())
        layers = torch.cat([torch.zeros_like(mpi.layers[..., :3]).float(), moving.clamp(0, 1)[..., None]], dim=-1)
        return self._other(layers).opacity

    def _mask(self) -> Tensor:
        """[H, W] the mask as it shows on the visible planes."""
        if self.mpi.mask is None:
            raise ValueError("nothing tells what moves")
        self.mpi.hand_over()
        mask, opacity = self.mpi.mask.float()[..., None], self.mpi.layers[..., 3:].float()
        return self._other(torch.cat([mask, mask, mask, opacity], dim=-1)).image[..., 0]

    def _other(self, layers: Tensor) -> ComposedImage:
        with torch.inference_mode():
            stack = Stack(layers, self.mpi.reference, self.mpi.depths)
            return stack.draw(self.camera, never_stop, self.only)


class Channels(Mapping[str, Tensor]):
    """A frame's channels, some of them made when they are looked at."""

    def __init__(self, known: Mapping[str, Tensor], later: Mapping[str, Callable[[], Tensor]]) -> None:
        """`known`: channels [H, W] by name; `later`: what makes others, [H, W] too."""
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


def _room(asked_bytes: int, device: torch.device) -> int:
    """As much as was asked for, but of a card at most half of what is free: to make planes takes some, too."""
    there = memory_there(device) if device.type != "cpu" else None
    return asked_bytes if there is None else min(asked_bytes, there // 2)


def scene_of_training(
    config: MaskVolumeConfig, weights: Mapping[str, Tensor], dataset: Dataset, device: torch.device
) -> MaskVolumeScene:
    """The scene as learnt so far: planes are made near each view that is looked at, where there is a choice.

    Args:
        weights: by their names and in their shapes in a checkpoint.
    """
    options = MaskVolumeOptions(pair="fixed" if config.stage == "mask" else "others", cache_mb=SMALL_CACHE_MB)
    return MaskVolumeScene(weights, dataset, device, options, config.img_wh)
