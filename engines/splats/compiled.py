"""Functions that numba compiles for the processor at hand, the first time that they are called.

They hold no lock of Python's, so that threads of ours run them beside each other: numba's own threads may not be used
by two of a program's at once.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar, cast

import numba

Compiled = TypeVar("Compiled", bound=Callable[..., object])


def compiled(function: Compiled) -> Compiled:
    """The function, of numbers and arrays alone, compiled."""
    # A product and a sum in one instruction; what is no number stays none.
    made = numba.njit(nogil=True, error_model="numpy", fastmath={"contract"})(function)
    return cast(Compiled, made)


def keep_compiled(*functions: Callable[..., object]) -> None:
    """Has what is compiled of them kept on the disk: beside their modules, else in the user's folder for such.

    Not where they are defined, as importing a module writes nothing.
    """
    # Numba compares the one file that a function stands in, and would keep what it was made of from others.
    sources = sorted({str(sys.modules[function.__module__].__file__) for function in functions} | {__file__})
    digest = 0
    for source in sources:
        with suppress(OSError):
            digest = zlib.crc32(Path(source).read_bytes(), digest)
    for function in functions:
        plain = function.py_func  # type: ignore[attr-defined]
        plain.__qualname__ = f"{plain.__name__}_{digest:08x}"
        # Where nothing can be written it is compiled each time.
        with suppress(RuntimeError):
            function.enable_caching()  # type: ignore[attr-defined]
