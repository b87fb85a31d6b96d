"""A class of objects as SRN has it (Sitzmann et al. 2019): `<instance>/{rgb,pose,intrinsics.txt}`, one folder each.

Or `train`, `validation`, `test` folders of such. An object is known by its folder's name, in whichever split it stands;
those of the training split come first, sorted, as the authors number them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engines.core.dataset import Dataset, Split, View, up_direction
from engines.core.errors import UserError
from engines.core.formats.deepvoxels_folder import SPLIT_FOLDERS, is_part, read_bounds, read_intrinsics, read_part

NAME = "srn"
LAYOUT = "a class: <instance>/{intrinsics.txt,pose,rgb} for each object, or train, validation, test folders of these"


def detect(folder: Path) -> bool:
    """Whether one of its folders, or of a split's, is an object with poses."""
    return any(_objects(root) for _, root in _roots(folder))


def _roots(folder: Path) -> list[tuple[Split, Path]]:
    splits = [(split, folder / name) for name, split in SPLIT_FOLDERS if (folder / name).is_dir()]
    found = [(split, root) for split, root in splits if _objects(root)]
    return found or [("train", folder)]


def _objects(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    return sorted(path for path in root.iterdir() if path.is_dir() and is_part(path))


def read(folder: Path) -> Dataset:
    """Opens the class with all its splits.

    Raises:
        UserError: names the file that is wrong, or the object without views.
    """
    found = [(split, part) for split, root in _roots(folder) for part in _objects(root)]
    names = list(dict.fromkeys(part.name for split, part in found if split == "train"))
    names += sorted({part.name for _, part in found} - set(names))
    number = {name: index for index, name in enumerate(names)}
    views: list[View] = []
    for split, part in found:
        views += _read_object(part, split, number[part.name], folder)
    views.sort(key=lambda view: view.split != "train")
    cameras = tuple(view.camera for view in views if view.instance == views[0].instance)
    return Dataset(
        tuple(views), folder, NAME, read_bounds(folder, cameras), up_direction(cameras), instances=tuple(names)
    )


def _read_object(part: Path, split: Split, number: int, folder: Path) -> list[View]:
    own = part / "intrinsics.txt"
    views = read_part(part, split, read_intrinsics(own if own.is_file() else folder / "intrinsics.txt"))
    if not views:
        raise UserError(f"{part}: the object has no poses; needs a 4x4 .txt for each view")
    return [replace(view, name=f"{part.name}/{view.name}", instance=number) for view in views]
