"""File > Export video, mesh, points: from the dialog to the file, while one goes on looking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.export.exporter import run_export
from app.export.fingerprint import scene_digest
from app.export.kept_frames import frames_kept, kept_note
from app.export.progress import OnProgress
from app.export.scene_pair import ScenePair
from app.gui.export.export_bar import ExportBar
from app.gui.export.export_dialog import ask_export
from app.gui.export.export_job import Exported, ExportJob, Work
from app.gui.export.export_queue import ExportOrder, ExportQueue
from app.gui.export.export_settings import KEYED_PATH, ExportSettings, ShownView, make_export
from app.gui.export.format_choice import suffix_of
from app.gui.export.mesh_dialog import ask_mesh
from app.gui.export.mesh_settings import MeshSettings, make_mesh, possible_source
from app.gui.host import Host
from app.gui.plain_text import is_sure
from app.gui.qt import QFileDialog
from app.mesh.mesh_export import mesh_source
from app.mesh.mesh_file import MESH_SUFFIXES
from app.mesh.meshing import run_mesh
from app.mesh.point_cloud import POINTS_SUFFIX, has_points, run_points
from app.viewing.inputs import stem_with_input
from app.viewing.lengths import LengthScale
from app.viewing.opening import Opened
from app.viewing.scene_comparison import ComparedScene
from engines.core.engine import Stop
from engines.core.files import free_name
from engines.core.paths.keyframes import KeyedPath


class Exporting:
    """Asks what is to be exported, and has it done, one after the other.

    Attributes:
        queue: the export under way, and those that wait.
    """

    def __init__(self, window: Host, bar: ExportBar) -> None:
        self._window, self._session = window, window.session
        self.queue = ExportQueue(window, bar)
        self.keyed: Callable[[], KeyedPath] = KeyedPath
        """The timeline's path."""
        self.compared: Callable[[], ComparedScene | None] = lambda: None
        """The second scene that is open."""
        self.lengths: Callable[[], LengthScale | None] = lambda: None
        """How long a world unit is."""

    @property
    def job(self) -> ExportJob | None:
        """The export under way."""
        return self.queue.job

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the commands do."""
        return {
            "export": self._ask,
            "path_export": lambda: self._ask(of_keys=True),
            "export_mesh": self._ask_mesh,
            "export_points": self._ask_points,
            "cancel_export": self.queue.cancel,
        }

    def begin(self, settings: ExportSettings) -> None:
        """Begins an export of the open scene.

        Raises:
            UserError: another export writes to the same place.
        """
        view = self._shown_view()
        if view is None:
            return
        if settings.resume:
            # One looks elsewhere by now; a path that begins where the eye is would be another one.
            view = ShownView.of_note(kept_note(Path(settings.out).expanduser())) or view
        seen, compared = view, self.compared() if settings.compare else None

        def work(opened: Opened, on_progress: OnProgress, stop: Stop) -> Exported:
            export = make_export(settings, opened, seen.start, seen.up, seen.controls, seen.keyed, seen.crop_box)
            pair = None
            if compared is not None:
                second = compared.source.open()
                pair = ScenePair(opened, second, settings.compare, settings.wipe_at, scene_digest(second))
            export = replace(seen.shown_in(export), note=seen.noted(settings), pair=pair)
            return Exported(run_export(opened.scene, export, on_progress, stop), notes=export.notes)

        of_keys = settings.path == KEYED_PATH
        frames = replace(seen.keyed, fps=settings.fps).frame_count if of_keys else settings.frames
        self._begin(work, Path(settings.out).expanduser(), frames)

    def _shown_view(self) -> ShownView | None:
        session = self._session
        if session.eye.shown is None:
            return None
        # As they are on the screen.
        limits = {session.view.channel: session.view.limits} if session.view.limits else {}
        controls, colour_maps = dict(session.view.controls), dict(session.view.colour_maps)
        seen = (session.view.crop(session.opened), session.view.background)
        start, up = session.eye.shown, session.eye.up.copy()
        return ShownView(start, up, controls, limits, colour_maps, self.keyed(), *seen, self.lengths())

    def begin_mesh(self, settings: MeshSettings) -> None:
        """Begins to make a mesh of the open scene, of the object and time step that are shown.

        Raises:
            UserError: another export writes to the same place.
        """
        controls, up = dict(self._session.view.controls), self._session.eye.up.copy()
        crop = self._session.view.crop(self._session.opened)

        def work(opened: Opened, on_progress: OnProgress, stop: Stop) -> Exported:
            source = possible_source(opened.scene, settings.source)
            box = None if crop is None else crop.bounds + opened.origin
            mesh = replace(make_mesh(settings, source, controls, up), origin=opened.origin, box=box)
            made = run_mesh(opened.scene, opened.dataset, mesh, on_progress, stop)
            return Exported(made.path, f"{made.vertices:,} vertices, {made.faces:,} faces")

        self._begin(work, Path(settings.out), settings.views)

    def begin_points(self, out: Path) -> None:
        """Begins to write the points of the object that is shown, those in the crop box where there is one.

        Raises:
            UserError: another export writes to the same place.
        """
        controls, box = dict(self._session.view.controls), self._session.view.crop(self._session.opened)

        def work(opened: Opened, on_progress: OnProgress, stop: Stop) -> Exported:
            made = run_points(opened.scene, out, controls, opened.origin, stop, box=box)
            return Exported(made.path, f"{made.points:,} points")

        self._begin(work, out, 1)

    def _begin(self, work: Work, out: Path, total: int) -> None:
        source = self._session.loader.source
        if source is not None:
            self.queue.add(ExportOrder(source, out, work, total))

    def may_quit(self) -> bool:
        """Whether the program may end: asks where an export would be lost."""
        lost = self.queue.lost_by_quitting()
        return not lost or is_sure(self._window.widget, "Export under way", f"{lost}\n\nQuit all the same?")

    def shut_down(self) -> None:
        """Breaks off what is under way."""
        self.queue.shut_down()

    def _ask(self, of_keys: bool = False) -> None:
        """Asks for an export; `of_keys`: of the timeline's path."""
        opened, eye = self._session.opened, self._session.eye.shown
        if opened is None or eye is None:
            return
        before = ExportSettings.recall(self._window.settings.current.export)
        settings, keyed = _proposed(before, stem_with_input(opened), self.keyed(), of_keys)
        crop = self._session.view.crop(opened)
        wanted = ask_export(self._window.widget, opened, settings, eye.size_px, keyed, self.compared(), crop)
        if wanted is not None:
            self._window.settings.update(export=wanted.remembered())
            self.begin(wanted)

    def _ask_mesh(self) -> None:
        opened = self._session.opened
        if opened is None:
            return
        mesh_source(opened.scene)
        settings = MeshSettings.recall(self._window.settings.current.mesh)
        last = Path(settings.out) if settings.out else Path.home() / f"mesh{MESH_SUFFIXES[-1]}"
        settings = replace(settings, out=str(free_name(last.parent, stem_with_input(opened), suffix=last.suffix)))
        wanted = ask_mesh(self._window.widget, opened, settings)
        if wanted is not None:
            self._window.settings.update(mesh=wanted.remembered())
            self.begin_mesh(wanted)

    def _ask_points(self) -> None:
        opened = self._session.opened
        if opened is None:
            return
        has_points(opened.scene)
        folder = Path(self._window.settings.current.folders.get("points", str(Path.home())))
        name = str(free_name(folder, stem_with_input(opened), suffix=POINTS_SUFFIX))
        chosen, _ = QFileDialog.getSaveFileName(self._window.widget, "Export point cloud", name, "Point cloud (*.ply)")
        if chosen:
            out = Path(chosen) if chosen.lower().endswith(POINTS_SUFFIX) else Path(chosen + POINTS_SUFFIX)
            self._window.settings.remember_folder("points", out.parent)
            self.begin_points(out)


def _proposed(settings: ExportSettings, stem: str, keyed: KeyedPath, of_keys: bool) -> tuple[ExportSettings, KeyedPath]:
    """What is proposed after an export of `settings`: to go on where it was broken off, else a name that is free.

    Args:
        keyed, of_keys: the timeline's path, and whether it is what is to be exported.
    """
    last = Path(settings.out).expanduser()
    # Last time's file is not to be replaced by default: only its folder and its kind are remembered.
    folder, suffix = (last.parent, suffix_of(last)) if settings.out else (Path.home(), ".mp4")
    free = free_name(folder, stem, suffix=suffix)
    # The last order may be lost with the program, or be older than the frames that are there.
    broken_off = next((place for place in (last, free) if settings.out and frames_kept(place)[0]), None)
    if not of_keys and broken_off is not None:
        note = kept_note(broken_off)
        noted, seen = ExportSettings.recall(note.get("settings", {})), ShownView.of_note(note)
        keyed = seen.keyed if seen is not None and noted.path == KEYED_PATH else keyed
        return replace(noted, out=str(broken_off), resume=True), keyed
    settings = replace(settings, out=str(free))
    # Who made a path wants that one; a single key is a view, and nothing moves.
    return replace(settings, path=KEYED_PATH) if of_keys or len(keyed.keys) > 1 else settings, keyed
