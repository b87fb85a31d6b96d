"""What is cleaned: the primitives of a scene, where they lie in the world, and what was found out of them."""

from __future__ import annotations

import threading

import numpy as np

from app.cleaning.finding import neighbour_distances
from app.method_faults import or_method
from app.viewing.opening import Opened
from engines.core.camera import Array
from engines.core.engine import Stop
from engines.core.errors import UserError
from engines.core.scene_abilities import LeavesOut, Primitives


class CleaningSubject:
    """The primitives of one scene; threads may share it.

    Attributes:
        primitives: all that the scene was opened with.
        origin: [3] where the scene's coordinates begin in the world.
    """

    def __init__(self, primitives: Primitives, origin: Array) -> None:
        self.primitives, self.origin = primitives, np.asarray(origin, dtype=np.float64)
        self._known: tuple[int, bytes, Array] | None = None
        self._lock = threading.Lock()

    @staticmethod
    def of(opened: Opened) -> CleaningSubject:
        """The primitives of an open scene.

        Raises:
            UserError: it has no primitives that could be left out.
        """
        scene: object = opened.scene
        if not isinstance(scene, LeavesOut):
            raise UserError(
                f"{opened.path}: scenes of {opened.checkpoint.engine} have no primitives that could be left out"
            )
        with or_method():
            return CleaningSubject(scene.primitives(), opened.origin)

    def distances(self, kept: Array, neighbours: int, stop: Stop) -> Array:
        """[M] mean distances to the nearest others, of the M primitives that [N] bools keep; the last are kept.

        So a multiple of their mean is tried at once: the neighbours are found already.

        Raises:
            Cancelled: `stop` said so.
        """
        packed = np.packbits(kept).tobytes()
        with self._lock:
            known = self._known
        if known is not None and known[:2] == (neighbours, packed):
            return known[2]
        found = neighbour_distances(self.primitives.positions[kept], neighbours, stop)
        with self._lock:
            self._known = neighbours, packed, found
        return found
