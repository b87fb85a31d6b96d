"""Starts the window."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from app.diagnostics.fault_log import FaultLog
from app.gui.feedback.notifications import unwrapped
from app.gui.qt import QApplication, QLocale, QObject, Qt, QTimer, Signal, current_application, keep_enumerations
from app.gui.theme import system_is_dark
from app.gui.viewport.gl import NOT_ASKED, probe_opengl
from app.gui.window import Window
from app.settings import RememberedSettings, Settings, load_settings
from app.viewing.opening import ALONE, CompanionPaths
from app.viewing.session import Session
from engines.core.camera import Array

# Python sees Ctrl+C only when it gets to run; Qt's loop would keep it asleep.
SIGNAL_MS = 200


def run_window(
    checkpoint: Path | None,
    data: Path | None,
    device: str,
    settings: Sequence[str],
    up: Array | None = None,
    beside: CompanionPaths = ALONE,
    safe: bool = False,
) -> int:
    """Shows the window until it is closed; the exit code.

    Args:
        checkpoint: opened at once; None: the start page.
        settings: `KEY=VALUE` for the scenes that are opened.
        up: [3] unit vector, world: what is up in `checkpoint`; None: as it says itself.
        beside: what else is named beside `checkpoint`.
        safe: with the settings of a first start, of which none is kept.
    """
    application = make_application()
    window = make_window(device, settings, safe)
    # All that there is now stays as long as the window. Whenever a scene is closed it would be looked through in vain,
    # and for a fifth of a second no picture would be drawn.
    gc.freeze()
    if checkpoint is not None:
        if up is not None:
            window.session.loader.ups.choose(checkpoint, up)
        window.files.open(checkpoint, data, beside)
    # Not when the last one closes, as Qt has it: a report or a tool of a library may still be seen. Qt would say so
    # once more afterwards, and whatever waits for an event then would not.
    application.setQuitOnLastWindowClosed(False)
    window.ended.connect(lambda: application.quit())
    window.show()
    if safe:
        window.reporting.tell_safe_mode()
    tell_of_the_last_run(window)
    timer = QTimer()
    timer.timeout.connect(lambda: None)
    timer.start(SIGNAL_MS)
    # SIGHUP: the terminal that it was started from was closed. Windows has none.
    ending = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {number: signal.signal(number, lambda *_: window.end()) for number in ending}
    try:
        with surviving(window.session.post, window.reporting.fault):
            return int(application.exec())
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def tell_of_the_last_run(window: Window) -> None:
    """Says where it crashed, and offers what it had not saved."""
    window.reporting.tell_how_the_last_run_ended()
    window.projects.recovery.recovered.connect(window.reporting.settle_end)
    window.projects.recovery.offer()


def make_application() -> QApplication:
    """The Qt application, or the one there is."""
    if QApplication.instance() is not None:
        return current_application()
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_EnableHighDpiScaling)
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_UseHighDpiPixmaps)
    if sys.platform == "win32":
        # Windows means its 125 %. X11 says 104 % where nobody asked for it, and blurs all lines: there it is rounded.
        QApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    application = QApplication(["vantage"])
    application.setApplicationName("Vantage")
    # Numbers are written with a point everywhere else in the program, and in its files.
    QLocale.setDefault(QLocale.c())
    return application


def make_window(device: str = "auto", settings: Sequence[str] = (), safe: bool = False) -> Window:
    """The window, as it was left the last time, or `safe` as at a first start; not shown yet."""
    keep_enumerations()
    system_dark = system_is_dark()
    application = current_application()
    # To set it again would style every widget of every window again.
    if not application.property("fusion"):
        QApplication.setStyle("Fusion")
        application.setProperty("fusion", True)
    remembered = RememberedSettings(Settings() if safe else load_settings(), kept=not safe)
    # A driver that crashes where it is only asked what it is, is a reason to start safely.
    found = NOT_ASKED if safe else probe_opengl()
    return Window(Session(Bridge().post, device, settings), remembered, found, system_dark)


class Bridge(QObject):
    """Runs calls on the thread that made it, which is the window's."""

    _posted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        # Signals from other threads are queued, those from the window's own would not be.
        self._posted.connect(lambda work: work())

    def post(self, work: Callable[[], Any]) -> None:
        """Runs `work` on the window's thread, soon; may be called from any."""
        self._posted.emit(work)


@contextmanager
def surviving(post: Callable[[Callable[[], None]], None], tell: Callable[[BaseException, int], None]) -> Iterator[None]:
    """While it lasts, an exception that nobody caught is told, but ends nothing.

    The first of several from the same place is printed and logged with its traceback. `tell` is given its number, too.
    """
    faults = FaultLog()

    def survive(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        failure = unwrapped(error if error is not None else kind())
        count = faults.count(failure)
        if count == 1:
            sys.__excepthook__(kind, error or failure, trace)
        post(lambda: tell(failure, count))

    hooks = sys.excepthook, threading.excepthook
    sys.excepthook = survive
    threading.excepthook = lambda caught: survive(caught.exc_type, caught.exc_value, caught.exc_traceback)
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = hooks
