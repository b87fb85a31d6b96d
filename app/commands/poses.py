"""`main.py poses`: finds the cameras of photographs, or of a video's frames."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from app.capture.colmap.structure_from_motion import SfmProgress, find_poses
from app.capture.sharp_frames import FRAMES, write_sharpest
from app.commands.console import LOG_INTERVAL_S, notes
from engines.core.data.picture_files import VIDEO_SUFFIXES
from engines.core.engine import never_stop
from engines.core.files import require_named


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "source", type=Path, metavar="FOLDER|VIDEO", help="photographs, in the folder or in its images/; or a video"
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=(
        "of a video: where its sharpest frames and their cameras go (default: a folder of its name beside it)"
    ))  # fmt: skip
    parser.add_argument("--frames", type=int, default=FRAMES, metavar="N", help=(
        "of a video: about so many are taken (default: %(default)s)"
    ))  # fmt: skip
    parser.add_argument("--sequential", action="store_true", help=(
        "sequential matching: photographs are in their order by name, each overlaps with the next; much faster for many"
    ))  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help=(
        "replace what stands where cameras are written (sparse/0, sparse_pc.ply, transforms.json, poses_bounds.npy) "
        "and was not written by this command (the old is kept)"
    ))  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Finds them; the names of what was written are the lines on stdout.

    Raises:
        UserError: no photographs, cameras of somebody else's are there, or none, or only few, can be found.
    """
    folder, video = arguments.source, arguments.source.suffix.lower() in VIDEO_SUFFIXES
    if video:
        folder = arguments.out or arguments.source.with_suffix("")
        require_named(folder)
        # The delay keeps the line of an error at once (another command writes there) free of a bar.
        with tqdm(total=arguments.frames, unit="frame", mininterval=_interval(), desc="frames", delay=1) as bar:
            write_sharpest(arguments.source, folder / "images", arguments.frames, lambda done: bar.update(done - bar.n))
    with _Bars() as bars:
        ordered = True if video or arguments.sequential else None
        found = find_poses(folder, bars, never_stop, ordered, arguments.overwrite, in_background=False)
    notes([*found.notes, *(f"warning: {warning}" for warning in found.warnings)])
    sys.stderr.write(
        f"{found.photographs - len(found.without)} cameras, {found.points} points, "
        f"reprojection error {found.error_px:.2f} px\n"
    )
    for path in found.written:
        sys.stdout.write(f"{path}\n")
    return 0


def _interval() -> float:
    return 0.1 if sys.stderr.isatty() else LOG_INTERVAL_S


class _Bars:
    """A bar for each stage."""

    def __init__(self) -> None:
        self._stage = ""
        self._bar: tqdm[None] | None = None

    def __enter__(self) -> _Bars:
        return self

    def __call__(self, progress: SfmProgress) -> None:
        """Shows how far it is."""
        stage = f"{progress.stage} ({progress.attempt})" if progress.attempt else progress.stage
        if stage != self._stage:
            self.__exit__()
            self._stage = stage
            self._bar = tqdm(total=progress.total, desc=stage, mininterval=_interval(), file=sys.stderr)
        if self._bar is not None:
            self._bar.update(max(progress.done - self._bar.n, 0))

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
