"""The networks, under the authors' variable names: MVNet, with dots for its slashes.

Photographs go through a U-Net, their features into a grid each, the grids through a recurrent unit, what that gives
after each photograph through a U-Net of grids; what comes out is occupancy, or is sliced along the rays of each
photograph, of which a third network makes a depth map.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from engines.lsm.config import FILTERS, GRID_NETS, LsmConfig, Norm
from engines.lsm.layers import Convolution, Enlarged, Separable, Transposed
from engines.lsm.projection import slice_grids, unproject
from engines.lsm.recurrent import CELLS, ConvGru, ConvLstm, State


class ImageUnet(nn.Module):
    """Features of photographs, at half their size."""

    def __init__(self, norm: Norm) -> None:
        super().__init__()
        self.conv1 = Convolution(2, 5, 3, 32, 2, norm, activate=False)
        self.conv2 = Convolution(2, 3, 32, 64, 2, norm)
        self.conv3 = Convolution(2, 3, 64, 128, 2, norm)
        self.conv4 = Convolution(2, 3, 128, 256, 2, norm)
        self.deconv1 = Transposed(2, 3, 256, 128, 2, norm)
        self.deconv2 = Transposed(2, 3, 256, 64, 2, norm)
        self.deconv3 = Transposed(2, 3, 128, 32, 2, norm)
        self.deconv4 = Transposed(2, 5, 64, FILTERS, 1, "none")

    def forward(self, photographs: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
        """[N, 32, H / 2, W / 2] of [N, 3, H, W] in [0, 1]; and what `conv1`, `conv2`, `conv3` give."""
        first = self.conv1(photographs)
        second = self.conv2(first)
        third = self.conv3(second)
        up = torch.cat([self.deconv1(self.conv4(third)), third], dim=1)
        up = torch.cat([self.deconv2(up), second], dim=1)
        up = torch.cat([self.deconv3(up), first], dim=1)
        return self.deconv4(up), (first, second, third)


class GridUnet(nn.Module):
    """What the fused grids tell of each voxel."""

    def __init__(self, kind: str, norm: Norm) -> None:
        super().__init__()
        self.depth = GRID_NETS[kind]
        down = [FILTERS * 2**number for number in range(self.depth)]
        for number, after in enumerate(down):
            before = down[number - 1] if number else FILTERS
            self.add_module(f"conv{number + 1}", Convolution(3, 4, before, after, 2, norm, activate=number > 0))
        for number in range(self.depth):
            # The deepest has no way past it.
            before = down[-1 - number] * (2 if number else 1)
            after = down[-2 - number] if number < self.depth - 1 else FILTERS
            self.add_module(f"deconv{number + 1}", Transposed(3, 4, before, after, 2, norm))
        self.out = Transposed(3, 4, FILTERS, 1, 1, "none")

    def forward(self, grids: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [N, n, n, n] of [N, 32, n, n, n]; and what `deconv3` gives, which depth maps are made of."""
        found, third = self.before_last(grids)
        return self.out(found)[:, 0], third

    def beyond_third(self) -> Iterator[nn.Module]:
        """The layers that what `deconv3` gives doesn't come from."""
        yield from (self.get_submodule(f"deconv{number + 1}") for number in range(3, self.depth))
        yield self.out

    def before_last(self, grids: Tensor) -> tuple[Tensor, Tensor]:
        """What `out` is given, [N, 32, n, n, n]; and what `deconv3` gives."""
        past, found = list[Tensor](), grids
        for number in range(self.depth):
            found = self.get_submodule(f"conv{number + 1}")(found)
            past.append(found)
        for number in range(self.depth):
            if number:
                found = torch.cat([found, past[-1 - number]], dim=1)
            found = self.get_submodule(f"deconv{number + 1}")(found)
            if number == 2:
                third = found
        return found, third


class DepthNet(nn.Module):
    """Depth maps of slices."""

    def __init__(self, config: LsmConfig) -> None:
        super().__init__()
        norm, far = config.norm, config.proj_x == 8
        self.im_skip, sliced = config.im_skip, FILTERS * config.ray_samples
        # Channels of each enlarging: what it begins with, the features of the photograph, what it gives.
        steps = [(128, 128, 64), (64, 64, 32), (32, 32, 32)] if far else [(64, 64, 32), (32, 32, 32)]
        layers: dict[str, nn.Module]
        if config.sepup:
            layers = {"conv1": Separable(3, sliced, 512, norm), "conv2": Separable(3, 512, steps[0][0], norm)}
        else:
            layers = {
                "conv1": Convolution(2, 1, sliced, 512, 1, norm),
                "conv2": Convolution(2, 1, 512, 128, 1, norm),
                "conv3": Convolution(2, 3, 128, steps[0][0], 1, norm),
            }
        self.flat = tuple(layers)
        name = "upconv" if config.sepup else "deconv"
        self.enlarging = tuple(f"{name}{number + 1}" for number in range(len(steps)))
        for own, (found, image, after) in zip(self.enlarging, steps, strict=True):
            before = found + image * config.im_skip
            layers[own] = Enlarged(3, before, after, norm) if config.sepup else Transposed(2, 3, before, after, 2, norm)
        # A plain convolution, whatever the authors call it.
        self.last = f"{name}{len(steps) + 1}"
        layers[self.last] = Convolution(2, 3, 32, 1, 1, "none")
        for own, layer in layers.items():
            self.add_module(own, layer)

    def forward(self, sliced: Tensor, photographs: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Depths [T * N, H, W], scene units.

        Args:
            sliced: [T * N, 32 * samples, h, w], slices of T grids by N cameras.
            photographs: features of the N photographs, the largest first.
        """
        found = sliced
        for name in self.flat:
            found = self.get_submodule(name)(found)
        for number, name in enumerate(self.enlarging):
            if self.im_skip:
                image = photographs[len(self.enlarging) - 1 - number]
                again = image.repeat(len(found) // len(image), 1, 1, 1)
                found = torch.cat([again, found], dim=1)
            found = self.get_submodule(name)(found)
        depth: Tensor = self.get_submodule(self.last)(found)[:, 0]
        return depth


class Lsm(nn.Module):
    """All of it."""

    def __init__(self, config: LsmConfig) -> None:
        super().__init__()
        self.config = config
        self.ImNet_UNet = ImageUnet(config.norm)
        self.scope, cell = CELLS[config.rnn]
        self.rnn = nn.ModuleDict({self.scope: cell(FILTERS + 1, FILTERS)})
        self.Grid_Unet = GridUnet(config.grid_net, config.norm)
        if config.kind == "dlsm":
            self.DepthNet = DepthNet(config)

    def forward(self, photographs: Tensor, K: Tensor, R: Tensor, last_only: bool = False) -> Tensor:
        """What is known after 1..V photographs of each of B objects.

        Args:
            photographs: [B, V, 3, H, W] in [0, 1].
            K: [B, V, 3, 3] intrinsics, pixels.
            R: [B, V, 3, 4] world to camera.
            last_only: only after the last.

        Returns:
            V-LSM: logits [B, T, n, n, n] of the voxels, along x, y, z. D-LSM: depths [B, T, V, H, W] of the V
            photographs, scene units. T is V, or 1.
        """
        objects, views = photographs.shape[:2]
        features, past = self.ImNet_UNet(photographs.flatten(0, 1))
        size_px = (photographs.shape[-1], photographs.shape[-2])
        grids = unproject(features, K.flatten(0, 1), R.flatten(0, 1), self.config.nvox, size_px)
        # Where voxels lie in photographs is never narrowed: pixels would be missed.
        narrow = self.config.precision == "bfloat16"
        with torch.autocast(photographs.device.type, torch.bfloat16, enabled=narrow):
            fused = torch.stack(list(self.fuse(grids.view(objects, views, *grids.shape[1:]))), dim=1)
            fused = fused[:, -1:] if last_only else fused
            logits, third = self.Grid_Unet(fused.flatten(0, 1))
        if self.config.kind == "vlsm":
            return torch.stack(logits.to(grids.dtype).chunk(objects))
        read = third.to(grids.dtype).chunk(objects)
        depths = []
        for number in range(objects):
            own = slice(number * views, (number + 1) * views)
            skips = tuple(feature[own] for feature in past)
            depths.append(self.depths(read[number], K[number], R[number], skips, size_px[0]))
        return torch.stack(depths)

    def fuse(self, grids: Tensor, state: State | None = None) -> Iterator[Tensor]:
        """The fused grid [B, 32, n, n, n] after each of [B, V, 33, n, n, n]."""
        for number in range(grids.shape[1]):
            state = self.fused(grids[:, number], state)
            yield state[-1]

    def fused(self, grid: Tensor, state: State | None) -> State:
        """What is remembered after one more photograph's grid [B, 33, n, n, n]; its last is the fused grid."""
        cell = self.rnn.get_submodule(self.scope)
        if not isinstance(cell, ConvGru | ConvLstm):
            raise TypeError(f"the recurrent unit is a {type(cell).__name__}")
        return cell.after(grid, cell.initial(grid) if state is None else state)

    def depths(self, grids: Tensor, K: Tensor, R: Tensor, skips: tuple[Tensor, ...], im_px: int) -> Tensor:
        """Depths [T, V, H, W] of T grids [T, 32, n, n, n], by V cameras with their photographs' features."""
        config = self.config
        sliced = slice_grids(grids, K, R, im_px // config.proj_x, im_px, config.ray_samples, config.nvox)
        found: Tensor = self.DepthNet(sliced.flatten(0, 1), skips)
        return found.view(*sliced.shape[:2], *found.shape[1:])
