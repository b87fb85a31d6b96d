"""The demo scene of this method is offered."""

from __future__ import annotations

from app.demos import demo_scenes
from engines.registry import read_checkpoint


def test_its_demo_is_offered() -> None:
    (path,) = (path for path in demo_scenes() if path.stem == "street")
    assert read_checkpoint(path).engine == "mask_volume"
