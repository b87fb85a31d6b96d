"""Reports of what went wrong: the dialog of a fault, once for each; what is copied; how the run before ended."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence

from app.diagnostics.fault_log import fault_key, fault_line, fault_lines
from app.diagnostics.log_file import log_folder
from app.diagnostics.report import report_text, without_home
from app.diagnostics.run_marks import take_untold_ends
from app.gui.feedback.notifications import is_expected, unwrapped
from app.gui.host import Host
from app.gui.main_window.fault_dialog import FaultDialog
from app.gui.qt import QApplication
from app.method_faults import plug_in_fault
from engines.core.device import choose_device, describe_device
from engines.registry import all_engines, failed_engines

SAFE = (
    "Safe mode: settings are those of a first start and are not kept, plug-ins are left out, "
    "and the window is drawn by QPainter."
)


class Reporting:
    """Makes reports of this window."""

    def __init__(self, window: Host, drawn: Mapping[str, str]) -> None:
        """`drawn`: what draws the window, by what it is called."""
        self._window, self._drawn = window, dict(drawn)
        self._dialog: FaultDialog | None = None
        self._shown: object = None
        self._told_end = ""
        window.notifications.look_closer = self.show

    def text(self, above: Sequence[str] = ()) -> str:
        """The report; `above`: lines on what went wrong, which stand first."""
        rows = {**self._drawn, "Device": describe_device(choose_device()), "Methods": ", ".join(all_engines())}
        rows |= {f"Not available: {name}": reason for name, reason in failed_engines().items()}
        return report_text(rows, self._window.settings.current, above)

    def copy(self, above: Sequence[str] = ()) -> None:
        """Puts the report where it can be pasted from."""
        QApplication.clipboard().setText(self.text(above))
        self._window.notifications.tell("info", "Copied the report: it can be pasted into a mail or an issue.")

    def fault(self, error: BaseException, count: int) -> None:
        """Tells what nobody caught, the `count`th time.

        The user's mistakes are told on the banner; a fault has its dialog the first time, and never again.
        """
        error = unwrapped(error)
        if is_expected(error):
            self._window.notifications.error(error)
        elif count == 1:
            self.show(error)
        elif self._dialog is not None and self._shown == fault_key(error):
            self._dialog.show_count(count)

    def show(self, error: BaseException) -> None:
        """The dialog of a fault; where that of another is open, both are told in it."""
        if not self._window.widget.isVisible():
            # It is being closed; the log has it.
            return
        fault = plug_in_fault(error)
        what = fault.text if fault is not None else fault_line(error)
        report = self._report_of(error)
        if self._dialog is None:
            # Before a modal dialog only its own children can be clicked on.
            self._dialog = FaultDialog(QApplication.activeModalWidget() or self._window.widget)
            self._dialog.destroyed.connect(self._closed)
        else:
            report += f"\n\nBefore that\n{self._dialog.report.toPlainText()}"
        self._shown = fault_key(error)
        self._dialog.show_fault(without_home(what), report)
        self._dialog.show()
        self._dialog.raise_()

    def tell_how_the_last_run_ended(self) -> None:
        """Says so where it crashed or was killed."""
        ends = take_untold_ends(log_folder())
        if not ends:
            return
        above = [line for end in ends for line in end.text.splitlines()]
        text = (
            f"Vantage ended unexpectedly last time ({ends[-1].began}). What was open is in the recent scenes; "
            "if it happens again, start it in safe mode."
        )
        self._told_end = text
        self._window.notifications.tell_lastingly(text, "Copy report", lambda: self.copy(above))

    def settle_end(self) -> None:
        """What the last run had not saved is open again: how it ended needs no more telling."""
        self._window.notifications.withdraw(self._told_end)

    def tell_safe_mode(self) -> None:
        """Says that this is one, and what it means."""
        self._window.notifications.tell_lastingly(SAFE)

    def _report_of(self, error: BaseException) -> str:
        try:
            return self.text([*fault_lines(error), ""])
        # What fails may be what a report asks, too; its own failure is told beside what it was to tell.
        except Exception:
            return without_home("\n".join([*fault_lines(error), "", traceback.format_exc()]))

    def _closed(self) -> None:
        self._dialog = self._shown = None
