"""Which photographs a scene is evaluated on, at what size, and how they are scored."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.training.evaluation import Evaluation, OnPair, OnView, Size, as_photographed, evaluate
from app.viewing.opening import Opened
from app.viewing.validation_split import with_held_out_of
from engines.core.data.dataset import Dataset
from engines.core.data.views import Split, Views
from engines.core.engine import LearnsSmaller, Scene, Stop, never_stop
from engines.core.errors import UserError
from engines.core.storage.checkpoint import Checkpoint

SPLIT_ORDER: tuple[Split, ...] = ("test", "validation", "train")
"""Where nobody chooses, the first that has photographs."""


@dataclass(frozen=True, eq=False)
class EvaluatedViews:
    """The photographs of a split.

    Attributes:
        dataset: that they are of, as the run that made the scene had it.
        views: those of the split that have a photograph; at least one.
        told: which they are, for people: whether the run trained on them.
    """

    dataset: Dataset
    split: Split
    views: Views
    told: str


def evaluated_views(opened: Opened, split: Split | None = None) -> EvaluatedViews:
    """The views of a split of the open data folder; what the run held out of its training views are validation views.

    Args:
        split: None: as `first_split`.

    Raises:
        UserError: the split has no photographs.
    """
    if opened.dataset is None:
        raise ValueError("opened without photographs")
    dataset = with_held_out_of(opened.checkpoint, opened.dataset)
    split = split or first_split(dataset)
    views = dataset.split(split).photographed
    if not views:
        raise UserError(f"{dataset.source}: no photographs in its {split} views")
    return EvaluatedViews(dataset, split, views, _told(split, opened.dataset, dataset, opened.checkpoint))


def evaluate_views(
    scene: Scene,
    chosen: EvaluatedViews,
    size_px: tuple[int, int] | None,
    crop_px: int | None,
    on_view: OnView,
    stop: Stop = never_stop,
    on_pair: OnPair = lambda pair: None,
) -> Evaluation:
    """Scores of the views, which say which they are.

    Args:
        size_px: (width, height) to compare at; None: what was learnt at.
        crop_px, on_view, stop, on_pair: as in `evaluate`.

    Raises:
        UserError: the scene can't draw that size.
        Cancelled: `stop` said so.
    """
    size = evaluated_size(scene, size_px)
    found = evaluate(scene, chosen.views, on_view, stop, crop_px, chosen.dataset, on_pair, size)
    return replace(found, told=chosen.told)


def first_split(dataset: Dataset) -> Split:
    """The first of `SPLIT_ORDER` that has photographs; the first of all where none has."""
    return next((split for split in SPLIT_ORDER if dataset.split(split).photographed), SPLIT_ORDER[0])


def _told(split: Split, folder: Dataset, of_run: Dataset, checkpoint: Checkpoint) -> str:
    if split == "validation" and len(folder.split("validation")) < len(of_run.split("validation")):
        return "held out by the run"
    if split != "train":
        return split
    # The authors' files don't say what they were trained on.
    learnt = checkpoint.scene is not None and checkpoint.step > 0
    return "train: the scene was trained on them" if learnt else split


def evaluated_size(scene: Scene, wanted: tuple[int, int] | None) -> Size:
    """What photographs are brought to: what was asked for, else what was learnt at.

    Raises:
        UserError: the scene draws one size only, and another is wanted.
    """
    if wanted is not None:
        if scene.native_px is not None and scene.native_px != wanted:
            width, height = scene.native_px
            raise UserError(f"--size {wanted[0]}x{wanted[1]}: this scene draws {width}x{height} only")
        return lambda _: wanted
    known: object = scene
    return known.trained_px if isinstance(known, LearnsSmaller) else as_photographed
