"""The checks of files of the authors' code: which are known, and that what is written is read back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch

from app.conformance.trial import Failure, Trial, difference, require_kind
from engines.core.abilities import (
    HasConfigurationFile,
    HasViewingWeights,
    KnowsWeights,
    ReadsUpstream,
    WritesUpstream,
)
from engines.core.config import make_options
from engines.core.errors import UserError
from engines.core.reading import shortened
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.torch_file import read_torch_file, write_torch_file


def odd_things() -> tuple[Any, ...]:
    """What may stand in a file where something else is looked for."""
    return None, 3, "", [], {}, {"a": None}, torch.zeros(())


def of_nobody() -> Iterator[Mapping[Any, Any]]:
    """What torch files of no method may hold."""
    yield from ({}, {3: 4}, {None: 3}, {("a", 1): torch.ones(1)}, {"a": torch.ones(2)})
    for name in ("model", "state_dict", "weights"):
        yield from ({name: odd} for odd in (*odd_things(), {3: torch.ones(1)}, {None: None}))


def spoilt(content: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Files as a method writes them, with something odd in the place of one thing, at two depths."""
    for name, value in content.items():
        for odd in odd_things():
            yield {**content, name: odd}
        for inner in value if isinstance(value, Mapping) else ():
            for odd in (None, torch.zeros(())):
                yield {**content, name: {**value, inner: odd}}


def knows_its_files(trial: Trial) -> None:
    """Tries `recognises` on files of nobody: it neither takes them for its own nor fails."""
    for content in of_nobody():
        if isinstance(trial.engine, ReadsUpstream) and _recognised(trial.engine, content):
            raise Failure(f"recognises() takes {shortened(content)} for its own")


def _recognised(engine: ReadsUpstream, content: Mapping[Any, Any]) -> bool:
    try:
        found = engine.recognises(content)
    except Exception as error:  # in any way, which is what is looked for
        what = shortened(f"{type(error).__name__}: {error}")
        raise Failure(f"recognises() raises {what} of a file that holds {shortened(content)}; it never does") from error
    require_kind(found, bool, "recognises()")
    return found


def reads_what_it_writes(trial: Trial) -> str:
    """Writes a checkpoint as the authors do, and reads it back: weights are the same, options such as may be."""
    engine, checkpoint, path = trial.engine, trial.checkpoints[-1], trial.folder / "authors.pth"
    if not isinstance(engine, WritesUpstream) or not isinstance(engine, ReadsUpstream):
        return ""
    try:
        written = engine.write_upstream(checkpoint)
        require_kind(written, Mapping, "write_upstream()")
        write_torch_file(path, written)
    except UserError as error:
        return f"not of these options: {error}"
    content = read_torch_file(path)
    if not _recognised(engine, content):
        raise Failure("recognises() does not know what write_upstream() wrote")
    for odd in spoilt(content):
        _recognised(engine, odd)
    read = engine.read_upstream(content, path)
    require_kind(read, Checkpoint, "read_upstream()")
    make_options(engine.Config, read.config, "read_upstream's config")
    own = checkpoint.weights
    if missing := [name for name in _to_draw(trial) if name not in read.weights]:
        raise Failure(f"read_upstream() lacks {shortened(', '.join(missing))} of the weights that were written")
    kept = [name for name in own if name in read.weights]
    if found := difference({name: own[name] for name in kept}, {name: read.weights[name] for name in kept}):
        raise Failure(f"read_upstream() gives other weights than were written: {found}")
    # What was reduced to drawing may not be written again.
    with contextlib.suppress(UserError):
        if found := difference(content, engine.write_upstream(read)):
            raise Failure(f"write_upstream() of what read_upstream() read is not what was read: {found}")
    return ""


def _to_draw(trial: Trial) -> Iterable[str]:
    """Names of the weights that drawing needs, as far as the method says which."""
    engine, checkpoint = trial.engine, trial.checkpoints[-1]
    if isinstance(engine, KnowsWeights):
        return engine.weights_to_draw(make_options(engine.Config, checkpoint.config), checkpoint.weights)
    return engine.viewing_weights(checkpoint).weights if isinstance(engine, HasViewingWeights) else checkpoint.weights


def reads_its_options(trial: Trial) -> str:
    """Writes weights and options as the authors do, and reads both back: it is drawn with the same options."""
    engine, checkpoint, path = trial.engine, trial.checkpoints[-1], trial.folder / "authors.pth"
    if not isinstance(engine, HasConfigurationFile) or not isinstance(engine, WritesUpstream):
        return ""
    try:
        content = engine.write_upstream(checkpoint)
    except UserError as error:
        return f"not of these options: {error}"
    text = engine.configuration_text(checkpoint, path.name)
    require_kind(text, str, "configuration_text()")
    configuration = trial.folder / "elsewhere.yaml"
    configuration.write_text(text, encoding="utf-8")
    read = engine.read_configured(content, path, configuration)
    require_kind(read, Checkpoint, "read_configured()")
    config = make_options(engine.Config, read.config, "read_configured's config")
    own = make_options(engine.Config, checkpoint.config)
    for name in engine.SceneOptions.AS_TRAINED:
        if getattr(config, name) != getattr(own, name):
            raise Failure(
                f"read_configured() gives {name}={getattr(config, name)!r} of what configuration_text() wrote for "
                f"{getattr(own, name)!r}"
            )
    return ""
