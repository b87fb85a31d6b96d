"""Splats drawn plainly by torch, as Kerbl et al. 2023 have it: what the compiled drawing is held against.

In any precision, a tile at a time: all splats of which anything is seen in a tile are drawn over all of its pixels at
once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from engines.core.camera import Camera
from engines.splats.splats import Splats

TILE_PX = 16


@dataclass(frozen=True)
class Plain:
    """What is drawn: image [H, W, 3] over black; opacity, mean depth and median depth [H, W]; normals [H, W, 3]."""

    image: Tensor
    opacity: Tensor
    depth: Tensor
    median: Tensor
    normals: Tensor


def harmonics(directions: Tensor, count: int) -> Tensor:
    """[N, count] real spherical harmonics of directions [N, 3], by Legendre's functions of the angles."""
    x, y, z = directions.unbind(dim=1)
    around, sine = torch.atan2(y, x), torch.sqrt(x * x + y * y)
    legendre = {(0, 0): torch.ones_like(z)}
    degrees = int(count**0.5)
    for degree in range(1, degrees):
        legendre[degree, degree] = -(2 * degree - 1) * sine * legendre[degree - 1, degree - 1]
        legendre[degree, degree - 1] = (2 * degree - 1) * z * legendre[degree - 1, degree - 1]
        for order in range(degree - 1):
            before = legendre[degree - 2, order]
            legendre[degree, order] = (
                (2 * degree - 1) * z * legendre[degree - 1, order] - (degree + order - 1) * before
            ) / (degree - order)
    found = []
    for degree in range(degrees):
        for order in range(-degree, degree + 1):
            size = abs(order)
            factorials = torch.lgamma(torch.tensor([degree - size + 1.0, degree + size + 1.0], dtype=torch.float64))
            scale = ((2 * degree + 1) / (4 * torch.pi) * torch.exp(factorials[0] - factorials[1])) ** 0.5
            turned = torch.sin(size * around) if order < 0 else torch.cos(size * around)
            found.append(scale * (2**0.5 if order else 1.0) * legendre[degree, size] * turned)
    return torch.stack(found, dim=1)


def rotations(quaternions: Tensor) -> Tensor:
    """[N, 3, 3] of [N, 4] w x y z, whose columns are the own axes: as each quaternion turns them, q v q*."""
    w, vector = (quaternions / quaternions.norm(dim=1, keepdim=True)).split([1, 3], dim=1)
    axes = torch.eye(3).to(w).expand(len(w), 3, 3)
    vector = vector[:, None].expand_as(axes)
    twice = 2 * torch.linalg.cross(vector, axes)
    turned: Tensor = axes + w[:, None] * twice + torch.linalg.cross(vector, twice)
    return turned.transpose(1, 2)


def plain(splats: Splats, camera: Camera, near: float = 0.2, dtype: torch.dtype = torch.float64) -> Plain:
    """The picture from a camera."""
    arrays = {name: tensor.to(dtype) for name, tensor in splats.tensors.items()}
    return plain_of(arrays, camera, near, splats.antialiased)


def plain_of(arrays: Mapping[str, Tensor], camera: Camera, near: float, antialiased: bool) -> Plain:
    """The picture of a splats' arrays, of any precision; torch finds its gradients."""
    dtype = arrays["positions"].dtype
    pose, (fx, fy), (cx, cy) = torch.tensor(camera.camera_to_world).to(dtype), camera.focal_px, camera.centre_px
    width, height = camera.size_px
    away = arrays["positions"] - pose[:3, 3]
    x, y, z = (away @ pose[:3, :3]).unbind(dim=1)
    order = torch.argsort(z, stable=True)
    order = order[z[order] > near]
    away, x, y, z = away[order], x[order], y[order], z[order]
    arrays = {name: tensor[order] for name, tensor in arrays.items()}
    # The covariance in the picture.
    scales, turns = arrays["log_scales"].exp(), rotations(arrays["quaternions"])
    if scales.shape[1] == 2:
        scales = torch.cat([scales, torch.zeros_like(scales[:, :1])], dim=1)
    along = (x / z).clamp(-(cx + 0.15 * width) / fx, (width - cx + 0.15 * width) / fx)
    across = (y / z).clamp(-(cy + 0.15 * height) / fy, (height - cy + 0.15 * height) / fy)
    nothing = torch.zeros_like(z)
    jacobian = torch.stack(
        [
            torch.stack([fx / z, nothing, -fx * along / z], dim=1),
            torch.stack([nothing, fy / z, -fy * across / z], dim=1),
        ],
        dim=1,
    )
    factor = jacobian @ pose[:3, :3].T @ turns @ torch.diag_embed(scales)
    bare = factor @ factor.transpose(1, 2)
    covariance = bare + 0.3 * torch.eye(2).to(bare)
    opacity = torch.sigmoid(arrays["opacity_logits"])
    if antialiased:
        share = torch.linalg.det(bare) / torch.linalg.det(covariance)
        opacity = opacity * share.clamp(min=0.000025).sqrt()
    middle = torch.stack([fx * x / z + cx, fy * y / z + cy], dim=1)
    terms = arrays["harmonics"].shape[1]
    basis = harmonics(away / away.norm(dim=1, keepdim=True), terms).to(dtype)
    colour = (0.5 + (basis[..., None] * arrays["harmonics"]).sum(dim=1)).clamp(min=0)
    shortest = turns.gather(2, scales.argmin(dim=1)[:, None, None].expand(-1, 3, 1))[..., 0]
    normal = torch.where(((shortest * away).sum(dim=1) > 0)[:, None], -shortest, shortest)
    drawn = torch.cat([colour, z[:, None], normal], dim=1)
    parts = (middle, torch.linalg.inv(covariance), opacity, drawn)
    reach = (covariance.diagonal(dim1=1, dim2=2) * (2 * (255 * opacity).clamp(min=1).log())[:, None]).sqrt()
    picture = torch.zeros(height, width, 9).to(dtype)
    for top in range(0, height, TILE_PX):
        for left in range(0, width, TILE_PX):
            size = min(TILE_PX, width - left), min(TILE_PX, height - top)
            low = torch.tensor([left, top]).to(dtype)
            high = low + torch.tensor(size).to(dtype)
            near_it = ((middle + reach >= low) & (middle - reach <= high)).all(dim=1)
            picture[top : top + size[1], left : left + size[0]] = _tile(left, top, size, *(p[near_it] for p in parts))
    image, alpha, mean, median, normals = picture.split([3, 1, 1, 1, 3], dim=2)
    return Plain(image, alpha[..., 0], mean[..., 0], median[..., 0], normals)


def _tile(
    left: int, top: int, size_px: tuple[int, int], middle: Tensor, inverse: Tensor, opacity: Tensor, drawn: Tensor
) -> Tensor:
    """[h, w, 9] of splats from near to far."""
    if not len(middle):
        nothing = torch.zeros(size_px[1], size_px[0], 9).to(middle)
        nothing[..., 4:6] = torch.inf
        return nothing
    rows, columns = torch.meshgrid(torch.arange(size_px[1]), torch.arange(size_px[0]), indexing="ij")
    pixels = torch.stack([columns + left, rows + top], dim=2).reshape(-1, 2).to(middle) + 0.5
    offset = pixels[:, None] - middle  # [P, N, 2]
    distance = torch.einsum("pni,nij,pnj->pn", offset, inverse, offset)
    alpha = (opacity * torch.exp(-distance / 2)).clamp(max=0.99)
    alpha = torch.where(alpha < 1 / 255, 0.0, alpha)
    behind = torch.cumprod(1 - alpha, dim=1)
    # Beginning with the first that would leave less than that, nothing more is drawn.
    goes_on = torch.cumprod(behind >= 1e-4, dim=1)
    alpha = alpha * goes_on
    clear = torch.cumprod(torch.cat([torch.ones_like(alpha[:, :1]), 1 - alpha], dim=1), dim=1)
    weights = alpha * clear[:, :-1]
    sums, total = weights @ drawn, 1 - clear[:, -1:]
    # Divided by 1 where nothing is, for 0 / 0 would make the gradients of all else not a number.
    depth = torch.where(total > 0, sums[:, 3:4] / torch.where(total > 0, total, 1.0), torch.inf)
    crossed = (clear[:, :-1] > 0.5) & (clear[:, 1:] <= 0.5)
    half = torch.where(crossed, drawn[:, 3], torch.inf)
    median = half.amin(dim=1, keepdim=True)
    normals = sums[:, 4:7] / sums[:, 4:7].norm(dim=1, keepdim=True).clamp(min=1e-12)
    return torch.cat([sums[:, :3], total, depth, median, normals], dim=1).reshape(size_px[1], size_px[0], 9)
