"""From the frames of a `transforms.json` to views: the photograph, masks and depths of each, and how it is turned.

Cameras are of the photographs as their pixels are stored, or, of programs that look at EXIF, as they are shown. The
size that the file states tells which.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from engines.core.data.decoding import LYING
from engines.core.data.images import (
    IMAGE_SUFFIXES,
    exif_orientation,
    fitted_camera,
    photograph_size,
    same_shape,
    turned_for,
    turned_size,
)
from engines.core.data.views import Split, View
from engines.core.errors import UserError
from engines.core.formats.transforms_frames import TransformsFile
from engines.core.formats.transforms_lens import StatedLens
from engines.core.formats.transforms_names import FoundFile, FrameFiles, unambiguous
from engines.core.reading import quoted, shortened

DEPTH_SUFFIXES = (".png", ".npy", ".tif", ".tiff", ".exr")
MILLIMETRES = 1e-3
"""World units of one step of a depth that nerfstudio names; its worlds are in metres."""


@dataclass
class Noticed:
    """What is to be said about the photographs of one file, counted.

    Attributes:
        missing: photographs that are not there.
        other_suffix: (as the file has it, as it is here).
        turned: photographs that are turned as EXIF says.
        lacking: masks and depths that are named but not there, by the field.
        unread: files beside photographs that instant-ngp would read, by what they are.
        contradictions: of lenses, with how many frames have each.
    """

    missing: list[str] = field(default_factory=list)
    other_suffix: list[tuple[str, str]] = field(default_factory=list)
    turned: list[Path] = field(default_factory=list)
    lacking: dict[str, list[str]] = field(default_factory=dict)
    unread: Counter[str] = field(default_factory=Counter)
    contradictions: Counter[str] = field(default_factory=Counter)


class TransformsViews:
    """The photographs of one file's frames."""

    def __init__(self, file: TransformsFile, files: FrameFiles) -> None:
        """Looks for them; none is opened yet.

        Args:
            files: those of its folder.

        Raises:
            UserError: one lies outside the folder.
        """
        self.file, self.noticed = file, Noticed()
        self._files, self._folder = files, file.path.parent
        names = file.names()
        self._found: list[FoundFile | None] = unambiguous(names, [files.find(name) for name in names])
        self.noticed.missing = [name for name, found in zip(names, self._found, strict=True) if found is None]
        for name in self.noticed.missing:
            self._require_inside(name)
        self.noticed.other_suffix = [
            (name, found.path.name)
            for name, found in zip(names, self._found, strict=True)
            if found is not None and found.other_suffix
        ]

    def path(self, index: int) -> Path | None:
        """The photograph of a frame; None where it isn't there."""
        found = self._found[index]
        return None if found is None else found.path

    def views(self, indices: Sequence[int], splits: Sequence[Split]) -> list[View]:
        """Views of some frames, each in its split; those whose photographs are there.

        Raises:
            UserError: names the frame, the field that is wrong, or what can't be drawn.
        """
        views, stated = list[View](), list[StatedLens]()
        for index, split in zip(indices, splits, strict=True):
            view, lens = self._view(index, split)
            views.append(view)
            stated.append(lens)
        if any(view.turned >= LYING for view in views):
            # A program that turned these turned the others, too, whose shape does not tell.
            views = [self._turned_too(view, lens) for view, lens in zip(views, stated, strict=True)]
        self.noticed.turned = [view.image_path for view in views if view.turned != 1 and view.image_path is not None]
        return views

    def _view(self, index: int, split: Split) -> tuple[View, StatedLens]:
        path, where = self.path(index), self.file.fields(index).where
        if path is None:
            raise ValueError(f"frame {index} has no photograph")
        size_px = photograph_size(path)
        lens = self.file.lens(index, size_px)
        if lens is None:
            raise ValueError("a photograph has a size")
        turned = turned_for(path, size_px, lens.size_px)
        camera = fitted_camera(where, self.file.camera(index, lens), turned_size(size_px, turned))
        if lens.contradiction:
            self.noticed.contradictions[lens.contradiction] += 1
        self._look_beside(index, path)
        relative = path.relative_to(self._folder)
        name = relative.with_suffix("").as_posix().removeprefix("images/")
        view = View(
            camera,
            name,
            split,
            path,
            distortion=lens.distortion,
            depth_path=self._depth(index),
            depth_unit=self.depth_step,
            valid_mask_path=self._beside(index, "mask_path", IMAGE_SUFFIXES),
            turned=turned,
        )
        return view, lens

    def _turned_too(self, view: View, lens: StatedLens) -> View:
        if view.turned != 1 or view.image_path is None or not same_shape(view.camera.size_px, lens.size_px):
            return view
        orientation = exif_orientation(view.image_path)
        # Turned by a half, or mirrored: these keep the shape.
        return replace(view, turned=orientation) if 1 < orientation < LYING else view

    def _depth(self, index: int) -> Path | None:
        found = self._beside(index, "depth_file_path", DEPTH_SUFFIXES)
        if found is not None or self.depth_step is None or self.depth_step == MILLIMETRES:
            return found
        return self._beside(index, "depth_path", DEPTH_SUFFIXES)

    @property
    def depth_step(self) -> float | None:
        """World units of one step of 16-bit depths; None where there are no depths that anybody reads."""
        fields = self.file.fields(0)
        if fields["depth_file_path"] is not None:
            return MILLIMETRES
        # instant-ngp reads depths only where their scale is stated.
        step = fields.number("integer_depth_scale")
        has_depths = fields["depth_path"] is not None and fields["enable_depth_loading"] is not False
        return step if has_depths and step is not None and step > 0 else None

    def _beside(self, index: int, name: str, suffixes: Sequence[str]) -> Path | None:
        """The file that a field of a frame names."""
        stated = self.file.fields(index)[name]
        if stated is None or stated == "":
            return None
        if not isinstance(stated, str) or "\0" in stated:
            raise UserError(f"{self.file.fields(index).where}: {name} is {quoted(stated)}; must be the name of a file")
        # By more than the bare name: masks are often called as their photographs are.
        found = self._files.find(stated, suffixes, bare=False)
        if found is None:
            self._require_inside(stated)
            self.noticed.lacking.setdefault(name, []).append(stated)
            return None
        return found.path

    def _require_inside(self, name: str) -> None:
        """Of a name that leads to nothing in the folder.

        Raises:
            UserError: it leads to a file elsewhere.
        """
        if Path(os.path.normpath(self._folder / name.replace("\\", "/"))).is_file():
            raise UserError(
                f"{self.file.path}: {shortened(name, 300)} lies outside the folder; put the file that names it above "
                "both, or move the photographs into the folder"
            )

    def _look_beside(self, index: int, path: Path) -> None:
        """Notices what instant-ngp would read besides, and refuses rays that make the lens meaningless."""
        rays = path.with_name(f"rays_{path.stem}.dat")
        if self._files.has(rays) and self.file.data.get("enable_ray_loading") is not False:
            raise UserError(
                f"{self.file.fields(index).where}: {rays.name} beside the photograph gives each pixel a ray of its "
                "own, and only pinholes with OpenCV's distortion can be drawn; without that file the lens is taken"
            )
        for name, what in (
            (f"dynamic_mask_{path.stem}.png", "dynamic_mask_*.png"),
            (f"{path.name}.alpha{path.suffix}", f"*.alpha{path.suffix}"),
        ):
            if self._files.has(path.with_name(name)):
                self.noticed.unread[what] += 1
