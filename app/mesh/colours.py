"""The colour of each vertex: of the views that see it, those that face it most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from app.mesh.depth_views import DepthView
from app.mesh.fusion import CHUNK, seen_at, view_maps
from app.mesh.surface import Surface, vertex_normals
from engines.core.camera import Array, Camera, project
from engines.core.engine import Stop
from engines.core.errors import Cancelled

SHARPNESS = 3
"""Power of the cosine by which views count: higher is sharper, lower evens out differences in light."""
RIM_PX, RIM_SHARE = 3, 0.01
"""So near to where nothing is, pictures blur into the background's colour; they count for so much there."""
SPREADING = 32
"""Rounds in which vertices that no view sees take their neighbours' colours."""


def vertex_colours(surface: Surface, views: Sequence[DepthView], tolerance: float, stop: Stop) -> Array:
    """[N, 3] uint8, sRGB as the views'.

    Args:
        tolerance: how far behind the depth of a view a vertex may lie to be seen by it, world units.

    Raises:
        Cancelled: `stop` said so.
    """
    normals = vertex_normals(surface)
    total, weight = np.zeros((len(normals), 3)), np.zeros(len(normals))
    with torch.inference_mode():
        for view in views:
            maps = _away_from_rims(view)
            for first in range(0, len(normals), CHUNK):
                if stop():
                    raise Cancelled
                part = slice(first, first + CHUNK)
                share = _share(view.camera, maps, surface.vertices[part], normals[part], tolerance)
                total[part] += share[:, None] * _picture(view, surface.vertices[part])
                weight[part] += share
    seen = weight > 0
    total[seen] /= weight[seen, None]
    _spread(total, seen, surface.faces)
    return np.asarray((total.clip(0, 1) * 255).round().astype(np.uint8))


def _away_from_rims(view: DepthView) -> Tensor:
    """[1, 4, h, w] as `view_maps`, where pixels beside empty ones hardly face the camera."""
    maps = view_maps(view)
    rim = F.max_pool2d(maps[:, 3], 2 * RIM_PX + 1, stride=1, padding=RIM_PX)
    maps[:, 2] *= 1 - (1 - RIM_SHARE) * rim
    return maps


def _share(camera: Camera, maps: Tensor, points: Array, normals: Array, tolerance: float) -> Array:
    """[N] how much a view counts for each vertex."""
    seen = seen_at(camera, maps, *torch.from_numpy(points).float().unbind(1))
    visible = (seen.hit & ((seen.surface - seen.depth).abs() < tolerance)).numpy()
    towards = camera.position - points
    cosine = (towards * normals).sum(axis=1) / np.maximum(np.linalg.norm(towards, axis=1), 1e-12)
    # A trace for views from aside: better than none.
    return np.asarray(visible * seen.facing.clamp(min=1e-4).numpy() * np.maximum(cosine, 0.02) ** SHARPNESS)


def _picture(view: DepthView, points: Array) -> Array:
    """[N, 3] the picture's colour where each vertex falls."""
    height, width = view.image.shape[1:]
    pixels, _ = project(view.camera.resized((width, height)), points)
    place = torch.from_numpy(pixels * (2 / width, 2 / height) - 1).float().clamp(-3, 3).view(1, 1, -1, 2)
    found = F.grid_sample(view.image[None], place, mode="bilinear", padding_mode="border", align_corners=False)
    return np.asarray(found[0, :, 0].T.double().numpy())


def _spread(colours: Array, seen: Array, faces: Array) -> None:
    """Gives vertices that no view sees the mean of their neighbours' colours, in place; the rest the mean of all."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = np.concatenate([edges, edges[:, ::-1]])
    for _ in range(SPREADING):
        useful = edges[seen[edges[:, 0]] & ~seen[edges[:, 1]]]
        if len(useful) == 0:
            break
        count = np.bincount(useful[:, 1], minlength=len(seen))
        for channel in range(3):
            sums = np.bincount(useful[:, 1], weights=colours[useful[:, 0], channel], minlength=len(seen))
            colours[count > 0, channel] = sums[count > 0] / count[count > 0]
        seen |= count > 0
    if not seen.all():
        colours[~seen] = colours[seen].mean(axis=0) if seen.any() else 0.5
