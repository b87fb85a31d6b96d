"""Splats that are looked at."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import torch

from engines.core.camera import Array, Camera
from engines.core.device import to_device
from engines.core.engine import Control, Stop, never_stop
from engines.core.frame import ALPHA, BLACK, Frame
from engines.core.scene_abilities import GaussianValues, Primitives, Splatting
from engines.core.storage.checkpoint import SceneInfo
from engines.splats.compositing import FIRST_NORMAL, MEAN_DEPTH, MEDIAN_DEPTH, OPAQUE
from engines.splats.config import SplatsOptions
from engines.splats.drawing import Drawing
from engines.splats.footprints import DILATION, LEAST_ALPHA, LEAST_COMPENSATION, MARGIN, MOST_ALPHA
from engines.splats.placement import ASSUMED_UP
from engines.splats.seen_order import SeenOrder
from engines.splats.splats import Splats
from engines.splats.values import values_of

AUTHORS_NEAR = 0.2
"""World units, as the authors' code has it."""
NEAR_SHARE = 1 / 20
"""Of a scene's diagonal, where that is less."""
CONSTANT = 0.28209479177387814
"""The harmonic of degree 0."""
HIDDEN_LOGIT = -80.0
"""Of splats that are left out: an opacity far below what is drawn, of which no exponential overflows."""
TINT, TINTED_SHARE = (1.0, 0.1, 0.15), 0.75
"""The colour of splats that are left out where they are shown, and its share; the rest is their own."""
POINT_OPACITY_LOGIT = 0.0
"""Splats that cover half of what is behind them, or more, are points; the others are what is between."""


class SplatScene:
    """Draws any size, on the processor whatever its device is: there the pictures are then."""

    engine = "splats"
    native_px: tuple[int, int] | None = None
    cropped_px = border_px = 0
    channels: tuple[str, ...] = ("rgb", "depth", "normals", ALPHA)
    controls: tuple[Control, ...] = ()

    def __init__(self, splats: Splats, info: SceneInfo, device: torch.device, options: SplatsOptions) -> None:
        self.device = device
        self.bounds, self.up, self.start, self.cameras = info.bounds, info.up, info.start, info.cameras
        diagonal = float(np.linalg.norm(np.ptp(info.bounds, axis=0)))
        self.near = options.near or min(AUTHORS_NEAR, NEAR_SHARE * diagonal)
        # All of them, and those that are drawn, in the same order.
        self._whole = self._splats = splats
        self._depth = MEDIAN_DEPTH if options.depth == "median" else MEAN_DEPTH
        self._drawing = Drawing(splats, self.near, torch.get_num_threads)
        self._seen: SeenOrder | None = None
        self.assumptions = _assumptions(splats, info)
        # What is compiled is made, or fetched, while the scene opens, not in the first picture.
        self._drawing.warm()

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        """Over black, its backdrop: colours are times their opacity; a depth where anything is, a normal of length 1.

        Raises:
            Cancelled: `stop` said so; asked after each row of tiles.
        """
        return self._frame(self._drawing.draw(camera, stop))

    def _frame(self, picture: Array) -> Frame:
        """`picture` [H, W, OUTPUTS] as the channels of a frame."""
        image, opacity, depth, normals = (
            to_device(torch.from_numpy(np.ascontiguousarray(picture[..., part])), self.device)
            for part in (slice(OPAQUE), OPAQUE, self._depth, slice(FIRST_NORMAL, None))
        )
        return Frame(image, depth, {"normals": normals, ALPHA: opacity}, BLACK)

    def stages(self, camera: Camera) -> Mapping[str, Callable[[], object]]:
        """A frame's parts; each runs on the results of those before it."""
        kept: dict[str, Array] = {}

        def order() -> None:
            kept["footprints"] = self._drawing.seen(camera, never_stop)

        def composite() -> None:
            kept["picture"] = self._drawing.composite(kept["footprints"], camera, never_stop)

        return {"project, order": order, "composite": composite, "channels": lambda: self._frame(kept["picture"])}

    def points(self, controls: Mapping[str, float]) -> Mapping[str, Array]:
        """The middles of the splats that cover half of what is behind them, or more, in their constant colour."""
        solid = self._splats.opacity_logits >= POINT_OPACITY_LOGIT
        colours = np.clip(0.5 + CONSTANT * self._splats.harmonics[solid, 0], 0, 1)
        return {"points": self._splats.positions[solid], "colours": colours}

    def primitives(self) -> Primitives:
        """All splats; their sizes are the largest of their standard deviations."""
        whole = self._whole
        opacities = 1 / (1 + np.exp(np.float32(-1) * np.maximum(whole.opacity_logits, HIDDEN_LOGIT)))
        return Primitives(whole.positions, opacities, np.exp(whole.log_scales.max(axis=1)))

    def without(self, removed: Array, tinted: Array) -> SplatScene:
        """The scene that lacks those splats, and shows these in another colour, [N] bools both; see `LeavesOut`."""
        scene, splats = copy.copy(self), self._whole
        splats = _tinted(splats, tinted) if tinted.any() else splats
        scene._splats = _hidden(splats, removed) if removed.any() else splats
        scene._drawing = Drawing(scene._splats, self.near, torch.get_num_threads)
        scene._seen = None
        return scene

    @property
    def splatting(self) -> Splatting:
        """What `footprints` does with them."""
        whole, kept = self._whole, (LEAST_COMPENSATION, MARGIN, LEAST_ALPHA, MOST_ALPHA)
        return Splatting(len(whole), whole.degree, self.near, DILATION, whole.antialiased, *kept)

    def gaussians(self, begin: int, end: int) -> GaussianValues:
        """Those of the numbers from `begin` to `end`, also those that are left out, in their own colours."""
        return values_of(self._whole, begin, end)

    def near_to_far(self, camera: Camera, exactly: bool) -> Array:
        """[M] uint32 the numbers of those that may be seen, the nearest first; see `MadeOfGaussians`."""
        if self._seen is None:
            self._seen = SeenOrder(self._splats, self.near, torch.get_num_threads)
        return self._seen.near_to_far(camera, exactly)


def _hidden(splats: Splats, removed: Array) -> Splats:
    """The splats, [N] of which cover nothing: no array but one is copied, so that it follows a slider."""
    logits = np.where(removed, np.float32(HIDDEN_LOGIT), splats.opacity_logits)
    return replace(splats, opacity_logits=logits)


def _tinted(splats: Splats, tinted: Array) -> Splats:
    """The splats, [N] of which are of one hue more than of their own colours."""
    harmonics = splats.harmonics.copy()
    harmonics[tinted] *= 1 - TINTED_SHARE
    harmonics[tinted, 0] += TINTED_SHARE * (np.array(TINT, dtype=np.float32) - 0.5) / CONSTANT
    return replace(splats, harmonics=harmonics)


def _assumptions(splats: Splats, info: SceneInfo) -> tuple[str, ...]:
    said = [info.up_found] if info.up_found.startswith(ASSUMED_UP) else []
    if splats.is_flat:
        said.append("2-D splats are drawn as 3-D ones without thickness, not by the planes that rays meet them in: "
                    "seen from the side they differ a little")  # fmt: skip
    return tuple(said)
