"""The cameras of a path alone, as a file that other programs read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.camera.fitting import Fit, fit_cameras
from app.export.render_settings import CameraPath
from app.viewing.opening import Opened
from engines.core import distributed
from engines.core.data.origin import in_world
from engines.core.errors import UserError
from engines.core.paths.exchange.formats import write_content
from engines.core.paths.path_content import PathContent


def write_cameras(
    out: Path,
    opened: Opened,
    path: CameraPath,
    read_from: str | Path | None = None,
    size_px: tuple[int, int] | None = None,
    fit: Fit | None = None,
    form: str | None = None,
    fps: float | None = None,
    overwrite: bool = False,
) -> tuple[str, ...]:
    """Writes the cameras as the scene would draw them, in the world of the data, and what else the format has room for.

    Args:
        out: of a format, as `format_of` tells it.
        read_from: the file or folder that the path was read from, if it was.
        size_px, fit: as in `fit_cameras`.
        form: a name of `PATH_FORMATS`; None: as the file's name or suffix says.
        fps: frames a second, where somebody said; None: as the path has it.
        overwrite: as in `write_content`.

    Returns:
        what the format has no room for, in a line; or nothing.

    Raises:
        UserError: it would replace a file that is read here; or the place can't be written.
    """
    _require_own_file(out, opened, read_from)
    if not distributed.here().is_first:
        return ()
    fitted = in_world(fit_cameras(opened.scene, path.cameras, size_px, fit), opened.origin)
    keyed = path.keyed
    if keyed is not None:
        seen = fit_cameras(opened.scene, [key.camera for key in keyed.keys], size_px, fit)
        keys = tuple(replace(key, camera=camera) for key, camera in zip(keyed.keys, seen, strict=True))
        keyed = replace(keyed, keys=keys)
    rate = path.fps if fps is None else fps
    content = PathContent(fitted, rate, path.times, keyed, interpolated=path.are_of_keys, up=opened.scene.up)
    return write_content(out, content, form, overwrite)


def _require_own_file(out: Path, opened: Opened, path: str | Path | None) -> None:
    """Refuses to write a path over the one that was read, or over a file of the data folder."""
    data = opened.dataset.source.resolve() if opened.dataset is not None else None
    is_theirs = data is not None and data in out.resolve().parents
    is_read = path is not None and out.resolve() == Path(path).expanduser().resolve()
    if out.exists() and (is_theirs or is_read):
        raise UserError(f"--out {out}: would replace a file that is read here; write the path to another place")
