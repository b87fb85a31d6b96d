from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.synthetic.materials import Checker, Material, Plain
from app.synthetic.raytracer import draw
from app.synthetic.recording import recording
from app.synthetic.scene import Light, Solid, SyntheticScene, placed
from app.synthetic.shapes import Box, Sphere
from app.synthetic.still_view import StillView
from engines.core.camera import Camera, look_at
from engines.core.data.images import to_uint8
from engines.core.errors import Cancelled

BOARD = Material(Checker(((0.9, 0.9, 0.9), (0.3, 0.3, 0.5)), 0.1), 0.0)
MIRROR = Material(Plain((0.9, 0.8, 0.7)), 0.8, metal=1.0)
FLOOR = Solid("floor", Box((0.6, 0.6, 0.01)), BOARD, placed((0, 0, -0.01)))
LAMP = Light((0.8, -0.3, 1.0), (0.8, 0.8, 0.8), spread=0.05)


def camera(width: int = 48, height: int = 32) -> Camera:
    pose = look_at(np.array([0.3, -2.0, 1.0]), np.zeros(3), np.array([0.0, 0.0, 1.0]))
    return Camera(pose, (1.4 * width, 1.4 * width), (width / 2, height / 2), (width, height))


def ball(x: float, z: float = 0.12) -> tuple[Solid, ...]:
    red = Material(Plain((0.9, 0.1, 0.1)), 0.5)
    return (Solid("ball", Sphere(0.1), red, placed((x, 0.1, z))),)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_pictures_are_those_of_the_ray_tracer(number: int) -> None:
    scene = recording(3, number, (48, 32))
    view = StillView(scene.still, scene.cameras[4], samples=1)
    for step in (0, 11):
        found = view.draw([mover.at(step / scene.steps) for mover in scene.movers])
        whole = replace(scene.still, solids=(*scene.still.solids, *scene.moving(step)))
        expected = draw(whole, scene.cameras[4], samples=1)
        # Products of matrices of other sizes may round otherwise; a pixel on the edge of a texture may then differ.
        assert (to_uint8(found.image) != to_uint8(expected.image)).mean() < 1e-3
        assert np.abs(found.image - expected.image).mean() < 1e-5
        np.testing.assert_allclose(found.depth, expected.depth, rtol=1e-6)


def test_shadows_mirrors_and_what_is_beyond_the_floor() -> None:
    mirror = Solid("mirror", Box((0.2, 0.01, 0.2)), MIRROR, placed((-0.2, 0.4, 0.2)))
    still = SyntheticScene((FLOOR, mirror), (LAMP,))
    view = StillView(still, camera(), samples=2)
    assert (view.background.image == draw(still, camera(), 2).image).all()
    assert np.isinf(view.background.depth).any()
    for things in (ball(0.2), ball(-0.3), ball(0.1, 0.5), (*ball(0.2), *ball(-0.2)), ()):
        found, expected = (
            view.draw([things]) if things else view.draw([]),
            draw(with_things(still, things), camera(), 2),
        )
        assert np.abs(found.image - expected.image).max() < 1e-5
        assert (found.depth == expected.depth).all()
        # The mask is the thing alone, without its shadow and its mirror image.
        assert (found.mask == (found.depth != view.background.depth)).all()
    changed = np.abs(view.draw([ball(0.2)]).image - view.background.image).max(axis=2) > 0.02
    assert changed.sum() > 1.3 * view.draw([ball(0.2)]).mask.sum()


def with_things(still: SyntheticScene, things: tuple[Solid, ...]) -> SyntheticScene:
    return replace(still, solids=(*still.solids, *things))


def test_little_is_traced_again(monkeypatch: pytest.MonkeyPatch) -> None:
    view = StillView(SyntheticScene((FLOOR,), (LAMP,)), camera(), samples=1)
    traced: list[int] = []

    def counted(scene: SyntheticScene, origin: object, directions: np.ndarray, *rest: object) -> np.ndarray:
        traced.append(len(directions))
        return np.zeros((len(directions), 3))

    monkeypatch.setattr("app.synthetic.still_view.radiance", counted)
    view.draw([ball(0.2)])
    assert 0 < sum(traced) < 0.25 * 48 * 32


def test_drawing_stops_when_asked() -> None:
    with pytest.raises(Cancelled):
        StillView(SyntheticScene((FLOOR,)), camera(), stop=lambda: True)
