"""A data folder handed over to Brush, and the viewport that follows the scenes which Brush writes as it trains."""

from __future__ import annotations

import shlex
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from app.gui.host import Host, Opener
from app.gui.qt import QApplication, QTimer, present
from app.gui.training.folder_dialogs import ask_folder
from app.settings import runs_home
from app.training.handover.brush import EXPORTS, PROGRAMS, RELEASES, brush_words, find_brush
from app.training.handover.colmap_folder import write_colmap_folder
from app.training.handover.growing_exports import GrowingExports
from engines.core.errors import Cancelled
from engines.core.files import free_name
from engines.core.formats import open_dataset

LOOK_MS = 1000
LOG = "brush.log"


class HandingOver:
    """One folder at a time is handed over and followed; Brush itself goes on whatever becomes of the window."""

    def __init__(self, window: Host, files: Opener) -> None:
        self._window, self._session, self._files = window, window.session, files
        self._writing: threading.Thread | None = None
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._exports: GrowingExports | None = None
        self._folder: Path | None = None
        self._shown = False
        self._look = QTimer(window.widget)
        self._look.setInterval(LOOK_MS)
        self._look.timeout.connect(self._follow)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the command does."""
        return {"hand_over": self.ask}

    def ask(self) -> None:
        """Asks for a data folder, and hands it over."""
        if self._writing is not None:
            self._window.notifications.tell("info", "Another folder is being handed over; wait for it.")
        elif folder := ask_folder(self._window, "data", "Data folder to hand over to Brush"):
            self.hand_over(folder)

    def hand_over(self, data: Path) -> None:
        """Writes the folder for Brush on a thread of its own, and starts it."""
        home = runs_home(self._window.settings.current)
        out = free_name(home, f"{data.resolve().name}-brush")
        self._tell(f"Photographs of {data.name} are being written for Brush…")
        self._stop.clear()
        self._writing = threading.Thread(target=self._write, args=(data, out), name="hand over", daemon=True)
        self._writing.start()

    def shut_down(self) -> None:
        """Nothing is followed any more; what is half-written is taken away."""
        self._look.stop()
        self._stop.set()
        if self._writing is not None:
            self._writing.join()

    # On a thread of its own

    def _write(self, data: Path, out: Path) -> None:
        try:
            dataset = open_dataset(data)
            told = write_colmap_folder(dataset, out, lambda done: None, self._stop.is_set)
        except Cancelled:
            return
        except Exception as error:  # handed on: the window shows it and goes on
            failure = error
            self._session.post(lambda: self._fail(failure))
        else:
            self._session.post(lambda: self._start(out, told))

    # Back on the window's

    def _fail(self, error: BaseException) -> None:
        self._writing = None
        self._window.notifications.error(error)

    def _start(self, out: Path, told: tuple[str, ...]) -> None:
        self._writing = None
        program = find_brush()
        words = brush_words(str(program or PROGRAMS[0]), out)
        self._exports, self._folder, self._shown = GrowingExports(out / EXPORTS), out / EXPORTS, False
        more = "".join(f" ({note})" for note in told)
        if program is None:
            line = shlex.join(words)
            self._window.notifications.tell_lastingly(
                f"{out} is written{more}. Brush is not on PATH ({RELEASES}); once it is started its scenes are shown.",
                "Copy its command",
                lambda: present(QApplication.clipboard()).setText(line),
            )
        else:
            with (out / LOG).open("wb") as log:
                self._process = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
            # Somebody has to wait for it, also when nobody follows any more.
            threading.Thread(target=self._process.wait, name="brush", daemon=True).start()
            self._tell(f"Brush trains on {out.name}{more}; its first scene is shown as soon as it is there.")
        self._look.start()

    def _follow(self) -> None:
        if self._exports is None or self._folder is None:
            return
        opened, opening = self._session.opened, self._session.loader.opening
        if self._shown and opening is None and (opened is None or opened.path != self._folder):
            # Somebody looks at another scene.
            self._end()
        elif opening is None and self._exports.newest() is not None:
            if self._shown:
                self._session.loader.trained_further(self._folder)
            else:
                self._files.open(self._folder)
            self._shown = True
        elif self._process is not None and (code := self._process.poll()) is not None and not self._exports.unsettled:
            self._tell_end(code, self._folder)
            self._end()

    def _tell_end(self, code: int, exports: Path) -> None:
        if code:
            log = exports.parent / LOG
            self._window.notifications.tell("error", f"Brush ended with exit code {code}; what it said is in {log}.")
        else:
            self._tell(f"Brush is done; its scenes are in {exports}.")

    def _end(self) -> None:
        self._look.stop()
        self._exports = self._folder = self._process = None

    def _tell(self, text: str) -> None:
        self._window.notifications.tell("info", text)
