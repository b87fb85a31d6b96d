"""Masks beside photographs: black where nothing is to be learnt or scored, as COLMAP and nerfstudio have them.

`masks/` (beside `images_4/`, `masks_4/`) with `<name>.png` for a photograph `<name>`, as COLMAP wants it
(`0001.jpg.png`), or with the photograph's stem and any suffix of an image.
"""

from __future__ import annotations

from pathlib import Path

from engines.core.data.images import IMAGE_SUFFIXES

FOLDER, IMAGES = "masks", "images"
INPUT = "input"
"""Photographs as they were taken, where `images/` is or would be those of pinholes: Inria's splats."""
OTHER_FOLDER = "mask"
"""Of silhouettes, elsewhere; whether black is to be left out there can't be told."""


class MaskFiles:
    """The masks of one folder of photographs."""

    def __init__(self, images: Path, folder: Path | None = None) -> None:
        """Lists those that go with the photographs in `images`: in `folder`, else in `masks/` beside it."""
        beside = [images.with_name(FOLDER + ending) for ending in (images.name.removeprefix(IMAGES), "")]
        # Masks of the photographs' whole size are made smaller as the photographs were.
        place = folder or next((place for place in beside if place.is_dir()), beside[0])
        self._folder, self._other = place, images.with_name(OTHER_FOLDER)
        known = place.is_dir() and (folder is not None or images.name.startswith((IMAGES, INPUT)))
        self._names = {
            path.relative_to(place).as_posix(): path
            for path in (place.rglob("*") if known else ())
            # A leading dot: what macOS leaves beside each file on foreign disks.
            if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".") and path.is_file()
        }
        # Names of one photograph may differ in capitals: the file is 0001.JPG, COLMAP was given 0001.jpg.
        self._files = {name.lower(): path for name, path in self._names.items()}
        self._stems = {Path(name).with_suffix("").as_posix(): path for name, path in self._files.items()}

    def find(self, name: str) -> Path | None:
        """The mask of a photograph, `name` below the folder of the photographs."""
        name = name.lower()
        stem = Path(name).with_suffix("").as_posix()
        return self._files.get(f"{name}.png") or self._stems.get(stem) or self._stems.get(name)

    def notes(self, names: list[str]) -> tuple[str, ...]:
        """What is there and not used, `names` being all photographs'."""
        used = {path for name in names if (path := self.find(name)) is not None}
        unused = sorted(name for name, path in self._names.items() if path not in used)
        if not self._names and self._other.is_dir():
            return (
                f"what is in {self._other.name}/ is not used; masks that are black where nothing is to be learnt are "
                f"read from {FOLDER}/",
            )
        if not unused:
            return ()
        return (
            f"{len(unused)} of {len(self._names)} masks in {self._folder.name}/ are named like no photograph and are "
            f"not used, such as {unused[0]}",
        )
