"""The cameras of a path alone, as a file that other programs read."""

from __future__ import annotations

from pathlib import Path

from app.camera.fitting import Fit, fit_cameras
from app.export.render_settings import CameraPath
from app.viewing.opening import Opened
from engines.core import distributed
from engines.core.data.origin import in_world
from engines.core.errors import UserError
from engines.core.paths.generators import write_path


def write_cameras(
    out: Path,
    opened: Opened,
    path: CameraPath,
    read_from: str | Path | None = None,
    size_px: tuple[int, int] | None = None,
    fit: Fit | None = None,
) -> None:
    """Writes the cameras as the scene would draw them, in the world of the data, and the time steps of a recording.

    Args:
        out: of a suffix of `WRITTEN_SUFFIXES`.
        read_from: the file or folder that the path was read from, if it was.
        size_px, fit: as in `fit_cameras`.

    Raises:
        UserError: it would replace a file that is read here; or the place can't be written.
    """
    _require_own_file(out, opened, read_from)
    if distributed.here().is_first:
        fitted = fit_cameras(opened.scene, path.cameras, size_px, fit)
        write_path(out, in_world(fitted, opened.origin), path.times)


def _require_own_file(out: Path, opened: Opened, path: str | Path | None) -> None:
    """Refuses to write a path over the one that was read, or over a file of the data folder."""
    data = opened.dataset.source.resolve() if opened.dataset is not None else None
    is_theirs = data is not None and data in out.resolve().parents
    is_read = path is not None and out.resolve() == Path(path).expanduser().resolve()
    if out.exists() and (is_theirs or is_read):
        raise UserError(f"--out {out}: would replace a file that is read here; write the path to another place")
