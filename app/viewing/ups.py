"""Which way is up in the scenes of a session, as somebody chose; kept in the scenes' own files."""

from __future__ import annotations

from pathlib import Path

from app.demos import demo_scenes
from app.viewing.opening import keep_up
from engines.core.camera import Array
from engines.core.storage.run_folder import LIVE_NAME, SCENE_NAME, is_run_folder


class Ups:
    """The directions chosen since the program was started, by scene: the one that is chosen last counts."""

    def __init__(self) -> None:
        self._chosen: dict[Path, Array] = {}

    def choose(self, path: Path, up: Array) -> None:
        """Takes `up` [3], a unit vector in the world, for the scene at `path`, however it is opened."""
        self._chosen[_place(path)] = up

    def of(self, path: Path) -> Array | None:
        """[3] what was chosen; None where nothing was."""
        return self._chosen.get(_place(path))


def _place(path: Path) -> Path:
    """A run's scene is the same while it is learnt and afterwards."""
    path = Path(path).absolute()
    return path.parent if path.name in (SCENE_NAME, LIVE_NAME) else path


def keep_in_file(path: Path, up: Array) -> None:
    """Writes `up` [3], a unit vector in the world, into the scene's file, where that is one of ours and the user's own.

    Raises:
        UserError: the file can't be written now.
    """
    own = path.suffix == ".safetensors" or is_run_folder(path)
    if own and path.resolve() not in {demo.resolve() for demo in demo_scenes()}:
        keep_up(path, up)
