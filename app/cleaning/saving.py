"""A cleaned scene as a file: a scene file, or a form of other programs, by the engine's own writers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from app.method_faults import or_method
from app.viewing.opening import scene_options
from engines.core.abilities import ChoosesPrimitives, WritesFiles
from engines.core.camera import Array
from engines.core.contract import with_derived
from engines.core.engine import AnyEngine
from engines.core.errors import UserError
from engines.core.reading import concerning
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.scene_file import write_scene_file
from engines.registry import find_engine

SCENE, SCENE_SUFFIX = "scene", ".safetensors"


def forms_of(engine: AnyEngine) -> Mapping[str, str]:
    """The forms that its scenes are written in, and the suffix of their files, with the dot."""
    others = engine.written_forms if isinstance(engine, WritesFiles) else {}
    return {**others, SCENE: SCENE_SUFFIX}


def form_of_file(engine: AnyEngine, path: Path) -> str:
    """The form that a file's name asks for.

    Raises:
        UserError: none of them.
    """
    forms = forms_of(engine)
    found = next((form for form, suffix in forms.items() if path.suffix.lower() == suffix), None)
    if found is None:
        raise UserError(f"{path}: name it {', '.join(sorted(forms.values()))}")
    return found


def cleaned(checkpoint: Checkpoint, kept: Array) -> Checkpoint:
    """The checkpoint of the primitives alone that [N] bools keep.

    Raises:
        UserError: its method can't do without some.
    """
    engine = find_engine(checkpoint.engine)
    if not isinstance(engine, ChoosesPrimitives):
        raise UserError(f"{engine.title} ({engine.name}) writes no scenes without some of their primitives")
    with or_method():
        return replace(engine.with_primitives(checkpoint, kept), training=None, derived={})


def write_cleaned(checkpoint: Checkpoint, kept: Array, path: Path) -> tuple[str, ...]:
    """Writes what [N] bools keep, whole or not at all, in the form that the name asks for; gives what that can't keep.

    Raises:
        UserError: the name asks for none, or the place can't be written.
    """
    engine = find_engine(checkpoint.engine)
    form = form_of_file(engine, path)
    less = cleaned(checkpoint, kept)
    with or_method(), concerning(path):
        if form != SCENE:
            return engine.write_file(less, path, form) if isinstance(engine, WritesFiles) else ()
        write_scene_file(path, with_derived(engine, less, scene_options(engine, less)))
    return ()
