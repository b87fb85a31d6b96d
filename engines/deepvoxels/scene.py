"""A trained DeepVoxels scene that can be drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from engines.core.camera import Camera, look_at
from engines.core.data.dataset import Dataset
from engines.core.engine import Control, Stop, never_stop
from engines.core.errors import Cancelled, UserError
from engines.core.frame import Frame
from engines.core.networks.conv_inference import fold_batch_norm, fuse, interruptible
from engines.core.storage.checkpoint import Checkpoint, SceneInfo
from engines.deepvoxels.config import DeepVoxelsConfig, DeepVoxelsOptions
from engines.deepvoxels.geometry import (
    FrustumSamples,
    GridPlacement,
    depth_on_pixels,
    fill_volume,
    frustum_samples,
    grid_rows,
    interpolate,
    metric_depth,
    rays_inside,
)
from engines.deepvoxels.network import DeepVoxels
from engines.deepvoxels.placement import chosen_in, is_stated
from engines.deepvoxels.sparse_volume import collapse
from engines.deepvoxels.upstream import TRAINING_ONLY
from engines.deepvoxels.visibility import SparseVisibility

BORDER_PX = 5
"""The border that the authors leave out of losses and pictures."""
ASSUMED_FOCAL = 525 / 512
"""Focal length of the authors' synthetic scenes, in picture sides."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The grid's and the cameras' places, and what of them had to be assumed."""

    info: SceneInfo
    placement: GridPlacement
    assumptions: tuple[str, ...]


def find_surroundings(
    checkpoint: Checkpoint, dataset: Dataset | None, options: DeepVoxelsOptions, side_px: int
) -> Surroundings:
    """Cameras from the data folder, else the scene file; the grid's place from the scene file, else the data folder.

    A scene file knows the grid that it was trained with; a data folder may hold a default that was replaced.
    """
    assumptions: list[str] = []
    info = checkpoint.scene
    if info is not None:
        placement = GridPlacement.from_hints(info.hints)
        if dataset is not None:
            info = replace(SceneInfo.of_dataset(dataset), hints=info.hints)
    elif dataset is not None:
        info, placement = SceneInfo.of_dataset(dataset), GridPlacement.from_hints(dataset.hints)
        if not dataset.hints.get("near_plane"):
            assumptions.append("near plane sqrt(3)/2: the data folder leaves it to the method's default")
    else:
        placement = GridPlacement()
        info = _assumed_info(placement, side_px)
        assumptions.append("focal length 525/512 of the picture's side, grid of side 1 at the origin, near plane "
                           "sqrt(3)/2: this checkpoint carries no intrinsics; give its data folder")  # fmt: skip
    changed = chosen_in(options, info.origin)
    placement = replace(placement, **changed)
    if not any(placement.sees(camera) for camera in info.cameras):
        assumptions.append("no training camera looks into the voxel grid: its scale or near plane may be wrong")
    info = replace(info, hints=placement.to_hints())
    stated = dataset is not None and is_stated(dataset.hints) and placement == GridPlacement.from_hints(dataset.hints)
    # A scene file's own box stands, but for that of a data folder that says nothing of the grid.
    if {"scale", "centre"} & changed.keys() or (checkpoint.scene is not None and dataset is not None and not stated):
        info = replace(info, bounds=placement.bounds())
    return Surroundings(info, placement, tuple(assumptions))


def _assumed_info(placement: GridPlacement, side_px: int) -> SceneInfo:
    centre, up = np.array(placement.centre), np.array([0.0, 0.0, 1.0])
    # The view volume is two scales deep: its middle stands at the grid's centre.
    eye = centre + (placement.near_plane + placement.scale) * np.array([0.0, -np.cos(0.5), np.sin(0.5)])
    focal = ASSUMED_FOCAL * side_px
    start = Camera(look_at(eye, centre, up), (focal, focal), (side_px / 2, side_px / 2), (side_px, side_px))
    return SceneInfo(start, (start,), placement.bounds(), up, placement.to_hints())


class DeepVoxelsScene:
    """Draws one size only, the network's; a picture takes the same time from everywhere."""

    engine = "deepvoxels"
    controls: tuple[Control, ...] = ()

    def __init__(
        self,
        config: DeepVoxelsConfig,
        weights: Mapping[str, Tensor],
        surroundings: Surroundings,
        device: torch.device,
        options: DeepVoxelsOptions,
    ) -> None:
        """`weights`, in the shapes that `DeepVoxels` has, may be memory-mapped; they are not changed.

        Those that only training needs are not read.
        """
        self.device = device
        self.grid_dim, self.options = config.grid_dim, options
        self.side_px = config.img_sidelength
        self.placement = surroundings.placement
        self.assumptions = surroundings.assumptions
        self.cropped_px = BORDER_PX if options.crop_border else 0
        self.border_px = max(config.border_px - self.cropped_px, 0)
        drawn_px = self.side_px - 2 * self.cropped_px
        self.native_px: tuple[int, int] | None = (drawn_px, drawn_px)
        info = surroundings.info
        self.bounds, self.up = info.bounds, info.up
        self.start, self.cameras = self._fitted(info.start), info.cameras
        self._build(config, weights)
        self.channels: tuple[str, ...] = ("rgb",) if self._visibility is None else ("rgb", "depth")

    @property
    def near(self) -> float:
        """The depth of the first plane, world units; what is before it is cut off."""
        return self.placement.near_plane

    def _fitted(self, camera: Camera) -> Camera:
        """The same view as a picture that can be drawn."""
        drawn, cropped = self.side_px - 2 * self.cropped_px, self.cropped_px
        return camera.square().resized((self.side_px, self.side_px)).cropped(cropped, cropped, drawn, drawn)

    def _build(self, config: DeepVoxelsConfig, weights: Mapping[str, Tensor]) -> None:
        with torch.device("meta"):
            network = DeepVoxels(config)
        del network.feature_extractor, network.integration_net
        needed = {
            name: tensor.to(self.device, torch.float32) if tensor.is_floating_point() else tensor.to(self.device)
            for name, tensor in weights.items()
            if not name.startswith(TRAINING_ONLY)
        }
        network.load_state_dict(needed, assign=True)
        network.eval().requires_grad_(False)
        with torch.inference_mode():
            self._rows = grid_rows(network.inpaint(network.deepvoxels))
            del network.inpainting_net
            fold_batch_norm(network)
            occlusion = network.occlusion_net
            self._visibility = None if occlusion is None else SparseVisibility(occlusion, network.planes)
            fuse(network, self.device)
        self._stop: list[Stop] = [never_stop]
        interruptible(network, self._stop)
        self._collapse_net, self._rendering_net = network.depth_collapse_net, network.rendering_net
        self.planes = network.planes

    def render(self, camera: Camera, controls: Mapping[str, float] | None = None, stop: Stop = never_stop) -> Frame:
        """The picture from `camera`, and its depth.

        Raises:
            Cancelled: `stop` said so; it is asked before each convolution.
            UserError: the camera's size is not `native_px`.
        """
        drawn = self.side_px - 2 * self.cropped_px
        if camera.size_px != (drawn, drawn):
            raise UserError(
                f"this network draws {drawn}x{drawn} pixels only, not {camera.size_px[0]}x{camera.size_px[1]}"
            )
        self._stop[0] = stop
        with torch.inference_mode():
            samples = self._samples(camera)
            features = self._interpolate(samples)
            image_features, coordinate = self._collapse(features, samples)
            image = self._draw(image_features)
            return Frame(image, None if coordinate is None else self._depth(coordinate, samples))

    def stages(self, camera: Camera) -> Mapping[str, Callable[[], object]]:
        """The frame's parts in order; each runs on the results of those before it."""
        self._stop[0] = never_stop
        kept: dict[str, Tensor] = {}
        found: list[FrustumSamples] = []

        def place() -> None:
            found[:] = [self._samples(camera)]

        def interpolate() -> None:
            kept["features"] = self._interpolate(found[0])

        def collapse_volume() -> None:
            kept["collapsed"], _ = self._collapse(kept["features"], found[0])

        def draw() -> None:
            self._draw(kept["collapsed"])

        parts = {"place samples": place, "interpolate grid": interpolate, "visibility, collapse": collapse_volume,
                 "rendering network": draw}  # fmt: skip
        return {name: torch.inference_mode()(part) for name, part in parts.items()}

    def _check(self) -> None:
        if self._stop[0]():
            raise Cancelled

    def _samples(self, camera: Camera) -> FrustumSamples:
        self._check()
        camera = camera.cropped(-self.cropped_px, -self.cropped_px, self.side_px, self.side_px)
        return frustum_samples(camera, self.placement, self.grid_dim, self.device)

    def _interpolate(self, samples: FrustumSamples) -> Tensor:
        self._check()
        return interpolate(self._rows, samples, self.grid_dim)

    def _collapse(self, features: Tensor, samples: FrustumSamples) -> tuple[Tensor, Tensor | None]:
        """[1, F, 64, 64], and the depth coordinate [1, 1, 64, 64] where the network gives one."""
        self._check()
        if self._visibility is not None:
            weights, coordinate = self._visibility(features, samples.index)
            return collapse(features, samples.index, weights, self.planes), coordinate
        volume = fill_volume(features, samples.index, self.planes)
        # [1, F, D, 64, 64] -> [1, F * D, 64, 64]: planes become channels
        flat = volume.contiguous().flatten(1, 2).contiguous(memory_format=torch.channels_last)
        return self._collapse_net(flat), None  # type: ignore[misc]

    def _draw(self, image_features: Tensor) -> Tensor:
        """[H, W, 3] in [0, 1]."""
        image = 0.5 * self._rendering_net(image_features)[0] + 0.5
        return self._without_border(image.permute(1, 2, 0))

    def _depth(self, coordinate: Tensor, samples: FrustumSamples) -> Tensor:
        """[H, W], +inf where the ray passes the grid by; native as the authors' code has it, finite everywhere."""
        depth = metric_depth(coordinate, self.placement, self.grid_dim, self.options.depth_formula)
        if self.options.depth_grid == "native":
            return depth
        # There the planes' weights say nothing, and their mean would be a wall across the middle of the view volume.
        inside = depth_on_pixels(rays_inside(samples), self.side_px) >= 0.5
        return self._without_border(depth_on_pixels(depth, self.side_px).masked_fill(~inside, torch.inf))

    def _without_border(self, image: Tensor) -> Tensor:
        kept = slice(self.cropped_px, self.side_px - self.cropped_px)
        return image[kept, kept]
