"""Inside or outside: against formulas, against winding numbers, and where lines meet edges and corners."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from app.mesh import containment
from app.mesh.containment import closed_surface, inside
from app.mesh.surface import Surface
from engines.core.camera import Array
from tests.app.mesh.shapes import both, cube, flipped, sphere, square


def winding_number(surface: Surface, points: Array) -> Array:
    """[N] how often the surface goes around each point, by solid angles (Van Oosterom and Strackee 1983)."""
    a, b, c = (surface.vertices[surface.faces[:, corner]][None] - points[:, None] for corner in range(3))
    la, lb, lc = (np.linalg.norm(x, axis=2) for x in (a, b, c))
    top = (a * np.cross(b, c)).sum(axis=2)
    below = la * lb * lc + (a * b).sum(axis=2) * lc + (b * c).sum(axis=2) * la + (c * a).sum(axis=2) * lb
    return np.asarray(np.arctan2(top, below).sum(axis=1) / (2 * np.pi))


def random_points(count: int, size: float = 1.2) -> Array:
    return np.random.default_rng(0).uniform(-size, size, (count, 3))


def test_a_ball_is_where_its_radius_says() -> None:
    points = random_points(20_000)
    distance = np.linalg.norm(points, axis=1)
    clear = np.abs(distance - 1) > 0.004
    assert np.array_equal(inside(sphere(), points)[clear], (distance < 1)[clear])


def test_as_the_winding_number_says_of_an_uneven_body() -> None:
    mesh = trimesh.creation.torus(0.8, 0.3, major_sections=23, minor_sections=11)
    turned = mesh.vertices @ trimesh.transformations.rotation_matrix(0.7, [1, 2, 3])[:3, :3].T
    surface, points = Surface(turned, np.asarray(mesh.faces)), random_points(2000)
    assert np.array_equal(inside(surface, points), np.abs(winding_number(surface, points)) > 0.5)
    assert inside(surface, points).any()


def test_lines_through_corners_and_along_edges_are_counted_once() -> None:
    # Above a grid's corners, edges and middles; the cube's top is parted along a diagonal of these.
    steps = np.arange(-8, 9) / 8.0
    points = np.stack(np.meshgrid(steps, steps, [0.0, 0.3], indexing="ij"), axis=-1).reshape(-1, 3)
    found = inside(cube(), points)
    assert found[(np.abs(points) < 0.5).all(axis=1)].all()
    assert not found[(np.abs(points) > 0.5).any(axis=1)].any()


def test_a_ball_within_a_ball_is_hollow_whichever_way_it_faces() -> None:
    for inner in (sphere(0.5), flipped(sphere(0.5))):
        found = inside(both(sphere(), inner), np.array([[0.0, 0, 0], [0.7, 0, 0], [1.5, 0, 0]]))
        assert found.tolist() == [False, True, False]


def test_small_parts_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    points = random_points(3000)
    whole = inside(sphere(), points)
    monkeypatch.setattr(containment, "MOST_PAIRS", 50)
    assert np.array_equal(inside(sphere(finer=4), points), whole)


def test_vertices_parted_for_their_texture_are_put_together() -> None:
    good = cube()
    parted = Surface(good.vertices[good.faces].reshape(-1, 3), np.arange(36).reshape(12, 3))
    closed, gaps = closed_surface(parted)
    assert gaps == 0 and len(closed.vertices) == 8


def test_open_surfaces_are_told_by_their_edges() -> None:
    assert closed_surface(square())[1] == 4
    assert closed_surface(Surface(cube().vertices, cube().faces[1:]))[1] == 3


def test_a_body_with_two_sheets_in_each_place_has_an_inside() -> None:
    good = cube()
    doubled = Surface(good.vertices, np.concatenate([good.faces, good.faces[:, ::-1]]))
    closed, gaps = closed_surface(doubled)
    assert gaps == 0 and inside(closed, np.zeros((1, 3))).all()


def test_nothing_is_inside_nothing() -> None:
    empty = Surface.nothing()
    assert closed_surface(empty)[1] == 0
    assert not inside(empty, random_points(5)).any() and not len(inside(cube(), np.empty((0, 3))))
