"""Input photographs: what a scene of an encoder is made of, and the codes that the encoder makes of them.

As in the authors' code a photograph is brought to a size by Pillow's bilinear averages: one of a folder of photographs
(their data set `images`) to a square, whatever its shape; one beside an object's other photographs by its shorter side.
Theirs forgets transparency and cuts 16 bits to white; here what is transparent is white, as behind the renderings that
such networks are trained on, and 16 bits are read as what they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from engines.core.camera import Array
from engines.core.data.dataset import Dataset
from engines.core.data.decoding import turned_upright
from engines.core.data.images import (
    exif_orientation,
    list_in_order,
    photograph_size,
    read_image,
    to_uint8,
    unreadable_pictures,
)
from engines.core.data.views import View
from engines.core.errors import LacksInput, UserError
from engines.dvr.config import DvrConfig
from engines.dvr.network import CODES, Dvr

KNOWN_FOLDERS = ("img_choy2016", "img_in")
"""Of input photographs, beside an object's others."""
SQUARE = 0.02
"""By how much of its size a photograph may miss being square before it is said."""
LEAST_CONTRAST = 2 / 255
"""Of a channel over a photograph; what a codec makes of one colour is within it."""


@dataclass(frozen=True)
class InputPhotographs:
    """The photographs that objects are made of, read when an object is drawn first.

    Attributes:
        names: of the objects.
        read: the photograph [H, W, 3] of an object in [0, 1], by its number.
        squeezed: whether a photograph is made a square; else its shorter side counts.
        notes: in plain words, what is to be known of them.
    """

    names: tuple[str, ...]
    read: Callable[[int], Array]
    squeezed: bool
    notes: tuple[str, ...] = ()

    def prepared(self, number: int, side_px: int) -> Tensor:
        """[1, 3, h, w] in [0, 1] as the encoder takes it.

        Raises:
            UserError: the photograph can't be read.
        """
        return as_input(self.read(number), side_px, self.squeezed)


def as_input(photograph: Array, side_px: int, squeezed: bool) -> Tensor:
    """[1, 3, h, w] in [0, 1] of a photograph [H, W, 3] in [0, 1]; see the module's text for `squeezed`."""
    height, width = photograph.shape[:2]
    size = (side_px, side_px)
    if not squeezed:
        # The longer side is cut to whole pixels, as torchvision does.
        size = (side_px, side_px * height // width) if width < height else (side_px * width // height, side_px)
    image = Image.fromarray(to_uint8(photograph))
    # Of the wanted size already it stays as it is.
    pixels = np.asarray(image.resize(size, Image.Resampling.BILINEAR) if image.size != size else image)
    return torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)[None]


def inputs_named(path: Path) -> InputPhotographs:
    """One photograph, or a folder of photographs, one for each object.

    Raises:
        UserError: there is nothing of the kind, or the one photograph can't be read.
    """
    if path.is_dir():
        photographs = list_in_order(path)
        if not photographs:
            raise UserError(f"{path}: holds no photographs{_instead(path)}")
        return InputPhotographs(_stems(photographs), lambda number: _read(photographs[number]), squeezed=True)
    width, height = photograph_size(path)
    notes: tuple[str, ...] = ()
    if abs(width - height) > SQUARE * max(width, height):
        notes = (
            f"{path.name} is {width}x{height} and is squeezed into a square, as the authors' code does; a square cut "
            "about the object may give a better shape",
        )
    # Read once, so that what is wrong with it is said when the scene is opened.
    photograph = _read(path)
    return InputPhotographs((path.stem,), lambda number: photograph, squeezed=True, notes=notes)


def _read(path: Path) -> Array:
    """[H, W, 3] a photograph as it is shown.

    Raises:
        UserError: it can't be read, or shows nothing.
    """
    photograph_size(path)
    return _showing_something(str(path), turned_upright(read_image(path), exif_orientation(path)))


def _showing_something(where: str, photograph: Array) -> Array:
    """The photograph [H, W, 3]; `where` begins what is said.

    Raises:
        UserError: floating point of another range, or one colour all over; the encoder would make something of it.
    """
    darkest, lightest = float(photograph.min()), float(photograph.max())
    if lightest < 0 or (lightest > 1 and np.median(photograph) > 1):
        raise UserError(
            f"{where}: has values from {darkest:.4g} to {lightest:.4g}; those of a picture in floating point go from 0 "
            "to 1"
        )
    if np.ptp(np.clip(photograph, 0, 1), axis=(0, 1)).max() < LEAST_CONTRAST:
        raise UserError(
            f"{where}: is one colour all over, or wholly transparent; a scene is made of what a photograph shows"
        )
    return photograph


def _instead(folder: Path) -> str:
    found = unreadable_pictures(folder)
    return f" ({found})" if found else ""


def _stems(paths: Sequence[Path]) -> tuple[str, ...]:
    """Names of photographs; with their suffixes where two have the same."""
    counts = Counter(path.stem for path in paths)
    return tuple(path.stem if counts[path.stem] == 1 else path.name for path in paths)


def inputs_of(dataset: Dataset, config: DvrConfig, folder_said: bool) -> InputPhotographs:
    """Each object's input photograph: the first of its folder of such, else the first that was taken of it.

    Args:
        folder_said: whether the folder's name was said, or is a default.

    Raises:
        UserError: there is no photograph.
    """
    views = dataset.views.photographed
    if not views:
        raise UserError(f"{dataset.source}: holds no photographs to make a scene of")
    names = dataset.instances or (views[0].name,)
    folders = (config.img_folder_input, *(() if folder_said else KNOWN_FOLDERS))
    place = _input_beside(_first_of(dataset, 0), folders)
    taken = f"of each object its first photograph in {place.parent.name}/ is taken" if place else (
        "of each object its first photograph is taken to make its scene of; --input FILE names another"
    )  # fmt: skip

    def read(number: int) -> Array:
        view = _first_of(dataset, number)
        own = _input_beside(view, folders)
        return _showing_something(str(own or view.image_path), read_image(own) if own is not None else view.image())

    return InputPhotographs(tuple(names), read, squeezed=False, notes=() if place else (taken,))


def _first_of(dataset: Dataset, number: int) -> View:
    """An object's first photograph; training views come first."""
    views = dataset.views.photographed.of_instance(number) if dataset.instances else dataset.views.photographed
    if not views:
        raise UserError(f"{dataset.source}: object {dataset.instances[number]} has no photograph")
    return views[0]


def _input_beside(view: View, folders: Sequence[str]) -> Path | None:
    """The first photograph of a folder of input photographs beside the one that a view is in."""
    if view.image_path is None:
        return None
    for folder in folders:
        place = view.image_path.parent.parent / folder
        if place.is_dir() and place != view.image_path.parent and (found := list_in_order(place)):
            return found[0]
    return None


def find_inputs(
    config: DvrConfig,
    weights: Mapping[str, Tensor],
    dataset: Dataset | None,
    named: str | None,
    folder_said: bool = True,
) -> InputPhotographs | None:
    """The photographs that a network's scene is made of; None where it needs none, or the file has codes of some.

    Args:
        weights: of the file, by name; codes among them are [N, c_dim].
        named: a photograph or a folder of photographs; None: those of the data folder.

    Raises:
        LacksInput: nothing tells what the scene shall be of.
        UserError: what is named can't be read, or the network takes no photographs.
    """
    takes = config.encoder not in (None, "idx")
    if named is not None:
        if not takes:
            raise UserError(f"input={named}: this network makes no scenes of photographs; leave it out")
        return inputs_named(Path(named).expanduser())
    if not takes:
        return None
    if dataset is not None and dataset.views.photographed:
        return inputs_of(dataset, config, folder_said)
    if CODES in weights:
        return None
    raise LacksInput(
        "this network makes a scene of a photograph of an object: name one, or a folder of photographs (--input FILE), "
        "or the data folder of its objects (--data FOLDER)"
    )


class Codes:
    """The codes of objects: a table, or made of photographs when they are asked for."""

    def __init__(self, network: Dvr, table: Tensor | None, inputs: InputPhotographs | None, side_px: int) -> None:
        """`table`: [N, c_dim], where there is no photograph."""
        self._network, self._inputs, self._side_px = network, inputs, side_px
        self.count = len(table) if table is not None else len(inputs.names) if inputs is not None else 0
        self._made: dict[int, Tensor] = {} if table is None else dict(enumerate(table[:, None]))

    def of(self, number: int, device: torch.device) -> Tensor:
        """[1, c_dim].

        Raises:
            UserError: the photograph can't be read.
        """
        encoder, inputs = self._network.encoder, self._inputs
        if number not in self._made and encoder is not None and inputs is not None:
            self._made[number] = encoder(inputs.prepared(number, self._side_px).to(device))
        return self._made[number]
