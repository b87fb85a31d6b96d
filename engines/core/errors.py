"""The ways something ends early."""

from __future__ import annotations

from collections.abc import Mapping


class UserError(Exception):
    """Something the user can mend: one line that says what, where, and the way out. Shown without a traceback."""


class BrokenContract(UserError):
    """A method is not what the protocols ask for: one line that names it and the member, for its author to mend."""


class Lacking(UserError):
    """What is there is sound, but something else must be named beside it, such as a data folder."""


class LacksInput(Lacking):
    """What must be named is a photograph that the scene is made of."""

    advice = ""
    """What such a photograph should show, as `input_advice` of the engine."""


class Unwritable(UserError):
    """A place that can't be written: the disk is full, or may not be written to, or fails."""


class Unreadable(UserError):
    """A file that a training needs now can't be read; what was learnt so far is sound."""


class Diverged(UserError):
    """A loss or gradient of a training is not finite; the weights are as before the step."""

    def __init__(self, message: str, lower: Mapping[str, float] | None = None) -> None:
        """`lower`: options that a run may go on with smaller values of, which may help, with the values of now."""
        super().__init__(message)
        self.lower = dict(lower or {})


class OutOfMemory(UserError):
    """The device, or the machine, can't hold what a step needs."""


class Cancelled(Exception):
    """The user (or a newer request) asked to stop; not an error."""
