"""A class of objects as SRN has it (Sitzmann et al. 2019): `<instance>/{rgb,pose,intrinsics.txt}`, one folder each.

Or `train`, `validation`, `test` folders of such, also named `cars_train`, `cars_val`, `cars_test`, as published. An
object is known by its folder's name, in whichever split it stands;
those of the training split come first, sorted, as the authors number them.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from engines.core.data.dataset import Dataset
from engines.core.data.views import Split
from engines.core.errors import UserError
from engines.core.formats.deepvoxels_folder import Part, is_part, read_bounds
from engines.core.formats.instance_folders import ObjectFolders, Place
from engines.core.formats.left_out import LeftOut, of_objects
from engines.core.formats.splits import read_split_lists, split_folders
from engines.core.upright import up_direction

NAME = "srn"
LAYOUT = "a class: <instance>/{intrinsics.txt,pose,rgb} for each object, or train, validation, test folders of these"


def detect(folder: Path) -> bool:
    """Whether one of its folders, or of a split's, is an object with poses."""
    return any(_objects(root) for _, root in _roots(folder))


def _roots(folder: Path) -> list[tuple[Split, Path]]:
    found = [(split, root) for split, place in split_folders(folder) if _objects(root := _inner(place))]
    return found or [("train", folder)]


def _objects(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    return sorted(path for path in root.iterdir() if path.is_dir() and is_part(path))


def _inner(root: Path) -> Path:
    """The folder of a split's objects: published chairs lie in `chairs_train/chairs_2.0_train/`."""
    folders = [path for path in root.iterdir() if path.is_dir()]
    return folders[0] if len(folders) == 1 and not is_part(folders[0]) else root


def read(folder: Path) -> Dataset:
    """Opens the class with all its splits.

    Raises:
        UserError: names the file that is wrong, or the object without views.
    """
    lists = read_split_lists(folder)
    roots = _roots(folder)
    found = [(split, part) for split, root in roots for part in _objects(root)]
    notes: tuple[str, ...] = (lists.not_used,) if lists.not_used else ()
    if len(roots) == 1 and roots[0][1] == folder and lists.concern(part.name for _, part in found):
        notes = lists.notes([part.name for _, part in found])
        found = [(split, part) for _, part in found if (split := lists.split(part.name)) is not None]
    names = list(dict.fromkeys(part.name for split, part in found if split == "train"))
    names += sorted({part.name for _, part in found} - set(names))
    number = {name: index for index, name in enumerate(names)}
    places = [(part, split, number[part.name]) for split, part in found]
    left_out, said = LeftOut(), dict[str, tuple[str, ...]]()

    def notice(place: Place, part: Part) -> None:
        left_out.add(part.left_out)
        if part.notes:
            said[place[0].name] = part.notes

    views = ObjectFolders(places, partial(_object, folder / "intrinsics.txt"), notice).views()
    cameras = tuple(view.camera for view in views.of_instance(int(views.instances[0])))
    return Dataset(
        views,
        folder,
        NAME,
        read_bounds(folder, cameras),
        up_direction(cameras),
        notes=(*notes, *left_out.notes("rgb/", "pose"), *of_objects(said)),
        instances=tuple(names),
    )


def _object(shared: Path, place: Place) -> Part:
    """Lists one; `shared` are the intrinsics of those that have none of their own."""
    folder, split, number = place
    part = Part(folder, split, shared, f"{folder.name}/", number)
    if not len(part):
        raise UserError(f"{folder}: the object has no poses; needs a 4x4 .txt for each view")
    return part
