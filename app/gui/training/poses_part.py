"""Camera poses for images and videos that have none: estimated in the background, never ended without a question."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from app.capture.colmap.colmap_images import work_folder
from app.capture.colmap.output_files import REPLACED, not_ours
from app.capture.colmap.structure_from_motion import SfmProgress, SfmResult, find_poses
from app.capture.sharp_frames import FRAMES, write_sharpest
from app.gui.host import Host
from app.gui.panel.panel_parts import label
from app.gui.plain_text import is_sure, plain_box
from app.gui.qt import QHBoxLayout, QMessageBox, QProgressBar, QPushButton, QVBoxLayout, QWidget, Signal
from app.gui.words import in_window
from app.human_readable import as_sentence
from app.viewing.background_work import BackgroundWork, Tell
from engines.core.engine import Stop
from engines.core.errors import Cancelled

STAGES = {
    "frames": "Selecting the video's sharpest frames",
    "features": "Extracting features",
    "matches": "Matching images",
    "cameras": "Estimating camera poses",
}
FIND = "Estimate camera poses (COLMAP)"
OFFER = "COLMAP can estimate the camera poses, while you go on looking."
KEPT = "What is done so far is kept: started again, it goes on from there."


class PosesPart(QWidget):
    """A button that begins and stops, and how far it is; hidden where there is nothing to estimate."""

    found = Signal(object)
    """`Path` of the folder that has poses now."""
    ended = Signal(str, bool)
    """What became of an estimation that was not stopped, and whether there are poses."""

    def __init__(self, window: Host) -> None:
        super().__init__()
        self._source = Path()
        self._posing = BackgroundWork(window.session.post, "poses")
        self.estimate = QPushButton(FIND)
        self.estimate.setProperty("primary", True)
        self.estimate.setAutoDefault(False)
        self.estimate.setToolTip("Estimates from the images alone where each was taken from")
        self.estimate.clicked.connect(self._find_or_stop)
        self.bar, self.stage = QProgressBar(), label("", "muted", wrap=True)
        self.bar.setTextVisible(False)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.estimate)
        row.addWidget(self.bar, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.stage)
        self.withdraw()

    @property
    def busy(self) -> bool:
        """Whether poses are being estimated."""
        return self._posing.busy

    @property
    def offered(self) -> bool:
        """Whether there is something to estimate poses for."""
        return not self.estimate.isHidden()

    def offer(self, source: Path) -> None:
        """Offers to estimate the poses of a folder of images, or of a video."""
        self._source = source
        self.estimate.setText(FIND)
        self.estimate.show()
        self.say(OFFER)

    def withdraw(self) -> None:
        """Nothing to estimate."""
        for part in (self.estimate, self.bar, self.stage):
            part.hide()

    def say(self, text: str, wrong: bool = False) -> None:
        """Shows a text below; `wrong`: something did not work, or may not have."""
        role = "warning" if wrong else "muted"
        if self.stage.property("role") != role:
            self.stage.setProperty("role", role)
            self.stage.style().unpolish(self.stage)
            self.stage.style().polish(self.stage)
        self.stage.setText(in_window(text))
        self.stage.show()

    def may_stop(self, parent: QWidget, stop: str) -> bool:
        """Whether what is under way may be ended, which is asked; `stop` is the button that says so."""
        if not self.busy:
            return True
        box = self._question(parent, KEPT)
        stopping = box.addButton(stop, QMessageBox.ButtonRole.AcceptRole)
        keep = box.addButton("Keep estimating", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.exec()
        box.deleteLater()
        return bool(box.clickedButton() is stopping)

    def ask_at_closing(self, parent: QWidget) -> str:
        """What is to become of an estimation whose dialog is closed: "continue", "stop", or "stay" in the dialog."""
        box = self._question(parent, f"It can continue while the dialog is closed. {KEPT}")
        go_on = box.addButton("Continue in the background", QMessageBox.ButtonRole.AcceptRole)
        stopping = box.addButton("Stop", QMessageBox.ButtonRole.DestructiveRole)
        box.setEscapeButton(box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole))
        box.setDefaultButton(go_on)
        box.exec()
        box.deleteLater()
        clicked = box.clickedButton()
        return "continue" if clicked is go_on else "stop" if clicked is stopping else "stay"

    def _question(self, parent: QWidget, more: str) -> QMessageBox:
        text = f"The camera poses of {self._source.name} are being estimated.\n\n{more}"
        return plain_box(QMessageBox(QMessageBox.Icon.Question, "Estimating camera poses", text, parent=parent))

    def stop(self) -> None:
        """Ends what is under way."""
        self._posing.stop()

    def _find_or_stop(self) -> None:
        if self.busy:
            self.stop()
            self.bar.hide()
            self.estimate.setText(FIND)
            self.say("Stopped; it goes on from there when started again.")
        elif (overwrite := self._may_write(self._source)) is not None:
            self.bar.setRange(0, 0)
            self.bar.show()
            self.say("Beginning …")
            self.estimate.setText("Stop")
            self._posing.begin(partial(self._estimate, self._source, overwrite), self._estimated, self._failed)

    def _may_write(self, source: Path) -> bool | None:
        """Whether cameras of somebody else's are to be replaced, which is asked; None where they are not."""
        folder = _folder_of(source)
        theirs = not_ours(folder, work_folder(folder))
        if not theirs:
            return False
        names = ", ".join(path.relative_to(folder).as_posix() for path in theirs)
        question = f"{folder.name} has {names} already. Replace what is there?"
        kept = f"The old files are kept, in {work_folder(folder).name}/{REPLACED}."
        return True if is_sure(self, "Replace cameras", f"{question}\n\n{kept}") else None

    def _estimate(self, source: Path, overwrite: bool, tell: Tell, stop: Stop) -> SfmResult:
        video, folder = source.is_file(), _folder_of(source)

        def on_frame(done: int) -> None:
            if stop():
                # Else it would go on beside the next attempt, and take away the folder that one works in.
                raise Cancelled
            tell(lambda: self._show_stage("frames", done, FRAMES, "frames"))

        def on_progress(progress: SfmProgress) -> None:
            what = "pairs" if progress.stage == "matches" else "images"
            tell(lambda: self._show_stage(progress.stage, progress.done, progress.total, what, progress.attempt))

        if video:
            write_sharpest(source, folder / "images", FRAMES, on_frame)
        return find_poses(folder, on_progress, stop, True if video else None, overwrite)

    def _show_stage(self, stage: str, done: int, total: int, what: str, attempt: str = "") -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        further = f" ({attempt})" if attempt else ""
        self.say(f"{STAGES[stage]}{further}: {done} of {total} {what}")

    def _estimated(self, found: SfmResult) -> None:
        self.found.emit(found.written[0].parents[1])
        count = found.photographs - len(found.without)
        lines = [f"Camera poses were found for {count} of {found.photographs} images."]
        lines += [as_sentence(note) for note in found.notes]
        lines += [f"Warning: {warning}." for warning in found.warnings]
        self.say("\n".join(lines), wrong=bool(found.warnings))
        self.ended.emit(f"{self._source.name}: {lines[0][:1].lower()}{lines[0][1:]}", True)

    def _failed(self, error: BaseException) -> None:
        self.bar.hide()
        self.estimate.setText(FIND)
        self.say(str(error), wrong=True)
        self.ended.emit(str(error), False)


def _folder_of(source: Path) -> Path:
    """Where the cameras of a folder or a video go."""
    return source.with_suffix("") if source.is_file() else source
