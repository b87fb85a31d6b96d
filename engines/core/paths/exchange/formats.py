"""The formats that camera paths are written in, by name, else by what a file's name or suffix says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engines.core.errors import UserError
from engines.core.files import replacing, require_named
from engines.core.paths.exchange import (
    colmap,
    gltf,
    inria,
    instant_ngp,
    lichtfeld,
    llff,
    nerfstudio,
    nuke,
    own,
    trajectories,
    transforms,
)
from engines.core.paths.path_content import Keeps, PathContent, lost_in


@dataclass(frozen=True)
class PathFormat:
    """A form of camera paths.

    Attributes:
        name: what it is called in commands.
        title: what it is, in a few words.
        suffixes: of its files; the first is the usual one.
        keeps: what it has room for; the rest is said when it is lost.
        write: writes a file, and gives what else it has no room for, in a few words each.
        usual: whether a file with one of the suffixes is taken to be it.
        file_name: a name that says so whatever the suffix; "" for none.
        make_room: of several files, which take their places by themselves and may be a folder: sees to it that nothing
            else is replaced, unless its second argument says so; None: of one.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    keeps: Keeps
    write: Callable[[Path, PathContent], list[str]]
    usual: bool = False
    file_name: str = ""
    make_room: Callable[[Path, bool], None] | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it may be a folder."""
        return self.make_room is not None


_ALL = (
    PathFormat("vantage", "Vantage's file of a path", (".json",), own.KEEPS, own.write_own, usual=True),
    PathFormat(
        "nerfstudio", "nerfstudio's camera_path.json", (".json",), nerfstudio.KEEPS, nerfstudio.write_nerfstudio,
        file_name="camera_path.json",
    ),
    PathFormat(
        "instant-ngp", "instant-ngp's camera path", (".json",), instant_ngp.KEEPS, instant_ngp.write_ngp,
        file_name="base_cam.json",
    ),
    PathFormat("lichtfeld", "LichtFeld Studio's timeline", (".json",), lichtfeld.KEEPS, lichtfeld.write_lichtfeld),
    PathFormat("inria", "3D Gaussian Splatting's cameras.json", (".json",), inria.KEEPS, inria.write_inria),
    PathFormat(
        "transforms", "transforms.json", (".json",), transforms.KEEPS, transforms.write_transforms_path,
        file_name="transforms.json",
    ),
    PathFormat("llff", "LLFF's path", (".txt", ".npy"), llff.KEEPS, llff.write_llff, usual=True),
    PathFormat(
        "colmap", "COLMAP's model", (".txt",), colmap.KEEPS, colmap.write_colmap, file_name="images.txt",
        make_room=colmap.make_room,
    ),
    PathFormat("nuke", "Nuke's .chan", (".chan",), nuke.KEEPS, nuke.write_chan, usual=True),
    PathFormat("gltf", "a glTF camera", (".glb", ".gltf"), gltf.KEEPS, gltf.write_gltf, usual=True),
    PathFormat("tum", "TUM's trajectory", (".tum", ".txt"), trajectories.TUM_KEEPS, trajectories.write_tum, usual=True),
    PathFormat("kitti", "KITTI's poses", (".txt",), trajectories.KITTI_KEEPS, trajectories.write_kitti),
)  # fmt: skip
PATH_FORMATS: Mapping[str, PathFormat] = {form.name: form for form in _ALL}
WRITTEN_SUFFIXES = (".json", ".txt", ".npy", ".chan", ".glb", ".gltf", ".tum")
"""That say which format a file is written in, without a name."""


def format_of(path: Path, name: str | None = None) -> PathFormat | None:
    """The format that a path is written in at this place; None where the place is no file of cameras.

    Args:
        name: of `PATH_FORMATS`; None: as the file's name or suffix says.

    Raises:
        UserError: there is no such format, or its files have other suffixes.
    """
    if name is None:
        named = next((form for form in _ALL if form.file_name and form.file_name == path.name.lower()), None)
        suffix = path.suffix.lower()
        return named or next((form for form in _ALL if form.usual and suffix in form.suffixes), None)
    if name not in PATH_FORMATS:
        raise UserError(f"path format {name}: unknown; there are {', '.join(PATH_FORMATS)}")
    form = PATH_FORMATS[name]
    if path.suffix.lower() not in form.suffixes and not (form.is_folder and not path.suffix):
        folder = ", or a folder" if form.is_folder else ""
        raise UserError(f"{path}: {form.title} is written as {' or '.join(form.suffixes)}{folder}")
    return form


def write_content(
    path: Path, content: PathContent, name: str | None = None, overwrite: bool = False
) -> tuple[str, ...]:
    """Writes a path, whole or not at all, and tells what its format had no room for: one line, or none.

    Args:
        name: the format's, of `PATH_FORMATS`; None: as the file's name or suffix says.
        overwrite: whether a model of COLMAP, which is no path of ours, may be replaced.

    Raises:
        UserError: no such format, such a model is there, a path without cameras where that can't be, or the place
            can't be written.
    """
    form = format_of(path, name)
    if form is None:
        raise UserError(f"{path}: paths are written as {', '.join(WRITTEN_SUFFIXES)}, or in a format by its name")
    if not content.cameras and form.name not in ("vantage", "llff"):
        raise UserError(f"{path}: {form.title} needs a camera at least")
    if form.make_room is not None:
        require_named(path)
        form.make_room(path, overwrite)
        more = form.write(path, content)
    else:
        with replacing(path) as temporary:
            more = form.write(temporary, content)
    lost = [*lost_in(form.keeps, content), *more]
    return (f"{path}: {form.title} can't keep {'; '.join(lost)}",) if lost else ()
