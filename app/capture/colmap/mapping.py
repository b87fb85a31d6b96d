"""From matches to cameras by bundle adjustment: several attempts, of which the best is kept; a richer lens if earned.

The first attempt is what COLMAP does by itself. Where that leaves photographs out, its thresholds are the usual cause:
it begins with two photographs far apart that share 100 points, and places one that sees 30 of those found.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.capture.colmap.colmap_job import ColmapJob

ENOUGH = 0.8
"""Of the photographs: more than the quick attempts are made where fewer have a camera."""
POOR = 0.5
"""Of the photographs: with fewer, the slowest attempts are worth their time, too."""
SMALLEST = 3
"""Photographs of a model."""
LEAST_S = 30.0
"""That each further attempt may take, or twice as long as all took until then."""
RICH_VIEWS, RICH_POINTS = 10, 2000
"""Photographs and observations that one lens needs, before more than its focal length and k1 are asked of it."""
RICH_GAIN, SQUARE = 0.99, 0.05
"""The mean error must fall to less than this for a richer lens to be kept; and its pixels are about square."""

Tell = Callable[[int, str], None]


@dataclass
class Attempts:
    """What was tried, and the best of it.

    Attributes:
        models: of the best attempt, largest first.
    """

    job: ColmapJob
    tell: Tell
    began: float = field(default_factory=time.monotonic)
    models: list[Any] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    database: Path | None = None

    @property
    def placed(self) -> int:
        return int(self.models[0].num_reg_images()) if self.models else 0

    def take(self, name: str, found: Mapping[int, Any], database: Path) -> None:
        """Keeps the models if they are better: more photographs, then the smaller error."""
        models = sorted(found.values(), key=_worth, reverse=True)
        models = [model for model in models if model.num_reg_images() > 1]
        self.told.append(f"{name}: {int(models[0].num_reg_images()) if models else 0}")
        if models and (not self.models or _worth(models[0]) > _worth(self.models[0])):
            self.models, self.database = models, database

    def is_short_of(self, share: float) -> bool:
        return self.placed < max(SMALLEST, share * len(self.job.names))

    def seconds_left(self) -> int:
        return round(max(LEAST_S, 2 * (time.monotonic() - self.began)))


def _worth(model: Any) -> tuple[int, float]:
    return int(model.num_reg_images()), -float(model.compute_mean_reprojection_error())


def quick_attempts(pycolmap: Any, attempts: Attempts, database: Path, which: str = "") -> None:
    """COLMAP's own thresholds; then looser ones where a photograph is left out; then its own from other pairs."""
    if attempts.is_short_of(1.0):
        attempts.take(f"{which}first pair", _incremental(pycolmap, attempts, database, False, False), database)
    if attempts.is_short_of(1.0):
        attempts.take(f"{which}looser thresholds", _incremental(pycolmap, attempts, database, True, True), database)
    if attempts.is_short_of(ENOUGH):
        attempts.take(f"{which}other pairs", _incremental(pycolmap, attempts, database, False, True), database)


def global_attempt(pycolmap: Any, attempts: Attempts, database: Path) -> None:
    """All photographs at once, with focal lengths that follow from their pairs."""
    # It writes into the database what it calibrates.
    copied = database.with_name(f"global-{database.name}")
    shutil.copyfile(database, copied)
    options = pycolmap.GlobalPipelineOptions()
    options.num_threads, options.random_seed, options.min_model_size = attempts.job.threads, 0, SMALLEST
    pycolmap.calibrate_view_graph(copied)
    found = pycolmap.global_mapping(copied, attempts.job.images, _empty(attempts), options)
    attempts.take("all at once", found, database)


def _empty(attempts: Attempts) -> Path:
    folder = attempts.job.models / f"attempt-{len(attempts.told)}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _incremental(pycolmap: Any, attempts: Attempts, database: Path, loose: bool, several: bool) -> Mapping[int, Any]:
    """COLMAP's models, by number."""
    mapping = pycolmap.IncrementalPipelineOptions()
    mapping.num_threads, mapping.random_seed = attempts.job.threads, 0
    mapping.multiple_models, mapping.min_model_size = several, SMALLEST
    if several:
        mapping.max_runtime_seconds = attempts.seconds_left()
    if loose:
        mapping.mapper.init_min_tri_angle, mapping.mapper.init_min_num_inliers = 4.0, 40
        mapping.mapper.abs_pose_min_num_inliers, mapping.mapper.abs_pose_min_inlier_ratio = 15, 0.15
    token, count, most = pycolmap.CancellationToken(), 0, 0

    def began() -> None:
        nonlocal count
        count = 1
        if most > len(attempts.job.names) / 2:
            # What is left would be the smaller part, whatever comes of it.
            token.cancel()
        registered()

    def registered() -> None:
        nonlocal count, most
        count += 1
        # A model that comes to nothing is begun again from another pair.
        most = max(most, count)
        attempts.tell(most, "" if not attempts.told else f"attempt {len(attempts.told) + 1}")

    found: Mapping[int, Any] = pycolmap.incremental_mapping(
        database, attempts.job.images, _empty(attempts), mapping,
        initial_image_pair_callback=began, next_image_callback=registered, cancellation_token=token,
    )  # fmt: skip
    return found


def with_richer_lens(pycolmap: Any, model: Any, threads: int) -> Any:
    """The model adjusted with OPENCV lenses where enough is seen through them; itself where that gains nothing."""
    seen: dict[int, list[int]] = {}
    for number in model.reg_image_ids():
        image = model.images[number]
        seen.setdefault(int(image.camera_id), []).append(int(image.num_points3D))
    rich = [lens for lens, counts in seen.items() if len(counts) >= RICH_VIEWS and sum(counts) >= RICH_POINTS]
    if not rich:
        return model
    richer = pycolmap.Reconstruction(model)
    for number in rich:
        lens = richer.cameras[number]
        focal, x, y, radial = lens.params
        lens.model = pycolmap.CameraModelId.OPENCV
        lens.params = [focal, focal, x, y, radial, 0.0, 0.0, 0.0]
    options = pycolmap.BundleAdjustmentOptions()
    options.print_summary = False
    options.ceres.solver_options.num_threads = threads
    pycolmap.bundle_adjustment(richer, options)
    richer.update_point_3d_errors()
    lenses = [richer.cameras[number].params for number in rich]
    square = all(abs(fx / fy - 1) < SQUARE and max(map(abs, rest)) < 1 for fx, fy, _, _, *rest in lenses)
    before, after = (each.compute_mean_reprojection_error() for each in (model, richer))
    return richer if square and after < RICH_GAIN * before else model
