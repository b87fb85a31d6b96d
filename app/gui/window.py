"""The window: its parts put together, the scene's coming and going, settings, errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from app.gui.dialog_parts import keep_on_screen
from app.gui.dropping import HINT, INPUT_HINT, DropHint, drop, dropped_paths
from app.gui.export.export_bar import ExportBar
from app.gui.export.exporting import Exporting
from app.gui.feedback.banner import Banner
from app.gui.feedback.busy import Busy
from app.gui.feedback.notifications import Notifications
from app.gui.feedback.status import Status
from app.gui.files import FileMenu
from app.gui.inputs.input_controller import InputController
from app.gui.menus.about import manual, show_about
from app.gui.menus.actions import Actions
from app.gui.menus.command_table import FILE
from app.gui.menus.demo_menu import fill_demo_menu
from app.gui.menus.recent_menu import RecentMenu
from app.gui.menus.shortcut_sheet import ShortcutSheet
from app.gui.panel.cards import Cards
from app.gui.panel.channel_panel import ChannelCard
from app.gui.panel.controls_panel import ControlsCard
from app.gui.panel.options_panel import OptionsCard
from app.gui.panel.panel_parts import elided
from app.gui.panel.scene_panel import SceneCard
from app.gui.panel.side_panel import PANEL_WIDTH, SidePanel
from app.gui.panel.source_panel import SourceCard
from app.gui.panel.view_panel import OverlayCard, ViewCard
from app.gui.playback.playing import Playing
from app.gui.qt import (
    QByteArray,
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QMainWindow,
    QSize,
    QStackedWidget,
    Qt,
    QUrl,
    QVBoxLayout,
    QWidget,
    current_application,
    present,
)
from app.gui.start_page import StartPage
from app.gui.theme import THEMES, apply_theme, colours_of
from app.gui.training.dock import TrainingDock
from app.gui.training.trainings import Trainings
from app.gui.viewport.colouring import Colouring
from app.gui.viewport.full_screen import FullScreen
from app.gui.viewport.gl import OpenGl
from app.gui.viewport.looking import Looking
from app.gui.viewport.overlay_layer import OVERLAY_NAMES
from app.gui.viewport.photographs import MODES
from app.gui.viewport.readout import Readout
from app.gui.viewport.refining import Refining
from app.gui.viewport.screenshots import Screenshots
from app.gui.viewport.viewport import Viewport
from app.settings import RememberedSettings, Settings, save_settings
from app.viewing.inputs import title_with_input
from app.viewing.session import Session
from engines.core.device import describe_device
from engines.core.engine import INSTANCE
from engines.core.errors import UserError

TITLE = "Vantage"


class Window(QMainWindow):
    """The one window of the program."""

    def __init__(self, session: Session, settings: RememberedSettings, found: OpenGl, system_dark: bool) -> None:
        super().__init__()
        self.session, self.settings = session, settings
        self.widget = self
        self._system_dark, self._unasked = system_dark, False
        self._shown_path: Path | None = None
        session.eye.hand.mode, session.eye.hand.fly_speed = settings.current.navigation, settings.current.fly_speed
        self.status = Status(self)
        self.setStatusBar(self.status)
        self._make_middle(found)
        self._make_commands()
        self._make_panel()
        self._make_training()
        self.setAcceptDrops(True)
        self.setWindowTitle(TITLE)
        session.drawing_error.connect(self._drawing_failed)
        session.scene_changed.connect(self.scene_changed)
        session.loader.failed.connect(lambda _: self._opening_ended())
        settings.changed.connect(self._settings_changed)
        self._restore()
        self.scene_changed()

    # Parts

    def _make_middle(self, found: OpenGl) -> None:
        self.viewport = Viewport(self, self.session.eye, found)
        self.export_bar = ExportBar()
        self._stack = QStackedWidget()
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._stack, 1)
        self._middle_column = column
        column.addWidget(self.export_bar)
        self.banner, self.busy = Banner(self._stack), Busy(self.viewport)
        self.notifications = Notifications(self.banner)
        self.scene_card, self.channels, self.controls = SceneCard(), ChannelCard(self.session.view), ControlsCard()
        self.options, self.sources, self.views = OptionsCard(), SourceCard(), ViewCard()
        self.setCentralWidget(middle)
        self._drop_hint = DropHint(middle)
        drawn = "drawn in software (QPainter): no graphics card was found for OpenGL"
        if self.viewport.canvas.name == "OpenGL":
            drawn = f"drawn with OpenGL ({found.renderer})"
        self.status.device.setToolTip(f"Scenes are computed on this device; the window is {drawn}")

    def _make_commands(self) -> None:
        cards = Cards(self.channels, self.controls, self.sources, self.views)
        self.looking = Looking(self, self.viewport, self.status, cards)
        self.meshes = self.looking.meshes
        self.export_bar.mesh_wanted.connect(self.meshes.open_exported)
        self.files, self.exporting = FileMenu(self, self.status), Exporting(self, self.export_bar)
        self.files.asked.connect(self._show_viewport)
        self.trainings = Trainings(self, self.files, self.viewport)
        self.trainings.panel_wanted.connect(self._show_training)
        self.inputs = InputController(self, self.files, self.status)
        self.screenshots = Screenshots(self, self.looking.shown, self.meshes)
        own: dict[str, Callable[..., object]] = {
            "quit": self.close,
            "panel": self._show_panel,
            "full_screen": lambda full: self._full_screen.choose(
                full, lambda text: self.notifications.tell("info", text)
            ),
            "shortcuts": lambda: ShortcutSheet(self).exec(),
            "manual": lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(manual()))),
            "about": lambda: show_about(self, self.viewport.canvas.name),
        }
        for theme in THEMES:
            own[f"theme_{theme}"] = lambda _checked, theme=theme: self._set_theme(theme)
        self.playing, self.colouring = Playing(self, self.busy), Colouring(self)
        self.playing.notes_changed.connect(lambda: self.scene_card.show_scene(self.session.opened))
        self.refining = Refining(self, self.viewport, self.status)
        self.readout = Readout(self.session, self.viewport, self.channels, lambda: self.looking.shown.picture)
        handlers = self.colouring.handlers() | self.looking.handlers() | self.files.handlers()
        handlers |= self.exporting.handlers() | self.screenshots.handlers() | self.refining.handlers()
        handlers |= self.playing.handlers() | self.trainings.handlers() | self.inputs.handlers()
        guarded = self.notifications.guarded
        self.commands = Actions(self, {id: guarded(work) for id, work in (handlers | own).items()}, self._available)
        self.viewport.keys = self.commands.local_keys
        self.playing.add_bar(self._middle_column, 1)
        self._recent = RecentMenu(self.commands, self.notifications.guarded(self.files.open_recent))
        has_demos = fill_demo_menu(self.commands, self.notifications.guarded(self.files.open))
        # For the reason why an input photograph is of no use.
        self.commands.menus[FILE].setToolTipsVisible(True)
        toolbar = present(self.addToolBar("Tools"))
        toolbar.setObjectName("tools")
        toolbar.setMovable(False)
        toolbar.setIconSize(QSize(20, 20))
        toolbar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.commands.fill_toolbar(toolbar)
        panels = [self.commands[name] for name in ("panel", "training")]
        bars = (present(self.menuBar()), toolbar, self.status)
        self._full_screen = FullScreen(self, self.commands["full_screen"], bars, panels)
        self._start = StartPage(*(self.commands[id] for id in ("open", "train", "demo")))
        self._start.recent_chosen.connect(self.notifications.guarded(self.files.open_recent))
        for page in (self._start, self.viewport):
            self._stack.addWidget(page)
        self.commands["demo"].setEnabled(has_demos)

    def _make_panel(self) -> None:
        self.options.changed.connect(self.notifications.guarded(self._choose_options))
        self.views.add_steps([self.commands[id] for id in ("previous", "nearest", "next")])
        overlays = OverlayCard([self.commands[name] for name in OVERLAY_NAMES])
        self.scene_card.data_wanted.connect(self.notifications.guarded(self.files.ask_data))
        self.channels.chosen.connect(self.notifications.guarded(self.looking.channels.choose))
        self.colouring.watch(self.channels)
        self.views.add_comparison([self.commands[mode] for mode in MODES])
        self.views.view_chosen.connect(self.looking.navigation.go_to_view)
        self.views.split_chosen.connect(self.looking.choose_split)
        self.views.share_chosen.connect(self.looking.photographs.set_share)
        self.views.up_chosen.connect(self.looking.navigation.choose_up)
        self.controls.changed.connect(self.session.set_control)
        self.session.view.events.controls.connect(self._controls_changed)
        self.inputs.card.connect_command(self.commands["input"])
        cards = (self.scene_card, *self.inputs.cards, self.controls, self.channels, self.sources, self.views)
        self.dock = SidePanel(self, (*cards, self.meshes.card, overlays, self.options))

    def _make_training(self) -> None:
        self._training_dock = TrainingDock(
            self, lambda: self.trainings.make_panel(colours_of(self.settings.current.theme, self._system_dark))
        )

    def _show_training(self, shown: bool) -> None:
        self._training_dock.set_shown(shown)
        self.settings.update(training=shown)

    def _restore(self) -> None:
        settings = self.settings.current
        self.resize(1280, 800)
        if settings.geometry:
            self.restoreGeometry(QByteArray.fromBase64(settings.geometry.encode()))
        if not (self.isFullScreen() or self.isMaximized()):
            # Remembered on a larger screen, or at another scale.
            keep_on_screen(self)
        self.resizeDocks([self.dock], [settings.panel_width or PANEL_WIDTH], Qt.Orientation.Horizontal)
        for name in OVERLAY_NAMES:
            self.commands[name].setChecked(name in settings.overlays)
        self.refining.restore()
        self.meshes.restore()
        self.commands["sharp"].setChecked(settings.sharp_pixels)
        self.viewport.canvas.set_sharp(settings.sharp_pixels)
        self.commands[settings.navigation if settings.navigation in self.commands else "orbit"].setChecked(True)
        self.commands["panel"].setChecked(settings.panel)
        self._training_dock.set_height()
        self.commands["training"].setChecked(settings.training)
        self.trainings.show_panel(settings.training)
        self._set_theme(settings.theme)
        if self.isFullScreen():
            self.commands["full_screen"].setChecked(True)
            self._full_screen.clear()

    # The scene

    def scene_changed(self) -> None:
        """A scene was adopted or closed."""
        opened = self.session.opened
        self.sources.show_scene(opened)
        if opened is None:
            self.looking.leave()
            self._stack.setCurrentWidget(self._start)
        else:
            self.looking.enter()
            self._show_viewport()
            self.status.device.setText(describe_device(opened.scene.device))
        self.playing.enter()
        self.dock.setVisible(opened is not None and self.commands["panel"].isChecked())
        self.scene_card.show_scene(opened)
        self.inputs.scene_changed()
        self.options.show_scene(opened)
        if opened is None or opened.path != self._shown_path:
            self.dock.show_top()
        self.dock.order_focus()
        self._shown_path = opened.path if opened is not None else None
        self.setWindowTitle(f"{elided(title_with_input(opened))} – {TITLE}" if opened else TITLE)
        self._show_recent()
        self.commands.refresh()

    def _controls_changed(self, controls: Mapping[str, float], before: Mapping[str, float]) -> None:
        if controls.get(INSTANCE) != before.get(INSTANCE):
            # Another recording may be shorter.
            self.playing.enter()
            self.inputs.sources.show()
            self.commands.refresh()

    def _drawing_failed(self, error: BaseException) -> None:
        # Else the clock waits for a moment that never comes.
        if self.session.timeline.playback.playing:
            self.playing.set_playing(False)
        self.looking.drawing_failed()
        self.notifications.error(error)

    def _choose_options(self, values: Mapping[str, Any]) -> None:
        try:
            self.files.choose_options(values)
        except UserError:
            self._opening_ended()
            raise

    def _show_viewport(self) -> None:
        """Shows the viewport, where the picture is or will be, and gives it the keyboard."""
        self._stack.setCurrentWidget(self.viewport)
        self.viewport.focus()

    def _opening_ended(self) -> None:
        """A scene could not be opened: back to what was there before."""
        self.options.show_scene(self.session.opened)
        self.inputs.sources.show()
        if self.session.opened is None:
            self._stack.setCurrentWidget(self._start)
            self.status.clear_scene()
        else:
            self.looking.show_state()

    def _available(self) -> tuple[Mapping[str, bool], Mapping[str, str]]:
        """What commands act on, as far as it is there."""
        session = self.session
        return (
            {
                "scene": session.opened is not None,
                "views": bool(session.visited.points),
                "photographs": "error" in session.channels,
                "input": self.inputs.wanted,
                "mesh": self.meshes.layer.mesh is not None,
                "time": session.timeline.playback.last > session.timeline.playback.first,
                "export": self.exporting.job is not None,
                "training": self.trainings.queue.active is not None,
                "run": self.trainings.chosen is not None,
            },
            {"input": "This scene is not made of a photograph" if session.opened else "No scene is open"},
        )

    # Settings

    def _settings_changed(self, settings: Settings, before: Settings) -> None:
        """They are written when the window closes, recent scenes and known runs at once."""
        if settings.recent != before.recent:
            self._show_recent()
        if any(getattr(settings, name) != getattr(before, name) for name in ("recent", "inputs", "runs")):
            self._save()

    def _save(self) -> None:
        try:
            save_settings(self.settings.current)
        except UserError as error:
            self.notifications.error(error)

    def _show_recent(self) -> None:
        self._recent.show(self.settings.current.recent)
        self._start.set_recent(self.settings.current.recent)

    def _set_theme(self, theme: str) -> None:
        theme = theme if theme in THEMES else "system"
        self.settings.update(theme=theme)
        self.commands[f"theme_{theme}"].setChecked(True)
        colours = colours_of(theme, self._system_dark)
        apply_theme(current_application(), colours)
        self.commands.paint(colours)
        if self.trainings.panel is not None:
            self.trainings.panel.paint(colours)
        self.viewport.set_background(colours.viewport)

    def _show_panel(self, shown: bool) -> None:
        self.dock.setVisible(shown and self.session.opened is not None)

    # Events

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(present(event.mimeData())):
            event.acceptProposedAction()
            self._drop_hint.show_over(INPUT_HINT if self.inputs.wanted else HINT)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drop_hint.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._drop_hint.hide()
        if paths := dropped_paths(present(event.mimeData())):
            self.notifications.guarded(lambda: drop(self, paths))()

    def end(self) -> None:
        """Closes without asking."""
        self._unasked = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not (self._unasked or (self.trainings.may_quit() and self.exporting.may_quit())):
            event.ignore()
            return
        geometry = self.saveGeometry()
        self._full_screen.bring_back()
        panel = self.commands["panel"].isChecked()
        self.settings.update(
            geometry=bytes(geometry.toBase64()).decode(),
            panel=panel,
            panel_width=self.dock.width() if self.dock.isVisible() else self.settings.current.panel_width,
        )
        self._save()
        # What is under way takes a time step to end.
        self.hide()
        self.trainings.shut_down()
        self.exporting.shut_down()
        self.looking.overlays.frustums.shut_down()
        self.meshes.shut_down()
        self.inputs.shut_down()
        self.session.shut_down()
        super().closeEvent(event)
