"""The order of splats from near to far, anew for every picture."""

from __future__ import annotations

import numpy as np

from engines.core.camera import Array
from engines.splats.compiled import compiled

DIGIT_BITS = 11
"""Of a key, that a pass sorts by: its counts fit the processor's first cache."""
FEW = 32
"""Equal keys, up to which they are put in order one by one; where there are more, all is sorted again by numpy."""


def near_to_far(depths: Array) -> Array:
    """[N] int32: which is nearest, and so on; of equal ones that which comes first. `depths` [N] float64 are above 0.

    Radix sort by float32, whose bits grow with the numbers, then by what float32 does not tell apart.
    """
    order = np.arange(len(depths), dtype=np.int32)
    if len(depths) < 2:
        return order
    # What is beyond float32 comes last.
    with np.errstate(over="ignore"):
        keys = depths.astype(np.float32).view(np.uint32)
    keys -= keys.min()
    sorted_keys, sorted_order = np.empty_like(keys), np.empty_like(order)
    for shift in range(0, int(keys.max()).bit_length(), DIGIT_BITS):
        sort_by_digit(keys, order, shift, sorted_keys, sorted_order)
        keys, order, sorted_keys, sorted_order = sorted_keys, sorted_order, keys, order
    if not settle_equal_keys(keys, order, depths):
        return np.asarray(order[np.argsort(depths[order], kind="stable")])
    return order


@compiled
def sort_by_digit(keys: Array, order: Array, shift: int, sorted_keys: Array, sorted_order: Array) -> None:
    """One pass: by the bits of `keys` [N] uint32 from `shift` on, in the same order where these are equal."""
    ends = np.zeros((1 << DIGIT_BITS) + 1, dtype=np.int64)
    mask, by = np.uint32((1 << DIGIT_BITS) - 1), np.uint32(shift)
    for place in range(keys.size):
        ends[((keys[place] >> by) & mask) + 1] += 1
    for digit in range(ends.size - 1):
        ends[digit + 1] += ends[digit]
    for place in range(keys.size):
        digit = (keys[place] >> by) & mask
        sorted_keys[ends[digit]], sorted_order[ends[digit]] = keys[place], order[place]
        ends[digit] += 1


@compiled
def settle_equal_keys(keys: Array, order: Array, depths: Array) -> bool:
    """Puts those of one key in the order of their depths [N]; whether they are few enough everywhere."""
    begin = 0
    while begin < keys.size:
        end = begin + 1
        while end < keys.size and keys[end] == keys[begin]:
            end += 1
        sorted_until = begin + 1
        while sorted_until < end and depths[order[sorted_until - 1]] <= depths[order[sorted_until]]:
            sorted_until += 1
        if sorted_until < end and end - begin > FEW:
            return False
        for place in range(sorted_until, end):
            one, before = order[place], place - 1
            while before >= begin and depths[order[before]] > depths[one]:
                order[before + 1] = order[before]
                before -= 1
            order[before + 1] = one
        begin = end
    return True
