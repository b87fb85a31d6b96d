"""What a data folder holds besides photographs and cameras and is not trained on."""

from __future__ import annotations

from engines.core.data.dataset import Dataset
from engines.core.data.object_masks import laid_over, settled
from engines.core.errors import UserError

DEPTHS = "depths are there and not used: this training trains on photographs alone"
MASKS = "all outside the object's masks is learnt and scored, too; --set outside_masks=white (or black) covers it"


def left_to_learn(dataset: Dataset) -> tuple[str, ...]:
    """What a training at default options does with pixels outside an object's masks, where there are some.

    It looks at a few photographs and masks; where one can't be read nothing is said, as it is named elsewhere.
    """
    try:
        outside = settled(dataset, "auto")
    except UserError:
        return ()
    said = (*unused(dataset, outside), *laid_over(dataset, outside).notes)
    return tuple(text for text in said if text != DEPTHS and text not in dataset.notes)


def unused(dataset: Dataset, outside_masks: str, learns_depths: bool = False) -> tuple[str, ...]:
    """A sentence for each kind of file, by the first view to train on, with what becomes of pixels outside masks.

    Masks of a recording say what moves, and have losses of their own; masks of what is not to be learnt are used.
    """
    views = dataset.split("train").photographed
    if not views:
        return ()
    first = views[0]
    found = [DEPTHS] if first.depth_path is not None and not learns_depths else []
    if first.mask_path is not None and dataset.time_steps == 1 and outside_masks == "kept":
        found.append(MASKS)
    return tuple(found)
