"""Going from view to view."""

from __future__ import annotations

import pytest

from app.camera.view_navigation import view_at
from tests.app.ball_scene import ring
from tests.app.camera.followed import Followed


@pytest.fixture
def followed() -> Followed:
    return Followed()


def test_views_wrap_around_and_go_on_from_the_nearest(followed: Followed) -> None:
    eye = followed.eye
    eye.views.step(-1)
    assert eye.view_index == 7
    eye.views.step(1)
    assert eye.view_index == 0
    followed.settle()
    eye.hand.orbit_by(1, 0)
    eye.views.go_to_nearest()
    assert eye.view_index == 0


def test_a_view_is_known_by_its_picture() -> None:
    around = ring(4)
    assert view_at(around[2].resized((64, 64)), around) == 2
    assert view_at(around[2].scaled(2.0).cropped(8, 8, 32, 32), around) is None and view_at(around[0], ()) is None
