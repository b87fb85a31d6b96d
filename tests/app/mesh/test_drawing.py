"""A mesh under a camera, against rays that are cut with its triangles one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh

from app.mesh.drawing import COARSE_FACES, STYLES, Drawable, clustered_surface, draw_mesh, load_mesh
from app.mesh.mesh_reading import MeshFile
from app.mesh.surface import Surface
from app.mesh.wireframe import LINE_RGB, mesh_edges
from engines.core.camera import Array, Camera, look_at, pixel_rays, project
from engines.core.errors import UserError
from tests.app.mesh.shapes import both, cube, sphere, square

UP = np.array([0.0, 0.0, 1.0])
ASKEW = Camera(look_at(np.array([2.5, -1.5, 1.2]), np.zeros(3), UP), (70.0, 82.0), (29.3, 27.8), (64, 48))
"""Pixels that are no squares, and a middle that is not the picture's."""


def ready(surface: Surface, colours: Array | None = None) -> Drawable:
    return load_mesh(MeshFile(Path("it.ply"), surface, colours=colours), np.zeros(3)).full


def cast(surface: Surface, camera: Camera) -> tuple[Array, Array]:
    """Depth [H, W] along +z, and the nearest triangle [H, W], by Moeller and Trumbore (1997) for every pair."""
    origin, rays = pixel_rays(camera)
    flat = rays.reshape(-1, 1, 3)
    a, b, c = (surface.vertices[surface.faces[:, corner]] for corner in range(3))
    across = np.cross(flat, (c - a)[None])
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1 / ((b - a) * across).sum(axis=2)
        u = ((origin - a) * across).sum(axis=2) * scale
        beside = np.cross(origin - a, b - a)
        v = (flat * beside).sum(axis=2) * scale
        along = ((c - a) * beside).sum(axis=1) * scale
        hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (along > 0)
    distance = np.where(hit, along, np.inf)
    nearest = distance.min(axis=1).reshape(rays.shape[:2])
    return nearest * (rays @ camera.forward), distance.argmin(axis=1).reshape(rays.shape[:2])


@pytest.mark.parametrize("surface", [sphere(finer=2), both(cube(1.2), sphere(0.5, (1.2, 0.1, 0.6), finer=2))])
def test_every_pixel_is_as_deep_as_its_ray_says(surface: Surface) -> None:
    drawn, (depth, _) = draw_mesh(ready(surface), ASKEW, "shaded"), cast(surface, ASKEW)
    # Of rays that pass along an edge, rounding decides.
    assert (np.isfinite(drawn.depth) != np.isfinite(depth)).mean() < 1e-3
    hit = np.isfinite(depth) & np.isfinite(drawn.depth)
    assert hit.mean() > 0.2
    np.testing.assert_allclose(drawn.depth[hit], depth[hit], rtol=1e-3)
    assert np.array_equal(drawn.coverage > 0, np.isfinite(drawn.depth))


def test_each_side_of_a_cube_is_where_it_belongs_in_its_colour() -> None:
    sides = cube(1.4)
    parted = Surface(sides.vertices[sides.faces].reshape(-1, 3), np.arange(36).reshape(12, 3))
    shades = np.random.default_rng(0).integers(0, 256, (12, 3)).astype(np.uint8)
    drawn = draw_mesh(ready(parted, np.repeat(shades, 3, axis=0)), ASKEW, "colours")
    depth, face = cast(sides, ASKEW)
    hit = np.isfinite(depth) & (drawn.coverage > 0)
    same = (drawn.pixels == shades[face]).all(axis=-1)
    # The diagonal of a side is drawn for one of its triangles.
    assert same[hit].mean() > 0.98 and len(np.unique(face[hit])) >= 6


def test_colours_lie_between_those_of_the_vertices_as_deep_as_they_are() -> None:
    strip = Surface(np.array([[0.0, -1, 0], [6, -1, 0], [6, 1, 0], [0, 1, 0]]), np.array([[0, 1, 2], [0, 2, 3]]))
    colours = np.array([[0, 0, 0], [240, 0, 0], [240, 0, 0], [0, 0, 0]], dtype=np.uint8)
    camera = Camera(look_at(np.array([-1.0, 0, 0.7]), np.array([2.0, 0, 0]), UP), (60.0, 60.0), (32, 24), (64, 48))
    drawn, (depth, _) = draw_mesh(ready(strip, colours), camera, "colours"), cast(strip, camera)
    origin, rays = pixel_rays(camera)
    hit = np.isfinite(depth) & (drawn.coverage > 0)
    places = origin + rays * (depth / (rays @ camera.forward))[..., None]
    assert np.abs(drawn.pixels[hit][:, 0] - places[hit][:, 0] * 40).max() < 2


def test_what_reaches_behind_the_camera_is_cut_off_in_front_of_it() -> None:
    floor = Surface(square(side=80.0).vertices - (40, 40, 1), square().faces)
    camera = Camera(look_at(np.array([0.0, 0, 0]), np.array([1.0, 0.3, -0.1]), UP), (50.0, 50.0), (32, 24), (64, 48))
    drawn, (depth, _) = draw_mesh(ready(floor), camera, "normals"), cast(floor, camera)
    # The floor's far edge lies within a row of pixels.
    assert (np.isfinite(drawn.depth) != np.isfinite(depth)).mean() < 0.01
    hit = np.isfinite(depth) & np.isfinite(drawn.depth)
    np.testing.assert_allclose(drawn.depth[hit], depth[hit], rtol=2e-3)
    assert hit.mean() > 0.4 and np.abs(drawn.pixels[hit].astype(int) - (128, 128, 255)).max() <= 1
    within = draw_mesh(ready(sphere(3.0)), camera, "shaded")
    assert np.isfinite(within.depth).all()


def test_a_mesh_behind_the_camera_is_not_there() -> None:
    away = Camera(look_at(np.array([4.0, 0, 0]), np.array([8.0, 0, 0]), UP), (50.0, 50.0), (32, 24), (64, 48))
    for style in STYLES:
        drawn = draw_mesh(ready(sphere(finer=2)), away, style)
        assert not drawn.coverage.any() and np.isinf(drawn.depth).all()


def test_a_shaded_ball_is_brightest_in_the_middle() -> None:
    camera = Camera(look_at(np.array([0.0, -4, 0]), np.zeros(3), UP), (80.0, 80.0), (32, 24), (64, 48))
    pixels = draw_mesh(ready(sphere()), camera, "shaded").pixels
    row = pixels[24, pixels[24].any(axis=-1), 0].astype(int)
    assert row[len(row) // 2] > 200 and row[0] < 130 and row[-1] < 130
    assert (np.diff(row[: len(row) // 2]) >= -1).all()


def test_edges_are_drawn_once_where_the_mesh_does_not_hide_them() -> None:
    sides = cube(1.4)
    assert len(mesh_edges(sides.faces)) == 18
    camera = Camera(look_at(np.array([4.0, -3, 2.5]), np.zeros(3), UP), (160.0, 160.0), (64, 48), (128, 96))
    drawn = draw_mesh(ready(sides), camera, "wireframe")
    assert (drawn.pixels == LINE_RGB).all() and 0.01 < drawn.coverage.mean() < 0.2
    (pixels, depth) = project(camera, sides.vertices)
    hidden = int(np.argmax(depth))
    for number, (u, v) in enumerate(pixels):
        around = drawn.coverage[round(v) - 2 : round(v) + 2, round(u) - 2 : round(u) + 2]
        # The farthest corner lies behind the cube, and no edge that is seen runs near it.
        assert (around.max() > 0.5) == (number != hidden)


def test_a_large_mesh_has_a_coarse_one_beside_it() -> None:
    mesh = trimesh.creation.icosphere(subdivisions=6)
    fine = Surface(np.asarray(mesh.vertices) + 7.0, np.asarray(mesh.faces))
    colours = (100 + 50 * mesh.vertices).astype(np.uint8)
    loaded = load_mesh(MeshFile(Path("fine.ply"), fine, colours=colours), np.array([7.0, 7.0, 7.0]))
    assert len(loaded.full.surface.faces) == len(fine.faces) > COARSE_FACES >= len(loaded.coarse.surface.faces)
    coarse = loaded.coarse
    np.testing.assert_allclose(np.linalg.norm(coarse.surface.vertices, axis=1), 1.0)
    assert coarse.colours is not None
    np.testing.assert_allclose(coarse.colours * 255, 100 + 50 * coarse.surface.vertices, atol=1.0)
    one, other = (draw_mesh(each, ASKEW, "shaded") for each in (loaded.full, coarse))
    assert ((one.coverage > 0) != (other.coverage > 0)).mean() < 0.02
    few, _ = clustered_surface(fine, 200)
    assert 50 < len(few.faces) <= 200


def test_points_alone_are_refused() -> None:
    cloud = MeshFile(Path("cloud.ply"), Surface(np.zeros((3, 3)), np.empty((0, 3), dtype=np.int64)))
    with pytest.raises(UserError, match=r"cloud\.ply: has no triangles"):
        load_mesh(cloud, np.zeros(3))
