"""Input photographs of the open scene, of methods that make scenes of photographs."""

from __future__ import annotations

from pathlib import Path

from app.viewing.opening import Opened, stem_of, title_of
from engines.core.abilities import TakesInput
from engines.core.data.images import IMAGE_SUFFIXES, UNREADABLE_SUFFIXES, list_in_order
from engines.registry import find_engine


def takes_input(opened: Opened | None) -> bool:
    """Whether it can be made anew of another photograph."""
    if opened is None:
        return False
    engine = find_engine(opened.checkpoint.engine)
    return isinstance(engine, TakesInput) and engine.takes_input(opened.checkpoint)


def input_of(opened: Opened) -> Path | None:
    """The photograph, or folder of photographs, that it is made of; None where none was named."""
    engine = find_engine(opened.checkpoint.engine)
    named = getattr(opened.options, engine.input_option, None) if isinstance(engine, TakesInput) else None
    return Path(named).expanduser().absolute() if isinstance(named, str) else None


def input_fields(opened: Opened) -> tuple[str, ...]:
    """The fields of its options that say what it is made of."""
    engine = find_engine(opened.checkpoint.engine)
    return (engine.input_option,) if isinstance(engine, TakesInput) else ()


def advice_on_input(opened: Opened) -> str:
    """What a photograph should show that such scenes are made of, as the engine says."""
    engine = find_engine(opened.checkpoint.engine)
    return engine.input_advice if isinstance(engine, TakesInput) else ""


def stem_with_input(opened: Opened) -> str:
    """What files that are made of the scene are called, before their suffix: also after its photograph."""
    photograph, stem = input_of(opened), stem_of(opened.path)
    return stem if photograph is None else f"{stem}-{photograph.stem}"


def title_with_input(opened: Opened) -> str:
    """What a person calls the scene, also after its photograph."""
    photograph, title = input_of(opened), title_of(opened.path)
    return title if photograph is None else f"{title} ({photograph.name})"


def is_picture(path: Path) -> bool:
    """Whether a file is called as photographs are; such as can't be read, too, to be told so."""
    return path.suffix.lower() in (*IMAGE_SUFFIXES, *UNREADABLE_SUFFIXES) and path.is_file()


def holds_pictures(folder: Path) -> bool:
    """Whether a folder has photographs in it, not in folders of it; one that can't be read has none."""
    try:
        return bool(list_in_order(folder))
    except OSError:
        return False
