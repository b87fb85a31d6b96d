"""Codes that are given with the data (the authors' `has_params`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from engines.core.errors import UserError
from engines.core.views import View, Views


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


def codes_of_objects(views: Views, length: int) -> Tensor:
    """[I, L] of each object the code of its first view; 0 where it has none.

    Raises:
        UserError: a view has none, or one of another length.
    """
    numbers, firsts = np.unique(views.instances, return_index=True)
    table = torch.zeros(int(numbers[-1]) + 1, length)
    table[torch.from_numpy(numbers).long()] = given_codes([views[int(index)] for index in firsts], length)
    return table
