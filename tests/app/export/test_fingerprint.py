"""What makes one scene, or one export, another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from app.export.export_request import Export
from app.export.fingerprint import export_facts, scene_digest
from app.rendering.crop_box import CropBox
from app.viewing.opening import CompanionPaths, Opened
from engines.core.storage.checkpoint import Checkpoint
from tests.app.ball_scene import BallScene, ring


def opened() -> Opened:
    weights = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(4, dtype=torch.bfloat16)}
    return Opened(BallScene(), Checkpoint("ball", {"planes": 4}, 10, weights), None, Path("ball.pth"))


def test_the_same_scene_is_known_wherever_its_file_lies() -> None:
    assert scene_digest(opened()) == scene_digest(replace(opened(), path=Path("/elsewhere/copy.pth")))


def test_each_thing_that_a_picture_depends_on_makes_another_scene() -> None:
    first, checkpoint = opened(), opened().checkpoint
    others = [
        replace(checkpoint, engine="cube"),
        replace(checkpoint, config={"planes": 8}),
        replace(checkpoint, step=11),
        replace(checkpoint, weights={**checkpoint.weights, "a": checkpoint.weights["a"] + 1e-6}),
        replace(checkpoint, weights={**checkpoint.weights, "a": checkpoint.weights["a"].reshape(3, 2)}),
    ]
    digests = [scene_digest(replace(first, checkpoint=other)) for other in others]
    digests.append(scene_digest(replace(first, beside=CompanionPaths(photograph=Path("cat.jpg")))))
    assert len({scene_digest(first), *digests}) == 7


def test_what_differs_is_named() -> None:
    export = Export(ring(3), Path("a.mp4"), scene="ball")
    facts = export_facts(export, export.cameras)
    assert not facts.differing(export_facts(replace(export, fps=12.0, quality=2, codec="h265"), export.cameras))
    cases = {
        "scene": replace(export, scene="cube"),
        "size": replace(export, supersample=2),
        "time or controls": replace(export, controls=[{"time": 1.0}] * 3),
        "crop box": replace(export, crop_box=CropBox((-1.0,) * 3, (1.0,) * 3)),
        "choice of channels or format": replace(export, background="white"),
    }
    for name, other in cases.items():
        assert facts.differing(export_facts(other, export.cameras)) == [name]
    assert facts.differing(export_facts(export, ring(3, (16, 16)))) == ["path", "size"]
    assert "path" in facts.differing(export_facts(export, ring(2)))
