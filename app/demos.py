"""The scenes that ship with the program."""

from __future__ import annotations

from pathlib import Path

DEMO_FOLDER = Path(__file__).parents[1] / "checkpoints"
FIRST = "toys"
"""The one to begin with: the fastest to draw."""


def demo_scenes() -> tuple[Path, ...]:
    """Their files, the one to begin with first."""
    return tuple(sorted(DEMO_FOLDER.glob("*.safetensors"), key=lambda path: (path.stem != FIRST, path.name)))


def demo_title(path: Path) -> str:
    """For a menu: `toy_cars` is "Toy cars"."""
    return path.stem.replace("_", " ").capitalize()
