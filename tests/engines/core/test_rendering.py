"""A picture that is not what the protocol says is refused by the method's name, before anything is done with it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from engines.core.engine import Control, never_stop
from engines.core.errors import BrokenContract
from engines.core.frame import Frame
from engines.core.rendering import rendered
from tests.engines.core.examples import camera_at

IMAGE = torch.zeros(24, 32, 3)


def draw(frame: object) -> Frame:
    scene: Any = SimpleNamespace(engine="plain", controls=(), render=lambda camera, controls, stop: frame)
    return rendered(scene, camera_at(0, 3, 1), {}, never_stop)


@pytest.mark.parametrize("depth", [None, torch.zeros(24, 32), torch.zeros(64, 64)])
def test_what_is_right_is_handed_on(depth: torch.Tensor | None) -> None:
    frame = Frame(IMAGE, depth)
    assert draw(frame) is frame


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (IMAGE, "method plain: render gives a Tensor; it must be a Frame"),
        (Frame(IMAGE.permute(2, 0, 1)), "the image of the frame from render is [3, 24, 32] of torch.float32"),
        (Frame(IMAGE[:5]), "is [5, 32, 3] of torch.float32; it must be [24, 32, 3] of float32"),
        (Frame(IMAGE.double()), "is [24, 32, 3] of torch.float64; it must be [24, 32, 3] of float32"),
        (Frame(cast(Any, IMAGE.numpy())), "the image of the frame from render is a ndarray"),
        (Frame(IMAGE, torch.zeros(24, 32, 1)), "the depth of the frame from render is [24, 32, 1] of torch.float32"),
        (Frame(IMAGE, torch.zeros(24, 32).half()), "of torch.float16; it must be [24, 32] of float32"),
    ],
)
def test_what_is_wrong_is_said(frame: object, expected: str) -> None:
    with pytest.raises(BrokenContract) as refused:
        draw(frame)
    assert expected in str(refused.value) and str(refused.value).startswith("method plain: ")


def test_controls_that_nobody_set_are_at_their_default() -> None:
    seen: list[dict[str, float]] = []

    def render(camera: object, controls: dict[str, float], stop: object) -> Frame:
        seen.append(controls)
        return Frame(IMAGE)

    controls = (Control("gain", "Gain", "number", 0, 2, 1), Control("night", "Night", "integer", 0, 9, 4))
    scene: Any = SimpleNamespace(engine="plain", controls=controls, render=render)
    rendered(scene, camera_at(0, 3, 1), {"night": 7}, never_stop)
    assert seen == [{"gain": 1, "night": 7}]
