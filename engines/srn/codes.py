"""Codes that are given with the data (the authors' `has_params`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from engines.core.dataset import View
from engines.core.errors import UserError


def given_codes(views: Sequence[View], length: int) -> Tensor:
    """[V, L] the code of each view.

    Raises:
        UserError: a view has none, or one of another length.
    """
    codes = []
    for view in views:
        values = view.params()
        if values.shape != (length,):
            raise UserError(
                f"{view.params_path}: has {values.size} numbers, but the network's codes have {length}; "
                "set embedding_size to as many, or open the data folder that belongs to the checkpoint"
            )
        codes.append(values)
    return torch.from_numpy(np.stack(codes))


def codes_of_objects(views: Sequence[View], codes: Tensor, objects: int) -> Tensor:
    """[I, L] of each object the code of its first view; 0 where it has none."""
    table = codes.new_zeros(objects, codes.shape[1])
    for view, code in reversed(list(zip(views, codes, strict=True))):
        table[view.instance] = code
    return table
