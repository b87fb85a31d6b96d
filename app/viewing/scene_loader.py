"""The scene loader: opens scenes on threads, so that one goes on looking meanwhile; of several the newest counts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from psygnal import Signal

from app.rendering.left_out import OmittedPrimitives
from app.viewing.background_tasks import Post
from app.viewing.chosen_sources import made_of, source_fields, with_sources
from app.viewing.load_requests import LoadedScene, LoadRequest, OpenFailure, Wanted
from app.viewing.opening import ALONE, CompanionPaths, Opened, SceneSource, as_settings, open_scene, title_of, with_up
from app.viewing.ups import Ups
from app.viewing.viewpoints import read_viewpoints
from engines.core.config import make_options
from engines.core.errors import UserError
from engines.core.storage.run_folder import LIVE_NAME

NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})
LONGEST_END_S = 3.0
"""That is waited for what is being opened when the program ends: nothing stops it but its own end."""


class SceneLoader:
    """Which scene is open, which is on its way, and of what: data folder, options, photographs.

    Its methods are called on the session's thread, and its signals come there.
    """

    loaded = Signal(LoadedScene)
    failed = Signal(OpenFailure)

    def __init__(self, post: Post, device: str, settings: Sequence[str], ups: Ups, instance: Callable[[], int]) -> None:
        """`settings`: `KEY=VALUE` of the command line; `instance`: which is looked at, of a class."""
        self.device, self.ups = device, ups
        self.opened: Opened | None = None
        self.data: Path | None = None
        """The folder of the open scene's dataset."""
        self.opening: Path | None = None
        """The scene that is on its way."""
        self.stayed = False
        """Whether the open scene took the place of itself, with something else beside it or trained further."""
        self.number = 0
        """Counts the scenes that were asked for: which one is open; 0 where none is."""
        self.left_out: OmittedPrimitives | None = None
        """Of the open scene's primitives, wherever it is opened once more."""
        self._post, self._settings, self._instance = post, tuple(settings), instance
        self._chosen: dict[str, Any] = {}
        self._newest_number = 0
        self._staying = False
        self._wanted: Wanted = None, {}, ALONE
        self._threads: list[threading.Thread] = []

    @property
    def chosen(self) -> Mapping[str, Any]:
        """The options that the open scene was opened with over the command line's."""
        return self._chosen

    @property
    def settings(self) -> tuple[str, ...]:
        """`KEY=VALUE` that the open scene was opened with: the command line's, and over them what was chosen."""
        return (*self._settings, *as_settings(self._chosen))

    @property
    def source(self) -> SceneSource | None:
        """How the open scene is opened once more, for work that has one of its own; None where none is open."""
        if self.opened is None:
            return None
        return SceneSource(self.opened.path, self.data, self.device, self.settings, self.opened.beside, self.left_out)

    # What is asked for

    def open(
        self,
        path: Path,
        data: Path | None = None,
        beside: CompanionPaths = ALONE,
        options: Mapping[str, Any] = NO_OPTIONS,
    ) -> None:
        """Begins to open a scene; the one that is open stays until it is there. `options`: of its engine's scenes."""
        self._begin(path, (data, dict(options), beside), stay=False)

    def attach(self, data: Path) -> None:
        """Opens the same scene again with a data folder."""
        if self.opened is not None:
            _, chosen, beside = self._newest()
            self._begin(self.opened.path, (data, chosen, beside), stay=False)

    def choose_options(self, values: Mapping[str, Any]) -> None:
        """Opens the same scene again with other options; the camera stays where it is.

        While another scene or data folder is on its way that goes on: it is what was asked for last.

        Raises:
            UserError: a value is refused.
        """
        if self.opened is not None and (self.opening is None or self._staying):
            make_options(type(self.opened.options), values, "option")
            data, chosen, beside = self._newest()
            self._begin(self.opened.path, (data, {**chosen, **values}, beside), stay=True)

    def choose_sources(self, numbers: Sequence[int] | None) -> None:
        """Makes the same scene of other photographs, in this order; None: of those that it chooses by itself."""
        opened = self.opened
        if opened is not None and source_fields(opened) and (self.opening is None or self._staying):
            wanted = with_sources(opened, self._newest(), numbers)
            same = with_sources(opened, (self.data, self._chosen, opened.beside), numbers) == wanted
            self._begin(opened.path, wanted, stay=True, anew=opened if same else None)

    def choose_input(self, photograph: Path | None) -> None:
        """Opens the same scene again, made of a photograph or of a folder of such; the camera stays where it is.

        None: of what it is made of where none is named.

        Raises:
            UserError: another scene is on its way.
        """
        if self.opened is None:
            return
        path = self.opened.path
        if self.opening not in (None, path):
            raise UserError(f"{title_of(path)}: another scene is being opened; wait for it, or open this one again")
        data, chosen, beside = self._newest()
        stay = self.opening is None or self._staying
        self._begin(path, (data, chosen, replace(beside, photograph=photograph)), stay)

    def trained_further(self, path: Path) -> None:
        """Opens `path` in the place of the open scene, which it is, trained further; the camera stays where it is.

        While another scene is on its way that goes on, unless it is what the run `path` showed before it ended.
        """
        if self.opened is None:
            return
        if self.opening is None:
            self._begin(path, self._newest(), stay=True)
        elif self.opening == path / LIVE_NAME:
            self._begin(path, self._wanted, stay=True)

    def _newest(self) -> Wanted:
        """As `_wanted`, of the open scene; if it is on its way again, as it is going to be."""
        opened = self.opened
        if opened is None or self.opening == opened.path:
            return self._wanted
        return self.data, self._chosen, opened.beside

    def _begin(self, path: Path, wanted: Wanted, stay: bool, anew: Opened | None = None) -> None:
        self._newest_number += 1
        self.opening, self._staying, self._wanted = path, stay, wanted
        data, chosen, beside = wanted
        opened = self.opened
        same = stay or (opened is not None and opened.path == path)
        # Of another photograph are other objects.
        same = same and opened is not None and opened.beside.photograph == beside.photograph
        instance = self._instance() if same else 0
        dataset = opened.dataset if stay and opened is not None else None
        request = LoadRequest(self._newest_number, path, data, chosen, stay, instance, dataset, beside, anew)
        thread = threading.Thread(target=self._load, args=(request,), name="open", daemon=True)
        self._threads = [*(other for other in self._threads if other.is_alive()), thread]
        thread.start()

    # What comes of it

    def _load(self, request: LoadRequest) -> None:
        """On a thread of its own."""
        try:
            loaded = self._loaded(request)
        except Exception as error:  # handed on: the window shows it and goes on
            failure = OpenFailure(request, error)
            self._post(lambda: self._take_failure(failure))
        else:
            self._post(lambda: self._take(loaded))

    def _loaded(self, request: LoadRequest) -> LoadedScene:
        opened = made_of(request.anew, request.chosen) if request.anew is not None else None
        if opened is None:
            settings = (*self._settings, *as_settings(request.chosen))
            opened = open_scene(
                request.path, request.data, self.device, settings, request.dataset, False, request.beside
            )
        opened = with_up(opened, self.ups.of(request.path))
        return LoadedScene(request, opened, read_viewpoints(opened, request.instance))

    def _take(self, loaded: LoadedScene) -> None:
        if loaded.request.number == self._newest_number:
            self.loaded.emit(loaded)

    def _take_failure(self, failure: OpenFailure) -> None:
        if failure.request.number == self._newest_number:
            self.opening = None
            self.failed.emit(failure)

    def is_open_as_wanted(self, request: LoadRequest) -> bool:
        """Whether the open scene has the options that are asked for."""
        return dict(request.chosen) == self._chosen

    def adopt(self, loaded: LoadedScene) -> None:
        """Makes it the open scene."""
        opened = loaded.opened
        if self.opened is None or self.opened.path != opened.path:
            self.left_out = None
        self.opened, self.opening, self.number = opened, None, loaded.request.number
        self.stayed = loaded.request.stay
        self.data, self._chosen = opened.dataset.source if opened.dataset else None, dict(loaded.request.chosen)

    def close(self) -> None:
        """Forgets the open scene; one that is on its way is not wanted any more."""
        self._newest_number += 1
        self.opened = self.data = self.opening = self.left_out = None
        self.number = 0

    def shut_down(self) -> None:
        """Adopts nothing from now on, and waits for what is being opened, but not for long."""
        self._newest_number += 1
        until_s = time.monotonic() + LONGEST_END_S
        for thread in self._threads:
            thread.join(max(until_s - time.monotonic(), 0.0))
