"""Notifications: what is told to who sits before the window, errors too."""

from __future__ import annotations

from collections.abc import Callable

from psygnal import EmitLoopError

from app.gui.feedback.banner import Banner, Kind
from app.method_faults import plug_in_fault
from engines.core.errors import UserError


class Notifications:
    """Tells on the banner, one at a time."""

    def __init__(self, banner: Banner) -> None:
        self._banner = banner

    def tell(self, kind: Kind, text: str, button: str = "", act: Callable[[], object] | None = None) -> None:
        """Says something; `button` does `act`."""
        self._banner.tell(kind, text, button, act)

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
            fault = plug_in_fault(error)
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


def unwrapped(error: BaseException) -> BaseException:
    """What was raised by whoever a model told of a change: psygnal wraps it."""
    while isinstance(error, EmitLoopError) and error.__cause__ is not None:
        error = error.__cause__
    return error
