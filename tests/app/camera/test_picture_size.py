"""How large the drawn picture is."""

from __future__ import annotations

from app.camera.picture_size import PictureSize
from tests.app.camera.followed import Followed


def test_it_is_the_viewports_or_of_its_shape() -> None:
    told: list[bool] = []
    size = PictureSize(told.append)
    size.resize((300, 200))
    size.resize((300, 200))
    assert size.px == (300, 200) and told == [True]
    size.limit(150)
    assert size.px == (150, 100) and told == [True, False]
    size.limit(4000)
    assert size.px == (300, 200)
    size.resize((0, 0))
    assert size.px == (16, 16)


def test_the_viewport_matters_only_to_scenes_of_any_size() -> None:
    native, free = Followed(), Followed(None)
    for followed in (native, free):
        followed.eye.size.resize((300, 200))
    assert native.told == [] and free.told == [True]
    assert native.eye.shown is not None and native.eye.shown.size_px == (32, 32)
    assert free.eye.shown is not None and free.eye.shown.size_px == (300, 200)
