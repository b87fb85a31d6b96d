"""What is told of the scene beside its picture: by the cards of the panel and the status line."""

from __future__ import annotations

from collections.abc import Sequence

from psygnal import Signal

from app.camera.camera_place import CameraPlace
from app.camera.fitting import same_pose
from app.gui.feedback.status import Status
from app.gui.host import Host
from app.gui.panel.cards import Cards
from app.gui.viewport.current_comparison import CurrentComparison
from app.gui.viewport.photographs import CAPTIONS
from app.gui.viewport.second_showing import SecondShowing
from app.gui.viewport.shown_picture import ShownPicture
from app.gui.viewport.throttling import Throttle
from app.rendering.render_requests import RenderedImage, is_final, is_of_choice
from app.viewing.chosen_sources import source_advice, source_cameras
from app.viewing.comparison import PhotoComparison
from engines.core.camera import Camera


class SceneInformation:
    """Follows the picture and the camera. To lay out and paint all of it takes longer than the picture."""

    sources_changed = Signal(object)
    """The picture is drawn from these cameras now."""
    placed = Signal()
    """The camera is elsewhere among the views, perhaps."""

    def __init__(
        self,
        window: Host,
        shown: ShownPicture,
        comparison: CurrentComparison,
        second: SecondShowing,
        status: Status,
        cards: Cards,
    ) -> None:
        """`comparison`: of what is on the screen; `second`: what it is compared with."""
        self._session, self._shown, self._comparison, self._second = window.session, shown, comparison, second
        self._status, self._cards = status, cards
        self._sources: Sequence[Camera] = ()
        self._counted: RenderedImage | None = None
        self._told: RenderedImage | None = None
        self._throttle = Throttle(window.widget, self._tell)
        shown.drawn.connect(self._follow_picture)
        window.session.images.scored.connect(self._take_scored)

    @property
    def waiting(self) -> bool:
        """Whether something is still to be told."""
        return self._throttle.waiting

    def follow_camera(self) -> None:
        """A hand moves the camera: tells of it as often as somebody can read it."""
        self._throttle.soon()

    def tell_now(self) -> None:
        """Tells all that there is."""
        self._throttle.now()

    def _follow_picture(self) -> None:
        picture = self._shown.picture
        if picture is None:
            return
        if picture is not self._counted:
            self._counted = picture
            self._status.count(picture)
        (self._throttle.now if not picture.request.moving or self._shown.is_final() else self._throttle.soon)()

    def _tell(self) -> None:
        if (picture := self._shown.picture) is not None:
            if picture is not self._told:
                self._status.show_picture(picture)
            self._show_channel(self._comparison.made)
            self._status.show_view(self._second.comparison.caption or CAPTIONS.get(self._shown.content, ""))
        self._told = picture
        self.show_place()
        self.show_status()

    def _show_channel(self, comparison: PhotoComparison | None) -> None:
        if (apart := self._second.comparison.limits) is not None:
            self._cards.channels.show_difference(self._session.view.channel, apart)
            return
        limits, hint = self._session.images.limits, ""
        if self._session.view.channel == "error":
            limits, hint = (None, self._comparison.why_no_error()) if comparison is None else (comparison.limits, "")
        self._cards.channels.show_channel(self._session.view.channel, limits, hint)

    def show_status(self) -> None:
        """Tells whether the picture on the screen is what is chosen."""
        session, status, picture = self._session, self._status, self._shown.picture
        if session.opened is None or session.loader.opening is not None:
            return  # what is being opened stands there
        wanted = session.wanted
        if self._shown.failed:
            status.show_failed()
        elif picture is not None and wanted is not None and is_final(picture, wanted):
            status.show_final(session.eye.room is not None and session.eye.room.left(picture.camera) < 0)
        elif picture is not None and wanted is not None and picture.kind == "preview" and is_of_choice(picture, wanted):
            status.show_preview(picture)
        else:
            status.show_waiting()

    def show_place(self) -> None:
        """Tells where the camera is, among the views and among what the picture is drawn from."""
        eye, comparison = self._session.eye, self._comparison.made
        self._cards.views.show_view(eye.view_index)
        self.placed.emit()
        if (shown := eye.shown) is not None:
            self._cards.camera.show_camera(CameraPlace(shown, eye.pivot, eye.up))
        if comparison is None:
            self._cards.views.show_scores(None, None, False)
        else:
            self._cards.views.show_scores(comparison.psnr_db, comparison.ssim, comparison.crop is not None)
        sources = self._source_cameras()
        if len(sources) != len(self._sources) or not all(map(same_pose, sources, self._sources)):
            self.show_sources()
        advice = source_advice(self._session.opened, eye.shown, self._session.view.controls)
        self._cards.sources.show_eye(eye.shown, advice)

    def _take_scored(self, scored: PhotoComparison) -> None:
        """More is known of the comparison that is there."""
        if self._comparison.made is not None:
            self._comparison.take(scored)
            self.show_place()

    def show_sources(self) -> None:
        """The cameras that this picture is drawn from, among the views."""
        self._sources = sources = self._source_cameras()
        others = [camera for camera in self._session.eye.viewpoints if not any(same_pose(camera, s) for s in sources)]
        self._cards.sources.set_cameras(sources, others)
        self.sources_changed.emit(sources)

    def _source_cameras(self) -> Sequence[Camera]:
        session = self._session
        return source_cameras(session.opened, session.eye.shown, session.view.controls)

    def show_device(self) -> None:
        """What the open scene is computed on."""
        if (opened := self._session.opened) is not None:
            self._status.show_device(opened.scene.device)

    def clear(self) -> None:
        """No scene is open."""
        self._status.clear_scene()
