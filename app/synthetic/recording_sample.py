"""Writes recordings of moving scenes: an LLFF folder for each time step, the backgrounds, and masks of what moves.

    frames/00000/images/000.png ...    frames/00000/poses_bounds.npy    frames/00000/qual_path.txt (the first only)
    background/cam00.png ...           masks/00000/000.png ...          poses_bounds.npy

Depths are the 0.1 and 99.9 percentiles of what each camera sees over all time steps, as LLFF has them over its points,
so that planes between them stand still. A mask is white where the centre of a pixel shows something that moves; shadows
don't count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.synthetic.recording import CAMERAS, STEPS, Recording, recording
from app.synthetic.recording_processes import record_all
from app.synthetic.sample import require_empty
from app.synthetic.still_view import StillView
from engines.core.bounds import bounds_seen
from engines.core.camera import Array
from engines.core.data.images import to_uint8, write_png
from engines.core.engine import Stop, never_stop
from engines.core.paths.exchange.llff import write_poses_bounds
from engines.core.paths.generators import camera_path
from engines.core.paths.path_files import write_path
from engines.core.upright import up_direction

VALIDATION_EVERY = 8
# Of more depths than these only some are kept for the percentiles, evenly.
MOST_DEPTHS = 2**23

Range = tuple[float, float]
"""Nearest and farthest depth."""


@dataclass(frozen=True)
class RecordingSample:
    """A folder of recordings that is to be written.

    Attributes:
        size_px: (width, height).
        steps: time steps of each.
        count: recordings; one stands in the folder itself, several stand in `train/` and `validation/`.
    """

    seed: int
    size_px: tuple[int, int]
    steps: int = STEPS
    count: int = 1

    @property
    def pictures(self) -> int:
        """Photographs of all recordings, with the backgrounds."""
        return self.count * CAMERAS * (self.steps + 1)

    def part(self, number: int) -> str:
        """The folder of a recording, under the sample's; which split it is in does not depend on how many there are."""
        if self.count == 1:
            return ""
        split = "validation" if number % VALIDATION_EVERY == 1 else "train"
        return f"{split}/rec_{number:0{max(3, len(str(self.count - 1)))}d}"

    def recording(self, number: int) -> Recording:
        """What is filmed."""
        return recording(self.seed, number, self.size_px, self.steps)


@dataclass(frozen=True)
class Reel:
    """What one camera of one recording takes."""

    folder: Path
    sample: RecordingSample
    number: int
    camera: int
    samples: int

    @property
    def rays(self) -> int:
        """How many rays are kept in memory while the reel is filmed."""
        width, height = self.sample.size_px
        return width * height * self.samples**2

    def record(self, on_picture: Callable[[], None], stop: Stop) -> Range:
        """Writes all its pictures.

        Raises:
            UserError: the place can't be written.
            Cancelled: `stop` said so; every file that is there is whole.
        """
        scene = self.sample.recording(self.number)
        view = StillView(scene.still, scene.cameras[self.camera], self.samples, stop)
        write_png(self.folder / "background" / f"cam{self.camera:02d}.png", to_uint8(view.background.image))
        on_picture()
        depths: list[Array] = []
        stride = -(-self.sample.steps * view.background.depth.size // MOST_DEPTHS)
        for step in range(self.sample.steps):
            picture = view.draw([mover.at(step / scene.steps) for mover in scene.movers])
            mask = picture.mask.astype(np.uint8) * np.uint8(255)
            # The picture comes last: a view whose photograph is there is complete.
            write_png(self.folder / "masks" / f"{step:05d}" / f"{self.camera:03d}.png", mask)
            photograph = self.folder / "frames" / f"{step:05d}" / "images" / f"{self.camera:03d}.png"
            write_png(photograph, to_uint8(picture.image))
            depths.append(picture.depth[np.isfinite(picture.depth)][::stride])
            on_picture()
        near, far = np.percentile(np.concatenate(depths), (0.1, 99.9))
        return float(near), float(far)


def write_recordings(
    folder: Path,
    sample: RecordingSample,
    samples: int = 2,
    on_pictures: Callable[[int], None] | None = None,
    stop: Stop = never_stop,
    processes: int = 1,
) -> None:
    """Writes every recording; its cameras' files come when all of its pictures are there.

    Args:
        folder: new or empty.
        samples: along each side of a pixel.
        on_pictures: told how many more are on the disk.
        processes: that draw at the same time; the files are the same for any number.

    Raises:
        UserError: the folder holds something already, or can't be written.
        Cancelled: `stop` said so; every file that is there is whole.
    """
    require_empty(folder)
    reels = [
        Reel(folder / sample.part(number), sample, number, camera, samples)
        for number in range(sample.count)
        for camera in range(CAMERAS)
    ]
    ranges: dict[int, dict[int, Range]] = {}
    with closing(record_all(reels, processes, on_pictures or (lambda count: None), stop)) as filmed:
        for index, depths in filmed:
            reel = reels[index]
            taken = ranges.setdefault(reel.number, {})
            taken[reel.camera] = depths
            if len(taken) == CAMERAS:
                _write_cameras(reel.folder, sample.recording(reel.number), [taken[n] for n in range(CAMERAS)])


def _write_cameras(folder: Path, scene: Recording, depths: Sequence[Range]) -> None:
    cameras = scene.cameras
    whole = (min(near for near, _ in depths), max(far for _, far in depths))
    up = up_direction(cameras)
    path = camera_path("spiral", cameras[0], cameras, bounds_seen(cameras), up, depths=whole)
    write_path(folder / "frames" / "00000" / "qual_path.txt", path)
    for step in range(scene.steps):
        write_poses_bounds(folder / "frames" / f"{step:05d}" / "poses_bounds.npy", cameras, depths)
    write_poses_bounds(folder / "poses_bounds.npy", cameras, depths)
