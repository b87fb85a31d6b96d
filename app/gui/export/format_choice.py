"""The export dialog's choice of a format: each codec with the suffixes that hold it, and what a folder's files are."""

from __future__ import annotations

from pathlib import Path

from app.export.codecs import CODECS, VIDEO_SUFFIXES, codec_names, keeps_alpha
from app.export.frame_files import FORMATS, USUAL_FORMAT
from app.gui.panel.panel_parts import Choice
from engines.core.files import free_name

FOLDER = ""
"""The suffix of what is no video."""


class FormatChoice(Choice):
    """Goes with the place that is written to: follows its suffix, and says which suffix a chosen format has."""

    def __init__(self, wanted: str) -> None:
        """`wanted`: a codec's or a format's name, or "", wherever the place's suffix allows it."""
        super().__init__()
        self._wanted = wanted
        self.offer(format_titles(), "")
        self.setCurrentIndex(-1)

    @property
    def kind(self) -> str:
        """The name of the codec or of the folder's format; "": the usual one of its suffix."""
        return str(self.currentData()).partition(" ")[2]

    @property
    def suffix(self) -> str:
        """The suffix of what is chosen, with the dot; `FOLDER` of a folder."""
        return str(self.currentData()).partition(" ")[0]

    def follow(self, out: Path) -> None:
        """Chooses what was wanted, else the usual one, where the place has got another suffix."""
        suffix = suffix_of(out)
        if suffix == self.suffix and self.currentIndex() >= 0:
            return
        at = self.findData(_key(suffix, self._wanted))
        self.blockSignals(True)
        self.setCurrentIndex(at if at >= 0 else self.findData(_key(suffix, "")))
        self.blockSignals(False)

    def place(self, out: str) -> str:
        """`out` with the suffix of what is chosen; a name that is free where it must change."""
        path = Path(out)
        if not path.name or suffix_of(path) == self.suffix:
            return out
        stem = path.name.removesuffix(path.suffix) if suffix_of(path) else path.name
        if Path(out).expanduser().parent.is_dir():
            stem = free_name(path.expanduser().parent, stem, suffix=self.suffix).name.removesuffix(self.suffix)
        return str(path.with_name(stem + self.suffix))


def suffix_of(out: Path) -> str:
    """The suffix of a video; `FOLDER` of everything else."""
    return out.suffix.lower() if out.suffix.lower() in VIDEO_SUFFIXES else FOLDER


def format_titles() -> dict[str, str]:
    """Titles of all codecs, by the suffixes that hold them, and of all formats of a folder; "": the usual ones."""
    titles = {}
    for suffix in VIDEO_SUFFIXES:
        for at, name in enumerate(codec_names(Path(suffix.strip(".") + suffix))):
            kept = ", can be transparent" if keeps_alpha(CODECS[name], suffix) else ""
            titles[_key(suffix, name if at else "")] = f"{CODECS[name].title} ({suffix}){kept}"
    titles[_key(FOLDER, "")] = f"Folder: {USUAL_FORMAT.title}"
    return titles | {_key(FOLDER, name): f"Folder: {form.title}" for name, form in FORMATS.items()}


def _key(suffix: str, kind: str) -> str:
    return f"{suffix} {kind}"


def has_quality(out: Path, kind: str) -> bool:
    """Whether the codec of a video has a choice of quality."""
    names = codec_names(out)
    return bool(names) and CODECS[kind if kind in names else names[0]].has_quality
