"""What of a mesh belongs to which picture, and how it is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.mesh.drawing import load_mesh
from app.mesh.mesh_layer import MeshLayer
from app.mesh.mesh_reading import MeshFile
from app.mesh.showing import DrawnMesh, MeshJob, MeshLook, draw_job
from app.rendering.render_requests import RenderedImage, RenderRequest
from engines.core.camera import Camera
from tests.app.ball_scene import ring
from tests.app.mesh.shapes import sphere

SIZE = (32, 32)
BLACK = (0, 0, 0)


def picture_of(camera: Camera, scene_number: int = 1) -> RenderedImage:
    """Grey, exact, without a depth."""
    pixels = np.full((*camera.size_px[::-1], 3), 128, dtype=np.uint8)
    return RenderedImage(RenderRequest(camera, {}, scene_number=scene_number), "exact", pixels, camera, 1.0)


@pytest.fixture
def layer() -> MeshLayer:
    """A ball that nothing is drawn of."""
    layer = MeshLayer(MeshLook(opacity=1.0))
    layer.put(load_mesh(MeshFile(Path("ball.ply"), sphere()), np.zeros(3)))
    return layer


def drawn(layer: MeshLayer, picture: RenderedImage) -> DrawnMesh:
    """The layer's mesh with a picture, asked for and drawn."""
    job = layer.job(picture, SIZE, 0.01)
    assert isinstance(job, MeshJob)
    return draw_job(replace(job, whole=True))


def test_where_nothing_is_to_be_seen_a_picture_waits_for_nothing(layer: MeshLayer) -> None:
    picture = picture_of(ring(1)[0])
    assert MeshLayer(MeshLook()).job(picture, SIZE, 0.01) is None
    layer.visible = False
    assert layer.job(picture, SIZE, 0.01) is None and layer.is_final(picture, SIZE)
    np.testing.assert_array_equal(layer.compose(picture.pixels, picture, BLACK), picture.pixels)


def test_first_more_and_late(layer: MeshLayer) -> None:
    early, now = (picture_of(camera) for camera in ring(2))
    of_early, of_now = drawn(layer, early), drawn(layer, now)
    assert layer.take(of_now, now) == "first" and layer.take(of_now, now) == "more"
    assert layer.take(of_early, now) == "late" and layer.drawn is of_now
    assert layer.take(of_now, None) == "late" and layer.take(of_now, picture_of(ring(1)[0], 2)) == "late"
    layer.take_away()
    assert layer.take(of_now, now) == "late" and layer.drawn is None


def test_a_picture_without_a_mesh_overtakes_those_that_wait_for_theirs(layer: MeshLayer) -> None:
    early, now = (picture_of(camera) for camera in ring(2))
    of_early = drawn(layer, early)
    layer.visible = False
    assert layer.job(now, SIZE, 0.01) is None
    layer.visible = True
    assert layer.take(of_early, now) == "late"


def test_it_is_final_when_all_of_it_is_there_at_the_size_and_in_the_style(layer: MeshLayer) -> None:
    picture = picture_of(ring(1)[0])
    assert not layer.is_final(picture, SIZE)
    layer.take(drawn(layer, picture), picture)
    assert layer.is_final(picture, SIZE) and not layer.is_final(picture, (64, 64))
    assert layer.change(style="normals") and not layer.is_final(picture, SIZE)
    assert not layer.change(opacity=0.2)


def test_each_layout_has_its_place(layer: MeshLayer) -> None:
    picture = picture_of(ring(1)[0])
    layer.take(drawn(layer, picture), picture)
    assert layer.over(picture, BLACK) is not None and layer.beside(picture, BLACK) is None
    assert (layer.compose(picture.pixels, picture, BLACK) != picture.pixels).any()
    layer.change(layout="wipe", share=0.25)
    wiped = layer.wiped_share
    layer.change(layout="side")
    assert (wiped, layer.wiped_share) == (0.25, None) and layer.is_beside
    assert layer.over(picture, BLACK) is None and layer.beside(picture, BLACK) is not None
    assert layer.compose(picture.pixels, picture, BLACK).shape == (32, 64, 3)
    assert layer.beside(picture_of(ring(2)[1]), BLACK) is None
