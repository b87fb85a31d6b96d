"""A scene's own surface as the rest of the program gets it: looked at before it is asked for anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch

from engines.core.engine import HasSurface, ImplicitSurface
from engines.core.errors import BrokenContract
from engines.core.members import Kinds, is_array, listed, wrong_functions, wrong_value

_SURFACE: Kinds = {
    "device": (lambda value: isinstance(value, torch.device), "the torch.device that it is asked on"),
    "bounds": (
        lambda value: is_array(value, (2, 3)) and bool((value[0] < value[1]).all()),
        "an array [2, 3] of finite floats, the lowest corner before the highest",
    ),
}


def surface_of(scene: HasSurface, engine: str, controls: Mapping[str, float]) -> ImplicitSurface:
    """The surface that a scene is.

    Args:
        engine: the name of the scene's method.
        controls: a value for each that the scene has.

    Raises:
        BrokenContract: it is not what a surface must be; names the method.
    """
    found: object = scene.surface(controls)
    wrong = wrong_functions(found, ImplicitSurface)
    for name, (valid, kind) in _SURFACE.items():
        wrong |= wrong_value(found, name, valid, kind)
    if wrong:
        raise BrokenContract(f"method {engine}: the surface, a {type(found).__name__}, {listed(wrong)}")
    return cast(ImplicitSurface, found)
