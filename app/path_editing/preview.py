"""The preview of a path: a playhead that is moved and played, and the view that follows it."""

from __future__ import annotations

from collections.abc import Callable

from psygnal import Signal

from app.export.keyed_frames import scene_controls
from app.path_editing.document import PathDocument
from app.viewing.session import Session
from engines.core.camera import Camera
from engines.core.data.origin import from_world, in_world


class PathPreview:
    """A playhead on a document's path, in seconds from the beginning of the video.

    Attributes:
        time_s: where it stands, also beyond the end.
        playing: whether time goes on.
        repeats: whether it begins again at the end, also of a path that is no loop.
    """

    moved = Signal()
    """It stands elsewhere, or plays now, or no longer."""

    def __init__(self, document: PathDocument, show: Callable[[float, bool], None]) -> None:
        """`show` is called with a time, and whether it is one of many in a row, for what is to be seen."""
        self._document, self._show = document, show
        self.time_s, self.playing, self.repeats = 0.0, False, False
        self._since = (0.0, 0.0)

    def seek(self, time_s: float, moving: bool = False) -> None:
        """Goes to a time, and shows what is seen there; `moving`: another one follows soon."""
        self.put(time_s)
        if self._document.path.keys:
            self._show(self.time_s, moving)

    def put(self, time_s: float) -> None:
        """Goes to a time; what is looked at stays."""
        self.playing, self.time_s = False, max(time_s, 0.0)
        self.moved.emit()

    def play(self, now_s: float) -> None:
        """Begins to play; from the beginning where it stands at the end or beyond."""
        if not self._document.path.keys:
            return
        if self.time_s >= self._last_s - 1e-9:
            self.time_s = 0.0
        self.playing, self._since = True, (now_s, self.time_s)
        self.moved.emit()
        self._show(self.time_s, True)

    def pause(self) -> None:
        """Stands still; the exact picture comes."""
        if self.playing:
            self.playing = False
            self.moved.emit()
            self._show(self.time_s, False)

    def tick(self, now_s: float) -> None:
        """Goes on to the frame whose turn it is; called at the display's rate while playing."""
        if not self.playing:
            return
        path = self._document.path
        if not path.keys:
            self.pause()
            return
        began, from_s = self._since
        frame = int((from_s + now_s - began) * path.fps + 1e-6)
        if frame >= path.frame_count and (path.loop or self.repeats):
            frame %= path.frame_count
        time_s = min(frame / path.fps, self._last_s)
        if frame >= path.frame_count:
            self.time_s = time_s
            self.pause()
        elif time_s != self.time_s:
            self.time_s = time_s
            self.moved.emit()
            self._show(time_s, True)

    def step_frames(self, count: int) -> None:
        """So many frames on, or back, to a whole one."""
        fps = self._document.path.fps
        at = self.time_s * fps
        whole = round(at)
        # From between two frames a step goes to the nearer in its direction.
        frame = whole + count if abs(at - whole) < 1e-6 else int(at) + (count if count > 0 else count + 1)
        self.seek(max(frame, 0) / fps)

    def step_keys(self, count: int) -> int | None:
        """Goes to the next key, or the one before; gives its number, None where there is none in that direction."""
        motion = self._document.motion
        if motion is None:
            return None
        grain = 0.5 / self._document.path.fps
        there = [
            number
            for number, time in enumerate(motion.passing_s)
            if (time > self.time_s + grain if count > 0 else time < self.time_s - grain)
        ]
        if not there:
            return None
        number = there[0] if count > 0 else there[-1]
        self.seek(motion.passing_s[number])
        return number

    @property
    def _last_s(self) -> float:
        """When the last frame is shown."""
        path = self._document.path
        return max(path.frame_count - 1, 0) / path.fps


class PathViewer:
    """The session's eye on a document's path: shows what is seen at a time of it, and says what is seen now."""

    def __init__(self, session: Session, document: PathDocument) -> None:
        self._session, self._document = session, document

    def show(self, time_s: float, moving: bool) -> None:
        """Looks where the path looks at a time, with its controls."""
        opened, motion = self._session.opened, self._document.motion
        if opened is None or motion is None:
            return
        controls = motion.controls([time_s])[0]
        for name, value in scene_controls(opened.scene, {**self._session.view.controls, **controls}).items():
            self._session.set_control(name, value, moving, stays=True)
        camera = from_world([motion.camera(time_s)], opened.origin)[0]
        eye = self._session.eye
        eye.take_over()
        eye.move(camera, with_lens=True)
        if not moving:
            eye.rest()

    def seen(self) -> tuple[Camera, dict[str, float]] | None:
        """The camera, in the world, and the controls of the view, at the end of a jump that is under way.

        None where nothing is open.
        """
        return self._told(self._session.eye.destination)

    def seen_now(self) -> tuple[Camera, dict[str, float]] | None:
        """What `seen` gives, but in the midst of a jump."""
        return self._told(self._session.eye.shown)

    def _told(self, shown: Camera | None) -> tuple[Camera, dict[str, float]] | None:
        opened = self._session.opened
        if opened is None or shown is None:
            return None
        return in_world([shown], opened.origin)[0], dict(self._session.view.controls)
