"""File > Export video: path, size, rate, quality, channels, place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from app.export.codecs import VIDEO_SUFFIXES
from app.export.export_request import SIZE_PRESETS
from app.gui.dialog_parts import add_place, below, finish, fit_to_screen, row, show_growing, what_is_replaced
from app.gui.export.comparison_rows import ComparisonRows
from app.gui.export.export_settings import (
    FILE_PATH,
    FIT_TITLES,
    KEYED_PATH,
    SPLIT_PREFIX,
    TIME_TITLES,
    ExportSettings,
    path_choices,
)
from app.gui.export.format_choice import has_quality
from app.gui.export.kind_rows import KindRows
from app.gui.panel.panel_parts import Choice, Slider, form, guard_wheel, label
from app.gui.plain_text import plain_label
from app.gui.qt import (
    QCheckBox,
    QDialog,
    QDoubleSpinBox,
    QFileDialog,
    QLineEdit,
    QPushButton,
    QSpinBox,
    Qt,
    QWidget,
)
from app.rendering.channel_names import channel_name
from app.rendering.crop_box import CropBox
from app.rendering.cropping import offered_channels
from app.viewing.opening import Opened, stem_of
from app.viewing.scene_comparison import ComparedScene
from engines.core.engine import TIME
from engines.core.paths.generators import usual_path
from engines.core.paths.keyframes import KeyedPath

VIDEO_FILTER = "Videos ({});;Folder of images (*)".format(" ".join("*" + suffix for suffix in VIDEO_SUFFIXES))
LARGEST_PX = 8192
PRESETS_PX = {
    title: SIZE_PRESETS[name]
    for name, title in {"720p": "720p", "hd": "HD (1080p)", "4k": "4K", "square": "Square", "llff": "LLFF"}.items()
}
"""Sizes that are offered by name, beside the viewport's own."""
USUAL = ("orbit", "spiral")


class ExportDialog(QDialog):
    """Filled with the last export's values."""

    def __init__(
        self,
        parent: QWidget,
        opened: Opened,
        settings: ExportSettings,
        eye_px: tuple[int, int],
        keyed: KeyedPath | None = None,
        compared: ComparedScene | None = None,
        crop: CropBox | None = None,
    ) -> None:
        """`keyed`: the timeline's path; `compared`: the second scene that is open; `crop`: what is left of both."""
        super().__init__(parent)
        self.setWindowTitle("Export video")
        self.setMinimumWidth(480)
        self._opened, self._keyed = opened, keyed
        self._rows = form()
        self._rows.setVerticalSpacing(10)
        self._make_path(settings)
        self._make_size(settings, eye_px)
        self._make_rate(settings)
        self._make_channels(offered_channels(opened.scene, crop), settings)
        self.comparison = ComparisonRows(self._rows, opened, compared, settings, self._check)
        self.kinds = KindRows(self._rows, opened.scene, settings, self._check, crop)
        self._make_out(settings)
        self._rows.addRow(self.kinds.resume)
        self.note, self.start = finish(self, self._rows, "Export")
        self._check()
        fit_to_screen(self)

    def settings(self) -> ExportSettings:
        """The values as they stand."""
        return ExportSettings(
            path=self.path.currentData(),
            path_file=self.path_file.text(),
            frames=self.frames.value(),
            width=self.width_px.value() if self.width_px.isEnabled() else 0,
            height=self.height_px.value() if self.height_px.isEnabled() else 0,
            fit=self.fit.currentData(),
            fps=self.fps.value(),
            quality=self.quality.value(),
            channels=tuple(name for name, box in self.channels.items() if box.isChecked()),
            out=self.out.text(),
            time=self.time.currentData(),
            **self.comparison.chosen(),
            **self.kinds.chosen(),
        )

    def _make_path(self, settings: ExportSettings) -> None:
        self.path = Choice()
        # The last one may have been of a scene of the other kind.
        path = usual_path(self._opened.scene.cameras) if settings.path in USUAL else settings.path
        self.path.offer(path_choices(self._opened, self._keyed), path)
        self.path.currentIndexChanged.connect(self._take_rate)
        self.path.currentIndexChanged.connect(self._check)
        self.path_file = QLineEdit(settings.path_file)
        self.path_file.setPlaceholderText("Cameras: .txt, .npz, .npy, .json, COLMAP's model, or a folder")
        self.path_file.textChanged.connect(self._check)
        browse = QPushButton("Browse…")
        browse.clicked.connect(self._browse_path)
        self._file_row = QWidget()
        line = row(self._file_row)
        line.addWidget(self.path_file, 1)
        line.addWidget(browse)
        self.frames = QSpinBox()
        self.frames.setRange(1, 100_000)
        self.frames.setValue(settings.frames)
        self._rows.addRow("Path", below(self.path, self._file_row))
        self._rows.addRow("Frames", self.frames)
        self.time = Choice()
        self.time.offer(TIME_TITLES, settings.time)
        if any(control.name == TIME for control in self._opened.scene.controls):
            self._rows.addRow("Time", self.time)

    def _make_size(self, settings: ExportSettings, eye_px: tuple[int, int]) -> None:
        native = self._opened.scene.native_px
        size = native or ((settings.width, settings.height) if settings.width and settings.height else eye_px)
        self.width_px, self.height_px = QSpinBox(), QSpinBox()
        line = row()
        for box, value in zip((self.width_px, self.height_px), size, strict=True):
            box.setRange(16, LARGEST_PX)
            box.setSingleStep(2)
            box.setValue(value)
            box.setEnabled(native is None)
            box.valueChanged.connect(self._check)
            line.addWidget(box)
            if box is self.width_px:
                line.addWidget(plain_label("×"))
        line.addWidget(label("pixels, fixed by the model" if native else "pixels", "muted"))
        if native is None:
            self.preset = _preset_choice(self.width_px, self.height_px, {"As in the viewport": eye_px, **PRESETS_PX})
            line.addWidget(self.preset)
        line.addStretch(1)
        self._rows.addRow("Size", line)
        self.fit = Choice()
        self.fit.offer(FIT_TITLES, settings.fit)
        self.fit.setToolTip("Where the size is of another shape than the path's cameras")
        if native is None:
            self._rows.addRow("Fit", self.fit)

    def _make_rate(self, settings: ExportSettings) -> None:
        self.fps = QDoubleSpinBox()
        self.fps.setRange(1, 240)
        self.fps.setDecimals(2)
        self.fps.setValue(settings.fps)
        self._take_rate()
        self.length = label("", "muted")
        line = row()
        line.addWidget(self.fps)
        line.addWidget(self.length)
        line.addStretch(1)
        self._rows.addRow("Frame rate (fps)", line)
        self.quality = Slider(Qt.Orientation.Horizontal)
        self.quality.setRange(1, 10)
        self.quality.setPageStep(1)
        self.quality.setValue(settings.quality)
        number = label(str(settings.quality))
        self.quality.valueChanged.connect(lambda value: number.setText(str(value)))
        line = row()
        line.addWidget(self.quality, 1)
        line.addWidget(number)
        self._rows.addRow("Quality", line)
        self.frames.valueChanged.connect(self._check)
        self.fps.valueChanged.connect(self._check)

    def _make_channels(self, channels: Sequence[str], settings: ExportSettings) -> None:
        self.channels: dict[str, QCheckBox] = {}
        line = row()
        for channel in channels:
            box = QCheckBox(channel_name(channel))
            box.setChecked(channel in settings.channels)
            box.toggled.connect(self._check)
            self.channels[channel] = box
            line.addWidget(box)
        line.addStretch(1)
        self._rows.addRow("Channels", line)

    def _make_out(self, settings: ExportSettings) -> None:
        out = settings.out or str(Path.home() / f"{stem_of(self._opened.path)}.mp4")
        self.out = add_place(self._rows, out, VIDEO_FILTER)
        self.out.textChanged.connect(self._check)
        self.kinds.kind.currentIndexChanged.connect(self._take_format)

    def _take_format(self) -> None:
        """The place gets the suffix of a format that is chosen."""
        self.out.setText(self.kinds.kind.place(self.out.text()))
        self._check()

    def _take_rate(self) -> None:
        """A path of keys has a frame rate of its own."""
        if self.path.currentData() == KEYED_PATH and self._keyed is not None and hasattr(self, "fps"):
            self.fps.setValue(self._keyed.fps)

    def _browse_path(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Cameras", self.path_file.text())
        if chosen:
            self.path_file.setText(chosen)

    def _check(self) -> None:
        """Shows what fits the choices, and says what is missing."""
        if not hasattr(self, "note"):
            return  # still being built
        settings = self.settings()
        own_frames = settings.path in (FILE_PATH, KEYED_PATH) or settings.path.startswith(SPLIT_PREFIX)
        show_growing(self, self._file_row, settings.path == FILE_PATH)
        self.frames.setEnabled(not own_frames)
        keyed = self._keyed if settings.path == KEYED_PATH else None
        long = f"{settings.frames / settings.fps:.1f} s long"
        if keyed is not None:
            long = f"{keyed.duration_s:.1f} s long, {replace(keyed, fps=settings.fps).frame_count} frames"
        self.length.setText("" if own_frames and keyed is None else long)
        video = Path(settings.out).suffix.lower() in VIDEO_SUFFIXES
        self.fps.setEnabled(video)
        self.comparison.follow(settings)
        self.kinds.follow(settings)
        settings = self.settings()
        self.quality.setEnabled(has_quality(Path(settings.out), settings.kind))
        missing = ""
        if not settings.channels:
            missing = "Choose at least one channel."
        elif settings.path == FILE_PATH and not settings.path_file:
            missing = "Choose the file or folder of cameras."
        elif not settings.out:
            missing = "Choose where to write."
        else:
            missing = self.kinds.fault(settings, self.comparison.pair(settings))
        folder = f"No video ending ({' '.join(VIDEO_SUFFIXES)}): a folder of files for each frame."
        self.note.setText(missing or (what_is_replaced(settings.out) if video else folder))
        self.start.setEnabled(not missing)


def _preset_choice(width_px: QSpinBox, height_px: QSpinBox, presets: Mapping[str, tuple[int, int]]) -> Choice:
    """Usual sizes; it says which one the numbers are."""
    preset = Choice()
    guard_wheel(preset)
    preset.addItem("Custom size", None)
    for title, size in presets.items():
        preset.addItem(title, size)

    def choose(index: int) -> None:
        if size := preset.itemData(index):
            width_px.setValue(size[0])
            height_px.setValue(size[1])

    def follow() -> None:
        size = (width_px.value(), height_px.value())
        at = next((1 + at for at, usual in enumerate(presets.values()) if usual == size), 0)
        preset.setCurrentIndex(at)

    preset.activated.connect(choose)
    for box in (width_px, height_px):
        box.valueChanged.connect(follow)
    follow()
    return preset


def ask_export(
    parent: QWidget,
    opened: Opened,
    settings: ExportSettings,
    eye_px: tuple[int, int],
    keyed: KeyedPath | None = None,
    compared: ComparedScene | None = None,
    crop: CropBox | None = None,
) -> ExportSettings | None:
    """Runs the dialog; None where it was cancelled."""
    dialog = ExportDialog(parent, opened, settings, eye_px, keyed, compared, crop)
    return dialog.settings() if dialog.exec() == QDialog.DialogCode.Accepted else None
