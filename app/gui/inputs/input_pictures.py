"""Small pictures of the input photographs that are remembered, made beside the window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from app.gui.host import Host
from app.viewing.small_pictures import FilePictures, SmallPictures
from engines.core.camera import Array

SIDE_PX = 128
"""Of the largest place for them, on screens of twice the usual resolution."""
Show = Callable[[Sequence[Path], Mapping[Path, Array | None]], None]
"""Shows photographs and their pictures [H, W, 3] uint8; None: it can't be read."""


class InputPictures:
    """The pictures of the settings' inputs, newest first, as far as they are made; each that comes is shown."""

    def __init__(self, window: Host, show: Show) -> None:
        self._window, self._show = window, show
        self._pictures: dict[Path, Array | None] = {}
        post = window.session.post
        self._small = SmallPictures(FilePictures(SIDE_PX), lambda path, pixels: post(lambda: self._take(path, pixels)))

    def look(self, first: Path | None) -> None:
        """Makes the pictures that are not there, or whose files have changed; that of `first` before the others."""
        self._small.want(list(dict.fromkeys((*([first] if first is not None else []), *self._paths()))))
        self.show()

    def show(self) -> None:
        """Shows what is there."""
        self._show(self._paths(), self._pictures)

    def close(self) -> None:
        """Ends what is under way."""
        self._small.close()

    def _paths(self) -> list[Path]:
        return [Path(path) for path in self._window.settings.current.inputs]

    def _take(self, path: Path, pixels: Array | None) -> None:
        if path not in self._pictures or self._pictures[path] is not pixels:
            self._pictures[path] = pixels
            self.show()
