"""D-LSM: an object as depth maps of its photographs, fused, and seen anew in the colours of those that see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.camera import Array, Camera
from engines.core.data.views import Views
from engines.core.device import to_device
from engines.core.engine import Control, Stop, never_stop
from engines.core.errors import Cancelled
from engines.core.frame import ALPHA, WHITE, Frame
from engines.lsm.colouring import colours, seen
from engines.lsm.occupancy import rays_of
from engines.lsm.photographs import NetworkPhotographs
from engines.lsm.reconstruction import Latest
from engines.lsm.sources import LEAST, OPTION, Sources

REACH = 0.55
"""Half the side of what a depth map's points must lie in; the object's cube, and a little."""
SLACK = 0.04
"""The cube's units: how far behind what a photograph sees a point may be and still be it; depth maps err by as much."""
JUMP = 6.0
"""Of a pixel's size on the object: between pixels that lie so far apart in depth there is an edge."""
AGREED = 0.5
"""Of the points: where fewer are confirmed by other photographs all are shown."""
MOST_FOOTPRINT = 8
"""Pixels along each side that a point covers."""
OVERLAP = 1.3
"""By how much points are drawn larger than the pixels that they come from, so that neighbours meet."""
KEPT = 4
"""Objects."""


@dataclass(frozen=True, eq=False)
class Fused:
    """An object: its photographs, their depths [V, H, W], +inf where nothing is, and all points [N, 3]; in the cube."""

    photographs: NetworkPhotographs
    depths: Tensor
    points: Tensor
    sizes: Tensor
    """[N] of the pixel that each point comes from, where it lies on the object; the cube's units."""


class DepthScene:
    """Draws any size."""

    engine = "lsm"
    native_px: tuple[int, int] | None = None
    cropped_px = border_px = 0
    sources_option, least_sources = OPTION, LEAST
    channels: tuple[str, ...] = ("rgb", "depth", ALPHA)

    def __init__(self, sources: Sources) -> None:
        self._sources, self.device = sources, sources.device
        self.bounds, self.up = sources.bounds, sources.dataset.up
        self.start, self.cameras, self.assumptions = sources.start, sources.cameras, sources.assumptions()
        self.controls: tuple[Control, ...] = sources.controls()
        self._fused = Latest[Fused](KEPT)

    @torch.inference_mode()
    def fused(self, controls: Mapping[str, float], stop: Stop = never_stop) -> Fused:
        """What `controls` choose; made where it is not kept.

        Raises:
            Cancelled: `stop` said so.
            UserError: a photograph can't be read.
        """
        number = self._sources.number(controls)
        if (kept := self._fused.get(number)) is not None:
            return kept
        chosen, views, maker = self._sources.chosen(number), self._sources.views(number), self._sources.maker
        depths = maker.depths(number, views, chosen, stop)
        photographs = maker.photographs(number, views, chosen)
        points = _points(photographs, depths)
        pixel_sizes = depths / photographs.K[:, 0, 0].view(-1, 1, 1)
        within = (
            (points.abs() <= REACH).all(dim=2) & (depths.flatten(1) > 0) & ~_between(depths, pixel_sizes).flatten(1)
        )
        depths = torch.where(within.view_as(depths), depths, torch.inf)
        # What most photographs see through is none.
        _, beyond = seen(points[within], photographs, depths)
        agreed = (beyond > SLACK).sum(dim=0) * 2 < len(chosen)
        # Where hardly any maps agree nothing would be left to look at.
        if agreed.sum() > AGREED * len(agreed):
            within[within.clone()] = agreed
        depths = torch.where(within.view_as(depths), depths, torch.inf)
        sizes = pixel_sizes.flatten(1)
        return self._fused.keep(number, Fused(photographs, depths, points[within], sizes[within]))

    @torch.inference_mode()
    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        """All points that are nearest, in the colours of the photographs that see them; white behind.

        Raises:
            Cancelled: `stop` said so.
        """
        fused = self.fused(controls, stop)
        if stop():
            raise Cancelled
        depth = self._nearest(fused, camera)
        hit = depth.isfinite()
        at = hit.flatten().nonzero()[:, 0]
        width, height = camera.size_px
        rays = rays_of(*self._sources.cube.matrices(camera), at, width)
        image = torch.ones(height * width, 3, device=self.device)
        image[at] = colours(
            rays.at(depth.flatten()[at] / rays.along_z), rays.directions, fused.photographs, fused.depths, SLACK
        )
        return Frame(image.view(height, width, 3), depth * self._sources.cube.side, {ALPHA: hit.float()}, WHITE)

    def _nearest(self, fused: Fused, camera: Camera) -> Tensor:
        """[H, W] the depth of the nearest point that covers each pixel, the cube's units; +inf where none does."""
        width, height = camera.size_px
        K, R = (to_device(torch.tensor(array, dtype=torch.float32), self.device)
                for array in self._sources.cube.matrices(camera))  # fmt: skip
        found = torch.full((height * width,), torch.inf, device=self.device)
        whole = torch.cat([fused.points, torch.ones_like(fused.points[:, :1])], dim=1)
        across, down, depth = (K @ R @ whole.T).unbind(0)
        depth, (across, down, sizes) = _where(depth > 1e-3, depth, (across, down, fused.sizes))
        if not len(depth):
            return found.view(height, width)
        columns, rows = across / depth, down / depth
        reach = (sizes / depth * (camera.focal_px[0] * OVERLAP / 2)).clamp(OVERLAP / 2, MOST_FOOTPRINT / 2)
        # The first pixels whose middles are reached.
        left, top = (columns - reach - 0.5).ceil(), (rows - reach - 0.5).ceil()
        footprint = int(2 * reach.max().item()) + 1
        for right in range(footprint):
            for below in range(footprint):
                column, row = left + right, top + below
                reached = torch.maximum((column + 0.5 - columns).abs(), (row + 0.5 - rows).abs()) <= reach
                inside = reached & (column >= 0) & (column < width) & (row >= 0) & (row < height)
                there, (pixels,) = _where(inside, depth, (row * width + column,))
                found.scatter_reduce_(0, pixels.clamp_(0, len(found) - 1).long(), there, "amin")
        return found.view(height, width)

    def source_views(self, controls: Mapping[str, float]) -> Views:
        """All of the object."""
        return self._sources.views(self._sources.number(controls))

    def chosen_sources(self, controls: Mapping[str, float]) -> tuple[int, ...]:
        """Those that it is made of."""
        return self._sources.chosen(self._sources.number(controls))

    def made_of(self, numbers: Sequence[int] | None) -> DepthScene:
        """Shares the network, and what it made."""
        return DepthScene(self._sources.of(numbers))

    def sources(self, camera: Camera, controls: Mapping[str, float]) -> tuple[Camera, ...]:
        """Those of the photographs that it is made of."""
        return self._sources.source_cameras(controls)

    def advice(self, camera: Camera, controls: Mapping[str, float]) -> str:
        """A warning where none of the photographs was taken from a side alike; else empty."""
        alike = max(float(camera.forward @ source.forward) for source in self.sources(camera, controls))
        return "" if alike > 0 else "no photograph was taken from this side; what is seen here is a guess"

    @torch.inference_mode()
    def points(self, controls: Mapping[str, float]) -> dict[str, Array]:
        """All that most photographs don't see through, each in the colour of its own pixel; see `HasPoints`."""
        fused = self.fused(controls)
        images = fused.photographs.images.movedim(1, -1)
        return {
            "points": self._sources.cube.to_world(fused.points.double()).cpu().numpy(),
            "colours": images[fused.depths.isfinite()].cpu().numpy(),
        }

    @torch.inference_mode()
    def depth_maps(self, controls: Mapping[str, float]) -> dict[str, Array]:
        """The depth maps as the network gives them, whatever they are; see `HasDepthMaps`."""
        number = self._sources.number(controls)
        chosen, views = self._sources.chosen(number), self._sources.views(number)
        depths = self._sources.maker.depths(number, views, chosen, never_stop) * self._sources.cube.side
        photographs = self._sources.maker.photographs(number, views, chosen)
        poses = np.stack([camera.camera_to_world for camera in photographs.cameras])
        return {
            "depth": depths.cpu().numpy(),
            "camera_to_world": poses,
            "K": photographs.K.double().cpu().numpy(),
        }


def _where(chosen: Tensor, depths: Tensor, others: Sequence[Tensor]) -> tuple[Tensor, Sequence[Tensor]]:
    """Depths [N] and others [N] of what is chosen [N]; on a GPU of all, at infinity what isn't.

    What is left out costs a CPU nothing more; a GPU would be waited for, how much is left.
    """
    if depths.device.type == "cpu":
        return depths[chosen], [other[chosen] for other in others]
    return torch.where(chosen, depths, torch.inf), others


def _between(depths: Tensor, pixel_sizes: Tensor) -> Tensor:
    """[V, H, W] where depths, of pixels so large there, lie between what is nearer and what is farther beside them."""
    farthest, nearest = (F.max_pool2d(sign * depths[:, None], 3, 1, 1)[:, 0] * sign for sign in (1, -1))
    edge = JUMP * pixel_sizes
    return (depths - nearest > edge) & (farthest - depths > edge)


def _points(photographs: NetworkPhotographs, depths: Tensor) -> Tensor:
    """[V, H * W, 3] in the cube, of depths [V, H, W] in its units."""
    height, width = depths.shape[1:]
    along = torch.arange(max(height, width), device=depths.device, dtype=depths.dtype) + 0.5
    rows, columns = torch.meshgrid(along[:height], along[:width], indexing="ij")
    pixels = torch.stack([columns.flatten(), rows.flatten(), torch.ones_like(rows.flatten())])
    rays = torch.linalg.solve_triangular(photographs.K, pixels.expand(len(depths), -1, -1), upper=True)
    in_camera = rays * depths.flatten(1)[:, None] - photographs.R[:, :, 3:]
    points: Tensor = (photographs.R[:, :, :3].mT @ in_camera).mT
    return points
