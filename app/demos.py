"""The scenes that ship with the program."""

from __future__ import annotations

from pathlib import Path

from engines.core.errors import UserError
from engines.core.storage.scene_file import read_scene_header
from engines.registry import all_engines

DEMO_FOLDER = Path(__file__).parents[1] / "checkpoints"
FIRST = "toys"
"""The one to begin with: the fastest to draw."""

HINTS = {
    "toys": "A still life, to orbit",
    "toy_cars": "A class: cars that blend",
    "car_surface": "A surface, and its mesh",
    "stereo_cars": "From few photographs",
    "street": "A street that moves",
}
"""What each shows."""


def demo_scenes() -> tuple[Path, ...]:
    """Their files, the one to begin with first; those of methods that aren't installed are left out."""
    found = sorted(DEMO_FOLDER.glob("*.safetensors"), key=lambda path: (path.stem != FIRST, path.name))
    return tuple(path for path in found if _opens_here(path))


def _opens_here(path: Path) -> bool:
    """Whether the method that a scene file's header names works here; opening a damaged file says what is wrong."""
    try:
        return read_scene_header(path).get("engine") in all_engines()
    except UserError:
        return True


def demo_title(path: Path) -> str:
    """The title of a demo in a menu: of `toy_cars` it is "Toy cars"."""
    return path.stem.replace("_", " ").capitalize()


def demo_hint(path: Path) -> str:
    """What a demo shows, in a few words; "" of one that is new."""
    return HINTS.get(path.stem, "")
