"""V-LSM: an object as a grid of occupancies, drawn as its surface in the colours of the photographs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.camera import Array, Camera
from engines.core.data.views import Views
from engines.core.device import to_device
from engines.core.engine import Control, Stop, never_stop
from engines.core.frame import ALPHA, WHITE, Frame
from engines.lsm.colouring import colours
from engines.lsm.occupancy import Met, OccupancyField
from engines.lsm.photographs import NetworkPhotographs
from engines.lsm.reconstruction import Latest
from engines.lsm.sources import LEAST, OPTION, Sources
from engines.lsm.translucency import neighbours_of, seen_through

THRESHOLD = "threshold"
AUTHORS_THRESHOLD = 0.4
"""At which their tests call a voxel filled."""
LOOK, LOOKS = "look", ("Surface", "Volume")
SMOOTH_PX = 6.0
"""Of a voxel in the middle of the picture: larger ones show nothing that half the pixels don't."""
SHADOW = 0.5
"""The size of pictures of what photographs see, by that of the photographs."""
SLACK = 1.5
"""Voxels: how far behind what a photograph sees a point may be and still be it."""
FIELDS = 8
"""Surfaces that are kept."""


@dataclass(frozen=True, eq=False)
class ObjectSolid:
    """An object at a threshold, and what is seen of it from the photographs."""

    field: OccupancyField
    photographs: NetworkPhotographs
    shadows: Tensor
    """[V, h, w] depths from each, the cube's units."""

    def colours(self, points: Tensor, sight: Tensor) -> Tensor:
        """[N, 3] of points [N, 3] on the surface, looked at along `sight` [N, 3]; all in the cube."""
        return colours(points, sight, self.photographs, self.shadows, SLACK * self.field.voxel)

    @cached_property
    def voxel_colours(self) -> Tensor:
        """[3, n + 2, n + 2, n + 2] of the field's centres; of what is empty those of what it borders on."""
        side = self.field.grid.shape[1]
        along = torch.linspace(self.field.low, self.field.high, side, device=self.shadows.device)
        centres = torch.stack(torch.meshgrid(along, along, along, indexing="ij"), dim=3).view(-1, 3)
        found = self.colours(centres, -self.field.normals(centres)).T.view(3, side, side, side)
        return neighbours_of(found, self.field.grid[0] > 0)


class VoxelScene:
    """Draws any size."""

    engine = "lsm"
    native_px: tuple[int, int] | None = None
    cropped_px = border_px = 0
    sources_option, least_sources = OPTION, LEAST
    channels: tuple[str, ...] = ("rgb", "depth", "normals", ALPHA)

    def __init__(self, sources: Sources) -> None:
        self._sources, self.device = sources, sources.device
        self.bounds, self.up = sources.bounds, sources.dataset.up
        self.start, self.cameras, self.assumptions = sources.start, sources.cameras, sources.assumptions()
        threshold = Control(THRESHOLD, "Occupancy threshold", "number", 0.01, 0.99, AUTHORS_THRESHOLD)
        look = Control(LOOK, "Look", "choice", 0, 1, 0, LOOKS)
        self.controls: tuple[Control, ...] = (*sources.controls(), look, threshold)
        self._solids = Latest[ObjectSolid](FIELDS)

    def solid(self, controls: Mapping[str, float], stop: Stop = never_stop) -> ObjectSolid:
        """What `controls` choose; made where it is not kept.

        Raises:
            Cancelled: `stop` said so.
            UserError: a photograph can't be read.
        """
        number, threshold = self._sources.number(controls), controls.get(THRESHOLD, AUTHORS_THRESHOLD)
        if (kept := self._solids.get((number, threshold))) is not None:
            return kept
        chosen, views, maker = self._sources.chosen(number), self._sources.views(number), self._sources.maker
        field = OccupancyField(maker.occupancy(number, views, chosen, stop), threshold)
        photographs = maker.photographs(number, views, chosen)
        shadows = [self._depths(field, camera.scaled(SHADOW), stop) for camera in photographs.cameras]
        return self._solids.keep((number, threshold), ObjectSolid(field, photographs, torch.stack(shadows)))

    def _depths(self, field: OccupancyField, camera: Camera, stop: Stop) -> Tensor:
        """[h, w] along +z, the cube's units."""
        met = self._met(field, camera, stop)
        width, height = camera.size_px
        depth = torch.full((height * width,), torch.inf, device=self.device)
        depth[met.pixels] = met.distances * met.rays.along_z
        return depth.view(height, width)

    def _met(self, field: OccupancyField, camera: Camera, stop: Stop) -> Met:
        return field.met(*self._sources.cube.matrices(camera), camera.size_px, stop)

    @torch.inference_mode()
    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        """Its surface, coloured by the photographs that see it, or what is within, seen through; white behind.

        Raises:
            Cancelled: `stop` said so.
        """
        solid, translucent = self.solid(controls, stop), round(controls.get(LOOK, 0)) == LOOKS.index("Volume")
        met, cube = self._met(solid.field, camera, stop), self._sources.cube
        width, height = camera.size_px
        count = height * width
        image, normals = torch.ones(count, 3, device=self.device), torch.zeros(count, 3, device=self.device)
        depth, alpha = torch.full((count,), torch.inf, device=self.device), torch.zeros(count, device=self.device)
        if translucent:
            image, alpha = self._seen_through(solid, camera, stop)
        else:
            image[met.pixels], alpha[met.pixels] = solid.colours(met.points, met.rays.directions), 1.0
        normals[met.pixels] = met.normals @ to_device(torch.tensor(cube.turn, dtype=torch.float32), self.device)
        depth[met.pixels] = met.distances * met.rays.along_z * cube.side
        extra = {"normals": normals.view(height, width, 3), ALPHA: alpha.view(height, width)}
        return Frame(image.view(height, width, 3), depth.view(height, width), extra, WHITE)

    def _seen_through(self, solid: ObjectSolid, camera: Camera, stop: Stop) -> tuple[Tensor, Tensor]:
        """[H * W, 3] over white, and [H * W] opacity; where voxels are large it is drawn with fewer pixels."""
        away = max(float(np.linalg.norm(camera.position - self._sources.cube.centre)) / self._sources.cube.side, 1e-6)
        smooth = camera.focal_px[1] * solid.field.voxel / away > SMOOTH_PX
        coarse = camera.scaled(0.5) if smooth else camera
        met = self._met(solid.field, coarse, stop)
        seen = torch.zeros(4, coarse.size_px[1] * coarse.size_px[0], device=self.device)
        colour, opacity = seen_through(solid.field, solid.voxel_colours, met, stop)
        seen[:3, met.pixels], seen[3, met.pixels] = colour.T, opacity
        drawn = seen.view(1, 4, *coarse.size_px[::-1])
        whole = F.interpolate(drawn, camera.size_px[::-1], mode="bilinear") if smooth else drawn
        flat = whole[0].flatten(1)
        return (flat[:3] + (1 - flat[3])).T.contiguous(), flat[3]

    def source_views(self, controls: Mapping[str, float]) -> Views:
        """All of the object."""
        return self._sources.views(self._sources.number(controls))

    def chosen_sources(self, controls: Mapping[str, float]) -> tuple[int, ...]:
        """Those that it is made of."""
        return self._sources.chosen(self._sources.number(controls))

    def made_of(self, numbers: Sequence[int] | None) -> VoxelScene:
        """Shares the network, and what it made."""
        return VoxelScene(self._sources.of(numbers))

    def sources(self, camera: Camera, controls: Mapping[str, float]) -> tuple[Camera, ...]:
        """Those of the photographs that it is made of."""
        return self._sources.source_cameras(controls)

    def advice(self, camera: Camera, controls: Mapping[str, float]) -> str:
        """None: a surface is true from everywhere."""
        return ""

    @torch.inference_mode()
    def surface(self, controls: Mapping[str, float]) -> VoxelSurface:
        """What `controls` choose, as meshes are made of it."""
        return VoxelSurface(self._sources, self.solid(controls))

    @torch.inference_mode()
    def volume(self, controls: Mapping[str, float]) -> dict[str, Array]:
        """Occupancies after 1..V photographs; see `HasVolume`."""
        number, cube = self._sources.number(controls), self._sources.cube
        chosen, views = self._sources.chosen(number), self._sources.views(number)
        after = [
            self._sources.maker.occupancy(number, views, chosen[:count], never_stop).cpu().numpy()
            for count in range(1, len(chosen) + 1)
        ]
        middle = cube.turn @ cube.centre
        bounds = np.stack([middle - cube.side / 2, middle + cube.side / 2])
        return {"occupancy": np.stack(after), "bounds": bounds, "axes": cube.turn}


class VoxelSurface:
    """The surface of an object, in the world."""

    def __init__(self, sources: Sources, solid: ObjectSolid) -> None:
        self.device, self.bounds, self._cube, self._solid = sources.device, sources.bounds, sources.cube, solid

    @torch.inference_mode()
    def values(self, points: Tensor) -> Tensor:
        """[N] positive inside, of points [N, 3]."""
        return self._solid.field.values(self._cube.from_world(points.float()))

    @torch.inference_mode()
    def colours(self, points: Tensor) -> Tensor:
        """[N, 3] in [0, 1], as they are seen from right before them."""
        within = self._cube.from_world(points.float())
        return self._solid.colours(within, -self._solid.field.normals(within))
