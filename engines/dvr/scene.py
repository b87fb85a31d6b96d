"""A trained DVR scene that can be drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.camera import Array, Camera, look_at
from engines.core.checkpoint import Checkpoint, SceneInfo
from engines.core.dataset import Dataset
from engines.core.engine import Control, Stop, never_stop
from engines.core.frame import Frame
from engines.dvr.config import DvrConfig, DvrOptions
from engines.dvr.cube import Cube
from engines.dvr.marching import RaySampling, march
from engines.dvr.network import Dvr
from engines.dvr.rays import pixel_rays

ASSUMED_FOCAL = 525 / 480
"""Focal length of ShapeNet's usual renderings, in picture sides."""
ASSUMED_DISTANCE = 1.75
"""Of the camera from the cube's middle, in sides of the cube."""
ASSUMED_PX = 256
BACKGROUNDS = {"white": 1.0, "black": 0.0}
POINTS_AT_ONCE = 2**18
LEAST_OCCUPANCY = 1e-4
DIFFERENCE = 1e-3
"""Between the points that the gradient is taken from, in the field's units, as in the authors' code."""


def find_info(checkpoint: Checkpoint, dataset: Dataset | None) -> tuple[SceneInfo, tuple[str, ...]]:
    """Cameras, box and cube from the data folder, else the scene file, else assumed; and what was assumed."""
    saved = checkpoint.scene
    if dataset is not None:
        info = SceneInfo.of_dataset(dataset)
        return (info if saved is None else replace(info, hints={**info.hints, **saved.hints})), ()
    if saved is not None:
        return saved, ()
    up = np.array([0.0, 1.0, 0.0])
    eye = ASSUMED_DISTANCE * np.array([np.cos(0.4) * np.sin(0.7), np.sin(0.4), np.cos(0.4) * np.cos(0.7)])
    focal = ASSUMED_FOCAL * ASSUMED_PX
    start = Camera(look_at(eye, np.zeros(3), up), (focal, focal), (ASSUMED_PX / 2,) * 2, (ASSUMED_PX, ASSUMED_PX))
    return SceneInfo(start, (), Cube().bounds(0.0), up, Cube().to_hints()), (
        "focal length 525/480 of the picture's side, object in the cube of side 1 about the origin, up +y: this "
        "checkpoint carries no cameras; give its data folder",
    )


def _measure(info: SceneInfo) -> float:
    """How many units of the world that the photographs were measured in make one of the scaled world.

    The authors' `depth_range` is in the former.
    """
    scale = np.array(info.hints.get("scale_mat", np.eye(4)), dtype=np.float64)
    size = abs(float(np.linalg.det(scale[:3, :3]))) ** (1 / 3) if scale.shape == (4, 4) else 0.0
    return size if np.isfinite(size) and size > 0 else 1.0


def logit_of(occupancy: float) -> float:
    """The logit of an occupancy, clipped as in the authors' code."""
    clipped = min(max(occupancy, LEAST_OCCUPANCY), 1 - LEAST_OCCUPANCY)
    return math.log(clipped / (1 - clipped))


class DvrScene:
    """Draws any size: where each ray first meets the surface, and the colour there."""

    engine = "dvr"
    native_px: tuple[int, int] | None = None
    cropped_px = border_px = 0
    channels: tuple[str, ...] = ("rgb", "depth", "normals")
    controls: tuple[Control, ...] = ()

    def __init__(
        self,
        config: DvrConfig,
        weights: Mapping[str, Tensor],
        info: SceneInfo,
        assumptions: tuple[str, ...],
        device: torch.device,
        options: DvrOptions,
    ) -> None:
        self.device, self.options, self.assumptions = device, options, assumptions
        self.up, self.cameras, self.start = info.up, info.cameras, info.start
        self.cube = Cube.from_hints(info.hints)
        self.bounds, self._pixel_corners = self.cube.bounds(0.0), config.pixel_corners
        unit = self.cube.side / _measure(info)
        unseen = (options.depth_range[0] * unit, options.depth_range[1] * unit)
        self._sampling = RaySampling(options.ray_samples, options.secant_steps, unseen=unseen)
        with torch.device("meta"):
            network = Dvr(config)
        needed = {name: tensor.to(device, torch.float32) for name, tensor in weights.items()}
        network.load_state_dict(needed, assign=True)
        network.eval().requires_grad_(False)
        self._decoder = network.decoder

    def logits(self, points: Tensor) -> Tensor:
        """[N] occupancy logits, positive inside, of points [N, 3] in the field's coordinates."""
        return torch.cat([self._decoder(part)[:, 0] for part in torch.split(points, POINTS_AT_ONCE)])

    def render(self, camera: Camera, controls: Mapping[str, float] | None = None, stop: Stop = never_stop) -> Frame:
        """The picture from `camera`, its depth and normals.

        Raises:
            Cancelled: `stop` said so.
        """
        with torch.inference_mode():
            origins, directions = pixel_rays(camera, self.cube, self.device, self._pixel_corners)
            level = logit_of(self.options.tau)
            found = march(lambda points: self.logits(points) - level, origins, directions, self._sampling, stop=stop)
            hit, distances = found.hit, found.distances[found.hit]
            points = origins[hit] + distances[:, None] * directions[hit]
            image = origins.new_full((len(hit), 3), BACKGROUNDS[self.options.background])
            image[hit] = self.colours_at(points)
            depth = origins.new_full((len(hit),), torch.inf)
            depth[hit] = distances
        width, height = camera.size_px
        extra = Extra({"normals": lambda: self._normals(points, hit, camera)})
        return Frame(image.view(height, width, 3), depth.view(height, width), extra)

    def colours_at(self, points: Tensor) -> Tensor:
        """[N, 3] in [0, 1], of points [N, 3] in the field's coordinates."""
        return torch.cat([torch.sigmoid(self._decoder(part)[:, 1:]) for part in torch.split(points, POINTS_AT_ONCE)])

    def _normals(self, points: Tensor, hit: Tensor, camera: Camera) -> Tensor:
        """[H, W, 3] unit normals in the camera's axes, into the object; 0 where nothing is hit."""
        width, height = camera.size_px
        with torch.inference_mode():
            rotation = torch.tensor(camera.camera_to_world[:3, :3], dtype=torch.float32, device=self.device)
            normals = torch.zeros(height * width, 3, device=self.device)
            normals[hit] = F.normalize(self.gradients(points), dim=1) @ rotation
        return normals.view(height, width, 3)

    def gradients(self, points: Tensor) -> Tensor:
        """[N, 3] differences of the logits along the axes, of points [N, 3] in the field's coordinates."""
        steps = torch.eye(3, device=points.device) * DIFFERENCE / 2
        return torch.stack([self.logits(points + step) - self.logits(points - step) for step in steps], dim=1)

    def surface(self, controls: Mapping[str, float]) -> Surface:
        """The field's own surface."""
        return Surface(self)


class Surface:
    """The surface of a scene, in the world."""

    def __init__(self, scene: DvrScene) -> None:
        self._scene = scene
        self.device = scene.device
        self.bounds: Array = scene.cube.bounds()
        self._level = logit_of(scene.options.threshold)

    @torch.inference_mode()
    def values(self, points: Tensor) -> Tensor:
        """[N] positive inside, of points [N, 3], world."""
        return self._scene.logits(self._scene.cube.in_field(points)) - self._level

    @torch.inference_mode()
    def colours(self, points: Tensor) -> Tensor:
        """[N, 3] in [0, 1], of points [N, 3], world."""
        return self._scene.colours_at(self._scene.cube.in_field(points))


class Extra(Mapping[str, Tensor]):
    """Channels that are made when they are looked at."""

    def __init__(self, makers: Mapping[str, Callable[[], Tensor]]) -> None:
        self._makers, self._made = makers, dict[str, Tensor]()

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)
