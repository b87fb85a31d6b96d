"""Where the voxel grid stands: as the options or the data folder say, else fitted to the subject's box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.data.dataset import Dataset
from engines.core.data.subject_box import MOST_FOLLOWED, subject_box
from engines.core.data.views import View
from engines.core.errors import UserError
from engines.deepvoxels.config import DeepVoxelsConfig, DeepVoxelsOptions
from engines.deepvoxels.geometry import GridPlacement

OPTIONS = ("grid_barycenter", "scale", "near_plane")
MARGIN = 1.05
RAYS = 16
"""Along each side of the middle of a picture, that are followed to the grid."""
FEW_RAYS, HARDLY_ANY = 0.5, 0.02
"""Of the rays through the middle of the photographs: with fewer there is a doubt, or nothing to be learnt."""


@dataclass(frozen=True)
class PlacedGrid:
    """A grid, and why it stands there.

    Attributes:
        found: in plain words, what says so.
        notes: what somebody should know; nothing where the data folder stated the grid and cameras see it.
        doubt: where few rays meet it; else empty.
        share: of the rays through the middle of the photographs, how many meet the grid.
        stated: whether the data folder's own grid was taken as it is.
    """

    placement: GridPlacement
    found: str
    notes: tuple[str, ...]
    doubt: str
    share: float
    stated: bool

    @property
    def text(self) -> str:
        """A sentence for people: the grid's size and place, what says so, and how many rays meet it."""
        met = f"{self.share:.0%} of the rays through the photographs' middle meet it"
        return f"{where(self.placement)}, {self.found}; {met}"


def where(placement: GridPlacement) -> str:
    """The grid's side, centre and near plane in words, world units."""
    centre = ", ".join(f"{value:.4g}" for value in placement.centre)
    return f"grid of side {placement.scale:.4g} about ({centre}), near plane {placement.near_plane:.4g}"


def chosen_in(options: DeepVoxelsConfig | DeepVoxelsOptions, origin: Array) -> dict[str, Any]:
    """The parts of a `GridPlacement` that the options choose, where coordinates begin at `origin` [3] of the world."""
    named = {name: value for name in OPTIONS if (value := getattr(options, name)) is not None}
    if "grid_barycenter" in named:
        named["centre"] = tuple((np.array(named.pop("grid_barycenter")) - origin).tolist())
    return named


def is_stated(hints: Mapping[str, Any]) -> bool:
    """Whether a data folder says where its grid is."""
    return any(name in hints for name in OPTIONS)


def place_grid(config: DeepVoxelsConfig, dataset: Dataset, views: Sequence[View]) -> PlacedGrid:
    """The grid as the options place it, else the data folder, else fitted to what `views` show.

    Raises:
        UserError: hardly a ray of the photographs meets a grid that was not stated by the folder.
    """
    chosen = chosen_in(config, dataset.origin)
    cameras = tuple(view.camera for view in views)
    stated = is_stated(dataset.hints)
    placement = replace(GridPlacement.from_hints(dataset.hints), **chosen)
    if stated and ({"scale", "near_plane"} <= chosen.keys() or _most_see(placement, cameras)):
        share = rays_met(placement, cameras)
        doubt = _few(placement, share)
        notes = (doubt,) if doubt else ()
        return PlacedGrid(placement, "as the data folder has it", notes, doubt, share, not chosen)
    box, found = subject_box(dataset, views)
    fitted = _fitted(cameras, box, chosen)
    share = rays_met(fitted, cameras)
    found = "as the options say" if len(chosen) == len(OPTIONS) else f"fitted to {found}"
    if not stated and share < HARDLY_ANY:
        raise UserError(
            f"{dataset.source}: no camera sees the voxel grid ({where(fitted)}): {share:.1%} of the rays through the "
            "middle of the photographs meet it; set scale and near_plane, or grid_barycenter, to where the scene is "
            "(--set scale=... --set near_plane=... --set grid_barycenter=[x,y,z])"
        )
    note = f"{where(fitted)}, {found}"
    if stated:
        note = (
            f"the data folder's grid (scale {placement.scale:g}, near plane {placement.near_plane:g}) lies outside "
            f"what most cameras see; made to fit: {where(fitted)}, {found}"
        )
    doubt = _few(fitted, share)
    return PlacedGrid(fitted, found, (note, doubt) if doubt else (note,), doubt, share, stated=False)


def _most_see(placement: GridPlacement, cameras: Sequence[Camera]) -> bool:
    return sum(placement.sees(camera) for camera in cameras) >= len(cameras) / 2


def _few(placement: GridPlacement, share: float) -> str:
    if share >= FEW_RAYS:
        return ""
    return (
        f"only {share:.0%} of the rays through the middle of the photographs meet the {where(placement)}: the rest is "
        "learnt as a plain background; grid_barycenter, scale and near_plane move it"
    )


def _fitted(cameras: Sequence[Camera], box: Array, chosen: Mapping[str, Any]) -> GridPlacement:
    """A grid about `box`, and a near plane such that the view volume of every camera holds it as well as can be."""
    x, y, z = (float(value) for value in chosen.get("centre", box.mean(axis=0)))
    scale = float(chosen.get("scale", (box[1] - box[0]).max() * MARGIN))
    distances = [(camera.world_to_camera @ np.array([x, y, z, 1.0]))[2] for camera in cameras]
    # The view volume is two scales deep and the grid's diagonal sqrt(3), so there is a little to spare.
    near = max(float(np.median(distances)) - scale * float(np.sqrt(3)) / 2, 0.05 * scale)
    return GridPlacement((x, y, z), scale, float(chosen.get("near_plane", near)))


def rays_met(placement: GridPlacement, cameras: Sequence[Camera]) -> float:
    """The share of the rays through the middle half of the cameras' square pictures that meet the grid in their view
    volume, which begins at the near plane and is two scales deep."""
    step = -(-len(cameras) // MOST_FOLLOWED)
    low, high = placement.bounds()
    shares = []
    for camera in cameras[::step]:
        square = camera.square()
        along = (np.arange(RAYS) + 0.5) / RAYS / 2 + 0.25
        x, y = np.meshgrid(along * square.size_px[0], along * square.size_px[1])
        in_camera = np.stack(
            [(x - square.centre_px[0]) / square.focal_px[0], (y - square.centre_px[1]) / square.focal_px[1],
             np.ones_like(x)], axis=-1,
        ).reshape(-1, 3)  # fmt: skip
        directions = in_camera @ camera.camera_to_world[:3, :3].T
        # A ray along a face has no way across it: a hair aside it has.
        directions = np.where(np.abs(directions) < 1e-12, 1e-12, directions)
        first, second = (low - camera.position) / directions, (high - camera.position) / directions
        # Along +z, as the planes count.
        begins = np.maximum(np.minimum(first, second).max(axis=1), placement.near_plane)
        ends = np.minimum(np.maximum(first, second).min(axis=1), placement.near_plane + 2 * placement.scale)
        shares.append(float((begins < ends).mean()))
    return float(np.mean(shares))
