"""What a scene may be able to do besides drawing whole pictures: some pixels of them, photographs chosen, other files.

As those of `engines.core.engine` they are asked for by `isinstance`: a scene has an ability by having its members.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from engines.core.camera import Array, Camera
from engines.core.data.views import View
from engines.core.engine import Scene, Stop
from engines.core.frame import Frame, Samples


@runtime_checkable
class DrawsPixels(Protocol):
    """A scene whose pixels don't depend on each other, so that a picture is refined without drawing any of them twice.

    `frame_of` what `draw_pixels` gives of all pixels is the picture of `render`, but for the rounding of float32.
    """

    draws_pixels: bool
    """Whether this one's don't."""

    def draw_pixels(self, camera: Camera, controls: Mapping[str, float], pixels: Tensor, stop: Stop) -> Samples:
        """Some pixels of the picture from `camera`, in the order in which they are asked for.

        Args:
            pixels: [N] int64 on the scene's device, row * width + column of each; one at least, none twice.

        Raises:
            Cancelled, UserError: as `render`.
        """
        ...

    def frame_of(self, camera: Camera, samples: Samples) -> Frame:
        """The picture of all of its pixels, row by row, with the channels that are made of a pixel's neighbours."""
        ...


@runtime_checkable
class ChoosesSources(Protocol):
    """A scene that is made of some photographs of a data folder, and can be made of others while it is open."""

    sources_option: str
    """The field of `SceneOptions` that has their numbers, in order; None there: the scene chooses by itself."""
    least_sources: int
    """So many it is made of at least."""

    def source_views(self, controls: Mapping[str, float]) -> Sequence[View]:
        """The photographs to choose among, in the order of their numbers, of what `controls` choose."""
        ...

    def chosen_sources(self, controls: Mapping[str, float]) -> tuple[int, ...]:
        """The numbers of those that it is made of, in the order in which they are looked at."""
        ...

    def made_of(self, numbers: Sequence[int] | None) -> Scene:
        """A scene like this of other photographs, in this order; None: of those that it chooses by itself.

        It comes at once, and shares what was made of the photographs of both. Both may draw, each on a thread of its
        own.

        Raises:
            UserError: there are no such.
        """
        ...


@runtime_checkable
class HasVolume(Protocol):
    """A scene that is a grid of occupancies."""

    def volume(self, controls: Mapping[str, float]) -> Mapping[str, Array]:
        """The grid of what `controls` choose, e.g. one object of a class.

        Returns:
            occupancy: [T, n, n, n] probabilities along the grid's x, y, z; of a scene that is made of photographs after
                1..T of them.
            bounds: [2, 3] the grid's corners, world units, along its axes.
            axes: [3, 3] these axes in the world, one a row.
        """
        ...


@runtime_checkable
class HasPoints(Protocol):
    """A scene that knows coloured points."""

    def points(self, controls: Mapping[str, float]) -> Mapping[str, Array]:
        """The points of what `controls` choose, e.g. one object of a class.

        Returns:
            points: [N, 3] world.
            colours: [N, 3] in [0, 1].
        """
        ...


@runtime_checkable
class HasDepthMaps(Protocol):
    """A scene that is made of photographs whose depths it knows."""

    def depth_maps(self, controls: Mapping[str, float]) -> Mapping[str, Array]:
        """The depth maps of what `controls` choose, e.g. one object of a class.

        Returns:
            depth: [V, H, W] along each camera's +z, world units, as the method gives them.
            camera_to_world: [V, 4, 4], and K: [V, 3, 3] intrinsics, pixels, of the V photographs.
        """
        ...


@dataclass(frozen=True, eq=False)
class Primitives:
    """What a scene consists of, such as Gaussians, in an order that stays.

    Attributes:
        positions: [N, 3] float32 centres, in the scene's coordinates.
        opacities: [N] float32 in [0, 1].
        sizes: [N] float32 world units, how far each reaches: its largest standard deviation.
    """

    positions: Array
    opacities: Array
    sizes: Array

    def __len__(self) -> int:
        return len(self.positions)


@runtime_checkable
class LeavesOut(Protocol):
    """A scene of primitives, any of which can be left out of its pictures."""

    def primitives(self) -> Primitives:
        """All that the scene was opened with, also those that are left out."""
        ...

    def without(self, removed: Array, tinted: Array) -> Scene:
        """A scene like this that lacks primitives; it comes within a part of a second, and shares memory with this.

        Both may draw, each on a thread of its own. What this one lacks is asked for anew: nothing adds up.

        Args:
            removed: [N] bool, those that it lacks, of all that the scene was opened with.
            tinted: [N] bool, those of the others that are drawn in a colour which tells them apart.
        """
        ...
