"""Which way is up in a mesh file: programs disagree, and say so by the kind of file."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from engines.core.camera import Array, shortest_turn
from engines.core.errors import UserError

AXES = ("auto", "world", "y-up", "z-up")
"""As usual for the kind of file; the scene's own; turned until its up is the file's +y, or +z."""
USUAL = {".ply": "world", ".obj": "y-up", ".glb": "y-up"}
"""glTF prescribes +y; readers of OBJ take it for granted. Of PLY nothing is agreed, and point clouds and cameras that
belong to it are in the world's axes."""
UPS = {"y-up": (0.0, 1.0, 0.0), "z-up": (0.0, 0.0, 1.0)}
TURNED_SENTENCE = re.compile(r"\+([yz]) is up, turned from the scene's world, in which up is \(([^()]{1,99})\)")
"""As `FileAxes.sentence` writes it."""


@dataclass(frozen=True, eq=False)
class FileAxes:
    """How a file lies to the world.

    Attributes:
        name: of `AXES`, but for auto.
        rotation: [3, 3] from the world to the file.
        up: [3] the scene's own up, world.
    """

    name: str
    rotation: Array
    up: Array

    @property
    def turned(self) -> bool:
        """Whether the file's coordinates are others than the world's."""
        return not np.array_equal(self.rotation, np.eye(3))

    def sentence(self) -> str:
        """What a reader of the file has to know, in a line of plain ASCII."""
        up = "({})".format(", ".join(f"{value:g}" for value in self.up))
        if self.name == "world":
            return f"axes and units of the scene's world, in which up is {up}"
        return f"+{self.name[0]} is up, turned from the scene's world, in which up is {up}; units of the scene"


def said_axes(text: str) -> FileAxes | None:
    """The axes of a file of ours that says, somewhere in `text`, that it is turned (`FileAxes.sentence`); else None."""
    found = TURNED_SENTENCE.search(text)
    if found is None:
        return None
    try:
        up = np.array([float(word) for word in found[2].split(",")])
    except ValueError:
        return None
    name = f"{found[1]}-up"
    length = np.linalg.norm(up)
    return file_axes(name, "", up) if up.shape == (3,) and 0 < length < np.inf else None


def check_axes(axes: str) -> None:
    """Refuses what is none of `AXES`.

    Raises:
        UserError: so.
    """
    if axes not in AXES:
        raise UserError(f"axes {axes!r}: must be one of {', '.join(AXES)}")


def file_axes(axes: str, suffix: str, up: Array) -> FileAxes:
    """The axes of a file.

    Args:
        axes: one of `AXES`.
        suffix: of the file, as in `USUAL`.
        up: [3] the scene's own up, world, of any length but 0.
    """
    name = USUAL[suffix.lower()] if axes == "auto" else axes
    up = np.asarray(up, dtype=np.float64)
    up = up / np.linalg.norm(up)
    rotation = np.eye(3) if name == "world" else shortest_turn(up, np.array(UPS[name]))
    return FileAxes(name, rotation, up)
