from __future__ import annotations

import numpy as np

from app.synthetic.materials import DIE_FACES, Checker, Die, Dots, Rosette, Segments, Stripes

RED, WHITE, BLUE = (1.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.0, 0.0, 1.0)
UP = np.array([[0.0, 0.0, 1.0]])


def test_checker_changes_at_each_cell_and_holds_on_a_face_between_two_cells() -> None:
    board = Checker((RED, WHITE), 0.1)
    points = np.array([[0.05, 0.05, 0.1], [0.15, 0.05, 0.1], [0.15, 0.15, 0.1]])
    for wobble in (-1e-12, 1e-12):
        found = board.colours(points + wobble * UP, np.repeat(UP, 3, axis=0))
        assert found.tolist() == [list(RED), list(WHITE), list(RED)]


def test_stripes_and_segments() -> None:
    points = np.array([[0, 0, 0.05], [0, 0, 0.15], [0, 0, -0.05]])
    normals = np.repeat(UP, 3, axis=0)
    assert Stripes((RED, WHITE), 0.1).colours(points, normals).tolist() == [list(RED), list(WHITE), list(WHITE)]
    quarter = np.array([[1.0, 1.0, 0.0], [-1.0, 1.0, 0.0]])
    assert Segments((RED, WHITE), 4).colours(quarter, normals[:2]).tolist() == [list(RED), list(WHITE)]
    # A quarter of a turn up the axis shifts the wedges by one.
    assert Segments((RED, WHITE), 4, twist=1).colours(quarter + 0.25 * UP, normals[:2])[0].tolist() == list(WHITE)


def test_dots_and_rosette() -> None:
    dots = Dots(WHITE, (RED, BLUE), ((0, 0, 0), (1, 0, 0)), 0.1)
    points = np.array([[0.05, 0, 0], [0.95, 0, 0], [0.5, 0, 0]])
    assert dots.colours(points, np.repeat(UP, 3, axis=0)).tolist() == [list(RED), list(BLUE), list(WHITE)]
    rosette = Rosette((WHITE, BLUE), (0.5,), sector_band=1, sector_colour=RED, sectors=2)
    at = np.array([[0.1, 0.1, 0], [0.1, 0.9, 0], [0.1, -0.9, 0]])
    assert rosette.colours(at, np.repeat(UP, 3, axis=0)).tolist() == [list(WHITE), list(RED), list(BLUE)]


def test_each_face_of_the_die_shows_its_number() -> None:
    die = Die(WHITE, RED, half=1.0)
    grid = np.linspace(-0.995, 0.995, 200)
    u, v = (a.ravel() for a in np.meshgrid(grid, grid))
    for face, number in enumerate(DIE_FACES):
        axis, sign = face // 2, 1.0 if face % 2 else -1.0
        points = np.insert(np.stack([u, v], axis=1), axis, sign, axis=1)
        normals = np.zeros_like(points)
        normals[:, axis] = sign
        share = (die.colours(points, normals) == RED).all(axis=1).mean() * 4
        assert abs(share / (np.pi * 0.17**2) - number) < 0.1
    assert all(DIE_FACES[2 * axis] + DIE_FACES[2 * axis + 1] == 7 for axis in range(3))
