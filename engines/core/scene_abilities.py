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


@dataclass(frozen=True)
class Splatting:
    """How a scene's Gaussians become a picture, front to back, each where its alpha is `least_alpha` or more.

    Each is projected as Zwicker et al. 2002 do (EWA), with the perspective's derivative at its centre.

    Attributes:
        count: how many there are.
        degree: of their harmonics.
        near: world units along +z; one whose centre is no farther away is not drawn.
        dilation: square pixels, added to its variance along both of the picture's axes.
        antialiased: whether its opacity is less by the root of the share of its area that it had before it was dilated.
        least_share: that share is taken to be no less.
        margin: of a picture's sides; a centre that lies farther beyond its edges is projected as there.
        least_alpha: what covers less of a pixel is not drawn there, nor at all where its opacity is less.
        most_alpha: none covers more.
    """

    count: int
    degree: int
    near: float
    dilation: float
    antialiased: bool
    least_share: float
    margin: float
    least_alpha: float
    most_alpha: float


@dataclass(frozen=True, eq=False)
class GaussianValues:
    """Some of a scene's Gaussians; all arrays are float32.

    Attributes:
        positions: [N, 3] centres, in the scene's coordinates.
        axes: [N, 3, 3] their own axes there, one a row, each as long as the standard deviation along it.
        opacities: [N] in [0, 1].
        harmonics: [N, K, 3] of colours 0.5 + their sum, 0 at least; real, with the Condon-Shortley sign, m from -l to l
            in each degree, of the directions in which the camera sees the centres.
    """

    positions: Array
    axes: Array
    opacities: Array
    harmonics: Array


@runtime_checkable
class MadeOfGaussians(Protocol):
    """A scene whose image is that of Gaussians over black, so that a graphics card can draw it as `Splatting` says."""

    @property
    def splatting(self) -> Splatting:
        """How they are drawn."""
        ...

    def gaussians(self, begin: int, end: int) -> GaussianValues:
        """Those of the numbers from `begin` to `end`, in an order that stays; also those that are left out."""
        ...

    def near_to_far(self, camera: Camera, exactly: bool) -> Array:
        """[M] uint32 the numbers of those that may be seen, the nearest first; what is left out is not among them.

        Args:
            exactly: in the order of `render`; else soon, in that of depths that are rounded.
        """
        ...
