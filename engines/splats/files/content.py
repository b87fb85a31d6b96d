"""What a file of splats holds, and the bounds on what one may claim to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from engines.core.errors import UserError
from engines.splats.splats import MOST_DEGREE, Splats

NUMBERS = 11
"""Of a splat beside its harmonics."""


@dataclass(frozen=True)
class SplatContent:
    """What a reader gives and a writer takes.

    Attributes:
        splats: x right, y down, z forward.
        notes: in plain words, what is to be known of how it was read.
        axes_unsaid: it was read in the axes that its form has: it does not name them, and many programs that write the
            form leave a `.ply`'s.
    """

    splats: Splats
    notes: tuple[str, ...] = ()
    axes_unsaid: bool = False


def empty(path: Path, count: int, degree: int, *, flat: bool = False, antialiased: bool = False) -> Splats:
    """Splats whose numbers are still to be filled in; what is said of them was checked against the file's size.

    Raises:
        UserError: none, harmonics of a degree that there is not, or more than there is memory for.
    """
    if not 0 <= degree <= MOST_DEGREE:
        raise UserError(f"{path}: has harmonics of degree {degree}; 0 to {MOST_DEGREE} are read")
    if count == 0:
        raise UserError(f"{path}: holds no splat")
    harmonics = (degree + 1) ** 2
    needed, free = count * (NUMBERS + 3 * harmonics) * 4, psutil.virtual_memory().available
    if needed > free:
        raise UserError(
            f"{path}: its {count} splats take {needed / 1e9:,.1f} GB of memory, of which {free / 1e9:,.1f} are free; "
            "close other programs, or open it on a larger machine"
        )
    return Splats(
        positions=np.empty((count, 3), np.float32),
        log_scales=np.empty((count, 2 if flat else 3), np.float32),
        quaternions=np.empty((count, 4), np.float32),
        opacity_logits=np.empty(count, np.float32),
        harmonics=np.empty((count, harmonics, 3), np.float32),
        antialiased=antialiased,
    )


def require_bytes(path: Path, count: int, needed: int, there: int) -> None:
    """Whether what a file says of itself can be in it.

    Args:
        count: of splats that it says it has.
        needed: bytes that these take.
        there: bytes that there are.

    Raises:
        UserError: it can't.
    """
    if needed > there:
        raise UserError(
            f"{path}: says that it has {count} splats, which take {needed:,} bytes; it has {there:,} of them "
            "(it is cut short, or its header is changed)"
        )
