from __future__ import annotations

import numpy as np
import pytest

from app.synthetic.materials import Plain, Texture
from app.synthetic.patterns import (
    MOTIFS,
    Bricks,
    Facade,
    Mosaic,
    Motifs,
    Mottled,
    Planks,
    Scenery,
    Spines,
    Veined,
    Weathered,
    chance,
    noise,
    on_face,
)
from engines.core.camera import Array

RED, WHITE, BLUE = (1.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.0, 0.0, 1.0)
FRONT, TOP = np.array([[0.0, -1.0, 0.0]]), np.array([[0.0, 0.0, 1.0]])


def at(texture: Texture, *places: tuple[float, float, float]) -> list[list[float]]:
    """Colours on a face that looks along -y."""
    colours: list[list[float]] = texture.colours(np.array(places), np.repeat(FRONT, len(places), axis=0)).tolist()
    return colours


def test_noise_is_smooth_and_takes_its_corners_from_the_lattice() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(-20, 20, (2000, 3))
    found = noise(points)
    assert -1 <= found.min() < -0.6 and 0.6 < found.max() <= 1
    # Smoothstep rises by at most 1.5 a unit, and numbers differ by at most 2.
    step = 1e-4 * np.array([1.0, 0.0, 0.0])
    assert np.abs(noise(points + step) - found).max() < 3.1e-4
    corners = np.floor(points)
    assert noise(corners) == pytest.approx(2 * chance(*corners.T) - 1)


def test_chance_is_fair_and_the_same_each_time() -> None:
    u, v = (a.ravel() for a in np.meshgrid(np.arange(-100, 100), np.arange(-100, 100)))
    luck = chance(u, v)
    assert (luck == chance(u, v)).all() and luck.min() >= 0 and luck.max() < 1
    assert luck.mean() == pytest.approx(0.5, abs=0.01)
    assert abs(np.corrcoef(luck[:-1], luck[1:])[0, 1]) < 0.05


def test_coordinates_lie_in_the_face() -> None:
    points = np.array([[1.0, 2.0, 3.0]] * 3)
    u, v = on_face(points, np.eye(3))
    assert list(zip(u, v, strict=True)) == [(2, 3), (1, 3), (1, 2)]


def test_bricks_are_set_in_mortar_and_shifted_by_half() -> None:
    wall = Bricks((RED,), WHITE, 0.2, 0.1, 0.01)
    assert at(wall, (0.0, 0, 0.05), (0.2, 0, 0.05), (0.1, 0, 0.1)) == [list(WHITE)] * 3
    for colour in at(wall, (0.1, 0, 0.05), (0.0, 0, 0.15), (0.2, 0, 0.15)):
        assert colour[0] > 0.8 and colour[1] == 0


def test_motifs_are_bands_about_the_middles_of_cells() -> None:
    for motif in MOTIFS:
        pattern = Motifs(Plain(WHITE), (RED, BLUE), 0.2, motif, reach=0.6, staggered=False)
        assert at(pattern, (0.1, 0, 0.1), (0.3, 0, -0.1), (0.001, 0, 0.001)) == [list(RED), list(RED), list(WHITE)]
        assert list(BLUE) in at(pattern, *((0.1 + 0.002 * n, 0, 0.1) for n in range(50)))
    staggered = Motifs(Plain(WHITE), (RED,), 0.2, "disc", reach=0.5)
    assert at(staggered, (0.1, 0, 0.3), (0.2, 0, 0.3)) == [list(WHITE), list(RED)]


def test_a_house_front_has_windows_from_its_corner_on_its_sides_only() -> None:
    front = Facade(Plain(RED), WHITE, BLUE, (0.4, 0.5), corner=(-0.4, -0.25))
    middle, wall, frame = at(front, (-0.15, 0, 0.05), (-0.39, 0, 0.0), (0.32, 0, 0.0))
    assert wall == list(RED) and frame == list(WHITE) and middle not in (wall, frame)
    assert front.colours(np.array([[-0.15, 0, 0.05]]), TOP).tolist() == [list(RED)]


def test_books_end_at_their_edges_and_a_mosaic_goes_to_the_nearest() -> None:
    books = Spines((RED, WHITE, BLUE), (-0.1, 0.0, 0.05), 0.3)
    (middle,), (edge,) = at(books, (-0.05, 0, 0)), at(books, (-0.001, 0, 0))
    assert sum(edge) < 0.7 * sum(middle)
    mosaic = Mosaic((RED, BLUE), ((0.0, 0.0), (0.3, 0.1)))
    assert at(mosaic, (0.1, 5, 0.0), (0.2, 5, 0.2)) == [list(RED), list(BLUE)]


TEXTURES: dict[str, Texture] = {
    "weathered": Weathered(Plain((0.9, 0.5, 0.2))),
    "mottled": Mottled((RED, WHITE, BLUE), 0.1),
    "veined": Veined(WHITE, BLUE, 0.2),
    "planks": Planks(((0.6, 0.4, 0.2), (0.7, 0.5, 0.3)), 0.1, 1.0),
    "upright planks": Planks(((0.6, 0.4, 0.2),), 0.1, 1.0, upright=True),
    "scenery": Scenery((WHITE, BLUE), ((0.1, 0.5, 0.2), (0.2, 0.4, 0.1)), 0.5, 2.0),
}


@pytest.mark.parametrize("texture", TEXTURES.values(), ids=TEXTURES.keys())
def test_colours_vary_and_are_colours(texture: Texture) -> None:
    grid = np.linspace(-1, 1, 60)
    u, v = (a.ravel() for a in np.meshgrid(grid, grid))
    points: Array = np.stack([u, np.zeros_like(u), v], axis=1)
    found = texture.colours(points, np.repeat(FRONT, len(points), axis=0))
    assert found.shape == (3600, 3) and found.min() >= 0 and found.max() <= 1
    assert found.std(axis=0).max() > 0.02
    assert (texture.colours(points, np.repeat(FRONT, len(points), axis=0)) == found).all()
