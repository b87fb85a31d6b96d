"""Tries a method, check by check, and tells of each."""

from __future__ import annotations

import contextlib
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from app.conformance.besides import BESIDES
from app.conformance.declaring import DECLARING
from app.conformance.drawing import DRAWING
from app.conformance.importing import IMPORTING
from app.conformance.learning import LEARNING, MAKING
from app.conformance.looking import LOOKING
from app.conformance.on_a_gpu import DRAWN_ON_A_GPU, ON_A_GPU
from app.conformance.others_files import EXAMPLE
from app.conformance.samples import small_samples
from app.conformance.scene_abilities import BESIDE_DRAWING
from app.conformance.trial import Check, Failure, Trial
from app.conformance.varying import VARYING
from app.conformance.viewing import VIEWING
from app.method_faults import fault_of
from engines.core.abilities import OnlyDraws
from engines.core.contract import checked_engine
from engines.core.data.dataset import Dataset
from engines.core.engine import AnyEngine
from engines.core.errors import UserError
from engines.core.reading import shortened
from engines.core.seeding import all_generators_kept

State = Literal["ok", "FAILED", "not tried"]


@dataclass(frozen=True)
class CheckOutcome:
    """What came of a check.

    Attributes:
        member: the method's name, a dot, and what of it the check concerns.
        does: what is expected of it.
        text: what is wrong; or what is to be said besides.
    """

    member: str
    does: str
    state: State
    text: str = ""

    @property
    def line(self) -> str:
        """One line for people: state, member, what is expected, and what was found."""
        said = "" if not self.text else f" ({self.text})" if self.state == "ok" else f": {self.text}"
        return f"{self.state:<9}  {self.member} {self.does}{said}"


def told_to_nobody(outcome: CheckOutcome) -> None:
    """Drops an outcome: the caller looks at all of them afterwards."""


def conform(
    engine: AnyEngine,
    samples: Sequence[Dataset] | None = None,
    settings: Mapping[str, Any] | None = None,
    tell: Callable[[CheckOutcome], None] = told_to_nobody,
    only: str = "",
) -> tuple[CheckOutcome, ...]:
    """Tries a method on the CPU, in one thread, and puts everything global back.

    Args:
        samples: data to train on; None: small ones that are made for it.
        settings: options for its trainings, over those that its `Config.TRIAL` names.
        tell: called with each outcome as it comes.
        only: words of a check's line; of the others those are tried that it needs, and told where they fail.

    Raises:
        UserError: there is no such check.
    """
    outcomes = list[CheckOutcome]()

    def add(outcome: CheckOutcome, wanted: bool = True) -> None:
        if wanted or outcome.state == "FAILED":
            outcomes.append(outcome)
            tell(outcome)

    chosen = _chosen(engine, only)

    with tempfile.TemporaryDirectory() as folder, _undisturbed():
        whole = _tried(engine, Check("ENGINE", "has what engines have", lambda trial: _members(engine)), None)
        add(whole, not only)
        if whole.state == "ok":
            data = samples if samples is not None else small_samples(Path(folder) / "data")
            trial = Trial(engine, data, settings or {}, Path(folder))
            for check in _checks(engine):
                if check in chosen or (check in (*MAKING, EXAMPLE[0]) and any(other.needs for other in chosen)):
                    add(_tried(engine, check, trial), check in chosen)
    return tuple(outcomes)


def _checks(engine: AnyEngine) -> tuple[Check, ...]:
    of_scenes = (*DRAWING, *LOOKING, *VARYING, *VIEWING, *BESIDE_DRAWING)
    learns = not isinstance(engine, OnlyDraws)
    of_trainings, on_a_gpu = (LEARNING, ON_A_GPU) if learns else (EXAMPLE, DRAWN_ON_A_GPU)
    return *DECLARING, *of_trainings, *of_scenes, *_of_abilities(engine), *on_a_gpu, *IMPORTING


def _chosen(engine: AnyEngine, only: str) -> list[Check]:
    chosen = [check for check in _checks(engine) if only in f"{engine.name}.{check.member} {check.does}"]
    if not chosen:
        raise UserError(f"no check of {engine.name} has {shortened(only)} in its line, such as: {MAKING[0].member} "
                        f"{MAKING[0].does}")  # fmt: skip
    return chosen


def _members(engine: object) -> None:
    name = getattr(engine, "name", None)
    checked_engine(engine, name if isinstance(name, str) else "")


def _of_abilities(engine: AnyEngine) -> Iterator[Check]:
    for ability, checks in BESIDES.items():
        if isinstance(engine, ability):
            yield from checks


def _tried(engine: AnyEngine, check: Check, trial: Trial | None) -> CheckOutcome:
    member = f"{getattr(engine, 'name', type(engine).__name__)}.{check.member}"
    if trial is not None and not trial.has(check.needs):
        return CheckOutcome(member, check.does, "not tried", f"it needs a {check.needs}, which failed")
    try:
        text = check.run(trial)  # type: ignore[arg-type]
    except (Failure, UserError) as failure:
        return CheckOutcome(member, check.does, "FAILED", " ".join(str(failure).split()))
    except Exception as error:  # a method may fail in any way, which is what is looked for
        return CheckOutcome(member, check.does, "FAILED", _unexpected(error))
    return CheckOutcome(member, check.does, "ok", text or "")


def _unexpected(error: Exception) -> str:
    """The exception, and the innermost line of the method's code."""
    what = " ".join(traceback.format_exception_only(type(error), error)[-1].split())
    fault = fault_of(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{what} ({fault.place if fault is not None else f'{Path(frame.filename).name}, line {frame.lineno}'})"


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """One thread, as small tensors want it and so that sums are added up in one order; generators put back."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with all_generators_kept():
            yield
    finally:
        torch.set_num_threads(threads)
