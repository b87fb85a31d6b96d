"""Errors and notes in Python's words: they speak of the command line's options, which are arguments here."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from engines.core.errors import UserError

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

OPTION = re.compile(r"(?:^|(?<=[\s(]))--([a-z]+(?:-[a-z]+)*)")
"""Where a text names one; not within words, such as a file's name."""
ARGUMENTS = {"from": "source", "resume": "resume=True", "overwrite": "overwrite=True", "size": "width, height"}
"""What arguments are called that are not called as the option is."""


def reworded(text: str) -> str:
    """The text with `data` for `--data`, `blend_with` for `--blend-with`, and `lr=...` for `--set lr=...`."""
    text = re.sub(r"(?:^|(?<=[\s(]))--(?:set|control) (?=[\w.]+=)", "", text).replace("--set:", "options:")
    return OPTION.sub(lambda found: ARGUMENTS.get(found[1], found[1].replace("-", "_")), text)


def python_worded(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """The function, of whose errors people of Python know what to do."""

    @functools.wraps(function)
    def worded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            return function(*args, **kwargs)
        except UserError as error:
            error.args = (reworded(str(error)), *error.args[1:])
            raise

    return worded
