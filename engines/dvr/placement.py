"""Where the cube that the object fills stands: as the options or the data say, else fitted to the subject's box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engines.core.camera import Camera, project
from engines.core.data.dataset import Dataset
from engines.core.data.subject_box import MOST_FOLLOWED, subject_box
from engines.core.data.views import View
from engines.core.errors import UserError
from engines.dvr.config import DvrConfig
from engines.dvr.cube import Cube

MARGIN = 1.05
"""Of a fitted box, which may be a little small."""
FEW_VIEWS = 0.5
"""Of the cameras: where fewer see the cube's middle there is a doubt."""


@dataclass(frozen=True)
class PlacedCube:
    """A cube, and why it stands there.

    Attributes:
        found: in plain words, what says so.
        notes: what somebody should know; nothing where the data's own cube was taken.
        doubt: where few cameras see it; else empty.
    """

    cube: Cube
    found: str
    notes: tuple[str, ...]
    doubt: str

    @property
    def text(self) -> str:
        """A sentence for people: the cube's size and place, and what says so."""
        return f"{where(self.cube)}, {self.found}"


def where(cube: Cube) -> str:
    """The cube's side and centre in words, world units."""
    centre = ", ".join(f"{value:.4g}" for value in cube.centre)
    return f"cube of side {cube.side:.4g} about ({centre})"


def place_cube(config: DvrConfig, dataset: Dataset, views: Sequence[View]) -> PlacedCube:
    """The cube as the options place it, else the data, else fitted to its subject; then some masks may be read.

    Args:
        views: of one object.

    Raises:
        UserError: no camera sees the cube's middle.
    """
    stated = "scale_mat" in dataset.hints or bool(dataset.instances)
    if config.cube_centre is not None and config.cube_side is not None:
        box, found = dataset.bounds, "as the options say"
    elif stated:
        # Objects of a class share their coordinates: a cube for each would be another code.
        box, found = dataset.bounds, "as the data has it"
    else:
        box, found = subject_box(dataset, views)
        found = f"fitted to {found}"
    margin = 1.0 if stated else MARGIN
    x, y, z = (float(value) for value in _centre(config, dataset, box.mean(axis=0)))
    side = config.cube_side or float((box[1] - box[0]).max()) * margin
    cube = Cube((x, y, z), side)
    cameras = tuple(view.camera for view in views)
    share = _seeing(cube, cameras)
    if share == 0:
        raise UserError(
            f"{dataset.source}: no camera sees the middle of the {where(cube)}; set cube_centre and cube_side to where "
            "the object is (--set cube_centre=[x,y,z] --set cube_side=...)"
        )
    doubt = (
        ""
        if share >= FEW_VIEWS
        else (f"only {share:.0%} of the cameras see the middle of the {where(cube)}; cube_centre and cube_side move it")
    )
    is_own = stated and config.cube_centre is None and config.cube_side is None
    notes = () if is_own else (f"{where(cube)}, {found}",)
    return PlacedCube(cube, found, (*notes, doubt) if doubt else notes, doubt)


def _centre(config: DvrConfig, dataset: Dataset, middle: np.ndarray) -> np.ndarray:
    """[3] the middle, where coordinates begin at the dataset's origin."""
    return middle if config.cube_centre is None else np.array(config.cube_centre) - dataset.origin


def _seeing(cube: Cube, cameras: Sequence[Camera]) -> float:
    """The share of the cameras that see the cube's middle."""
    chosen = cameras[:: -(-len(cameras) // MOST_FOLLOWED)]
    seen = 0
    for camera in chosen:
        pixels, depth = project(camera, np.array([cube.centre]))
        seen += bool(depth[0] > 0 and ((pixels[0] >= 0) & (pixels[0] <= camera.size_px)).all())
    return seen / len(chosen)
