"""The field of one object, ready to be drawn: its decoder prepared, and the grid that spares points."""

from __future__ import annotations

import torch
from torch import Tensor

from engines.core.engine import Audit, Stop, never_stop
from engines.dvr.inference import PackedDecoder, PackedLayers
from engines.dvr.marching import Logits, RaySampling, SurfaceHits, march
from engines.dvr.occupancy_grid import GridInMaking, OccupancyGrid
from engines.dvr.ray_samples import farthest_coordinate
from engines.dvr.steady_search import Rounds, steady_search
from engines.dvr.surface_search import SearchResult, find_surface

GRID_POINTS = 80_000
"""That making a grid takes, or somewhat more: where there is none yet and marching takes fewer, it is done without."""
GREY = 0.85
"""Of surfaces without colours."""
TOLERANCE = 1e-3
"""Between both searches, in the field's units; mostly they are within a hundredth of it."""
DIFFERENCE = 1e-3
"""Between the points that the gradient is taken from, in the field's units, as in the authors' code."""


class DrawnField:
    """The field, in its own coordinates; its surface is where the logit is `level`."""

    def __init__(
        self, layers: PackedLayers, code: Tensor | None, level: float, kept: OccupancyGrid | None = None
    ) -> None:
        """`code`: [1, c_dim], of a decoder that has one; `kept`: the field's grid, where a file had it."""
        decoder = layers.decoder
        self._packed, self._level = PackedDecoder(layers, code, level), level
        self._making = GridInMaking(self._packed.logits, decoder.fc_p.weight.device, kept=kept)
        self.has_colours = decoder.fc_out.out_features > 1
        self._rounds = Rounds()
        self.is_empty: bool | None = None
        """Whether no surface is in it; None where nobody looked."""

    def logits(self, points: Tensor) -> Tensor:
        """[N] occupancy logits, positive inside, of points [N, 3]."""
        return self._packed.logits(points) + self._level

    def colours(self, points: Tensor, stop: Stop = never_stop) -> Tensor:
        """[N, 3] in [0, 1], of points [N, 3]; grey where the network has none.

        Raises:
            Cancelled: `stop` said so.
        """
        return self._packed.colours(points, stop) if self.has_colours else torch.full_like(points, GREY)

    def gradients(self, points: Tensor) -> Tensor:
        """[N, 3] differences of the logits along the axes, of points [N, 3]."""
        steps = torch.eye(3, device=points.device) * DIFFERENCE / 2
        return torch.stack([self.logits(points + step) - self.logits(points - step) for step in steps], dim=1)

    def search(
        self, origins: Tensor, directions: Tensor, sampling: RaySampling, stop: Stop = never_stop
    ) -> SurfaceHits:
        """The places where rays [N, 3], in the field's coordinates, first meet the surface.

        Raises:
            Cancelled: `stop` said so.
        """
        if not self.has_grid and len(origins) * sampling.samples < GRID_POINTS:
            return march(self._asked(stop), origins, directions, sampling, stop=stop)
        return self._find(origins, directions, sampling, self._rounds, stop).hits

    def audit(self, origins: Tensor, directions: Tensor, sampling: RaySampling, rays: int) -> Audit:
        """Compares the search with plain marches along some of the rays [N, 3]."""
        generator = torch.Generator().manual_seed(0)
        chosen = torch.randperm(len(origins), generator=generator)[:rays].to(origins.device)
        origins, directions = origins[chosen], directions[chosen]
        found = self._find(origins, directions, sampling, Rounds(), never_stop)
        plain = march(self._asked(never_stop), origins, directions, sampling)
        hits = found.hits
        wrong = (hits.hit != plain.hit) | (hits.starts_inside != plain.starts_inside)
        # World units would depend on the cube: lengths of the field's.
        away = (hits.distances - plain.distances).abs() * directions.norm(dim=1) > TOLERANCE
        wrong |= away & plain.hit
        plainly = sampling.samples + sampling.secant_steps * float(plain.hit.float().mean())
        return Audit(len(chosen), int(wrong.sum()), found.evaluations / max(1, len(chosen)), plainly)

    @property
    def has_grid(self) -> bool:
        """Whether its grid is there already."""
        return self._making.is_finished

    def grid(self, radius: float, stop: Stop = never_stop) -> OccupancyGrid:
        """Its grid, for points whose coordinates are up to `radius`.

        Raises:
            Cancelled: `stop` said so; the next attempt goes on from there.
        """
        return self._making.finished(radius, stop)

    def _find(
        self, origins: Tensor, directions: Tensor, sampling: RaySampling, rounds: Rounds, stop: Stop
    ) -> SearchResult:
        grid = self.grid(farthest_coordinate(origins, directions, sampling), stop)
        if origins.device.type == "cpu":
            return find_surface(self._asked(stop), grid, origins, directions, sampling, stop)
        return steady_search(self._asked(stop), grid, (origins, directions), sampling, rounds, stop)

    def _asked(self, stop: Stop) -> Logits:
        """The logits from the level of the surface; raises Cancelled."""
        return lambda points: self._packed.logits(points, stop)
