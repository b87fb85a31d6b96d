"""One posed photograph, and many of them, read from the disk when they are asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol, overload

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.data.decoding import turned_upright
from engines.core.data.depth_files import read_depth
from engines.core.data.images import resize_area, resize_nearest, same_shape
from engines.core.data.picture_files import Place, read_mask, read_picture, read_valid_mask
from engines.core.data.seen_points import SeenPoints
from engines.core.data.undistortion import LensModel, Rectangle, seen_pixels, undistorted
from engines.core.errors import UserError
from engines.core.reading import read_text, shortened

Split = Literal["train", "validation", "test"]
WHOLE = 1 - 1e-4
"""Of a pixel, in averages of single precision: all of it."""


@dataclass(frozen=True, eq=False)
class View:
    """One camera and, where there is one, its photograph on the disk.

    Attributes:
        camera: of what `image` gives.
        name: the file's stem, unique within its split.
        image_path: None for a pose without a photograph (a test path).
        image_at: where in `image_path`, if that holds many: `(frame,)` of a video, `(data set, index, ...)` of HDF5.
        time: number of the time step within a recording; 0 for a still scene.
        camera_index: which of a rig's fixed cameras; None for a camera that was moved about.
        instance: which object of a class, an index into `Dataset.instances`; 0 where there is only one.
        mask_path, mask_at: the object's silhouette, or what moves; a file of the photograph's size.
        valid_mask_path, valid_mask_at: a file that is 0 where nothing is to be learnt or scored (a passer-by).
        depth_path: a file of the depths along the camera's axis, as `engines.core.data.depth_files` reads it.
        hull_depth_path: one of the depths where rays enter the visual hull of the silhouettes.
        depth_unit: what a stored depth of 1 is, world units; None: nobody says it, and floats are world units.
        depth_beyond: the depth, world units, that is written where nothing is hit; None: no such.
        seen_points: the points on surfaces that this photograph is known to see; None: nobody says it.
        params_path: numbers that describe what the photograph shows (SRN's `params/`), where they are given.
        distortion: of the photograph on the disk, as `LensModel` has it; () where it is a pinhole's.
        lens: that took the photograph on the disk, where `camera` is a part of its picture; None where it has the
            camera's focal length, middle and size.
        turned: EXIF's orientation, 1 to 8, where the camera is that of the photograph as it is shown, not as it is
            stored: it is turned when it is read. 1: as it is stored.
        outside: the brightness that takes the place of all that is outside the mask, or transparent; None: the
            photograph's own, and white.
    """

    camera: Camera
    name: str
    split: Split = "train"
    image_path: Path | None = None
    image_at: Place = ()
    time: int = 0
    camera_index: int | None = None
    mask_path: Path | None = None
    mask_at: Place = ()
    depth_path: Path | None = None
    hull_depth_path: Path | None = None
    depth_unit: float | None = None
    depth_beyond: float | None = None
    seen_points: SeenPoints | None = None
    instance: int = 0
    params_path: Path | None = None
    distortion: tuple[float, ...] = ()
    valid_mask_path: Path | None = None
    valid_mask_at: Place = ()
    lens: LensModel | None = None
    turned: int = 1
    outside: float | None = None

    def image(self) -> Array:
        """[H, W, 3] float32 in [0, 1], read now and freed of distortion; transparency is laid over white.

        What the lens did not see, where the camera shows more than that, is black; `valid_mask` tells.

        Raises:
            UserError: there is none, it can't be read, or its size is not the camera's.
        """
        if self.image_path is None:
            raise UserError(f"view {self.name} has no photograph")
        behind = 1.0 if self.outside is None else self.outside
        image = turned_upright(read_picture(self.image_path, self.image_at, behind), self.turned)
        width, height = self.taken_with.size_px
        if (image.shape[1], image.shape[0]) != (width, height):
            raise UserError(
                f"{self.image_path}: is {image.shape[1]}x{image.shape[0]}, the other images are {width}x{height}; "
                "all images of a folder must have one size"
            )
        straight = undistorted(image, self.taken_with, self._part)
        if self.outside is None or self.mask_path is None:
            return straight
        return np.where(self.mask()[..., None], straight, np.float32(self.outside))

    def mask(self) -> Array:
        """[H, W] bool, read now, undistorted as `image` is: what belongs to the object, or moves.

        Raises:
            UserError: there is none, it can't be read, or its size is not the photograph's.
        """
        if self.mask_path is None:
            raise UserError(f"view {self.name} has no mask")
        width, height = self.taken_with.size_px
        mask = self._turned_as_photograph(read_mask(self.mask_path, self.mask_at))
        if (mask.shape[1], mask.shape[0]) != (width, height):
            raise UserError(f"{self.mask_path}: is {mask.shape[1]}x{mask.shape[0]}, its photograph is {width}x{height}")
        if not self.taken_with.distortion:
            return undistorted(mask, self.taken_with, self._part)
        return undistorted(mask.astype(np.float32), self.taken_with, self._part) >= 0.5

    def valid_mask(self) -> Array | None:
        """[H, W] bool, read now, undistorted as `image` is: what may be trained on and scored; None: every pixel.

        It is what the lens saw, less what the file leaves out; a pixel counts if all of it does.

        Raises:
            UserError: the file can't be read, or is of another shape than the photograph.
        """
        seen = seen_pixels(self.taken_with, self._part)
        if self.valid_mask_path is None:
            return seen
        size_px = self.taken_with.size_px
        mask = self._turned_as_photograph(read_valid_mask(self.valid_mask_path, self.valid_mask_at))
        mask_px = (mask.shape[1], mask.shape[0])
        if not same_shape(mask_px, size_px):
            raise UserError("{}: is {}x{}, its photograph is {}x{}".format(self.valid_mask_path, *mask_px, *size_px))
        whole = resize_area(mask.astype(np.float32), size_px)
        valid: Array = undistorted(whole, self.taken_with, self._part) >= WHOLE
        return valid if seen is None else valid & seen

    def depth(self, of_hull: bool = False) -> Array:
        """[H, W] float32 depths along the camera's +z, world units, read now; infinite where none is known.

        A map of another size is taken pixel by pixel, not averaged: depths at edges belong to one side or the other.

        Args:
            of_hull: those of the visual hull.

        Raises:
            UserError: there is none, it can't be read, or is of another shape than the photograph.
        """
        path = self.hull_depth_path if of_hull else self.depth_path
        if path is None:
            raise UserError(f"view {self.name} has no depth map{' of its visual hull' if of_hull else ''}")
        depth, size_px = self._turned_as_photograph(read_depth(path, self.depth_unit)), self.taken_with.size_px
        if self.depth_beyond is not None:
            depth = np.where(depth < np.float32(self.depth_beyond), depth, np.float32(np.inf))
        depth_px = (depth.shape[1], depth.shape[0])
        if not same_shape(depth_px, size_px):
            raise UserError("{}: is {}x{}, its photograph is {}x{}".format(path, *depth_px, *size_px))
        depth = resize_nearest(depth, size_px)
        if not self.taken_with.distortion and self._part == self.taken_with.whole:
            return depth
        known = np.isfinite(depth)
        straight = undistorted(np.where(known, depth, 0), self.taken_with, self._part)
        whole = undistorted(known.astype(np.float32), self.taken_with, self._part) >= WHOLE
        return np.where(whole, straight, np.float32(np.inf))

    def _turned_as_photograph(self, mask: Array) -> Array:
        """A mask as the photograph is shown; many are made of the stored one, others of what is shown."""
        shown = same_shape((mask.shape[1], mask.shape[0]), self.taken_with.size_px)
        return mask if shown else turned_upright(mask, self.turned)

    @property
    def taken_with(self) -> LensModel:
        """The lens of the photograph on the disk."""
        return self.lens or LensModel.of(self.camera, self.distortion)

    @property
    def _part(self) -> Rectangle:
        """Which part of its pinhole's picture the camera shows."""
        (left, top), (cx, cy) = self.taken_with.centre_px, self.camera.centre_px
        return (round(left - cx), round(top - cy), *self.camera.size_px)

    def params(self) -> Array:
        """[L] float32 the numbers of `params_path`.

        Raises:
            UserError: there are none, or they can't be read.
        """
        if self.params_path is None:
            raise UserError(f"view {self.name} has no file of parameters; each needs its own in params/, beside pose/")
        try:
            # The first line, as the authors read it.
            line = read_text(self.params_path).partition("\n")[0]
            values = np.array([float(word) for word in line.split()])
        except ValueError as error:
            raise UserError(f"{self.params_path}: can't be read as numbers ({shortened(error)})") from error
        if values.size == 0 or not np.isfinite(values).all():
            raise UserError(f"{self.params_path}: must hold numbers, all finite")
        return values.astype(np.float32)

    def square_image(self, side_px: int, crop_px: int = 0) -> Array:
        """[side, side, 3] the centred square, resized by area averages; goes with `square_camera`.

        Args:
            crop_px: cut off each side after resizing.
        """
        return _square(self.image(), side_px, crop_px)

    def square_valid(self, side_px: int, crop_px: int = 0) -> Array | None:
        """[side, side] bool `valid_mask` for `square_image`: a pixel counts if all that was averaged does."""
        valid = self.valid_mask()
        return None if valid is None else np.asarray(_square(valid.astype(np.float32), side_px, crop_px) >= WHOLE)

    def resized_valid(self, size_px: tuple[int, int]) -> Array | None:
        """[h, w] bool `valid_mask` at (width, height): a pixel counts if all that was averaged does; None: all."""
        valid = self.valid_mask()
        return None if valid is None else np.asarray(resize_area(valid.astype(np.float32), size_px) >= WHOLE)

    def square_camera(self, side_px: int, crop_px: int = 0) -> Camera:
        """The camera of `square_image`."""
        left_px = side_px - 2 * crop_px
        return self.camera.square().resized((side_px, side_px)).cropped(crop_px, crop_px, left_px, left_px)


def _square(image: Array, side_px: int, crop_px: int) -> Array:
    """The centred square of [H, W, ...], resized by area averages to `side_px`, then cropped."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = resize_area(image[top : top + side, left : left + side], (side_px, side_px))
    return square[crop_px : side_px - crop_px, crop_px : side_px - crop_px]


SPLITS: tuple[Split, ...] = ("train", "validation", "test")


class ViewSource(Protocol):
    """Views by number."""

    def __len__(self) -> int: ...
    def __getitem__(self, number: int, /) -> View: ...
    def fingerprint(self, numbers: Array) -> str:
        """Tells the views `numbers` [V] from others by their names and objects."""
        ...


class InMemory:
    """Views that were read already."""

    def __init__(self, views: Sequence[View]) -> None:
        self._views = views

    def __len__(self) -> int:
        return len(self._views)

    def __getitem__(self, number: int) -> View:
        return self._views[number]

    def fingerprint(self, numbers: Array) -> str:
        """Tells the views `numbers` [V] from others by their names and objects."""
        chosen = (self._views[number] for number in numbers.tolist())
        return hashlib.sha256(repr([(view.name, view.instance) for view in chosen]).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class ViewFacts:
    """What is known of views without a look at the disk: a few bytes each, each array [V].

    Attributes:
        splits: index into `SPLITS`.
        instances: as `View.instance`.
        has_image: whether there is a photograph.
        times: as `View.time`.
        cameras: as `View.camera_index`; -1 for None.
    """

    splits: Array
    instances: Array
    has_image: Array
    times: Array
    cameras: Array

    @staticmethod
    def of_still(splits: Array, instances: Array, has_image: Array) -> ViewFacts:
        """Facts [V] of still scenes' views, photographed with a camera that was moved about."""
        return ViewFacts(splits, instances, has_image, np.zeros_like(instances), np.full_like(instances, -1))

    def chosen(self, which: Array) -> ViewFacts:
        """The facts of the views at `which`: indices in the order wanted, or [V] a mask."""
        return ViewFacts(*(getattr(self, name)[which] for name in FACTS))


FACTS = tuple(ViewFacts.__dataclass_fields__)


class Views(Sequence[View]):
    """Some of a source's views, in an order of their own; training views first.

    Of a class with thousands of objects the source reads a view's files only now, at each `views[i]`.
    """

    def __init__(self, source: ViewSource, numbers: Array, facts: ViewFacts) -> None:
        """Views `numbers` [V] of `source`, and the facts about each."""
        self._source, self._numbers, self.facts = source, numbers, facts

    @staticmethod
    def of(views: Sequence[View]) -> Views:
        """Views that are in memory."""
        facts = ViewFacts(
            np.array([SPLITS.index(view.split) for view in views], dtype=np.int8),
            np.array([view.instance for view in views], dtype=np.int32),
            np.array([view.image_path is not None for view in views], dtype=bool),
            np.array([view.time for view in views], dtype=np.int32),
            np.array([-1 if view.camera_index is None else view.camera_index for view in views], dtype=np.int32),
        )
        return Views(InMemory(views), np.arange(len(views)), facts)

    @property
    def source(self) -> ViewSource:
        """The source that the views are read from."""
        return self._source

    def of_source(self, source: ViewSource) -> Views:
        """These views, read from another source that has them under the same numbers."""
        return Views(source, self._numbers, self.facts)

    @property
    def splits(self) -> Array:
        """[V] index into `SPLITS`."""
        return self.facts.splits

    @property
    def instances(self) -> Array:
        """[V] as `View.instance`."""
        return self.facts.instances

    @property
    def times(self) -> Array:
        """[V] as `View.time`."""
        return self.facts.times

    @property
    def camera_indices(self) -> Array:
        """[V] as `View.camera_index`; -1 for None."""
        return self.facts.cameras

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> View: ...
    @overload
    def __getitem__(self, index: slice) -> Views: ...
    def __getitem__(self, index: int | slice) -> View | Views:
        if isinstance(index, slice):
            return self.chosen(np.arange(len(self))[index])
        view, split = self._source[int(self._numbers[index])], SPLITS[self.splits[index]]
        return view if view.split == split else replace(view, split=split)

    def __iter__(self) -> Iterator[View]:
        return (self[index] for index in range(len(self)))

    def chosen(self, which: Array) -> Views:
        """Those at `which`: indices in the order wanted, or [V] a mask."""
        return Views(self._source, self._numbers[which], self.facts.chosen(which))

    def split(self, name: Split) -> Views:
        """The views of one split."""
        return self.chosen(self.splits == SPLITS.index(name))

    def of_instance(self, number: int) -> Views:
        """The views of one object."""
        return self.chosen(self.instances == number)

    def at_time(self, time: int) -> Views:
        """The views of one time step."""
        return self.chosen(self.times == time)

    @property
    def photographed(self) -> Views:
        """Those that have an image."""
        return self.chosen(self.facts.has_image)

    @property
    def in_memory(self) -> Sequence[View]:
        """Those that were read already."""
        return list(self) if isinstance(self._source, InMemory) else ()

    def fingerprint(self) -> str:
        """Tells these views from others by their names and objects, without reading them."""
        return self._source.fingerprint(self._numbers)

    def with_split(self, which: Array, name: Split) -> Views:
        """These views, those at `which` (indices, or [V] a mask) now of split `name`; training views first."""
        splits = self.splits.copy()
        splits[which] = SPLITS.index(name)
        order = np.argsort(splits != 0, kind="stable")
        return Views(self._source, self._numbers, replace(self.facts, splits=splits)).chosen(order)
