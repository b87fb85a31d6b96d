"""Brush (Arthur Brussee), which trains Gaussians on any graphics card: its program, and what it is told.

Its options as of version 0.3 and later; a relative export path would be taken from the folder above the data.
"""

from __future__ import annotations

import shutil
from pathlib import Path

PROGRAMS = ("brush", "brush_app", "brush-app")
"""By which names its releases and packages have it."""
RELEASES = "https://github.com/ArthurBrussee/brush/releases"
EXPORTS = "exports"
"""The folder beside the photographs that it writes its scenes to."""
EVERY = 500
"""Steps from one exported scene to the next."""


def find_brush() -> Path | None:
    """The program, where one of its names is on PATH."""
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    return Path(found) if found is not None else None


def brush_words(program: str, folder: Path, every: int = EVERY) -> list[str]:
    """Its command line, to train on a project of COLMAP in `folder` and write `export_N.ply` into its `EXPORTS`."""
    exports = str((folder / EXPORTS).resolve())
    return [program, str(folder.resolve()), "--export-every", str(every), "--export-path", exports,
            "--export-name", "export_{iter}.ply"]  # fmt: skip
