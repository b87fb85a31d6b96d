"""Notifications: what is told to who sits before the window, errors too."""

from __future__ import annotations

import logging
from collections.abc import Callable

from psygnal import EmitLoopError

from app.diagnostics.fault_log import FaultLog
from app.gui.feedback.banner import Banner, Kind
from app.method_faults import plug_in_fault
from engines.core.errors import UserError

logger = logging.getLogger(__name__)


class Notifications:
    """Tells on the banner, one at a time; warnings and errors are logged, too.

    Attributes:
        look_closer: shows a fault at length.
    """

    def __init__(self, banner: Banner) -> None:
        self._banner, self._faults = banner, FaultLog()
        self.look_closer: Callable[[BaseException], object] | None = None

    def tell(self, kind: Kind, text: str, button: str = "", act: Callable[[], object] | None = None) -> None:
        """Says something; `button` does `act`."""
        if kind != "info":
            logger.log(logging.WARNING if kind == "warning" else logging.ERROR, "told: %s", text)
        self._banner.tell(kind, text, button, act)

    def tell_lastingly(self, text: str, button: str = "", act: Callable[[], object] | None = None) -> None:
        """Warns of something that is so whatever else begins; it stays until it is dismissed."""
        logger.warning("told: %s", text)
        self._banner.tell("warning", text, button, act, lasting=True)

    def withdraw(self, text: str) -> None:
        """What was told is settled, even if it lasts."""
        self._banner.withdraw(text)

    def leave_room(self, height_px: int) -> None:
        """Tells below what is as high at the top of the picture; 0: nothing is."""
        self._banner.leave_room(height_px)

    def hide(self) -> None:
        """Something else begins: what was told is not of it."""
        self._banner.hide()

    def error(self, error: BaseException, button: str = "", act: Callable[[], object] | None = None) -> None:
        """Says what went wrong; the program goes on."""
        error = unwrapped(error)
        if isinstance(error, UserError):
            self.tell("error", str(error), button, act)
        elif isinstance(error, OSError) and error.filename:
            self.tell("error", f"{error.filename}: {error.strerror}", button, act)
        else:
            self._faults.count(error)
            fault, look_closer = plug_in_fault(error), self.look_closer
            if act is None and look_closer is not None:
                button, act = "Details…", lambda: look_closer(error)
            text = f"Something went wrong inside the program: {type(error).__name__}: {error}"
            self.tell("error", fault.text if fault is not None else text, button, act)

    def guarded(self, work: Callable[..., object]) -> Callable[..., None]:
        """Gives the same work; a user's mistake in it is told like any other, a fault goes to the hook for all."""

        def run(*arguments: object) -> None:
            try:
                work(*arguments)
            except (UserError, EmitLoopError) as error:
                if not isinstance(unwrapped(error), UserError):
                    raise
                self.error(error)

        return run


def is_expected(error: BaseException) -> bool:
    """Whether it is no fault: a user's mistake, or a file that the system won't give."""
    return isinstance(error, UserError) or (isinstance(error, OSError) and bool(error.filename))


def unwrapped(error: BaseException) -> BaseException:
    """What was raised by whoever a model told of a change: psygnal wraps it."""
    while isinstance(error, EmitLoopError) and error.__cause__ is not None:
        error = error.__cause__
    return error
