"""Whose fault an unexpected exception is: the program's, or that of a method that somebody installed."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engines import registry
from engines.core.errors import UserError

APP = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Fault:
    """A line of a method's own code that an exception came through.

    Attributes:
        engine: the method's name.
        package: the installed package that brings it; "" of one in this program's `engines/`.
        place: file and line.
        what: the exception, in a line.
    """

    engine: str
    package: str
    place: str
    what: str

    @property
    def text(self) -> str:
        """One line for people: what failed where, and who can mend it."""
        if not self.package:
            return f"this is a bug in the method {self.engine} ({self.place}); please report it with the lines above"
        return (
            f"the method {self.engine} failed with {self.what} in {self.place}; it comes with the package "
            f"{self.package}, and its author can mend it"
        )


def fault_of(error: BaseException) -> Fault | None:
    """The innermost line of a method's code in the traceback; None where there is none, or it only called the program.

    What a method calls in `engines/core`, torch and so on counts as its own; what it was handed by `app` does not.
    """
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename).resolve()
        for name, origin in registry.origins().items():
            for place in origin.places:
                if path == place or place in path.parents:
                    file = path.relative_to(place.parent).as_posix()
                    what = " ".join(traceback.format_exception_only(type(error), error)[-1].split())
                    return Fault(name, origin.package, f"{file}, line {frame.lineno}", what)
        if APP in path.parents:
            return None
    return None


def plug_in_fault(error: BaseException | None) -> Fault | None:
    """The fault that `fault_of` finds, where it is of a method that an installed package brings; else None."""
    fault = fault_of(error) if error is not None else None
    return fault if fault is not None and fault.package else None


@contextlib.contextmanager
def or_method() -> Iterator[None]:
    """Around what blames a file for all that goes wrong: says where it may as well be an installed method's fault.

    Raises:
        UserError: as raised within, with the method's line where its code failed.
    """
    try:
        yield
    except UserError as error:
        fault = plug_in_fault(error.__cause__)
        if fault is None or isinstance(error.__cause__, UserError):
            raise
        raise UserError(f"{error}; or {fault.text}") from error
