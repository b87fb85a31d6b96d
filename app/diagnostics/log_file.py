"""The log file: what commands and windows did, in one file of bounded size that all of them write."""

from __future__ import annotations

import logging
import os
import shlex
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from app import __version__
from app.diagnostics.run_marks import find_unexpected_ends, marked
from engines.core.errors import Cancelled, UserError

FILE_NAME = "vantage.log"
LOGGERS = ("app", "engines", "vispy", "py.warnings")
"""Whose records are written. Not the root's: what other libraries say on stderr would be kept from it."""
MOST_BYTES, KEPT = 1_000_000, 2
"""Of the file, and how many full ones stay beside it."""
LOCK_S = 0.5
"""How long a record waits for another process's; then it is left out."""
FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"

logger = logging.getLogger(__name__)


def log_folder() -> Path:
    """The folder of logs: within $VANTAGE_CONFIG_DIR, else where this platform keeps them."""
    if chosen := os.environ.get("VANTAGE_CONFIG_DIR"):
        return Path(chosen) / "log"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "Vantage" / "Log"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Logs" / "Vantage"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "vantage" / "log"


def log_path() -> Path:
    """The newest log file, which may not be there yet."""
    return log_folder() / FILE_NAME


def last_lines(count: int) -> list[str]:
    """The newest lines of the log, oldest first; none where there is no log."""
    found: list[str] = []
    for path in (log_path(), log_path().with_name(f"{FILE_NAME}.1")):
        if len(found) < count:
            with suppress(OSError):
                found = path.read_text(encoding="utf-8", errors="replace").splitlines()[-count:] + found
    return found[-count:]


class SharedLogHandler(RotatingFileHandler):
    """Writes a file that several processes write.

    It is opened for each record, under a lock: else one of them would go on writing into what another has put aside.
    What can't be written is left out without a word: a log is no reason to disturb what it tells of.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=MOST_BYTES, backupCount=KEPT, encoding="utf-8", delay=True)
        self._shared = FileLock(path.with_suffix(".lock"), timeout=LOCK_S)
        self.setFormatter(logging.Formatter(FORMAT))

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError, Timeout, NotImplementedError), self._shared:
            try:
                super().emit(record)
            finally:
                stream, self.stream = self.stream, None
                if stream is not None:
                    # On a full disk this fails, too, and has closed it all the same.
                    stream.close()

    def handleError(self, record: logging.LogRecord) -> None:
        """Nothing: by itself it writes to stderr."""


@contextmanager
def logged(command: str, words: Sequence[str]) -> Iterator[None]:
    """While it lasts, what the program does is written to the log file, and how it ended; never to stdout or stderr."""
    folder = log_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        # A home that can't be written, such as a service's: there is no log then.
        yield
        return
    with ExitStack() as exits:
        exits.enter_context(_written_to(SharedLogHandler(folder / FILE_NAME)))
        for end in find_unexpected_ends(folder):
            logger.error("%s", end.text)
        exits.enter_context(marked(folder, command))
        logger.info("Vantage %s: %s", __version__, shlex.join([command, *words]))
        began = time.monotonic()
        try:
            yield
        except BaseException as error:
            _log_end(command, error)
            raise
        logger.info("%s ended after %.1f s", command, time.monotonic() - began)


def _log_end(command: str, error: BaseException) -> None:
    if isinstance(error, UserError):
        logger.error("%s: %s", command, error)
    elif isinstance(error, Exception) and not isinstance(error, Cancelled):
        logger.error("%s failed", command, exc_info=error)
    else:
        logger.info("%s was stopped (%s)", command, type(error).__name__)


@contextmanager
def _written_to(handler: logging.Handler) -> Iterator[None]:
    own = logging.getLogger("app"), logging.getLogger("engines")
    levels = [each.level for each in own]
    for each in own:
        each.setLevel(logging.INFO)
    for name in LOGGERS:
        logging.getLogger(name).addHandler(handler)
    show = warnings.showwarning
    warnings.showwarning = _also_logged(show)
    try:
        yield
    finally:
        warnings.showwarning = show
        for name in LOGGERS:
            logging.getLogger(name).removeHandler(handler)
        for each, level in zip(own, levels, strict=True):
            each.setLevel(level)
        handler.close()


def _also_logged(show: Any) -> Any:
    """The same way to show a warning, which also writes it to the log."""

    def show_and_log(message: Any, category: Any, filename: str, lineno: int, *rest: Any, **more: Any) -> None:
        text = warnings.formatwarning(message, category, filename, lineno)
        logging.getLogger("py.warnings").warning("%s", text.rstrip())
        show(message, category, filename, lineno, *rest, **more)

    return show_and_log
