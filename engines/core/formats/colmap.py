"""A folder of photographs that COLMAP has found the cameras of: its sparse model, binary or text, beside `images/`.

`cameras` holds the lenses, `images` a rotation and translation from world to camera for each photograph with the points
that it shows, `points3D` their places. The pixel grid is ours: the middle of the first pixel is at (0.5, 0.5). Depths
are those of the points that each photograph shows, between the percentiles that LLFF takes.

A photograph is looked for by its name in `images/`, then below the project, then by the last part of its name; where
there are several models the one of most photographs is taken. Photographs that are not there are left out, as those are
whose camera is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from engines.core.bounds import GUESSED_DEPTHS, guessed_depths
from engines.core.camera import Camera
from engines.core.data.dataset import Dataset
from engines.core.data.images import (
    fitted_camera,
    list_images,
    natural_order,
    photograph_size,
    turned_for,
    turned_size,
)
from engines.core.data.views import View
from engines.core.errors import UserError
from engines.core.formats.beside import listed_splits
from engines.core.formats.colmap_files import is_model, picture_count, read_model
from engines.core.formats.colmap_model import ColmapCamera, ColmapImage, Model, picture_camera, refusal
from engines.core.formats.instance_folders import Place
from engines.core.formats.left_out import LeftOut
from engines.core.formats.llff import IMAGES, largest_images
from engines.core.formats.mask_files import INPUT, MaskFiles
from engines.core.formats.several_scenes import Extent, find_scenes, scenes_among, scenes_dataset
from engines.core.formats.transforms_names import natural_order as names_in_order

NAME = "colmap"
LAYOUT = (
    "a model of COLMAP: cameras, images and points3D (.bin or .txt) in sparse/0/ or sparse/, beside images/ (or input/)"
)

PLACES = ("sparse", "colmap/sparse", "dense/sparse", "dense/0/sparse", "undistorted/sparse", "distorted/sparse", "")
"""Where a model may be, or a numbered folder for each of several."""
DISTORTED = "distorted"
DEPTH_MAPS = "stereo/depth_maps"


def find_model(folder: Path) -> Path | None:
    """The folder of the model that `folder` holds; of several that of most photographs; None without one."""
    models = _models(folder)
    if len(models) < 2:
        return models[0] if models else None
    return max(models, key=picture_count)


def _models(folder: Path) -> list[Path]:
    """Those of the first place that has any."""
    for name in PLACES:
        place = folder / name
        if not place.is_dir():
            continue
        numbered = [path for path in place.iterdir() if path.name.isdecimal() and is_model(path)] if name else []
        if numbered:
            return sorted(numbered, key=natural_order)
        if is_model(place):
            return [place]
    return []


def _project(folder: Path, model: Path) -> Path:
    """The folder whose photographs the model is of: `dense/` for `dense/sparse/0`."""
    parts = model.relative_to(folder).parts
    if parts and parts[0] in ("dense", "undistorted"):
        return folder.joinpath(*parts[: parts.index("sparse")])
    return folder


def _has_images(project: Path) -> bool:
    return (project / INPUT).is_dir() or any(path.is_dir() for path in project.glob(IMAGES + "*"))


def _images(project: Path, model: Path) -> Path:
    """The folder of the photographs: the project itself, where they have none of their own."""
    as_taken = project / INPUT
    if as_taken.is_dir() and (DISTORTED in model.relative_to(project).parts or not any(project.glob(IMAGES + "*"))):
        return as_taken
    return largest_images(project) if _has_images(project) else project


def _is_scene(folder: Path) -> bool:
    model = find_model(folder)
    if model is None:
        return False
    project = _project(folder, model)
    if _has_images(project):
        return True
    # Without such a folder the names lead to the photographs.
    try:
        pictures = read_model(model).pictures
    except UserError:
        return False
    return any((project / picture.name).is_file() for picture in pictures)


_scenes_in = partial(scenes_among, is_scene=_is_scene)


def detect(folder: Path) -> bool:
    """Whether a model and photographs are there, or in some of its folders."""
    return bool(find_scenes(folder, _scenes_in))


def read(folder: Path) -> Dataset:
    """Opens one scene, or several.

    Raises:
        UserError: names the file that is wrong; or none of the photographs is there, or can be drawn.
    """
    return scenes_dataset(NAME, folder, find_scenes(folder, _scenes_in), ColmapViews)


class ColmapViews:
    """One scene's views."""

    has_images = True

    def __init__(self, place: Place, prefix: str) -> None:
        """Reads the model.

        Raises:
            UserError: names what is missing or doesn't fit.
        """
        folder, split, self._number = place
        model_folder = find_model(folder)
        if model_folder is None:
            raise UserError(f"{folder}: has no model of COLMAP in it")
        self._folder, self._prefix, project = model_folder, prefix, _project(folder, model_folder)
        images = _images(project, model_folder)
        model = read_model(model_folder)
        self._lenses = model.lenses
        in_order = sorted(model.pictures, key=lambda picture: names_in_order(picture.name))
        drawn = [picture for picture in in_order if not model.lenses[picture.lens].refused]
        if not drawn:
            raise UserError(f"{model_folder}: {refusal(model.lenses[model.pictures[0].lens].refused)}")
        paths = _find_photographs(project, images, [picture.name for picture in model.pictures])
        self._pictures = [(picture, path) for picture in drawn if (path := paths.get(picture.name)) is not None]
        if not self._pictures:
            raise UserError(
                f"{images}: has no {drawn[0].name}, which {model_folder} holds a camera for, nor any other of its "
                f"{len(drawn)} photographs"
            )
        listed = listed_splits(tuple(dict.fromkeys((model_folder, project, folder))), self.names, split)
        self._splits, self._pictures = listed.splits, [self._pictures[index] for index in listed.kept]
        self._masks = MaskFiles(images)
        self._names = {path: _below(images, project, path) for path in paths.values()}
        depths, guessed = _depths(model)
        notes = (
            *_several(folder, model_folder),
            *model.notes,
            *_left_out(model, paths, images, images != project).notes(f"{images.name}/", "camera in the model"),
            *_refused(model),
            *listed.notes,
            *self._masks.notes(list(self._names.values())),
            *guessed,
            *_depth_maps(project),
        )
        self.extent = Extent(depths, len(self._pictures), points=model.points, splits=self._splits, notes=notes)

    @property
    def names(self) -> list[str]:
        """The photographs' names, as the model has them."""
        return [picture.name for picture, _ in self._pictures]

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, index: int) -> View:
        picture, path = self._pictures[index]
        lens, size_px = self._lenses[picture.lens], photograph_size(path)
        turned = turned_for(path, size_px, lens.size_px)
        return View(
            self._camera(picture, turned_size(size_px, turned)),
            self._prefix + Path(self._names[path]).with_suffix("").as_posix(),
            self._splits[index],
            path,
            instance=self._number,
            distortion=lens.distortion,
            valid_mask_path=self._masks.find(self._names[path]),
            turned=turned,
        )

    def _camera(self, picture: ColmapImage, size_px: tuple[int, int]) -> Camera:
        where = f"{self._folder}: {picture.name}"
        return fitted_camera(where, picture_camera(where, picture, self._lenses[picture.lens]), size_px)


_PARTS: Sequence[Callable[[Path], str]] = (
    # Of a rig, whose cameras all have a 0001.jpg, with the folder.
    lambda path: "/".join(path.parts[-2:]),
    lambda path: "/".join(path.parts[-2:]).lower(),
    lambda path: "/".join(path.with_suffix("").parts[-2:]).lower(),
    lambda path: path.name,
    lambda path: path.name.lower(),
    lambda path: path.stem.lower(),
)
"""Of a name, by which a photograph is known where the whole of it leads nowhere."""


def _find_photographs(project: Path, images: Path, names: Sequence[str]) -> dict[str, Path]:
    """The file of each name that has one: `images/<name>`, `<name>` below the project, or the only one called so."""
    found = {name: path for name in names for path in (images / name, project / name) if path.is_file()}
    # The first place that has it counts.
    found |= {name: images / name for name in names if (images / name).is_file()}
    lacking = [name for name in names if name not in found]
    if not lacking:
        return found
    taken = set(found.values())
    files = [path for path in _photographs_below(images) if path not in taken]
    # Converters cut names short, and write copies of another kind.
    for part in _PARTS:
        wanted = Counter(part(Path(name)) for name in names)
        there = Counter(part(path) for path in files)
        only = {part(path): path for path in files if there[part(path)] == 1}
        for name in lacking:
            key = part(Path(name))
            if name not in found and wanted[key] == 1 and key in only:
                found[name] = only[key]
    return found


def photographs_of(folder: Path, names: Sequence[str]) -> dict[str, Path]:
    """The file of each name in the model of a folder, for those that are there."""
    model = find_model(folder)
    if model is None:
        return {}
    project = _project(folder, model)
    return _find_photographs(project, _images(project, model), names)


def _photographs_below(folder: Path) -> list[Path]:
    """Also in folders of it, as for rigs."""
    folders = sorted(path for path in folder.rglob("*") if path.is_dir() and not path.name.startswith("."))
    return [image for place in (folder, *folders) for image in list_images(place)]


def _below(images: Path, project: Path, path: Path) -> str:
    return path.relative_to(images if path.is_relative_to(images) else project).as_posix()


def _left_out(model: Model, paths: dict[str, Path], images: Path, has_images: bool) -> LeftOut:
    """Photographs without a camera, and cameras without a photograph."""
    names = [picture.name for picture in model.pictures]
    # A phone may keep one photograph in two files.
    used = {path.with_suffix("") for path in paths.values()}
    # Without a folder of their own, other pictures than photographs may lie beside.
    there = _photographs_below(images) if has_images else sorted(paths.values())
    without = [
        path.relative_to(images).with_suffix("").as_posix() for path in there if path.with_suffix("") not in used
    ]
    return LeftOut(len(names), len(there), [name for name in names if name not in paths], without)


def _refused(model: Model) -> Iterable[str]:
    lenses: list[ColmapCamera] = [model.lenses[picture.lens] for picture in model.pictures]
    refused = [lens.refused for lens in lenses if lens.refused]
    if refused:
        yield f"{len(refused)} of {len(lenses)} photographs are left out: {refusal(refused[0])}"


def _several(folder: Path, taken: Path) -> Iterable[str]:
    models = _models(folder)
    if len(models) > 1:
        counts = {path: picture_count(path) for path in models}
        others = ", ".join(f"{path.name} ({count})" for path, count in counts.items() if path != taken)
        yield (
            f"{taken.parent.name}/ holds {len(models)} models, which don't hang together: {taken.name}, of "
            f"{counts[taken]} photographs, is taken, not {others}"
        )


def _depth_maps(project: Path) -> Iterable[str]:
    count = sum(1 for path in (project / DEPTH_MAPS).rglob("*.bin")) if (project / DEPTH_MAPS).is_dir() else 0
    if count:
        yield f"{count} depth maps in {DEPTH_MAPS}/ are not used"


def _depths(model: Model) -> tuple[tuple[float, float], Sequence[str]]:
    """The nearest and farthest depth, and what had to be assumed for it."""
    ranges = model.depth_ranges()
    if ranges:
        near, far = min(near for near, _ in ranges), max(far for _, far in ranges)
        return (near, max(far, near * 1.001)), ()
    cameras = [
        picture_camera(picture.name, picture, model.lenses[picture.lens])
        for picture in model.pictures
        if not model.lenses[picture.lens].refused
    ]
    return guessed_depths(cameras), (
        f"the model has no points, which say how near and far the scene is: {GUESSED_DEPTHS}",
    )
