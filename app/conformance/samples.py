"""Small data of each kind that methods train on: a still scene, classes of objects, a recording."""

from __future__ import annotations

from pathlib import Path

from app.synthetic.lsm_sample import lsm_sample, write_lsm_sample
from app.synthetic.recording_sample import RecordingSample, write_recordings
from app.synthetic.sample import deepvoxels_sample, srn_sample, write_sample
from engines.core.data.dataset import Dataset
from engines.core.formats import open_dataset

SIDE_PX = 32
RECORDING_PX = (48, 32)
SEED = 0


def small_samples(folder: Path) -> tuple[Dataset, ...]:
    """Writes them into a new or empty folder, and opens them; takes two seconds."""
    write_sample(folder / "still", deepvoxels_sample(SEED, SIDE_PX, train=6, validation=1, test=1), samples=1)
    write_sample(folder / "class", srn_sample(SEED, SIDE_PX, objects=2, train=3, held_out=1), samples=1)
    write_recordings(folder / "recording", RecordingSample(SEED, RECORDING_PX, steps=2), samples=1)
    write_lsm_sample(folder / "voxels", lsm_sample(SEED, SIDE_PX, objects=2, views=4), samples=1)
    return tuple(open_dataset(folder / name) for name in ("still", "class", "recording", "voxels"))
