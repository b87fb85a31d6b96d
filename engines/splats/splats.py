"""Gaussians as they are trained (Kerbl et al. 2023), before any activation: what files hold and drawing begins with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from engines.core.camera import LARGEST, Array
from engines.core.reading import counted

MOST_DEGREE = 4
"""Of harmonics: no form has more."""
LEAST_TURN = 1e-12
"""Length below which a quaternion says nothing: torch's `normalize` divides by no less, so the authors draw no turn."""
SAFE_TURNS = (1e-9, 1e9)
"""Between these the square of a quaternion's elements is a normal number of float32."""
SOLID_LOGIT = 20.0
"""What stands for an infinite one, in a scene file, too: its sigmoid is 1 in float32."""
ARRAYS = ("positions", "log_scales", "quaternions", "opacity_logits", "harmonics")


@dataclass(frozen=True, eq=False)
class Splats:
    """3D Gaussians as trained; activations are not applied. All arrays are contiguous float32.

    Attributes:
        positions: [N, 3] centres, world units.
        log_scales: [N, 3] natural logarithm of the standard deviations along the own axes, world units;
            [N, 2] of 2-D Gaussians, which are flat along their third axis.
        quaternions: [N, 4] w x y z, from own axes to the world, of any length but 0.
        opacity_logits: [N] before the sigmoid.
        harmonics: [N, K, 3] red, green, blue of real spherical harmonics with the Condon-Shortley sign, K = (degree +
            1)^2, the constant first, m from -l to l; a colour is 0.5 + their sum, with directions in the world's axes.
        antialiased: whether it was trained with the compensation of opacity of Mip-Splatting (Yu et al. 2024).
    """

    positions: Array
    log_scales: Array
    quaternions: Array
    opacity_logits: Array
    harmonics: Array
    antialiased: bool = False

    def __post_init__(self) -> None:
        """Checks shapes and types.

        Raises:
            ValueError: names the array.
        """
        count = len(self.positions)
        widths: dict[str, list[tuple[int, ...]]]
        widths = {"positions": [(3,)], "log_scales": [(3,), (2,)], "quaternions": [(4,)], "opacity_logits": [()]}
        widths["harmonics"] = [((degree + 1) ** 2, 3) for degree in range(MOST_DEGREE + 1)]
        for name, allowed in widths.items():
            array = getattr(self, name)
            if array.shape not in [(count, *width) for width in allowed]:
                raise ValueError(f"{name} are {list(array.shape)} of {count} splats")
            if array.dtype != np.float32 or not array.flags.c_contiguous:
                raise ValueError(f"{name} are no contiguous float32")

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def degree(self) -> int:
        """The harmonics' highest degree: 0 where colours are the same from everywhere."""
        return math.isqrt(self.harmonics.shape[1]) - 1

    @property
    def is_flat(self) -> bool:
        """Whether these are 2-D Gaussians."""
        return bool(self.log_scales.shape[1] == 2)

    @cached_property
    def tensors(self) -> Mapping[str, Tensor]:
        """The arrays by their names, in the same memory."""
        return {name: torch.from_numpy(getattr(self, name)) for name in ARRAYS}

    @classmethod
    def of_tensors(cls, tensors: Mapping[str, Tensor], antialiased: bool = False) -> Splats:
        """The splats that share the memory of contiguous float32 tensors on the CPU, of `ARRAYS` by their names."""
        return cls(**{name: tensors[name].detach().numpy() for name in ARRAYS}, antialiased=antialiased)

    def chosen(self, which: Array) -> Splats:
        """The splats that [N] bools or [M] indices choose, copied."""
        return replace(self, **{name: getattr(self, name)[which] for name in ARRAYS})


def sound(splats: Splats) -> tuple[Splats, tuple[str, ...]]:
    """The splats that can be drawn, and what was wrong with the others in plain words.

    One with a number that is none, or beyond all measure, is left out; a quaternion of length 0 becomes no turn, and
    what is solid or nothing at all, the logit of which is infinite, gets `SOLID_LOGIT`.
    """
    notes, count = [], len(splats)
    if not (good := _drawable(splats)).all():
        splats = splats.chosen(good)
        notes.append(
            f"{counted(count - len(splats), 'splat')} of {count} left out: not all of their numbers are finite"
        )
    if np.isinf(splats.opacity_logits).any():
        logits = np.nan_to_num(splats.opacity_logits, posinf=SOLID_LOGIT, neginf=-SOLID_LOGIT)
        splats = replace(splats, opacity_logits=logits)
    w, x, y, z = np.abs(splats.quaternions.T)
    largest = np.maximum(np.maximum(w, x), np.maximum(y, z))
    if (none := largest < LEAST_TURN).any():
        quaternions = splats.quaternions.copy()
        quaternions[none] = (1, 0, 0, 0)
        splats, largest[none] = replace(splats, quaternions=quaternions), 1
        notes.append(f"{counted(int(none.sum()), 'splat')} of {count} with a quaternion of 0 are drawn without a turn")
    if (extreme := (largest < SAFE_TURNS[0]) | (largest > SAFE_TURNS[1])).any():
        quaternions = splats.quaternions.copy()
        quaternions[extreme] /= largest[extreme, None]
        splats = replace(splats, quaternions=quaternions)
    return splats, tuple(notes)


def _drawable(splats: Splats) -> Array:
    """[N] whether all numbers are finite and can be measures."""
    with np.errstate(over="ignore", invalid="ignore"):
        # A sum is finite where all are; it is none also where finite ones are beyond float32, which no colour is. As a
        # product it is several times as fast.
        width = splats.harmonics.shape[1] * 3
        good = np.isfinite(splats.harmonics.reshape(len(splats), width) @ np.ones(width, np.float32))
        good &= np.isfinite(splats.quaternions @ np.ones(4, np.float32)) & ~np.isnan(splats.opacity_logits)
    for values, largest in ((splats.positions, LARGEST), (splats.log_scales, math.log(LARGEST))):
        for column in values.T:
            good &= np.abs(column) < largest
    return np.asarray(good)
