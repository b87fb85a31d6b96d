"""A run whose folder is deleted, or moved away, while it trains: the weights are in memory, and are written again."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engines.core.errors import UserError
from engines.core.files import free_name, replacing
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.run_folder import CONFIG_NAME, HISTORY_NAME, LOCK_NAME, claimed, write_run_checkpoint

RESCUE_HOME = "vantage-runs"


class RunKept:
    """What a run has written into its folder, kept to be written once more."""

    def __init__(self, out: Path) -> None:
        """Reads the options and the history that are there."""
        self._out = out
        self._config = (out / CONFIG_NAME).read_bytes()
        history = out / HISTORY_NAME
        self._history = bytearray(history.read_bytes() if history.is_file() else b"")
        self._held = contextlib.ExitStack()

    def add(self, entry: Mapping[str, Any]) -> None:
        """A line that is now in the history."""
        self._history += json.dumps(entry).encode() + b"\n"

    def is_gone(self) -> bool:
        """Whether the folder, or what a run can't go on without, was taken away."""
        out = self._out
        return not (out / CONFIG_NAME).is_file() or (bool(self._history) and not (out / HISTORY_NAME).is_file())

    def restore(self, checkpoint: Checkpoint) -> str:
        """Makes the folder again, with the weights of now; a sentence that says so.

        Raises:
            UserError: it can't be made; says where the weights are instead.
        """
        try:
            if not (self._out / LOCK_NAME).exists():
                # The lock that was held went with the folder.
                self._held.enter_context(claimed(self._out))
            self._write(self._out, checkpoint)
        except UserError as error:
            raise UserError(f"{self._out}: the run folder is gone; {self._rescue(checkpoint)}") from error
        return f"{self._out}: the run folder was deleted; it was made again, with the weights of step {checkpoint.step}"

    def close(self) -> None:
        """Gives the folder back."""
        self._held.close()

    def _write(self, folder: Path, checkpoint: Checkpoint) -> None:
        for name, content in ((CONFIG_NAME, self._config), (HISTORY_NAME, bytes(self._history))):
            if content:
                with replacing(folder / name) as temporary:
                    temporary.write_bytes(content)
        write_run_checkpoint(folder, checkpoint)

    def _rescue(self, checkpoint: Checkpoint) -> str:
        for home in _rescue_homes():
            try:
                folder = free_name(home, f"{self._out.name}-rescued")
                self._write(folder, checkpoint)
            except (UserError, OSError):
                continue
            return f"its weights of step {checkpoint.step} are saved in {folder}, resume that run"
        return "and there is no place where its weights could be saved"


def _rescue_homes() -> Iterator[Path]:
    with contextlib.suppress(RuntimeError):
        yield Path.home() / RESCUE_HOME
    yield Path(tempfile.gettempdir())
