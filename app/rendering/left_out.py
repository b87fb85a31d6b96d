"""What of a scene's primitives is left out of its pictures, of scenes that can (`LeavesOut`)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engines.core.camera import Array
from engines.core.contract import checked_scene
from engines.core.engine import Scene
from engines.core.errors import UserError
from engines.core.scene_abilities import LeavesOut


@dataclass(frozen=True, eq=False)
class OmittedPrimitives:
    """Primitives that are not drawn; two are the same only where they are one.

    Attributes:
        removed: [N] bool, of all that the scene was opened with.
        tinted: [N] bool, those of the others that are drawn in another colour; None: none.
    """

    removed: Array
    tinted: Array | None = None

    @cached_property
    def digest(self) -> str:
        """Tells one choice from another."""
        packed = b"".join(np.packbits(mask).tobytes() for mask in (self.removed, self.tinted) if mask is not None)
        return hashlib.blake2b(packed + str(len(self.removed)).encode(), digest_size=12).hexdigest()


def scene_without(scene: Scene, left_out: OmittedPrimitives | None) -> Scene:
    """The scene that lacks them, which shares its memory; itself where nothing is left out.

    Raises:
        UserError: it has other primitives, or none.
    """
    if left_out is None:
        return scene
    whole: object = scene
    if not isinstance(whole, LeavesOut):
        raise UserError(f"this scene of {scene.engine} has no primitives that could be left out")
    count = len(whole.primitives())
    if count != len(left_out.removed):
        was = f"{len(left_out.removed):,} when it was cleaned"
        raise UserError(f"the scene has {count:,} primitives, and had {was}; clean it anew")
    tinted = np.zeros(count, bool) if left_out.tinted is None else left_out.tinted
    less = checked_scene(whole.without(left_out.removed, tinted), scene.engine, "without")
    # As somebody chose it.
    less.up = scene.up
    return less


class LessOfScene:
    """A scene without this or that; what was asked for last is kept. For one thread."""

    def __init__(self, whole: Scene) -> None:
        self._whole = whole
        self._last: tuple[OmittedPrimitives | None, Scene] = None, whole

    def without(self, left_out: OmittedPrimitives | None) -> Scene:
        """The scene that lacks these primitives.

        Raises:
            UserError: it has others, or none.
        """
        if self._last[0] is not left_out:
            self._last = left_out, scene_without(self._whole, left_out)
        return self._last[1]
