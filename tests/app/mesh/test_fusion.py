"""The volume, and the surface in it, against solids whose surface is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from trimesh import Trimesh

from app.mesh import fusion
from app.mesh.cameras import sphere_cameras
from app.mesh.depth_views import DepthView, depth_view
from app.mesh.fusion import HIDDEN, Grid, fuse
from app.mesh.surface import Surface, extract_surface, simplified, vertex_normals, without_small_pieces
from engines.core.camera import Array, Camera
from engines.core.engine import never_stop
from engines.core.errors import Cancelled
from engines.core.frame import Frame
from tests.app.ball_scene import UP, draw_ball, ring
from tests.app.mesh.solids import HIGH, LOW, distance_to_box, draw_box

BOX = np.array([[-1.2, -1.2, -1.2], [1.2, 1.2, 1.2]])
GRID = Grid.of(BOX, 48)
TRUNCATION = 3 * GRID.size


def views_of(draw: Callable[[Camera], Frame], cameras: tuple[Camera, ...]) -> list[DepthView]:
    return [depth_view(camera, draw(camera), None, 0) for camera in cameras]


def all_around(count: int = 20) -> tuple[Camera, ...]:
    return sphere_cameras(ring(1, (64, 64))[0], BOX, UP, count)


def fused(views: list[DepthView]) -> Array:
    return fuse(views, GRID, TRUNCATION, lambda _: None, never_stop)


@pytest.fixture(scope="module")
def ball() -> list[DepthView]:
    return views_of(draw_ball, all_around())


def test_a_ball_comes_out_round_closed_and_outside_out(ball: list[DepthView]) -> None:
    surface = extract_surface(fused(ball), GRID, closed=False)
    radius = np.linalg.norm(surface.vertices, axis=1)
    assert np.abs(radius - 1).max() < GRID.size
    mesh = Trimesh(surface.vertices, surface.faces, process=False)
    assert mesh.is_watertight
    # Inside out it would be negative.
    assert mesh.volume == pytest.approx(4 / 3 * np.pi, rel=0.03)
    assert (vertex_normals(surface) * surface.vertices / radius[:, None]).sum(axis=1).min() > 0.7


def test_a_box_stands_where_it_is_the_right_way_round() -> None:
    surface = extract_surface(fused(views_of(draw_box, all_around())), GRID, closed=False)
    assert np.quantile(distance_to_box(surface.vertices), 0.99) < GRID.size
    # No side has the place of another: mirrored or turned, it would be off by several voxels.
    np.testing.assert_allclose(surface.vertices.min(axis=0), LOW, atol=GRID.size)
    np.testing.assert_allclose(surface.vertices.max(axis=0), HIGH, atol=GRID.size)
    volume = Trimesh(surface.vertices, surface.faces, process=False).volume
    assert volume == pytest.approx(np.prod(HIGH - LOW), rel=0.08)


def test_judging_whole_blocks_changes_nothing(ball: list[DepthView], monkeypatch: pytest.MonkeyPatch) -> None:
    views = [*ball[:6], *views_of(draw_ball, ring(2, (40, 24)))]
    by_blocks = fused(views)
    # Blocks of one voxel are looked at one by one, in a footprint of a pixel or two.
    monkeypatch.setattr(fusion, "BLOCK", 1)
    plain = fused(views)
    assert (np.isnan(by_blocks) == np.isnan(plain)).all()
    # Where a distance is just the truncation, rounding decides; a block judged wrongly would change 64 voxels by 1.
    differs = np.abs(by_blocks - plain) > 1e-4
    assert differs.sum() < 1e-4 * plain.size
    assert {HIDDEN, 1.0} <= set(np.unique(plain[np.isfinite(plain)]))


def test_what_no_camera_saw_is_open_or_closed_as_asked() -> None:
    """Seen from above only, all around."""
    values = fused(views_of(draw_ball, ring(16, (64, 64))))
    above = extract_surface(values, GRID, closed=False)
    assert not Trimesh(above.vertices, above.faces, process=False).is_watertight
    assert above.vertices[:, 2].min() > -0.9
    solid = extract_surface(values, GRID, closed=True)
    mesh = Trimesh(solid.vertices, solid.faces, process=False)
    assert mesh.is_watertight and mesh.volume > 4.0


def test_what_one_view_alone_sees_is_not_believed_and_what_others_see_through_is_carved(ball: list[DepthView]) -> None:
    floating = ball[0]
    depth = torch.full_like(floating.depth, 3.0)
    wrong = DepthView(floating.camera, floating.image, depth, depth > 0, depth < 0, torch.ones_like(depth))
    surface = extract_surface(fused([*ball[1:], wrong]), GRID, closed=False)
    assert np.abs(np.linalg.norm(surface.vertices, axis=1) - 1).max() < 2 * GRID.size
    alone = extract_surface(fused([ball[0]]), GRID, closed=False)
    assert len(alone.faces) == 0


def test_an_unknown_rim_says_nothing() -> None:
    camera = ring(1, (32, 32))[0]
    view = depth_view(camera, draw_ball(camera), None, border_px=4)
    assert not view.empty[:4].any() and not view.hit[:, -4:].any() and view.empty[5, 5]


def test_depth_may_be_coarser_than_the_picture() -> None:
    def coarse(camera: Camera) -> Frame:
        fine, small = draw_ball(camera), draw_ball(camera.scaled(0.5))
        return Frame(fine.image, small.depth)

    surface = extract_surface(fused(views_of(coarse, all_around())), GRID, closed=False)
    assert np.abs(np.linalg.norm(surface.vertices, axis=1) - 1).max() < 1.5 * GRID.size


def test_fusing_stops(ball: list[DepthView]) -> None:
    with pytest.raises(Cancelled):
        fuse(ball, GRID, TRUNCATION, lambda _: None, lambda: True)


def test_small_pieces_go_and_faces_become_fewer(ball: list[DepthView]) -> None:
    surface = extract_surface(fused(ball), GRID, closed=False)
    crumb = Surface(
        np.concatenate([surface.vertices, 0.05 * surface.vertices + 2]),
        np.concatenate([surface.faces, surface.faces + len(surface.vertices)]),
    )
    kept, left_out = without_small_pieces(crumb)
    assert left_out == 1
    assert len(kept.faces) == len(surface.faces) and len(kept.vertices) == len(surface.vertices)
    fewer = simplified(kept, 500)
    assert 400 <= len(fewer.faces) <= 500
    assert Trimesh(fewer.vertices, fewer.faces, process=False).volume == pytest.approx(4 / 3 * np.pi, rel=0.06)
    assert simplified(kept, 0) is kept
