"""Codes that are given with the data (the authors' `has_params`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from engines.core.data.views import View, Views
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


def codes_of_instances(views: Views, length: int) -> tuple[Tensor, tuple[str, ...]]:
    """[I, L] of each object the code of its first view, and in plain words what is lost by that.

    Raises:
        UserError: a view that was looked at has none, or one of another length.
    """
    numbers, firsts = np.unique(views.instances, return_index=True)
    table = torch.zeros(int(numbers[-1]) + 1, length)
    table[torch.from_numpy(numbers).long()] = given_codes([views[int(index)] for index in firsts], length)
    of_first = views.of_instance(int(numbers[0]))
    ends = given_codes([of_first[0], of_first[-1]], length)
    if torch.equal(ends[0], ends[1]):
        return table, ()
    return table, ("codes differ between photographs of an object; each object is drawn with its first one's",)
