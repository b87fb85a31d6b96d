"""A second scene under the open one's camera: a line between them, beside it, by turns, or where they differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from psygnal import Signal

from app.gui.host import Host
from app.gui.qt import QTimer
from app.gui.viewport.name_tags import NameTags
from app.gui.viewport.second_opening import SecondOpening
from app.gui.viewport.viewport import Viewport
from app.gui.viewport.wipe_line import WipeLine
from app.rendering.render_requests import RenderedImage
from app.viewing.memory import end_and_give_back
from app.viewing.opening import Opened, SceneSource
from app.viewing.scene_comparison import LAYOUTS, ComparedScene, SceneComparison
from app.viewing.second_scene import SecondScene
from engines.core.camera import Array

FLICKER_MS = 600


class SecondShowing:
    """Brings the second scene to the screen: commands open, close and lay it out."""

    changed = Signal()
    """What is on the screen is to be drawn anew."""

    def __init__(self, window: Host, viewport: Viewport) -> None:
        self._window, self._session, self._viewport = window, window.session, viewport
        self._opening = SecondOpening(window, self._adopt)
        self.comparison = SceneComparison(window.session)
        self.tags = NameTags(viewport, window.notifications.leave_room)
        self.line = WipeLine(viewport, lambda: self.comparison.wiped_share, self._set_share)
        self._timer = QTimer(viewport)
        self._timer.setInterval(FLICKER_MS)
        self._timer.timeout.connect(self._turn)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        handlers: dict[str, Callable[..., None]] = {
            "compare": self._opening.ask,
            "compare_run": self._opening.ask_run,
            "close_compared": self.close,
            "flip": self._flip,
            "flicker_timer": lambda _: self._run_timer(),
        }
        return handlers | {f"compare_{name}": lambda _, name=name: self.choose(name) for name in LAYOUTS}

    def restore(self) -> None:
        """The commands as they are at first."""
        self._window.commands[f"compare_{self.comparison.layout}"].setChecked(True)
        self._window.commands["flicker_timer"].setChecked(True)

    # A scene comes and goes

    def open(self, path: Path) -> None:
        """Begins to open a second scene; it is shown when it is there.

        Raises:
            UserError: no scene is open.
        """
        self._opening.open(path)

    @property
    def layout(self) -> str:
        """How the two are shown: one of `LAYOUTS`."""
        return self.comparison.layout

    @property
    def sources(self) -> Sequence[SceneSource]:
        """How the second scene is opened once more, with the data folder of the first where that has one."""
        if self.comparison.second is None:
            return ()
        data = self._session.loader.data
        return (self.comparison.second.source if data is None else replace(self.comparison.second.source, data=data),)

    def _adopt(self, opened: Opened, source: SceneSource) -> None:
        self._let_go()
        self.comparison.second = SecondScene(self._session, opened, source)
        self.comparison.second.shown.connect(self._second_shown)
        self.comparison.second.failed.connect(self._second_failed)
        self._run_timer()
        self._window.commands.refresh()
        self.changed.emit()

    def close(self) -> None:
        """Takes the second scene away."""
        self._opening.forget()
        self._let_go()
        self.hide()
        if self._viewport.beside is not None:
            self._viewport.show_beside(None)
        self._run_timer()
        self._window.commands.refresh()
        self.changed.emit()

    def _let_go(self) -> None:
        if self.comparison.second is not None:
            end_and_give_back(self.comparison.second.close())
            self.comparison.second = None

    def scene_changed(self) -> None:
        """A scene was adopted or closed: the second one stays as long as that which it is compared with."""
        self.hide()
        if self._opening.left():
            self.close()

    def shut_down(self) -> None:
        """Ends what is under way."""
        self._opening.forget()
        self._timer.stop()
        if self.comparison.second is not None:
            for end in self.comparison.second.close():
                end()
            self.comparison.second = None

    def _second_shown(self) -> None:
        last = self.comparison.second.last if self.comparison.second is not None else None
        # While the hand moves, it is seen with the first one's next: to draw both for each of either takes its time.
        if last is not None and last.kind == "preview" and last.request.moving:
            return
        # By turns, and while the first one is seen, nothing of it is on the screen.
        if self.comparison.layout != "flicker" or self.comparison.flipped:
            self.changed.emit()

    def _second_failed(self, error: BaseException) -> None:
        self.close()
        self._window.notifications.error(error)

    def compose(self, pixels: Array, picture: RenderedImage) -> Array:
        """[H, W, 3] what is to be seen of the open scene's pixels [H, W, 3] and the second one's, with their names."""
        composed = self.comparison.compose(pixels, picture)
        self.tags.show_names(*self.comparison.names)
        return composed

    def hide(self) -> None:
        """Something else is on the screen."""
        self.comparison.hide()
        self.tags.show_names("", "")

    # How it is shown

    def choose(self, layout: str) -> None:
        """Shows both by another of `LAYOUTS`."""
        self.comparison.layout, self.comparison.flipped = layout, False
        self._window.commands[f"compare_{layout}"].setChecked(True)
        self._run_timer()
        self.changed.emit()

    def _set_share(self, share: float) -> None:
        self.comparison.share = float(np.clip(share, 0.0, 1.0))
        self.changed.emit()

    def _flip(self) -> None:
        """Shows the other one; from now on by hand."""
        self._window.commands["flicker_timer"].setChecked(False)
        flipped = not self.comparison.flipped if self.comparison.layout == "flicker" else True
        self.choose("flicker")
        self.comparison.flipped = flipped
        self.changed.emit()

    def _turn(self) -> None:
        self.comparison.flipped = not self.comparison.flipped
        self.changed.emit()

    def _run_timer(self) -> None:
        wanted = self.comparison.layout == "flicker" and self._window.commands["flicker_timer"].isChecked()
        if wanted and self.comparison.second is not None:
            self._timer.start()
        else:
            self._timer.stop()


def compared_scene(showing: SecondShowing) -> ComparedScene | None:
    """The second scene, for an export of both; None where there is none."""
    second = showing.comparison.second
    return None if second is None else ComparedScene(second.opened, showing.sources[0], showing.comparison.share)
