"""NeRF's data folder as Blender scripts, instant-ngp and nerfstudio write it: `transforms.json` and the photographs.

What it may say, for all frames or for each: the lens (`transforms_lens.py`) and pose (`transforms_frames.py`), the
photograph, its mask and depths (`transforms_views.py`; names lead to files by `transforms_names.py`), and the split
(`transforms_splits.py`). `near` and `far`, where there are such, are the depths that all cameras see; instant-ngp's
`aabb` is the scene's box, its `up` the world's. What it says that is not used is named in the notes
(`transforms_notes.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from engines.core.bounds import bounds_between, bounds_of_points, bounds_seen
from engines.core.camera import Array, Camera, project
from engines.core.data.dataset import Dataset
from engines.core.data.images import photograph_size
from engines.core.data.views import Split, View, Views
from engines.core.errors import UserError
from engines.core.formats.ply_points import read_points
from engines.core.formats.transforms_frames import TransformsFile
from engines.core.formats.transforms_names import FrameFiles
from engines.core.formats.transforms_notes import merged, notes_of
from engines.core.formats.transforms_splits import (
    FILE,
    SPLIT_FILES,
    chosen_files,
    held_apart,
    listed_splits,
    passed_over,
)
from engines.core.formats.transforms_views import TransformsViews
from engines.core.formats.transforms_written import write_transforms
from engines.core.reading import shortened
from engines.core.upright import AS_STATED, up_direction

__all__ = [
    "LAYOUT",
    "NAME",
    "detect",
    "has_photographs",
    "read",
    "read_cameras",
    "read_folder_cameras",
    "write_transforms",
]

NAME = "transforms"
LAYOUT = "NeRF's transforms.json, or transforms_train.json, ..._val.json, ..._test.json, beside the photographs"
HELD_OUT_FRAMES = "test_frames"
"""Of ScanNet++: frames to test with, in a list of their own."""


def detect(folder: Path) -> bool:
    """Whether one of the files is there."""
    return any((folder / name).is_file() for name in (FILE, *SPLIT_FILES))


def read(folder: Path) -> Dataset:
    """Opens it; frames whose photographs are missing are left out, and counted in the notes.

    Raises:
        UserError: names the file, and the frame that is wrong.
    """
    files = FrameFiles(folder)
    capture = _Capture(files)
    chosen = chosen_files(folder)
    for path, split in chosen:
        file = TransformsFile(path)
        capture.add(TransformsViews(file, files), split)
        if isinstance(file.data.get(HELD_OUT_FRAMES), list) and file.data[HELD_OUT_FRAMES]:
            capture.add(TransformsViews(TransformsFile(path, HELD_OUT_FRAMES), files), "test")
    views = capture.views()
    views.sort(key=lambda view: view.split != "train")
    notes = [*notes_of(capture.files, merged([p.noticed for p in capture.photographs]), capture.total), *capture.notes]
    if others := passed_over(folder, chosen):
        more = " and more" if len(others) > 3 else ""
        notes.append(f"{', '.join(others[:3])}{more} beside {chosen[0][0].name}: not read")
    return _dataset(folder, views, capture, notes)


def read_cameras(path: Path, like: Camera) -> list[Camera]:
    """The cameras of one file in the order of its frames, whether their photographs are there or not.

    Args:
        like: its size is taken where neither the file nor a photograph has one; its lens where the file has none.

    Raises:
        UserError: names the file, and the frame that is wrong.
    """
    file, files, cameras = TransformsFile(path), FrameFiles(path.parent), list[Camera]()
    for index in range(len(file)):
        lens = file.lens(index, None)
        if lens is None:
            found = files.find(file.name(index))
            lens = file.lens(index, photograph_size(found.path) if found is not None else like.size_px)
        if lens is None:
            raise ValueError("a picture has a size")
        cameras.append(file.camera(index, lens))
    return cameras


def read_folder_cameras(folder: Path, like: Camera) -> list[Camera]:
    """The cameras of all files of a folder, each read as `read_cameras` does.

    Raises:
        UserError: names the file, and the frame that is wrong.
    """
    return [camera for path, _ in chosen_files(folder) for camera in read_cameras(path, like)]


def has_photographs(folder: Path) -> bool:
    """Whether any photograph is there that the files name.

    Raises:
        UserError: names the file that is wrong.
    """
    files = FrameFiles(folder)
    return any(
        files.find(name) is not None for path, _ in chosen_files(folder) for name in TransformsFile(path).names()
    )


@dataclass
class _Capture:
    """The files of a folder, with the photographs of each and the splits of these.

    Attributes:
        looked_up: the files of the folder.
        shots: (which of the files, its frame, the split), of those whose photographs are there.
    """

    looked_up: FrameFiles
    files: list[TransformsFile] = field(default_factory=list)
    photographs: list[TransformsViews] = field(default_factory=list)
    shots: list[tuple[int, int, Split]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many photographs they name."""
        return sum(len(file) for file in self.files)

    def add(self, photographs: TransformsViews, split: Split | None) -> None:
        """One more file, of one split, or of those that it lists."""
        file, number = photographs.file, len(self.files)
        splits: list[set[Split]] = [{split}] * len(file) if split is not None else []
        if split is None:
            splits, notes = listed_splits(file.path, file.data, file.names())
            self.notes += notes
        self.files.append(file)
        self.photographs.append(photographs)
        order: tuple[Split, ...] = ("train", "validation", "test")
        self.shots += [
            (number, index, name)
            for index, found in enumerate(splits)
            if photographs.path(index) is not None
            for name in order
            if name in found
        ]

    def views(self) -> list[View]:
        """Of all photographs that stay.

        Raises:
            UserError: there are none, or names the frame that is wrong.
        """
        paths = [path for number, index, _ in self.shots if (path := self.photographs[number].path(index)) is not None]
        if not paths:
            missing = next((p.noticed.missing[0] for p in self.photographs if p.noticed.missing), None)
            if missing is None:
                raise UserError(f"{self.files[0].path}: its lists of splits hold none of its photographs")
            raise UserError(
                f"{self.files[0].path}: none of its photographs is there, such as {shortened(missing, 200)}; they are "
                f"looked for in {self.files[0].path.parent} only"
            )
        stay, notes = held_apart(paths, [split for _, _, split in self.shots])
        self.notes += notes
        kept = [shot for shot, stays in zip(self.shots, stay, strict=True) if stays]
        views = list[View]()
        for number, photographs in enumerate(self.photographs):
            of_file = [(index, split) for at, index, split in kept if at == number]
            views += photographs.views([index for index, _ in of_file], [split for _, split in of_file])
        return _named_apart(views)


def _named_apart(views: Sequence[View]) -> list[View]:
    """The same; views of one split that would have one name (a.png, a.jpg) keep their suffix."""
    counts = Counter((view.name, view.split) for view in views)
    return [
        replace(view, name=f"{view.name}{view.image_path.suffix}")
        if counts[view.name, view.split] > 1 and view.image_path is not None
        else view
        for view in views
    ]


def _dataset(folder: Path, views: Sequence[View], capture: _Capture, notes: Sequence[str]) -> Dataset:
    cameras = tuple(view.camera for view in views if view.split == views[0].split)
    main = capture.files[0]
    depths, hints = main.depths(), dict[str, object]()
    if depths is not None:
        hints |= {"near": depths[0], "far": depths[1], "ranges": [list(depths)]}
    step = capture.photographs[0].depth_step
    if step is not None:
        hints["depth_step"] = step
    bounds, up, points = _stated_box(main), main.vectors("up", 1), np.empty((0, 3))
    if bounds is None:
        box, note = _box_of_points(main, capture.looked_up, cameras)
        bounds, points = box or (bounds, points)
        notes = [*notes, note] if note else notes
    if bounds is None:
        bounds = bounds_between(cameras, *depths) if depths is not None else bounds_seen(cameras)
    length = 0.0 if up is None else float(np.linalg.norm(up))
    direction, found = (up[0] / length, AS_STATED) if up is not None and length > 0 else (up_direction(cameras), "")
    return Dataset(Views.of(views), folder, NAME, bounds, direction, hints, tuple(notes), up_found=found, points=points)


def _box_of_points(
    file: TransformsFile, files: FrameFiles, cameras: Sequence[Camera]
) -> tuple[tuple[Array, Array] | None, str]:
    """[2, 3] about the points that nerfstudio keeps beside the poses, these [N, 3], and what is to be said of it.

    None where there are no such points, or too few, or the cameras don't look at them.
    """
    name = file.data.get("ply_file_path")
    if not isinstance(name, str) or not name:
        return None, ""
    found = files.find(name, (".ply",))
    if found is None:
        return None, f"the points of {shortened(name)} (ply_file_path) are not there"
    try:
        points = read_points(found.path)
        box = bounds_of_points(points)
    except UserError as error:
        return None, f"the points of ply_file_path are not used: {error}"
    if box is not None:
        ahead = [float(project(camera, box.mean(axis=0)[None])[1][0]) > 0 for camera in cameras]
        if 2 * sum(ahead) > len(ahead):
            return (box, points), f"the box is about the points of {found.path.name} (ply_file_path)"
    note = f"the points of {found.path.name} (ply_file_path) are too few or not before the cameras: not used"
    return None, note


def _stated_box(file: TransformsFile) -> Array | None:
    """[2, 3] instant-ngp's `aabb`; None where there is none that could hold something."""
    box = file.vectors("aabb", 2)
    return box if box is not None and (box[0] < box[1]).all() else None
