"""TensorBoard's files of a run, in the order that TensorBoard reads them in."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from engines.core.storage.run_folder import EVENTS_START

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


MOST_SECONDS = 3
"""That are waited for a name that stands last."""


def begin_events(folder: Path, purge_step: int) -> SummaryWriter:
    """A writer whose file stands last of the folder's.

    They are read by their names, which begin with the second of their making: of two from the same second either may
    stand first, and what a resumed run drew would be taken for the older.

    Args:
        purge_step: what was drawn from that step on is not shown any more.

    Raises:
        OSError: it can't be written.
    """
    # Here, not above: it takes a second to import, and the window imports the training loop.
    from torch.utils.tensorboard import SummaryWriter

    for left in reversed(range(MOST_SECONDS + 1)):
        before = _events_in(folder)
        writer = SummaryWriter(str(folder), purge_step=purge_step)
        own = _events_in(folder) - before
        # A clock that was put back by hours can't be waited for.
        if not left or not own or not before or min(own) > max(before):
            break
        writer.close()
        for name in own:
            (folder / name).unlink()
        time.sleep(1.0 - time.time() % 1.0)
    return writer


def _events_in(folder: Path) -> set[str]:
    return {path.name for path in folder.glob(f"{EVENTS_START}*")}


@contextlib.contextmanager
def events_told_once() -> Iterator[None]:
    """What the thread of TensorBoard's events fails at is raised where they are written; it need not print it, too."""
    before = threading.excepthook

    def hook(told: threading.ExceptHookArgs) -> None:
        if type(told.thread).__name__ != "_AsyncWriterThread":
            before(told)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = before
