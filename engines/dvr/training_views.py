"""What each step looks at, and how it comes from the disk.

A step's photographs and pixels follow from the seed and the step's number alone, so that any process can read them
ahead, and a run that goes on later needs no memory of what it has seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engines.core.camera import Array, Camera, project
from engines.core.data.images import resize_area, resize_nearest, to_uint8
from engines.core.data.object_masks import silhouette
from engines.core.data.views import View, Views
from engines.core.device import to_device
from engines.core.distributed import Rank, Share
from engines.core.errors import UserError
from engines.core.learning.read_ahead import WORKERS
from engines.core.seeding import seeded
from engines.dvr.config import DvrConfig
from engines.dvr.cube import Cube
from engines.dvr.photograph_size import learnt_size
from engines.dvr.photographs import as_input
from engines.dvr.ray_sampling import (
    Pixels,
    Rectangle,
    choose_pixels,
    patches_of,
    places_on_rays,
    rays_through,
    rectangle_about,
)
from engines.dvr.visual_hull import VisualHulls, entries

MEMORY_BYTES = 2**30
"""Photographs that take no more are kept; of more than that each is read when its turn comes."""
BYTES_PER_PIXEL = 8
"""Of a photograph that is kept: its colours, silhouette and depth."""
ORDER, VIEWS, PIXELS = 0, 1, 2
"""Purposes of chance."""


def workers_for(views: Views, config: DvrConfig) -> int:
    """Processes that read ahead: none where all photographs are kept."""
    width, height = learnt_size(views[0].camera.size_px, config)
    return WORKERS if len(views) * width * height * BYTES_PER_PIXEL > MEMORY_BYTES else 0


class ViewSchedule:
    """Which photographs a step looks at."""

    def __init__(self, instances: Array, config: DvrConfig, seed: int) -> None:
        """Chooses among photographs whose objects are `instances` [V].

        Of a class, a step looks at objects, each in a photograph by chance.
        """
        self._instances, self._config, self._seed = instances, config, seed
        objects = np.unique(instances)
        self._of_object = [np.flatnonzero(instances == number) for number in objects] if config.c_dim else []
        self._count = len(self._of_object) or len(instances)

    def chosen(self, step: int) -> list[int]:
        """What a step looks at: objects, or photographs where there is one object; each once before any comes again."""
        size = self._config.batch_size
        places = range(step * size, (step + 1) * size)
        return [int(_shuffled(self._count, self._seed, place // self._count)[place % self._count]) for place in places]

    def views(self, step: int) -> list[int]:
        """Numbers of the photographs that are compared."""
        return self._by_chance(step, 0)

    def inputs(self, step: int) -> list[int]:
        """Numbers of the photographs that the codes are made of, for each of `views`."""
        return self._by_chance(step, 1)

    def _by_chance(self, step: int, purpose: int) -> list[int]:
        chosen = self.chosen(step)
        if not self._of_object:
            return chosen
        random = seeded(self._seed, VIEWS, step, purpose)
        views = [self._of_object[number] for number in chosen]
        return [int(of[torch.randint(len(of), (), generator=random)]) for of in views]

    def objects(self, step: int) -> list[int]:
        """Number of each chosen object among those that have a code."""
        return self.chosen(step) if self._of_object else [0] * self._config.batch_size


@lru_cache(maxsize=2)
def _shuffled(count: int, seed: int, round_: int) -> Tensor:
    return torch.randperm(count, generator=seeded(seed, ORDER, round_))


@dataclass(frozen=True, eq=False)
class Photograph:
    """A photograph as it is trained on.

    Attributes:
        colours: [H, W, 3] uint8.
        inside: [H, W] bool, what belongs to the object.
        about: where the object is; None: nowhere.
        valid: [H, W] bool, what counts; None: all.
        depths: [H, W] float32 world units along +z, infinite where none is known; None: there are none.
    """

    camera: Camera
    colours: Tensor
    inside: Tensor
    about: Rectangle | None
    valid: Tensor | None
    depths: Tensor | None


def read_photograph(view: View, config: DvrConfig) -> Photograph:
    """A view's photograph and silhouette, at the size that is learnt.

    Raises:
        UserError: something of it can't be read.
    """
    size_px = learnt_size(view.camera.size_px, config)
    depths = None
    if config.learns_depths:
        has_any = view.hull_depth_path if config.depth_from_visual_hull else view.depth_path
        depths = resize_nearest(view.depth(config.depth_from_visual_hull), size_px) if has_any else None
    inside = torch.from_numpy(np.ascontiguousarray(resize_area(silhouette(view).astype(np.float32), size_px) >= 0.5))
    valid = view.resized_valid(size_px)
    return Photograph(
        view.camera.resized(size_px),
        torch.from_numpy(np.ascontiguousarray(to_uint8(resize_area(view.image(), size_px)))),
        inside,
        rectangle_about(inside),
        None if valid is None else torch.from_numpy(np.ascontiguousarray(valid)),
        None if depths is None else torch.from_numpy(np.ascontiguousarray(depths)),
    )


@dataclass(frozen=True, eq=False)
class KnownPoints:
    """Rays to points on surfaces that the step's photographs are known to see, as a `RayBatch` has rays.

    Attributes:
        known_at: [N] d of the points.
    """

    objects: Tensor
    counts: list[int]
    origins: Tensor
    directions: Tensor
    known_at: Tensor


@dataclass(frozen=True, eq=False)
class RayBatch:
    """The rays of one step that are this rank's.

    Attributes:
        step: counted from 0.
        share: of the step's patches.
        views: the step's photographs, all ranks'.
        objects: [N] which of the step's codes a ray's object has.
        counts: how many of the rays each of the step's objects has; they stand one object after the other.
        inputs: what the codes are made of, all ranks': photographs [B, 3, S, S] in [0, 1], or numbers [B] of objects
            with a code of their own; empty where there are no codes.
        origins, directions: [N, 3] in the field's coordinates; a step of 1 goes 1 world unit along the camera's +z.
        colours: [N, 3] in [0, 1].
        inside: [N] bool, what belongs to the object.
        valid: [N] bool, what counts.
        depths: [N] d of the surface where it is known, else infinite.
        empty_at, occupied_at: [N] d of places by chance.
        beside: [N, 3] steps to a neighbouring point by chance, in [-1/2, 1/2).
        points: where they are compared.
    """

    step: int
    share: Share
    views: tuple[int, ...]
    counts: list[int]
    inputs: Tensor
    objects: Tensor
    origins: Tensor
    directions: Tensor
    colours: Tensor
    inside: Tensor
    valid: Tensor
    depths: Tensor
    empty_at: Tensor
    occupied_at: Tensor
    beside: Tensor
    points: KnownPoints | None = None

    def to(self, device: torch.device) -> RayBatch:
        """This batch with all its tensors on `device`."""
        points = None if self.points is None else replace(self.points, **_moved(self.points, device))
        return replace(self, points=points, **_moved(self, device))


def _moved(rays: RayBatch | KnownPoints, device: torch.device) -> dict[str, Any]:
    return {name: to_device(value, device) for name, value in rays.__dict__.items() if isinstance(value, Tensor)}


@dataclass(frozen=True, eq=False)
class RayFrame:
    """What rays are placed in.

    Attributes:
        cube: where the field stands.
        unit: d of a depth of 1 in `depth_range`.
        hulls: the visual hulls of the silhouettes, where they say what must be occupied.
    """

    cube: Cube
    unit: float
    hulls: VisualHulls | None = None


class RayBatchReader:
    """Reads what any step looks at."""

    def __init__(
        self, views: Views, plan: ViewSchedule, config: DvrConfig, frame: RayFrame, seed: int, rank: Rank
    ) -> None:
        """Reads the share of `rank` of the rays through `views`."""
        self._views, self._plan, self._config, self._frame = views, plan, config, frame
        self._seed, self._rank = seed, rank
        self._kept, self._kept_bytes = dict[int, Photograph](), 0

    def read(self, step: int) -> RayBatch:
        """What a step looks at.

        Raises:
            UserError: a photograph, mask or the like can't be read.
        """
        views = self._plan.views(step)
        sizes = [learnt_size(self._views[number].camera.size_px, self._config) for number in views]
        counts = [patches_of(size, self._config) for size in sizes]
        share, begin, parts = self._rank.share(sum(counts)), 0, list[dict[str, Tensor]]()
        rays = [0] * len(views)
        for place, (number, count) in enumerate(zip(views, counts, strict=True)):
            first, last = (min(max(end - begin, 0), count) for end in (share.begin, share.end))
            begin += count
            if first < last:
                random = seeded(self._seed, PIXELS, step, place)
                rows = slice(first * self._config.patch_size**2, last * self._config.patch_size**2)
                parts.append(self._rays(number, place, rows, random))
                rays[place] = rows.stop - rows.start
        whole = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
        points = self._points(views) if self._config.lambda_sparse_depth else None
        return RayBatch(step, share, tuple(views), rays, self._inputs(step), **whole, points=points)

    def _points(self, views: Sequence[int]) -> KnownPoints:
        """This rank's share of the points that each photograph is known to see, within its silhouette."""
        origins, directions, known, counts = list[Tensor](), list[Tensor](), list[Tensor](), list[int]()
        for number in views:
            found, photograph = self._views[number].seen_points, self._photograph(number)
            points = np.empty((0, 3)) if found is None else found.read()
            pixels, depth = project(photograph.camera, points)
            height, width = photograph.inside.shape
            column, row = np.floor(pixels).astype(np.int64).T
            chosen = (depth > 0) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
            chosen[chosen] = photograph.inside.numpy()[row[chosen], column[chosen]]
            chosen = np.flatnonzero(chosen)[self._rank.share(int(chosen.sum())).rows]
            rays = rays_through(photograph.camera, self._frame.cube, torch.from_numpy(pixels[chosen]))
            origins.append(rays[0])
            directions.append(rays[1])
            known.append(torch.from_numpy(depth[chosen]).float())
            counts.append(len(chosen))
        objects = torch.repeat_interleave(torch.arange(len(views)), torch.tensor(counts))
        return KnownPoints(objects, counts, torch.cat(origins), torch.cat(directions), torch.cat(known))

    def _inputs(self, step: int) -> Tensor:
        """As a `RayBatch` has them."""
        if self._config.encoder is None:
            return torch.empty(0)
        if self._config.encoder == "idx":
            return torch.tensor(self._plan.objects(step))
        side = self._config.img_size_input
        found = [as_input(self._views[number].image(), side, squeezed=False) for number in self._plan.inputs(step)]
        if len({photograph.shape for photograph in found}) > 1:
            raise UserError("the input photographs of a class must have one shape, such as squares")
        return torch.cat(found)

    def _rays(self, number: int, place: int, rows: slice, random: torch.Generator) -> dict[str, Tensor]:
        """The fields of a `RayBatch` for some pixels of a photograph."""
        photograph = self._photograph(number)
        height, width = photograph.inside.shape
        chosen = choose_pixels((width, height), self._config, random, photograph.about)
        pixels = Pixels(*(part[rows] for part in chosen))
        at = (pixels.rows, pixels.columns)
        places_px = torch.stack([pixels.columns, pixels.rows], dim=1) + pixels.within
        if self._config.pixel_corners:
            places_px = (places_px - pixels.within) * torch.tensor(
                [width / max(width - 1, 1), height / max(height - 1, 1)]
            )
        origins, directions = rays_through(photograph.camera, self._frame.cube, places_px)
        empty, occupied = places_on_rays(origins, directions, pixels.chance, self._config, self._frame.unit)
        count = len(pixels.rows)
        depths = torch.full((count,), torch.inf) if photograph.depths is None else photograph.depths[at]
        hulls = self._frame.hulls
        hull = None if hulls is None else hulls.of_instance(int(self._views.instances[number]))
        if hull is not None:
            depths = entries(hull, origins, directions)
        return {
            "objects": torch.full((count,), place),
            "origins": origins,
            "directions": directions,
            "colours": photograph.colours[at].float() / 255,
            "inside": photograph.inside[at],
            "valid": torch.ones(count, dtype=torch.bool) if photograph.valid is None else photograph.valid[at],
            "depths": depths,
            "empty_at": empty,
            # Where it is known where the surface is, it is there that something must become occupied.
            "occupied_at": torch.where(depths.isfinite(), depths, occupied),
            "beside": pixels.chance[:, 2:],
        }

    def _photograph(self, number: int) -> Photograph:
        found = self._kept.get(number)
        if found is None:
            found = read_photograph(self._views[number], self._config)
            taken = BYTES_PER_PIXEL * found.inside.numel()
            if self._kept_bytes + taken <= MEMORY_BYTES:
                self._kept[number] = found
                self._kept_bytes += taken
        return found
