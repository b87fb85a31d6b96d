"""DVR's data folder (Niemeyer et al. 2020), which IDR and NeuS took over: `cameras.npz` beside `image/`.

NeuS calls the file `cameras_sphere.npz`. One object's folder, or a folder of such, also with lists of names for the
splits, as DVR's ShapeNet has them; or `train`, `validation`, `test` folders of these; or a folder of categories. How
the matrices are meant is in `projections.py`. `image/` and `mask/` go by their numbers where there is one for each
camera or fewer, as `000042.jpg` is of `world_mat_42`, else in order.

The world is the scaled one, in which the object fills a cube of side 1 about the origin (IDR: a sphere of radius 1):
that is where programs that read this file work, and where published weights and other readers' paths are. The hint
`scale_mat` leads from it to the world that the object was measured in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.depth_files import DEPTH_SUFFIXES
from engines.core.data.images import files_with, in_natural_order, list_in_order, photograph_size
from engines.core.data.views import View
from engines.core.errors import UserError
from engines.core.formats.instance_folders import ObjectFolders, Place
from engines.core.formats.left_out import numbers_in, of_objects
from engines.core.formats.projections import Projection, four_by_four, read_projection
from engines.core.formats.several_scenes import find_instances, scenes_among
from engines.core.reading import npz_names, read_npz, reading
from engines.core.upright import up_direction

NAME = "dvr"
LAYOUT = (
    "DVR's, IDR's or NeuS's: cameras.npz or cameras_sphere.npz (world_mat_0, ...) beside image/ (or images/) and "
    "mask/, or a folder of such objects"
)

CAMERAS = ("cameras.npz", "cameras_sphere.npz", "cameras_large.npz")
"""The first that is there. NeuS trains on the second; in the third, of DTU, the sphere is around more."""
IMAGES, MASKS = ("image", "images"), ("mask", "masks")
"""The first that is there: captures made for NeuS often say `images`."""
DEPTHS, HULL_DEPTHS, POINTS = "depth", "visual_hull_depth", "pcl.npz"
"""Depths along the axis of the camera that the matrices are of; points, and which of them each camera sees."""
KINDS = ("camera_mat", "world_mat", "scale_mat")
HALF_CUBE, SPHERE = 0.5, 1.0
"""What the object fits into, in the scaled world: DVR's cube to each side, IDR's sphere."""
MOST_SKEW_PX = 0.1
"""A pixel that slants by no more over the picture's height; what else is in the numbers is rounding."""


def detect(folder: Path) -> bool:
    """Whether it is such an object, or holds some."""
    return bool(find_instances(folder, _objects_in)[0])


def _is_object(folder: Path) -> bool:
    return _cameras_file(folder) is not None and _first_folder(folder, IMAGES) is not None


def _first_folder(folder: Path, names: Sequence[str]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_dir()), None)


def _cameras_file(folder: Path) -> Path | None:
    return next((folder / name for name in CAMERAS if (folder / name).is_file()), None)


_objects_in = partial(scenes_among, is_scene=_is_object)


def read(folder: Path) -> Dataset:
    """Opens one object, or a class; cameras without a photograph are left out, and counted in the notes.

    Raises:
        UserError: names the file and the matrix that is wrong.
    """
    objects, listed = find_instances(folder, _objects_in)
    names = tuple(scene.name for scene in objects if scene.name)
    places: list[Place] = [(scene.path, scene.split, number) for number, scene in enumerate(objects)]
    lacking, doubts = dict[str, int](), dict[str, tuple[str, ...]]()

    def notice(place: Place, photographs: MaskedObjectViews) -> None:
        name = names[place[2]] if names else ""
        lacking.update({name: photographs.lacking} if photographs.lacking else {})
        doubts.update({name: (photographs.doubt,)} if photographs.doubt else {})

    views = ObjectFolders(places, partial(MaskedObjectViews, names=names), notice).views()
    first = MaskedObjectViews(places[0], names)
    cameras = tuple(view.camera for view in views.of_instance(int(views.instances[0])))
    own = _notes_of_class(lacking, doubts) if names else tuple(note for note in (first.note, first.doubt) if note)
    notes = (*own, *listed)
    half = HALF_CUBE if first.spans_units else SPHERE
    bounds = np.array([[-half] * 3, [half] * 3])
    hints = {"scale_mat": first.scale.tolist()}
    return Dataset(views, folder, NAME, bounds, up_direction(cameras), hints, notes, instances=names)


def _notes_of_class(lacking: Mapping[str, int], doubts: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Of all objects, by their names: how many cameras lack a photograph, and what is doubtful."""
    doubtful = of_objects(doubts)
    if not lacking:
        return doubtful
    return (
        f"{sum(lacking.values())} cameras of {len(lacking)} objects have no photograph and are left out, as in "
        f"{next(iter(lacking))}",
        *doubtful,
    )


class MaskedObjectViews:
    """One object's views; listed now, its matrices read when the first is asked for."""

    has_images = True

    def __init__(self, place: Place, names: Sequence[str] = ()) -> None:
        """Lists them; `names` are those of all objects, and go before those of the views.

        Raises:
            UserError: there are no cameras, or more photographs than cameras.
        """
        folder, self._split, self._number = place
        self._prefix = f"{names[self._number]}/" if names else ""
        self._path = _cameras_file(folder) or folder / CAMERAS[0]
        self._matrices = _Matrices(self._path)
        cameras = self._matrices.cameras
        images, masks = _first_folder(folder, IMAGES) or folder / IMAGES[0], _first_folder(folder, MASKS)
        self._images = _by_camera(images, cameras)
        if not self._images:
            raise UserError(f"{images}: holds no photographs")
        self._masks = _by_camera(masks, cameras) if masks is not None else {}
        self._depths, self._hull_depths = (_depths(folder / name, cameras) for name in (DEPTHS, HULL_DEPTHS))
        self._points = folder / POINTS
        self._cameras = sorted(self._images)
        lacking = sorted(set(cameras) - set(self._cameras))
        self.lacking = len(lacking)
        self.note = (
            f"{len(lacking)} of {len(cameras)} cameras have no photograph and are left out, such as {lacking[0]}"
            if lacking
            else ""
        )
        self.doubt = _counted_from_one(images, self._images, cameras)

    @property
    def names(self) -> list[str]:
        """The names of the photographs, without suffix."""
        return [self._images[camera].stem for camera in self._cameras]

    @property
    def spans_units(self) -> bool:
        """Whether the file is DVR's, whose pictures span [-1, 1].

        Raises:
            UserError: as for a view.
        """
        number = self._cameras[0]
        return self._projection(number, photograph_size(self._images[number])).spans_units

    @property
    def scale(self) -> Array:
        """[4, 4] from the scaled world to the measured one, of the first camera."""
        return self._matrices.read("scale_mat", self._cameras[0])

    def __len__(self) -> int:
        return len(self._cameras)

    def __getitem__(self, index: int) -> View:
        number = self._cameras[index]
        path = self._images[number]
        camera = self._camera(number, photograph_size(path))
        mask = self._masks.get(number)
        name = self._prefix + path.stem
        view = View(camera, name, self._split, path, mask_path=mask, instance=self._number)
        depth, hull_depth = self._depths.get(number), self._hull_depths.get(number)
        if depth is not None or hull_depth is not None:
            unit = 1 / self._depth_of_unit(number)
            view = replace(view, depth_path=depth, hull_depth_path=hull_depth, depth_unit=unit)
        if self._points.is_file():
            scale = self._matrices.read("scale_mat", number)
            view = replace(view, seen_points=PointsOfCamera(self._points, number, scale))
        return view

    def _depth_of_unit(self, number: int) -> float:
        """What the matrices make of a depth of 1 world unit: the depth that the authors' maps hold."""
        camera, world, scale = (self._matrices.read(kind, number) for kind in KINDS)
        return float(np.linalg.norm((camera @ world @ scale)[2, :3]))

    def _projection(self, number: int, size_px: tuple[int, int]) -> Projection:
        camera, world, scale = (self._matrices.read(kind, number) for kind in KINDS)
        if np.linalg.matrix_rank(scale) < 4:
            raise UserError(f"{self._path}: scale_mat_{number} is singular; it must lead from the cube to the world")
        has_camera = f"camera_mat_{number}" in self._matrices.names
        where = f"{self._path}: world_mat_{number}"
        return read_projection(where, (world @ scale)[:3], camera[:3, :3] if has_camera else None, size_px)

    def _camera(self, number: int, size_px: tuple[int, int]) -> Camera:
        where, found = f"{self._path}: world_mat_{number}", self._projection(number, size_px)
        lens = found.lens
        slant_px = abs(lens[0, 1] / lens[1, 1]) * size_px[1]
        if slant_px > MOST_SKEW_PX:
            raise UserError(
                f"{where}: its pixels are skewed, by {slant_px:.1f} over the photograph's height; only pinholes with "
                "upright pixels can be drawn"
            )
        try:
            return Camera(found.camera_to_world, (lens[0, 0], lens[1, 1]), (lens[0, 2], lens[1, 2]), size_px)
        except ValueError as error:
            raise UserError(f"{where}: {error}") from error


@dataclass(frozen=True, eq=False)
class PointsOfCamera:
    """The points of `pcl.npz` that a camera sees.

    Attributes:
        scale: [4, 4] from the scaled world to that of the points.
    """

    path: Path
    number: int
    scale: Array

    def read(self) -> Array:
        """[N, 3] in the scaled world, without those outside the visual hull.

        Raises:
            UserError: the file lacks them, or holds something else.
        """
        arrays, name = read_npz(self.path), f"visibility_{self.number:04d}"
        if lacking := [needed for needed in ("points", name) if needed not in arrays]:
            raise UserError(f"{self.path}: holds no {' and no '.join(lacking)}")
        with reading(self.path, f"its points and {name} don't go together"):
            points, seen = np.asarray(arrays["points"], dtype=np.float64), arrays[name]
            inside = arrays.get("is_in_visual_hull", np.ones(len(points), dtype=bool)).astype(bool)
            chosen = points[seen][inside[seen]]
            whole = np.concatenate([chosen, np.ones((len(chosen), 1))], axis=1)
            found = np.asarray((whole @ np.linalg.inv(self.scale).T)[:, :3])
        return found[np.isfinite(found).all(axis=1)]


class _Matrices:
    """The archive; read whole when the first matrix is asked for."""

    def __init__(self, path: Path) -> None:
        self._path, self._read = path, dict[str, Array]()
        self.names = frozenset(self._load(contents=False))
        numbers = (name.removeprefix("world_mat_") for name in self.names if name.startswith("world_mat_"))
        self.cameras = sorted(int(number) for number in numbers if number.isdecimal())
        if not self.cameras:
            raise UserError(f"{path}: holds no world_mat_0, world_mat_1, ...; each photograph needs its own")

    def _load(self, contents: bool) -> Mapping[str, Array]:
        return read_npz(self._path) if contents else dict.fromkeys(npz_names(self._path), np.empty(0))

    def read(self, kind: str, number: int) -> Array:
        """[4, 4] float64; the unit matrix where no camera has one of this kind.

        Raises:
            UserError: not such a matrix, or missing among others.
        """
        name = f"{kind}_{number}"
        if name not in self.names:
            other = next((each for each in self.cameras if f"{kind}_{each}" in self.names), None)
            if other is not None:
                raise UserError(
                    f"{self._path}: lacks {name}, and has {kind}_{other}; each camera needs its own, or the file is "
                    "not whole"
                )
            return np.eye(4)
        self._read = self._read or dict(self._load(contents=True))
        return four_by_four(f"{self._path}: {name}", self._read[name])


def _counted_from_one(folder: Path, images: Mapping[int, Path], cameras: Sequence[int]) -> str:
    """What to say where all photographs could as well be of the camera before: 1, 2, ... of the cameras 0, 1, ..."""
    first = min(images)
    if first != 1 or cameras[0] != 0 or not {number - 1 for number in images} <= set(cameras):
        return ""
    name = images[first].name
    return (
        f"doubtful: in {folder.name}/ the photographs begin at 1 and the cameras at 0: {name} is taken as of "
        f"world_mat_{first}, as it is named; if it is of world_mat_0, rename the photographs to begin at 0"
    )


def _depths(folder: Path, cameras: Sequence[int]) -> dict[int, Path]:
    """The depth map of each camera, none where the folder isn't there; as `_by_camera`."""
    if not folder.is_dir():
        return {}
    names = in_natural_order(files_with(folder, DEPTH_SUFFIXES))
    return _of_cameras(folder, [folder / name for name in names], cameras)


def _by_camera(folder: Path, cameras: Sequence[int]) -> dict[int, Path]:
    """The images of each camera: in order where there are as many, as the authors have it, else by number.

    Raises:
        UserError: it can't be told which belongs to which.
    """
    return _of_cameras(folder, list_in_order(folder), cameras)


def _of_cameras(folder: Path, images: Sequence[Path], cameras: Sequence[int]) -> dict[int, Path]:
    numbered = {int(path.stem): path for path in images if path.stem.isdecimal()}
    # Cameras 0, 2, 3 of photographs 0, 1, 2 are no others in order: that of 1 is missing.
    is_gapped = cameras[-1] - cameras[0] >= len(cameras)
    if len(images) == len(cameras) and not (is_gapped and len(numbered) == len(images)):
        return dict(zip(cameras, images, strict=True))
    if not numbered and (numbers := numbers_in(images)) and min(numbers) == min(cameras):
        # Of names such as rect_003; where they begin otherwise they may be counted from elsewhere.
        numbered = dict(zip(numbers, images, strict=True))
    if len(numbered) < len(images) or not numbered.keys() <= set(cameras):
        lacking = sorted(numbered.keys() - set(cameras))
        if len(numbered) == len(images) and lacking and min(numbered) <= cameras[0]:
            raise UserError(
                f"{folder.parent}: there is no camera of {folder.name}/{numbered[lacking[0]].name}: {CAMERAS[0]} lacks "
                f"world_mat_{lacking[0]}{f', and {len(lacking) - 1} more' if len(lacking) > 1 else ''}; put it in, or "
                "take the photograph out"
            )
        raise UserError(
            f"{folder}: {len(images)} images but {len(cameras)} cameras in {CAMERAS[0]}; each image needs its "
            "camera, or their numbers as names (000042.jpg of world_mat_42)"
        )
    return numbered
