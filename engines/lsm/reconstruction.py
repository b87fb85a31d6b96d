"""What the networks make of an object's photographs, kept as far as another choice of photographs can use it.

Each photograph is gone through once; the recurrent unit's state is kept after each, so that one photograph more costs
one, not all again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import torch
from torch import Tensor

from engines.core.camera import Array
from engines.core.data.views import Views
from engines.core.engine import Stop
from engines.core.errors import Cancelled
from engines.lsm.config import LsmConfig
from engines.lsm.inference import Inference
from engines.lsm.network import Lsm
from engines.lsm.photographs import NetworkPhotographs, ReconstructionCube, read_photographs
from engines.lsm.recurrent import State

KEPT = 32
"""Photographs, states and what is read out of them: 4, 9 and 0.1 MB each at 224x224 and 32 voxels."""

Value = TypeVar("Value")


class Latest(Generic[Value]):
    """Keeps what was used last."""

    def __init__(self, most: int) -> None:
        self._most, self._values = most, OrderedDict[Hashable, Value]()

    def get(self, key: Hashable) -> Value | None:
        """What was kept, if it still is."""
        if key in self._values:
            self._values.move_to_end(key)
        return self._values.get(key)

    def keep(self, key: Hashable, value: Value) -> Value:
        """Keeps a value; it comes back."""
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > self._most:
            self._values.popitem(last=False)
        return value


@dataclass(frozen=True, eq=False)
class SeenPhotograph:
    """One photograph, and what the networks that look at it alone make of it."""

    photographs: NetworkPhotographs
    grid: Tensor
    """[1, 33, n, n, n]."""
    skips: tuple[Tensor, ...]
    """Features [1, C, h, w] for depth maps."""


class Reconstructor:
    """The network, and what it made."""

    def __init__(
        self, config: LsmConfig, weights: Mapping[str, Tensor], cube: ReconstructionCube, device: torch.device
    ) -> None:
        """`weights`: in the shapes that `Lsm` has; `cube`: where the grid stands."""
        with torch.device("meta"):
            network = Lsm(config)
        network.load_state_dict({name: tensor.float() for name, tensor in weights.items()}, assign=True)
        self.network = network.to(device).eval()
        self.config, self.cube, self.device = config, cube, device
        self._seen, self._states, self._occupancies = (
            Latest[SeenPhotograph](KEPT),
            Latest[State](KEPT),
            Latest[Tensor](KEPT),
        )
        # Scenes of other photographs share it; one that is let go may still draw.
        self._lock = threading.RLock()

    @cached_property
    def inference(self) -> Inference:
        """The network prepared, when it is first asked for."""
        return Inference(self.network)

    def seen(self, number: int, views: Views, view: int) -> SeenPhotograph:
        """A photograph of an object.

        Raises:
            UserError: it can't be read, or sees nothing of the grid.
        """
        if (kept := self._seen.get((number, view))) is not None:
            return kept
        photographs = read_photographs(views, [view], self.cube, self.config, self.device)
        features, skips = self.network.ImNet_UNet(photographs.images)
        grid = self.inference.grid(features, photographs.K, photographs.R)
        skips = skips if self.config.kind == "dlsm" else ()
        return self._seen.keep((number, view), SeenPhotograph(photographs, grid, skips))

    def state(self, number: int, views: Views, chosen: tuple[int, ...], stop: Stop) -> State:
        """What the recurrent unit remembers after photographs `chosen`, in this order.

        Raises:
            Cancelled: `stop` said so.
            UserError: as `seen`.
        """
        if (kept := self._states.get((number, chosen))) is not None:
            return kept
        before = self.state(number, views, chosen[:-1], stop) if len(chosen) > 1 else None
        if stop():
            raise Cancelled
        grid = self.seen(number, views, chosen[-1]).grid
        return self._states.keep((number, chosen), self.inference.fused(grid, before))

    @torch.inference_mode()
    def occupancy(self, number: int, views: Views, chosen: tuple[int, ...], stop: Stop) -> Tensor:
        """[n, n, n] probabilities along the cube's x, y, z; see `state`."""
        with self._lock:
            if (kept := self._occupancies.get((number, chosen))) is not None:
                return kept
            logits, _ = self.inference.read(self.state(number, views, chosen, stop)[-1])
            return self._occupancies.keep((number, chosen), logits[0].sigmoid())

    @torch.inference_mode()
    def depths(self, number: int, views: Views, chosen: tuple[int, ...], stop: Stop) -> Tensor:
        """[V, H, W] depths of the chosen photographs, in the cube's units; see `state`."""
        with self._lock:
            _, read = self.inference.read(self.state(number, views, chosen, stop)[-1])
            found = []
            for view in chosen:
                if stop():
                    raise Cancelled
                seen = self.seen(number, views, view)
                at = seen.photographs
                found.append(self.network.depths(read, at.K, at.R, seen.skips, self.config.im_w)[0])
            return torch.cat(found)

    def photographs(self, number: int, views: Views, chosen: Sequence[int]) -> NetworkPhotographs:
        """Those that were chosen, together."""
        with self._lock:
            all_seen = [self.seen(number, views, view).photographs for view in chosen]
        images, K, R = (torch.cat([getattr(one, name) for one in all_seen]) for name in ("images", "K", "R"))
        return NetworkPhotographs(tuple(chosen), tuple(one.cameras[0] for one in all_seen), images, K, R)

    @property
    def bounds(self) -> Array:
        """[2, 3] the box that holds the grid, world, and half a voxel about it, where its border becomes nothing."""
        return self.cube.corners(0.5 + self.config.voxel / 2)
