"""The three ways something ends early."""


class UserError(Exception):
    """Something the user can mend: one line that says what, where, and the way out. Shown without a traceback."""


class Cancelled(Exception):
    """The user (or a newer request) asked to stop; not an error."""
