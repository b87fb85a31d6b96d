"""The checks of a method that opens files of other programs, and of one that only draws what those have trained."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from app.conformance.trial import STEPS, Check, Failure, Trial, draw, require_kind
from engines.core.abilities import JudgesData, OnlyDraws, ReadsFiles, WritesFiles, reason_against
from engines.core.config import make_options
from engines.core.contract import begun, opened, resumed
from engines.core.errors import UserError
from engines.core.storage.checkpoint import Checkpoint

STRANGE = {"empty.bin": b"", "text.txt": b"nothing that anybody opens\n", "noise.ply": bytes(range(256)) * 4}
"""Files that are nobody's."""


def draws_its_example(trial: Trial) -> None:
    """Opens and draws the scene that it gives itself: in place of one that it learns, for the checks that follow."""
    if not isinstance(trial.engine, OnlyDraws):
        return
    found = trial.engine.example()
    require_kind(found, Checkpoint, "example()")
    make_options(trial.engine.Config, found.config, "the example's config")
    if missing := [name for name in trial.engine.Config.model_fields if name not in found.config]:
        raise Failure(f"the example's config lacks {', '.join(missing)}; it has all fields of Config")
    if found.engine != trial.engine.name or found.training is not None:
        raise Failure(f"the example says engine={found.engine!r}, or has a training's state; it is only to be drawn")
    scene = opened(trial.engine, found, trial.device, None, trial.engine.SceneOptions())
    draw(scene)
    trial.dataset, trial.scene, trial.checkpoints = trial.samples[0], scene, [found] * (STEPS + 1)


def refuses_all_data(trial: Trial) -> None:
    """Begins nothing and goes on with nothing, and says so beforehand."""
    if not isinstance(trial.engine, JudgesData):
        raise Failure("it trains nothing, and has no unsupported(dataset) that says so before anybody asks it to")
    for dataset in trial.samples:
        if not reason_against(trial.engine, dataset):
            raise Failure(f"unsupported() says nothing against {dataset.source.name}, and it trains on nothing")
        config, checkpoint = trial.config(dataset), trial.checkpoints[-1]
        for member, begin in (
            ("train()", partial(begun, trial.engine, dataset, config, trial.device)),
            ("resume()", partial(resumed, trial.engine, dataset, checkpoint, trial.device)),
        ):
            try:
                begin().close()
            except UserError:
                continue
            raise Failure(f"{member} begins on {dataset.source.name}; a method that has example() trains on nothing")


def knows_others_files(trial: Trial) -> str:
    """Shows it files and folders that are nobody's, and none: it says so, and raises nothing."""
    engine = trial.engine
    if not isinstance(engine, ReadsFiles):
        return ""
    suffixes: object = engine.file_suffixes
    if not isinstance(suffixes, tuple) or not all(
        isinstance(suffix, str) and suffix.startswith(".") and suffix == suffix.lower() for suffix in suffixes
    ):
        raise Failure(f"file_suffixes is {suffixes!r}; it must be a tuple of texts such as '.ply', in small letters")
    folder = trial.folder / "strange"
    folder.mkdir()
    for name, content in STRANGE.items():
        (folder / name).write_bytes(content)
    for path in (folder, folder / "nothing", *(folder / name for name in STRANGE)):
        try:
            found = engine.detects(path)
        except Exception as error:  # whatever is there
            raise Failure(f"detects() raises {type(error).__name__} where {path.name} is nothing for it") from error
        if found is not False:
            raise Failure(f"detects() gives {found!r} for {path.name}, which is nothing for it; it must give False")
    return ", ".join(engine.file_suffixes)


def writes_others_files(trial: Trial) -> str:
    """Writes its last checkpoint in every form; what it wrote it knows again, if it reads files at all."""
    engine = trial.engine
    if not isinstance(engine, WritesFiles):
        return ""
    forms: object = engine.written_forms
    if not isinstance(forms, Mapping) or not all(
        isinstance(form, str) and isinstance(suffix, str) and suffix.startswith(".") for form, suffix in forms.items()
    ):
        raise Failure(f"written_forms is {forms!r}; it must map names of forms to suffixes such as '.ply'")
    for form, suffix in engine.written_forms.items():
        path = trial.folder / f"written {form}{suffix}"
        lines: object = engine.write_file(trial.checkpoints[-1], path, form)
        if not isinstance(lines, tuple) or not all(isinstance(line, str) and "\n" not in line for line in lines):
            raise Failure(f"write_file() gives {lines!r} for {form}; it must be a tuple of lines")
        if not path.is_file():
            raise Failure(f"write_file() wrote nothing where {form} was to be")
        if isinstance(engine, ReadsFiles) and engine.detects(path) is not True:
            raise Failure(f"detects() does not know what write_file() wrote as {form}")
    return ", ".join(engine.written_forms)


EXAMPLE = (
    Check("example", "gives a scene of its own that is drawn", draws_its_example),
    Check("train", "refuses all data, and says so beforehand", refuses_all_data, "training"),
)
"""In place of the checks of trainings."""
