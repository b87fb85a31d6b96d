"""The check of what a scene is opened with: each of its options is looked at, and changes something."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic.fields import FieldInfo

from app.conformance.trial import Check, Failure, Trial, channels, difference, draw
from engines.core.config import Options, make_options
from engines.core.contract import opened
from engines.core.engine import AnyEngine, Scene
from engines.core.errors import UserError

WHOLE = ("__dict__", "__iter__", "model_dump", "model_copy", "model_dump_json")
"""Who takes one of these of a pydantic object has looked at all fields."""


def scene_options_are_obeyed(trial: Trial) -> str:
    """Opens with each option otherwise: one that nothing looks at does nothing; others may do it elsewhere."""
    kind, seen = trial.engine.SceneOptions, set[str]()
    watched = _watched(kind, seen)
    as_trained = {name: trial.checkpoints[-1].config[name] for name in kind.AS_TRAINED}
    before, unseen = _opened(trial, make_options(watched, as_trained)), list[str]()
    for name, field in kind.model_fields.items():
        if not any(_changed(trial, watched, {**as_trained, name: value}, before) for value in _others(field)):
            unseen.append(name)
    # Some count of other data or of authors' files only: those stand in the code at least.
    if dead := [name for name in unseen if name not in seen and not _stands_in_code(trial.engine, name)]:
        raise Failure(f"{kind.__name__} offers {', '.join(dead)}, which nothing looks at; obey it, or don't offer it")
    return f"not seen here: what {', '.join(unseen)} does" if unseen else ", ".join(kind.model_fields)


def _watched(kind: type[Options], seen: set[str]) -> type[Options]:
    """The same options, that tell which of them were looked at."""

    def looked_at(self: Options, name: str) -> Any:
        seen.update(kind.model_fields if name in WHOLE else {name})
        return super(watched, self).__getattribute__(name)

    members = {"__getattribute__": looked_at, "__module__": __name__, "__doc__": kind.__doc__}
    watched: type[Options] = types.new_class(kind.__name__, (kind,), exec_body=lambda body: body.update(members))
    return watched


def _stands_in_code(engine: AnyEngine, name: str) -> bool:
    """Whether any file beside the method's own takes an attribute of that name."""
    file = getattr(sys.modules.get(type(engine).__module__), "__file__", None)
    if file is None:
        return True
    taken = re.compile(rf"\.{name}\b|[\"']{name}[\"']")
    return any(taken.search(path.read_text(encoding="utf-8")) for path in Path(file).parent.rglob("*.py"))


def _others(field: FieldInfo) -> Iterator[Any]:
    """Other values than the default, of fields with a few of them and of numbers; bounds may forbid some."""
    default, kinds = field.default, (field.annotation, *get_args(field.annotation))
    yield from (value for value in kinds if isinstance(value, str | int) and value != default)
    yield from (choice for kind in kinds for choice in get_args(kind) if isinstance(choice, str) and choice != default)
    if isinstance(default, bool):
        yield not default
    elif isinstance(default, int | float):
        yield from (type(default)(2 * default), type(default)(default / 2), default + 1)
    elif int in kinds or float in kinds:
        yield from (2, 1, 0)


def _changed(trial: Trial, kind: type[Options], values: dict[str, Any], before: Scene) -> bool:
    try:
        options = make_options(kind, values)
    except UserError:
        return False
    try:
        scene = _opened(trial, options)
    except UserError:
        # It is refused, and so looked at.
        return True
    if any(
        getattr(scene, name) != getattr(before, name) for name in ("native_px", "border_px", "channels", "controls")
    ):
        return True
    return bool(difference(channels(before, draw(before)), channels(scene, draw(scene))))


def _opened(trial: Trial, options: Options) -> Scene:
    return opened(trial.engine, trial.checkpoints[-1], trial.device, trial.data, options)


VIEWING = (Check("SceneOptions", "offers options that have an effect", scene_options_are_obeyed, "scene"),)
