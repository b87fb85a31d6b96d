"""Masks beside photographs: black where nothing is to be learnt or scored, as COLMAP and nerfstudio have them.

`masks/` (beside `images_4/`, `masks_4/`) with `<name>.png` for a photograph `<name>`, as COLMAP wants it
(`0001.jpg.png`), or with the photograph's stem and any suffix of an image.
"""

from __future__ import annotations

from pathlib import Path

from engines.core.images import IMAGE_SUFFIXES

FOLDER, IMAGES = "masks", "images"


class MaskFiles:
    """The masks of one folder of photographs."""

    def __init__(self, images: Path) -> None:
        """Lists those that go with the photographs in `images`."""
        folder = images.with_name(FOLDER + images.name.removeprefix(IMAGES))
        self._folder = folder
        paths = folder.rglob("*") if images.name.startswith(IMAGES) and folder.is_dir() else ()
        self._files = {
            path.relative_to(folder).as_posix(): path
            for path in paths
            if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
        }
        self._stems = {Path(name).with_suffix("").as_posix(): path for name, path in self._files.items()}

    def find(self, name: str) -> Path | None:
        """The mask of a photograph, `name` below the folder of the photographs."""
        stem = Path(name).with_suffix("").as_posix()
        return self._files.get(f"{name}.png") or self._stems.get(stem) or self._stems.get(name)

    def notes(self, names: list[str]) -> tuple[str, ...]:
        """What is there and not used, `names` being all photographs'."""
        used = {path for name in names if (path := self.find(name)) is not None}
        unused = sorted(name for name, path in self._files.items() if path not in used)
        if not unused:
            return ()
        return (
            f"{len(unused)} of {len(self._files)} masks in {self._folder.name}/ are named like no photograph and are "
            f"not used, such as {unused[0]}",
        )
