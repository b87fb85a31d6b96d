"""What is dropped on the window: scenes to open, data for the open one, images and videos to train on."""

from __future__ import annotations

from pathlib import Path

from app.gui.host import DropTarget
from app.gui.plain_text import plain_box
from app.gui.qt import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QEvent,
    QLabel,
    QMessageBox,
    QMimeData,
    QObject,
    Qt,
    QWidget,
    present,
)
from app.mesh.mesh_reading import is_mesh_file
from app.viewing.inputs import holds_pictures, is_picture
from engines import registry
from engines.core.data.images import list_images
from engines.core.data.picture_files import VIDEO_SUFFIXES
from engines.core.errors import UserError
from engines.core.formats import find_format
from engines.core.storage.run_folder import has_saved_nothing, is_run_folder
from engines.core.storage.tensor_bundle import holds_bundle

HINT = "Drop a scene, a run folder, a data folder, images, a video, or a mesh to show with the scene"
INPUT_HINT = "Drop a photograph, or a folder of photographs, to make the scene of; or what else opens"


class DropHint(QLabel):
    """A frame over its parent while something that can be dropped is held over it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(HINT, parent)
        self.setProperty("role", "drop")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setWordWrap(True)
        self.setMargin(16)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        parent.installEventFilter(self)
        self.hide()

    def show_over(self, text: str = HINT) -> None:
        """Covers the parent."""
        self.setText(text)
        self.setGeometry(self.parentWidget().rect())
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self.parentWidget().rect())
        return False


class Dropping(QObject):
    """Takes what is dragged on the window, and says what it can be while it is held over it."""

    def __init__(self, window: DropTarget, over: QWidget) -> None:
        """`over`: what is covered by the hint."""
        super().__init__(window.widget)
        self._window, self._hint = window, DropHint(over)
        window.widget.setAcceptDrops(True)
        window.widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDragEnterEvent):
            if dropped_paths(present(event.mimeData())):
                event.acceptProposedAction()
                self._hint.show_over(INPUT_HINT if self._window.inputs.wanted else HINT)
            return True
        if isinstance(event, QDragLeaveEvent):
            self._hint.hide()
            return True
        if type(event) is QDropEvent:
            self._hint.hide()
            if paths := dropped_paths(present(event.mimeData())):
                self._window.notifications.guarded(lambda: drop(self._window, paths))()
            return True
        return False


def dropped_paths(data: QMimeData) -> list[Path]:
    """Files and folders of this machine."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def drop(window: DropTarget, paths: list[Path]) -> None:
    """Does what they are meant for; asks where that is not plain.

    Raises:
        UserError: a folder holds nothing that is known.
    """
    if window.inputs.wanted and (photograph := dropped_input(paths)) is not None:
        window.inputs.take(photograph, len(paths) - 1)
        return
    # A checkpoint dropped together with its data folder.
    folders = [path for path in paths if path.is_dir()]
    files = [path for path in paths if path.is_file()]
    if files and folders:
        window.files.open(files[0], folders[0])
        return
    path = paths[0]
    others = registry.opens_others(path)
    if path.is_file() and is_mesh_file(path) and not others:
        window.meshes.open(path)
        return
    video = path.suffix.lower() in VIDEO_SUFFIXES
    if not video and (others or path.is_file() or _is_learnt(path)):
        window.files.open(path)
        return
    if not video and window.session.opened is not None and not holds_data(path) and not _holds_images(path):
        raise UserError(f"{path.name}: the folder holds no scene, no data in a layout that is known, and no images")
    use = "train" if video or window.session.opened is None or not holds_data(path) else _ask_use(window, path)
    if use == "train":
        window.trainings.ask(path)
    elif use == "data":
        window.files.attach(path)


def dropped_input(paths: list[Path]) -> Path | None:
    """What a scene can be made of: the first of photographs, or a folder of nothing but such; else None."""
    if all(is_picture(path) for path in paths):
        return paths[0]
    folder = paths[0]
    if len(paths) > 1 or not folder.is_dir() or _is_learnt(folder):
        return None
    return folder if holds_pictures(folder) and not holds_data(folder) else None


def _is_learnt(folder: Path) -> bool:
    """Whether it is a run's, or holds a checkpoint of several files."""
    return is_run_folder(folder) or has_saved_nothing(folder) or holds_bundle(folder)


def holds_data(folder: Path) -> bool:
    """Whether there are cameras in it, as far as its files' names tell."""
    try:
        return find_format(folder) is not None
    except (OSError, UserError):
        # Damaged; whoever reads it says what is wrong.
        return True


def _holds_images(folder: Path) -> bool:
    try:
        return any(list_images(place) for place in (folder, folder / "images") if place.is_dir())
    except (OSError, UserError):
        return True


def _ask_use(window: DropTarget, folder: Path) -> str:
    """ "data" or "train"; "" where it was not meant."""
    name = folder.name if len(folder.name) <= 60 else f"{folder.name[:30]}…{folder.name[-29:]}"
    box = QMessageBox(QMessageBox.Icon.Question, "Use folder", f"Use folder “{name}” as…", parent=window.widget)
    plain_box(box)
    box.setTextFormat(Qt.TextFormat.PlainText)
    data = box.addButton("Data of the open scene", QMessageBox.ButtonRole.AcceptRole)
    train = box.addButton("Training data…", QMessageBox.ButtonRole.ActionRole)
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(data)
    box.setEscapeButton(cancel)
    box.exec()
    clicked = box.clickedButton()
    return "data" if clicked is data else "train" if clicked is train else ""
