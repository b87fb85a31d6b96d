"""Where methods that are bound to a box would have it, and whether the photographs show anything of it."""

from __future__ import annotations

from app.capture.inspection.report import Finding, MethodBox
from app.viewing.validation_split import without_judged
from engines.core.abilities import FilledBox, FillsBox
from engines.core.config import TrainingConfig
from engines.core.data.dataset import Dataset
from engines.core.engine import AnyEngine
from engines.core.errors import UserError
from engines.registry import all_engines


def box_of(engine: AnyEngine, dataset: Dataset, config: TrainingConfig) -> FilledBox | None:
    """The box that a training with these options would fill; None of a method without one, or that can learn nothing.

    Raises:
        UserError: the photographs show nothing of it.
    """
    if not isinstance(engine, FillsBox):
        return None
    # Of the views that are trained on, as a training has them: what is held out would move it a little.
    return engine.box(without_judged(dataset).with_held_out(config.held_out_every), config)


def boxes_of_methods(dataset: Dataset) -> tuple[tuple[MethodBox, ...], list[Finding]]:
    """Those of all methods at their default options, and what is doubtful about them."""
    found, findings = list[MethodBox](), list[Finding]()
    for name, engine in all_engines().items():
        try:
            box = box_of(engine, dataset, engine.Config())
        except UserError as error:
            findings.append(Finding("warning", str(error).removeprefix(f"{dataset.source}: ")))
            continue
        except Exception:  # a plug-in may fail in any way; the data is to be looked at all the same
            continue
        if box is not None:
            found.append(MethodBox(name, box))
            if box.doubt:
                findings.append(Finding("warning", f"{engine.title}: {box.doubt}"))
    return tuple(found), findings
