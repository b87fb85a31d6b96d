"""Prefetching: what scenes need before a time step can be drawn, made in order beside the drawing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from app.thread_priority import AHEAD_NICE, step_back
from engines.core.camera import Camera
from engines.core.engine import TIME, Prepares
from engines.core.errors import Cancelled

CLOSE_S = 5.0
"""A scene that does not ask `stop` for this long is left to end by itself."""

Want = tuple[Camera, Mapping[str, float]]


class Prefetcher:
    """One thread that prepares what is wanted most; callbacks come on it and must be quick."""

    def __init__(
        self,
        scene: Prepares,
        on_prepared: Callable[[], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        self._scene, self._on_prepared, self._on_error = scene, on_prepared, on_error
        self._changed = threading.Condition()
        self._wanted: list[Want] = []
        self._making: Want | None = None
        self._failed: list[object] = []
        self._last: Mapping[str, float] | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name="ahead", daemon=True)
        self._thread.start()

    def choose(
        self,
        camera: Camera,
        controls: Mapping[str, float],
        following: Sequence[Mapping[str, float]],
        keep_last: bool = False,
    ) -> tuple[Mapping[str, float], bool]:
        """What can be drawn at once for `controls`; what is missing, and what will be needed after it, is then made.

        Args:
            keep_last: while it is made the time step that was seen last stays: a recording that plays waits on its last
                picture, where somebody who stepped to a time step wants to see that one.

        Returns:
            The controls to draw, and whether there is only a placeholder of them.
        """
        self.want([(camera, wanted) for wanted in (controls, *following)])
        for drawable in (controls, self._last if keep_last else None):
            if drawable is None or any(drawable.get(name) != value for name, value in controls.items() if name != TIME):
                # Another recording, say: what is seen of this one stands for nothing in that.
                continue
            if self._scene.prepared(camera, drawable):
                self._last = drawable
                return drawable, False
        return controls, True

    def want(self, wanted: Sequence[Want]) -> None:
        """Takes the place of what was wanted before; the first is made first, what is not wanted any more is given up.

        What failed is tried again only when it was not wanted in between.
        """
        with self._changed:
            self._wanted = list(wanted)
            self._failed = [failed for failed in self._failed if failed in self._cache_keys()] if self._failed else []
            self._changed.notify_all()

    @property
    def making(self) -> Mapping[str, float] | None:
        """The controls of what is being made; None where nothing is."""
        making = self._making
        return making[1] if making is not None else None

    def close(self) -> None:
        """Gives up what is under way and ends the thread; no callback comes afterwards."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(CLOSE_S)

    def _loop(self) -> None:
        step_back(AHEAD_NICE)
        try:
            self._work()
        finally:
            with self._changed:
                # Whoever still knows of this one must not keep the scene, which may be gigabytes.
                del self._scene
                self._wanted, self._failed, self._last = [], [], None

    def _work(self) -> None:
        while (want := self._next()) is not None:
            camera, controls = want
            try:
                self._scene.prepare(camera, controls, lambda want=want: self._given_up(want))  # type: ignore[misc]
            except Cancelled:
                continue
            except Exception as error:  # handed on; the thread must survive
                with self._changed:
                    self._failed.append(self._scene.cache_key(camera, controls))
                if not self._closed:
                    self._on_error(error)
            else:
                if not self._closed:
                    self._on_prepared()
            finally:
                with self._changed:
                    self._making = None
                del want

    def _next(self) -> Want | None:
        """Waits for something to make; None when closed."""
        with self._changed:
            while not self._closed:
                for camera, controls in self._wanted:
                    if self._scene.prepared(camera, controls):
                        continue
                    if not self._failed or self._scene.cache_key(camera, controls) not in self._failed:
                        self._making = (camera, controls)
                        return self._making
                self._changed.wait()
        return None

    def _cache_keys(self) -> list[object]:
        """Those of what is wanted, asked anew: a scene may tell time steps apart better once it began to make them."""
        return [self._scene.cache_key(camera, controls) for camera, controls in self._wanted]

    def _given_up(self, want: Want) -> bool:
        return self._closed or self._scene.cache_key(*want) not in self._cache_keys()
