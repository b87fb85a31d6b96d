"""A class of objects as SRN has it (Sitzmann et al. 2019): `<instance>/{rgb,pose,intrinsics.txt}`, one folder each.

Or `train`, `validation`, `test` folders of such. An object is known by its folder's name, in whichever split it stands;
those of the training split come first, sorted, as the authors number them.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from engines.core.dataset import Dataset
from engines.core.errors import UserError
from engines.core.formats.deepvoxels_folder import SPLIT_FOLDERS, Part, is_part, read_bounds
from engines.core.formats.object_folders import ObjectFolders, Place
from engines.core.upright import up_direction
from engines.core.views import Split

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
    places = [(part, split, number[part.name]) for split, part in found]
    views = ObjectFolders(places, partial(_list_object, folder / "intrinsics.txt")).views()
    cameras = tuple(view.camera for view in views.of_instance(int(views.instances[0])))
    return Dataset(views, folder, NAME, read_bounds(folder, cameras), up_direction(cameras), instances=tuple(names))


def _list_object(shared: Path, place: Place) -> Part:
    folder, split, number = place
    part = Part(folder, split, shared, f"{folder.name}/", number)
    if not len(part):
        raise UserError(f"{folder}: the object has no poses; needs a 4x4 .txt for each view")
    return part
