"""Occupancy grids in scene files, each sealed: so that one of other weights, or a damaged one, is never believed.

A seal is the SHA-256 of the grid itself and of all that it was made of: weights, code, and the level of the surface.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property

import torch
from torch import Tensor

from engines.dvr.occupancy_grid import RECIPE, OccupancyGrid

MOST_BYTES = 2**22
"""Of all grids in a file; one has 0.1 to 0.4 MB."""
MOST_OBJECTS = 8
"""Of a class: each takes some seconds."""
SEAL = "seal"


class KeptGrids:
    """The grids of a decoder that a file kept, by object."""

    def __init__(self, derived: Mapping[str, Tensor], weights: Mapping[str, Tensor], leaky: bool, level: float) -> None:
        """Remembers what the grids are looked for in, and what they must have been made of.

        Args:
            derived: `Checkpoint.derived`, whatever it holds: tensors of any shape, by name.
            weights: the checkpoint's.
            level: the logit of the surface.
        """
        self._derived, self._weights, self._leaky, self._level = derived, weights, leaky, level

    def of(self, number: int, code: Tensor | None, device: torch.device) -> OccupancyGrid | None:
        """An object's grid, by its number and code [1, c_dim]; None where none is kept, or one of something else."""
        before = _name(number, "")
        found = {name.removeprefix(before): self._derived[name] for name in self._derived if name.startswith(before)}
        seal = found.pop(SEAL, None)
        if seal is None or not torch.equal(seal.cpu(), self._seal(found, code)):
            return None
        try:
            return OccupancyGrid.from_tensors(found, device)
        except ValueError:
            return None

    def to_derived(self, grids: Iterable[tuple[Tensor | None, OccupancyGrid]]) -> dict[str, Tensor]:
        """What a file keeps of the first objects' codes [1, c_dim] and grids, by name: as many as have room."""
        derived, size = dict[str, Tensor](), 0
        for number, (code, grid) in enumerate(grids):
            tensors = {name: tensor.cpu() for name, tensor in grid.to_tensors().items()}
            size += sum(tensor.nbytes for tensor in tensors.values())
            if size > MOST_BYTES:
                break
            tensors[SEAL] = self._seal(tensors, code)
            derived |= {_name(number, name): tensor for name, tensor in tensors.items()}
        return derived

    def _seal(self, grid: Mapping[str, Tensor], code: Tensor | None) -> Tensor:
        """[32] uint8."""
        digest = self._of_weights.copy()
        for name in sorted(grid):
            _add(digest, name, grid[name])
        if code is not None:
            _add(digest, "code", code)
        return torch.frombuffer(bytearray(digest.digest()), dtype=torch.uint8)

    @cached_property
    def _of_weights(self) -> hashlib._Hash:
        digest = hashlib.sha256(repr((RECIPE, self._leaky, self._level)).encode())
        for name in sorted(self._weights):
            if name.startswith("decoder."):
                _add(digest, name, self._weights[name].float())
        return digest


def _name(number: int, tensor: str) -> str:
    return f"grid{number}.{tensor}"


def _add(digest: hashlib._Hash, name: str, tensor: Tensor) -> None:
    digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}".encode())
    digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
