"""Mesh and picture put together; the threads that draw, newest first."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
import trimesh

from app.mesh import showing
from app.mesh.drawing import LoadedMesh, MeshPicture, load_mesh
from app.mesh.mesh_reading import MeshFile
from app.mesh.showing import DrawnMesh, MeshDrawer, MeshJob, MeshLook, composed, draw_job, overlay, unhidden
from app.mesh.surface import Surface
from app.rendering.render_requests import RenderedImage, RenderRequest
from engines.core.camera import Array, Camera
from engines.core.frame import Frame
from tests.app.ball_scene import ring
from tests.app.mesh.shapes import sphere

GREY = (50, 60, 70)
SOON_S = 60.0
BALL = load_mesh(MeshFile(Path("it.ply"), sphere()), np.zeros(3))


def picture(
    kind: Literal["exact", "preview"] = "exact", depth: Array | None = None, camera: Camera | None = None
) -> RenderedImage:
    camera = camera or ring(1)[0]
    width, height = camera.size_px
    pixels = np.full((height, width, 3), 200, dtype=np.uint8)
    frame = None if depth is None else Frame(torch.zeros(height, width, 3), torch.from_numpy(depth))
    return RenderedImage(RenderRequest(camera, {}), kind, pixels, camera, 1.0, frame)


def flat(covered: Array, depth: float, of: RenderedImage) -> DrawnMesh:
    """A mesh of one colour at one depth, where it is."""
    there = covered > 0
    mesh = MeshPicture(
        np.full((*covered.shape, 3), 100, dtype=np.uint8),
        covered.astype(np.float32),
        np.where(there, np.float32(depth), np.float32(np.inf)),
    )
    return DrawnMesh(of, mesh, unhidden(mesh, of, 0.1), True, "shaded", BALL)


def test_over_the_picture_the_opacity_weighs() -> None:
    covered = np.zeros((32, 32))
    covered[:, :16] = 1
    drawn = flat(covered, 1.0, picture())
    pixels = composed(drawn.picture.pixels, drawn, MeshLook(opacity=0.25), GREY)
    assert (pixels[:, :16] == 175).all() and (pixels[:, 16:] == 200).all()
    above = overlay(drawn, MeshLook(opacity=0.25), GREY)
    assert above is not None and (above[:, :16, 3] == 64).all() and not above[:, 16:, 3].any()


def test_where_the_scene_is_nearer_the_mesh_is_hidden_unless_that_is_not_wanted() -> None:
    depth = np.full((32, 32), np.inf, dtype=np.float32)
    depth[:8], depth[8:16], depth[16:24] = 1.0, 1.95, np.nan
    drawn = flat(np.ones((32, 32)), 2.0, picture(depth=depth))
    hidden = composed(drawn.picture.pixels, drawn, MeshLook(opacity=1.0), GREY)
    # Nearer by the tolerance only, a pixel without a depth, and nothing at all: seen.
    assert (hidden[:8] == 200).all() and (hidden[8:] == 100).all()
    through = composed(drawn.picture.pixels, drawn, MeshLook(opacity=1.0, depth_test=False), GREY)
    assert (through == 100).all()


def test_a_line_beside_its_triangles_is_hidden_with_them() -> None:
    covered = np.ones((32, 32))
    of = picture(depth=np.full((32, 32), 1.0, dtype=np.float32))
    mesh = flat(covered, 2.0, of).mesh
    depth = mesh.depth.copy()
    depth[:, 20:] = np.inf
    seen = unhidden(replace(mesh, depth=depth), of, 0.1)
    assert not seen[:, :21].any() and seen[:, 21:].all()


def test_the_wipe_shows_the_mesh_alone_at_the_left() -> None:
    covered = np.zeros((32, 32))
    covered[:16] = 1
    drawn = flat(covered, 1.0, picture())
    pixels = composed(drawn.picture.pixels, drawn, MeshLook(layout="wipe", share=0.25), GREY)
    assert (pixels[:16, :8] == 100).all() and (pixels[16:, :8] == GREY).all() and (pixels[:, 8:] == 200).all()


def test_side_by_side_nothing_lies_over_the_picture_and_a_file_has_both() -> None:
    drawn, look = flat(np.ones((64, 64)), 1.0, picture()), MeshLook(layout="side")
    assert overlay(drawn, look, GREY) is None
    pixels = composed(drawn.picture.pixels, drawn, look, GREY)
    assert pixels.shape == (32, 64, 3) and (pixels[:, :32] == 200).all() and (pixels[:, 32:] == 100).all()


def test_a_mesh_drawn_larger_than_the_picture_is_made_smaller_for_a_file() -> None:
    covered = np.zeros((64, 64))
    covered[::2] = 1
    drawn = flat(covered, 1.0, picture())
    assert (composed(drawn.picture.pixels, drawn, MeshLook(opacity=1.0), GREY) == 150).all()


def test_what_was_remembered_wrongly_is_as_usual() -> None:
    wrong = MeshLook("plaid", "above", float("nan"), True, 7.0).sound()
    assert wrong == MeshLook(opacity=0.0, share=1.0)
    assert MeshLook().sound() == MeshLook() and MeshLook(**MeshLook().remembered()) == MeshLook()


@pytest.fixture(scope="module")
def large() -> LoadedMesh:
    mesh = trimesh.creation.icosphere(subdivisions=6)
    return load_mesh(MeshFile(Path("it.ply"), Surface(np.asarray(mesh.vertices), np.asarray(mesh.faces))), np.zeros(3))


def test_while_the_camera_moves_it_is_drawn_small_and_coarse(large: LoadedMesh) -> None:
    moving = draw_job(MeshJob(picture("preview"), (96, 96), large, "shaded", 0.0, 0, whole=False))
    standing = draw_job(MeshJob(picture(), (96, 96), large, "shaded", 0.0, 0, whole=True))
    assert moving.mesh.depth.shape == (48, 48) and not moving.whole
    assert standing.mesh.depth.shape == (96, 96) and standing.whole


def test_the_whole_mesh_follows_the_coarse_one(large: LoadedMesh) -> None:
    told, done = list[DrawnMesh](), threading.Event()

    def on_drawn(drawn: DrawnMesh) -> None:
        told.append(drawn)
        if drawn.whole:
            done.set()

    drawer = MeshDrawer(on_drawn, lambda error: done.set())
    drawer.submit(MeshJob(picture(), (64, 64), large, "shaded", 0.0))
    assert done.wait(SOON_S)
    drawer.close()
    assert [drawn.whole for drawn in told] == [False, True]


def test_what_was_overtaken_is_not_drawn(large: LoadedMesh, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go, told, done = threading.Event(), threading.Event(), list[RenderedImage](), threading.Event()
    pictures = [picture("preview") for _ in range(5)]

    def slow(job: MeshJob) -> DrawnMesh:
        begun.set()
        assert go.wait(SOON_S)
        return draw_job(job)

    def on_drawn(drawn: DrawnMesh) -> None:
        told.append(drawn.picture)
        if drawn.picture is pictures[-1]:
            done.set()

    monkeypatch.setattr(showing, "draw_job", slow)
    drawer = MeshDrawer(on_drawn, lambda error: done.set())
    drawer.submit(MeshJob(pictures[0], (8, 8), large, "shaded", 0.0))
    assert begun.wait(SOON_S)
    for each in pictures[1:]:
        drawer.submit(MeshJob(each, (8, 8), large, "shaded", 0.0))
    go.set()
    assert done.wait(SOON_S)
    drawer.close()
    assert told == [pictures[0], pictures[-1]]


def test_a_fault_is_handed_on_and_the_next_is_drawn(large: LoadedMesh) -> None:
    errors, told, done = list[BaseException](), list[DrawnMesh](), threading.Event()

    def on_drawn(drawn: DrawnMesh) -> None:
        told.append(drawn)
        done.set()

    def on_error(error: BaseException) -> None:
        errors.append(error)
        done.set()

    drawer = MeshDrawer(on_drawn, on_error)
    broken = replace(large, coarse=replace(large.coarse, surface=Surface(np.zeros((1, 3)), np.array([[0, 1, 2]]))))
    drawer.submit(MeshJob(picture("preview"), (8, 8), broken, "shaded", 0.0))
    assert done.wait(SOON_S) and len(errors) == 1
    done.clear()
    drawer.submit(MeshJob(picture("preview"), (8, 8), large, "shaded", 0.0))
    assert done.wait(SOON_S) and len(told) == 1
    drawer.close()


def test_a_camera_of_another_shape_keeps_its_field_of_view() -> None:
    wide = ring(1, (96, 48))[0]
    small = draw_job(MeshJob(picture(camera=wide), (96, 48), BALL, "shaded", 0.0))
    twice = draw_job(MeshJob(picture(camera=wide), (192, 96), BALL, "shaded", 0.0))
    np.testing.assert_allclose(small.mesh.coverage.mean(), twice.mesh.coverage.mean(), rtol=0.02)
