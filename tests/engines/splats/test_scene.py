"""A scene of splats: its options, where it lies, what stops it, its points, and from a file to a picture."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engines import registry
from engines.core.camera import project
from engines.core.contract import opened
from engines.core.engine import never_stop
from engines.core.errors import Cancelled, UserError
from engines.core.frame import ALPHA, BLACK
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.scene_file import write_scene_file
from engines.splats.config import SplatsConfig, SplatsOptions
from engines.splats.drawing import PARTS
from engines.splats.engine import ENGINE
from engines.splats.example import example
from engines.splats.files.content import SplatContent
from engines.splats.files.forms import write_splats
from engines.splats.placement import placed, scene_box
from engines.splats.scene import SplatScene
from engines.splats.splats import Splats
from tests.engines.splats.scenes import random_splats, splats_of

CPU = torch.device("cpu")


def scene_of(splats: Splats, options: SplatsOptions | None = None) -> SplatScene:
    return SplatScene(splats, placed(splats), CPU, options or SplatsOptions())


def test_it_is_drawn_over_black_with_a_depth_where_anything_is() -> None:
    scene = scene_of(example())
    frame = scene.render(scene.start.scaled(0.1), {}, never_stop)
    opacity, depth = frame.extra[ALPHA], frame.depth
    assert depth is not None and bool((depth.isposinf() == (opacity == 0)).all())
    assert bool((opacity == 0).any()) and float(opacity.max()) > 0.9
    assert not frame.image[opacity == 0].any() and frame.backdrop == BLACK
    lengths = frame.extra["normals"].norm(dim=2)
    torch.testing.assert_close(lengths[opacity > 0], torch.ones_like(lengths[opacity > 0]))


def test_the_first_camera_sees_the_whole_box_upright() -> None:
    scene = scene_of(example())
    pixels, depths = project(scene.start, scene.bounds)
    assert (depths > scene.near).all()
    assert (pixels >= 0).all() and (pixels <= np.array(scene.start.size_px)).all()
    # The ball, which is y down, stands over the floor in the picture.
    (ball, floor), _ = project(scene.start, np.array([[0.0, -0.8, 0.0], [0.0, 1.0, 0.0]]))
    assert ball[1] < floor[1]
    assert any("up is assumed to be -y" in text for text in scene.assumptions)


def test_what_strays_does_not_make_the_box_larger() -> None:
    cloud = random_splats(2000, 0, spread=0.5)
    cloud.positions[:20] *= 1000
    assert np.ptp(scene_box(cloud), axis=0).max() < 5
    assert np.ptp(scene_box(random_splats(0, 0)), axis=0).tolist() == [2, 2, 2]
    one = scene_box(splats_of([[1, 2, 3]], [[0.1, 0.1, 0.1]], [0.5], [[1, 0, 0]]))
    np.testing.assert_allclose(one, [[0.9, 1.9, 2.9], [1.1, 2.1, 3.1]], atol=1e-6)


def test_cameras_that_are_known_are_begun_from_and_say_what_is_up() -> None:
    known = placed(example()).start
    cameras = tuple(known.at(known.camera_to_world) for _ in range(3))
    info = placed(example(), cameras)
    assert info.start is cameras[0] and info.cameras == cameras and info.up[1] < -0.9


def test_depth_and_near_plane_can_be_chosen() -> None:
    camera = scene_of(example()).start.scaled(0.1)
    mean, median = (
        scene_of(example(), SplatsOptions(depth=kind)).render(camera, {}, never_stop).depth
        for kind in ("mean", "median")
    )
    assert mean is not None and median is not None and not torch.equal(mean, median)
    assert bool((median.isfinite() <= mean.isfinite()).all())
    far = scene_of(example(), SplatsOptions(near=100.0)).render(camera, {}, never_stop)
    assert not far.extra[ALPHA].any()
    # Nothing of a tiny scene is nearer than the authors' 0.2; of a large one that is what counts.
    assert scene_of(random_splats(500, 0, spread=0.01)).near < 0.01
    assert scene_of(random_splats(500, 0, spread=10)).near == 0.2


def test_it_ends_between_rows_of_tiles() -> None:
    scene = scene_of(example())
    camera, asked = scene.start.scaled(0.1), itertools.count()
    scene.render(camera, {}, lambda: next(asked) < 0)
    whole = next(asked)
    assert whole > camera.size_px[1] // 16
    for last in (1, whole // 2, whole):
        calls = itertools.count(1)
        with pytest.raises(Cancelled):
            # mypy sees no types in the defaults of a lambda.
            scene.render(camera, {}, lambda calls=calls, last=last: next(calls) >= last)  # type: ignore[misc]


def test_all_that_a_picture_needs_is_compiled_when_the_scene_is_open() -> None:
    scene = scene_of(random_splats(50, 1))
    parts: Any = PARTS
    before = [len(part.signatures) for part in parts]
    assert all(before)
    scene.render(scene.start.scaled(0.05), {}, never_stop)
    assert [len(part.signatures) for part in parts] == before


def test_points_are_those_that_cover_half() -> None:
    splats = splats_of([[0, 0, 1], [0, 0, 2]], [[0.1] * 3] * 2, [0.9, 0.3], [[1, 0.5, 0], [0, 0, 1]])
    found = scene_of(splats).points({})
    np.testing.assert_allclose(found["points"], [[0, 0, 1]])
    np.testing.assert_allclose(found["colours"], [[1, 0.5, 0]], atol=1e-6)


def test_flat_splats_say_how_they_are_drawn() -> None:
    assert any("2-D splats" in text for text in scene_of(random_splats(20, 0, sides=2)).assumptions)


@pytest.mark.parametrize("form", ["ply", "spz", "glb"])
def test_a_file_is_opened_and_drawn_as_what_was_written(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"scene.{form}"
    write_splats(path, SplatContent(example()), form)
    checkpoint = registry.read_checkpoint(path)
    assert checkpoint.engine == "splats" and registry.opens_others(path)
    camera = placed(example()).start.scaled(0.1)
    expected = scene_of(example()).render(camera, {}, never_stop).image
    found = opened(ENGINE, checkpoint, CPU, None, SplatsOptions()).render(camera, {}, never_stop).image
    # SPZ keeps 12 bits of places and 8 of colours.
    assert float((found - expected).abs().mean()) < (0.01 if form == "spz" else 1e-6)


def test_a_mesh_is_no_file_of_splats(tmp_path: Path) -> None:
    mesh = tmp_path / "mesh.ply"
    mesh.write_text("ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\n"
                    "element face 0\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n")  # fmt: skip
    assert not registry.opens_others(mesh)
    with pytest.raises(UserError, match="not Gaussian splats"):
        registry.read_checkpoint(mesh)


def test_a_scene_file_with_an_array_missing_or_of_another_length_is_refused(tmp_path: Path) -> None:
    whole = Checkpoint("splats", SplatsConfig().model_dump(), 0, example().tensors, placed(example()))
    for name, weights in (
        ("quaternions", {key: each for key, each in whole.weights.items() if key != "quaternions"}),
        ("opacity_logits", {**whole.weights, "opacity_logits": torch.zeros(3)}),
        ("harmonics", {**whole.weights, "harmonics": torch.zeros(len(example()), 5, 3)}),
    ):
        path = tmp_path / f"{name}.safetensors"
        write_scene_file(path, replace(whole, weights=weights))
        with pytest.raises(UserError, match=f"tensor {name}"):
            registry.read_checkpoint(path)
