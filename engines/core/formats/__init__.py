"""Data folders: each module reads (and some write) one layout, converting to the conventions of `engines.core`."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Protocol

from engines.core.data.dataset import Dataset
from engines.core.data.origin import about_its_middle
from engines.core.data.pinholes import with_pinholes
from engines.core.data.views import View
from engines.core.errors import UserError
from engines.core.formats import (
    colmap,
    deepvoxels_folder,
    dvr,
    llff,
    lsm,
    middlebury,
    multiview_h5,
    r2n2,
    realestate10k,
    recording,
    srn_class,
    stereo_opencv,
    transforms_json,
)
from engines.core.reading import naming, reading, shortened
from engines.core.upright import find_up


class Format(Protocol):
    """A module that reads one layout."""

    NAME: str
    LAYOUT: str

    def detect(self, folder: Path) -> bool:
        """Whether the folder looks like this layout."""
        ...

    def read(self, folder: Path) -> Dataset:
        """Opens it.

        Raises:
            UserError: names the file and the field that is wrong.
        """
        ...


FORMATS: tuple[Format, ...] = (
    deepvoxels_folder,
    srn_class,
    r2n2,
    lsm,
    dvr,
    stereo_opencv,
    transforms_json,
    middlebury,
    multiview_h5,
    realestate10k,
    # Before LLFF's: the steps of a recording are LLFF scenes.
    recording,
    llff,
    # Last: photographs that others describe often have COLMAP's model beside them, too.
    colmap,
)
"""Asked in this order; each has `NAME`, `LAYOUT` (in words), `detect(folder)` and `read(folder)`."""


DISTORTED: tuple[Format, ...] = (stereo_opencv, transforms_json, realestate10k, colmap)
"""Those whose photographs may be of lenses that distort."""


MOST_LOOKED_INTO = 50
"""Folders beside a class's objects."""


def find_format(folder: Path) -> Format | None:
    """The first format that recognises the folder; None where none does.

    Raises:
        UserError: names a file that is damaged.
    """
    with reading(folder):
        return next((format_ for format_ in FORMATS if format_.detect(folder)), None)


def with_up_found(dataset: Dataset) -> Dataset:
    """The dataset; where its layout does not state which way is up, with up as its photographs say."""
    if dataset.up_found or not len(dataset.views):
        return dataset
    first = dataset.views.of_instance(int(dataset.views.instances[0]))
    up = find_up(first.at_time(int(first.times.min())))
    notes = (*dataset.notes, up.note) if up.note else dataset.notes
    return replace(dataset, up=up.direction, up_found=up.found, notes=notes)


def open_dataset(folder: Path) -> Dataset:
    """Opens a data folder with the first format that recognises it.

    Raises:
        UserError: missing, empty or unknown; or names the file and the field that is wrong.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(
            f"{folder}: {'is a file; name the folder that it lies in' if folder.is_file() else 'no such folder'}"
        )
    with reading(folder):
        format_ = find_format(folder)
        if format_ is not None:
            dataset = format_.read(folder)
            require_within(folder, dataset)
            dataset = with_pinholes(dataset) if format_ in DISTORTED else dataset
            dataset = replace(dataset, notes=(*dataset.notes, *_other_captures(folder, dataset)))
            return about_its_middle(with_up_found(dataset))
        if not any(folder.iterdir()):
            raise UserError(f"{folder}: the folder is empty")
    layouts = "; ".join(f"{known.NAME}: {known.LAYOUT}" for known in FORMATS)
    raise UserError(f"{folder}: no known data layout in it ({layouts})")


def _other_captures(folder: Path, dataset: Dataset) -> tuple[str, ...]:
    """What lies beside the objects that were found, is data as well, but of another layout; in one note."""
    if not dataset.instances:
        return ()
    used = {name.split("/")[0] for name in dataset.instances}
    rest = [path for path in sorted(folder.iterdir()) if path.is_dir() and path.name not in used]
    # An object that lists leave out is as the others, each of which alone may be of a simpler layout.
    own = {dataset.format, _name_of_format(folder / next(iter(used)))} if rest else set()
    named = ((path.name, _name_of_format(path)) for path in rest[:MOST_LOOKED_INTO])
    others = [f"{name} ({layout})" for name, layout in named if layout and layout not in own]
    if not others:
        return ()
    are = "is another capture, which is" if len(others) == 1 else "are other captures, which are"
    return (f"{naming(others)} {are} left out: what is read here is {dataset.format}; name the one that is meant",)


def _name_of_format(folder: Path) -> str:
    """The first that recognises it; "" where none does, or it can't be told."""
    try:
        found = find_format(folder) if folder.is_dir() else None
    except (UserError, OSError):
        # Nobody asked for it.
        return ""
    return found.NAME if found is not None else ""


def require_within(folder: Path, dataset: Dataset) -> None:
    """Whether all files of a dataset's views lie in the folder that was opened, or in it through links of its owner.

    Views that are read when they are asked for are those of files that were found in the folder.

    Raises:
        UserError: a text in the folder names a file elsewhere.
    """
    places = [entry.name for entry in fields(View) if entry.name.endswith("_path")]
    root, resolved = Path(os.path.normpath(folder.absolute())), folder.resolve()
    for views in (dataset.views, dataset.backgrounds):
        for view in views.in_memory:
            for place in places:
                path = getattr(view, place)
                if path is not None and not _is_within(path, root, resolved):
                    raise UserError(
                        f"{folder}: view {shortened(view.name)} is of {shortened(path, 300)}, which lies outside the "
                        "folder; open the folder that holds both, or move the file into it"
                    )


def _is_within(path: Path, *folders: Path) -> bool:
    # Not resolved: a link in the folder is its owner's, a name in a text is whoever wrote the text's.
    there = Path(os.path.normpath(path.absolute()))
    return any(folder in there.parents for folder in folders)
