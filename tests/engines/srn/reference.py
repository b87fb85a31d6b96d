"""SRN drawn plainly: the trained modules as they are, all rays at once, nothing folded, cached or chunked."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from engines.core.camera import Camera
from engines.srn.config import SrnConfig
from engines.srn.network import Srn, apply


def plain_network(config: SrnConfig, weights: Mapping[str, Tensor]) -> Srn:
    """The network with these weights, ready to be evaluated."""
    network = Srn(config)
    network.load_state_dict(dict(weights))
    return network.eval().requires_grad_(False)


def draw_plainly(
    network: Srn, camera: Camera, code: Tensor | None, initial_depth: float = 0.05
) -> tuple[Tensor, Tensor]:
    """Image [H, W, 3] in about [0, 1] and depth [H, W]."""
    width, height = camera.size_px
    v, u = torch.meshgrid(torch.arange(float(height)), torch.arange(float(width)), indexing="ij")
    (fx, fy), (cx, cy) = camera.focal_px, camera.centre_px
    in_camera = torch.stack([(u - cx) / fx, (v - cy) / fy, torch.ones_like(u)], dim=-1).view(1, -1, 3)
    pose = torch.tensor(camera.camera_to_world, dtype=torch.float32)
    in_world = in_camera @ pose[:3, :3].T
    phi = network.scene(None if code is None else code[None])
    rays = torch.nn.functional.normalize(in_world, dim=-1)
    ends = network.ray_marcher(phi, pose[:3, 3] + 0.05 * in_world, rays, network.tracing_steps)
    colours = network.pixel_generator(apply(phi, ends))
    depth = (ends - pose[:3, 3]) @ pose[:3, 2]
    return colours.view(height, width, 3) / 2 + 0.5, depth.view(height, width)
