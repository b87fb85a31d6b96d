"""The window: its parts put together, the scene's coming and going, settings, errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from psygnal import Signal

from app.gui.evaluation.evaluating import Evaluating
from app.gui.export.export_bar import ExportBar
from app.gui.export.exporting import Exporting
from app.gui.feedback.notifications import Notifications
from app.gui.feedback.status import Status
from app.gui.files import FileMenu
from app.gui.inputs.input_controller import InputController
from app.gui.main_window.availability import available, reasons
from app.gui.main_window.dropping import Dropping
from app.gui.main_window.page_stack import PageStack
from app.gui.main_window.presenting import Presenting
from app.gui.main_window.remembering import Remembering
from app.gui.main_window.reporting import Reporting
from app.gui.main_window.resetting import Resetting
from app.gui.main_window.start_page import StartPage
from app.gui.main_window.theming import Theming
from app.gui.main_window.thumbnails import Thumbnails
from app.gui.menus.actions import Actions
from app.gui.menus.demo_menu import fill_demo_menu
from app.gui.menus.help_menu import help_handlers
from app.gui.menus.hints import Hints
from app.gui.menus.recent_menu import RecentMenu
from app.gui.panel.bottom_dock import BottomDock
from app.gui.panel.camera_card import CameraCard
from app.gui.panel.cards import Cards
from app.gui.panel.channel_panel import ChannelCard
from app.gui.panel.controls_panel import ControlsCard
from app.gui.panel.options_panel import OptionsCard
from app.gui.panel.scene_panel import SceneCard
from app.gui.panel.side_panel import PANEL_WIDTH, SidePanel
from app.gui.panel.source_panel import SourceCard
from app.gui.panel.view_panel import OverlayCard, ViewCard
from app.gui.playback.playing import Playing
from app.gui.project.project_menu import ProjectMenu
from app.gui.project.project_opening import ProjectParts
from app.gui.qt import (
    QCloseEvent,
    QMainWindow,
    present,
)
from app.gui.timeline.path_editing import PathEditing
from app.gui.training.trainings import Trainings
from app.gui.viewport.colouring import Colouring
from app.gui.viewport.full_screen import FullScreen
from app.gui.viewport.gl import OpenGl, drawing_note, drawing_rows
from app.gui.viewport.inspecting import Inspecting
from app.gui.viewport.looking import Looking
from app.gui.viewport.overlay_layer import OVERLAY_NAMES
from app.gui.viewport.photographs import MODES
from app.gui.viewport.refining import Refining
from app.gui.viewport.screenshots import Screenshots
from app.gui.viewport.second_showing import compared_scene
from app.gui.viewport.viewport import Viewport
from app.settings import RememberedSettings
from app.viewing.session import Session
from engines.core.engine import INSTANCE


class Window(QMainWindow):
    """The one window of the program: its parts put together, and what happens to all of them."""

    ended = Signal()
    """It was closed."""

    def __init__(self, session: Session, settings: RememberedSettings, found: OpenGl, system_dark: bool) -> None:
        super().__init__()
        self.session, self.settings = session, settings
        self.widget, self._unasked = self, False
        self.status = Status(self)
        self.setStatusBar(self.status)
        self._make_middle(found)
        self._make_parts(system_dark)
        self._make_commands()
        self._make_panels()
        self._dropping = Dropping(self, self.pages)
        session.drawing_error.connect(self._drawing_failed)
        session.scene_changed.connect(self.scene_changed)
        session.loader.failed.connect(lambda _: self._opening_ended())
        session.view.events.controls.connect(self._controls_changed)
        self._restore()
        self.scene_changed()

    # Parts

    def _make_middle(self, found: OpenGl) -> None:
        self.viewport = Viewport(self, self.session.eye, found)
        self.export_bar = ExportBar()
        self.pages = PageStack(self.viewport)
        self.banner, self.busy = self.pages.banner, self.pages.busy
        self.notifications = Notifications(self.banner)
        self.setCentralWidget(self.pages)
        self.scene_card, self.channels, self.controls = SceneCard(), ChannelCard(self.session.view), ControlsCard()
        self.options, self.sources, self.views, self.camera = OptionsCard(), SourceCard(), ViewCard(), CameraCard()
        self.status.show_renderer(self.viewport.canvas.name, found.renderer)
        self.status.show_drawing(*drawing_note(found))
        self.reporting = Reporting(self, drawing_rows(found, self.viewport.canvas.name))

    def _make_parts(self, system_dark: bool) -> None:
        self._remembering = Remembering(self, self.settings, self.notifications)
        self._thumbnails = Thumbnails(self.session, self.settings)
        shown = (self.scene_card, self.channels, self.controls, self.sources, self.views, self.camera, self.options)
        cards = Cards(*shown)
        self.looking = Looking(self, self.viewport, self.status, cards)
        self.meshes = self.looking.meshes
        self.files, self.exporting = FileMenu(self, self.status), Exporting(self, self.export_bar)
        self.exporting.compared = partial(compared_scene, self.looking.second)
        self.trainings = Trainings(self, self.files, self.viewport)
        self.inputs = InputController(self, self.files, self.status)
        self.paths = PathEditing(self, self.viewport, self.looking.overlays, self.exporting, self.looking.undoing)
        self.inspecting = Inspecting(self, self.viewport, self.looking, self.channels, self.exporting)
        kept, measured = self.paths.bookmarks.bookmarks, self.inspecting.measuring.measurements
        parts = ProjectParts(self.paths.document, kept, self.meshes, self.looking.second, measured, self.looking.clean)
        self._presenting = Presenting(self, self.pages, self.viewport, self.looking.overlays)
        self.projects = ProjectMenu(self, self.status, parts, self.paths.may_quit, self.files.project_wanted)
        self.evaluating, self.theming = Evaluating(self, self.looking), Theming(self, system_dark)
        self.playing, self.colouring = Playing(self, self.busy), Colouring(self)
        self.screenshots = Screenshots(self, self.looking.shown, self.inspecting.bar)
        self.refining = Refining(self, self.viewport, self.status)
        self.resetting = Resetting(self, lambda: self.playing.enter())
        self.theming.changed.connect(lambda colours: self.viewport.set_background(colours.viewport))
        self.export_bar.mesh_wanted.connect(self.meshes.open_exported)
        self.files.asked.connect(self.pages.show_viewport)
        self.trainings.panel_wanted.connect(self._show_training)
        self.playing.notes_changed.connect(lambda: self.scene_card.show_scene(self.session.opened))
        self.scene_card.data_wanted.connect(self.notifications.guarded(self.files.ask_data))
        chosen = partial(self.files.choose_options, refused=self._opening_ended)
        self.options.changed.connect(self.notifications.guarded(chosen))

    def _make_commands(self) -> None:
        guarded = self.notifications.guarded
        handlers: dict[str, Callable[..., object]] = {
            "quit": self.close,
            "panel": lambda shown: self.dock.setVisible(shown and self.session.opened is not None),
            "full_screen": lambda full: self._full_screen.choose(full, partial(self.notifications.tell, "info")),
        }
        hints = Hints(self.viewport, self.session, self.settings)
        handlers |= help_handlers(self, self.viewport, hints, self.reporting.copy) | self.theming.handlers()
        parts = (self.colouring, self.looking, self.files, self.exporting, self.screenshots, self.refining)
        more = (self.paths, self.projects, self.playing, self.trainings, self.inputs, self.evaluating, self.resetting)
        for part in (*parts, *more, self._presenting, self.inspecting):
            handlers |= part.handlers()
        self.commands = Actions(self, {id: guarded(work) for id, work in handlers.items()}, self._available)
        self.viewport.keys = self.commands.local_keys
        self.time_bar = self.playing.make_bar()
        self.pages.add_bars(self.looking.thumbnails.strip, self.time_bar, self.paths.make_bar(), self.export_bar)
        self._recent = RecentMenu(self.commands, self.settings, guarded(self.files.open_recent))
        fill_demo_menu(self.commands, guarded(self.files.open))
        panels = [self.commands[name] for name in ("panel", "training", "evaluation")]
        bars = (present(self.menuBar()), self.commands.make_toolbar(self), self.status)
        self._full_screen = FullScreen(self, self.commands["full_screen"], bars, panels)
        self._presenting.watch(self)
        start = StartPage(self.settings, self.commands.__getitem__)
        start.demo_chosen.connect(guarded(self.files.open))
        start.recent_chosen.connect(guarded(self.files.open_recent))
        self.pages.add_start(start)

    def _make_panels(self) -> None:
        self.views.add_steps([self.commands[id] for id in ("previous", "nearest", "next")])
        self.views.add_comparison([self.commands[mode] for mode in MODES])
        self.colouring.watch(self.channels)
        self.inputs.card.connect_command(self.commands["input"])
        overlays = OverlayCard([self.commands[name] for name in OVERLAY_NAMES])
        cards = (self.scene_card, *self.inputs.cards, self.controls, self.channels, self.sources, self.views)
        looking = (self.looking.crop.card, self.looking.clean.card)
        more = (self.camera, self.inspecting.card, self.meshes.card, overlays, *looking)
        self.dock = SidePanel(self, (*cards, *more, self.refining.resolution.card, self.options))
        self._training_dock = BottomDock(self, "Training", lambda: self.trainings.make_panel(self.theming.colours))
        self.theming.changed.connect(self._training_dock.paint)

    def _show_training(self, shown: bool) -> None:
        self._training_dock.set_shown(shown)
        self.settings.update(training=shown)

    def _restore(self) -> None:
        settings = self.settings.current
        self._remembering.restore(self.dock, PANEL_WIDTH)
        self.refining.restore()
        self.looking.restore()
        self.inspecting.bar.restore()
        self.commands["panel"].setChecked(settings.panel)
        self._training_dock.set_height()
        self.commands["training"].setChecked(settings.training)
        self.trainings.show_panel(settings.training)
        self.theming.choose(settings.theme)
        self._full_screen.restore()

    # The scene

    def scene_changed(self) -> None:
        """A scene was adopted or closed."""
        opened = self.session.opened
        self.sources.show_scene(opened)
        if opened is None:
            self.looking.leave()
            self.pages.show_start()
        else:
            self.looking.enter()
            self.pages.show_viewport()
        self.playing.enter()
        self.dock.setVisible(opened is not None and self.commands["panel"].isChecked())
        self.scene_card.show_scene(opened)
        self.inputs.scene_changed()
        self.options.show_scene(opened)
        self.dock.show_scene(opened.path if opened is not None else None)
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

    def _opening_ended(self) -> None:
        """A scene could not be opened: back to what was there before."""
        self.options.show_scene(self.session.opened)
        self.inputs.sources.show()
        if self.session.opened is None:
            self.pages.show_start()
            self.status.clear_scene()
        else:
            self.looking.show_state()

    def _available(self) -> tuple[Mapping[str, bool], Mapping[str, str]]:
        """What commands act on, as far as it is there."""
        there = available(self.session, self.inputs, self.meshes, self.exporting, self.trainings)
        there = {**there, **self.looking.there, **self.evaluating.there, **self.colouring.there}
        return {**there, **self.paths.available, **self.projects.available}, reasons(self.session)

    # Events

    def end(self) -> None:
        """Closes without asking."""
        self._unasked = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not (self._unasked or all(part.may_quit() for part in (self.trainings, self.exporting, self.projects))):
            event.ignore()
            return
        self._remembering.keep_geometry()
        self._full_screen.bring_back()
        self._remembering.keep_panel(self.dock, self.commands["panel"].isChecked())
        # What is under way takes a time step to end.
        self.hide()
        self.projects.end(not self._unasked)
        for part in (self.trainings, self.exporting, self.looking, self.inputs, self.evaluating, self.session):
            part.shut_down()
        super().closeEvent(event)
        self.ended.emit()
