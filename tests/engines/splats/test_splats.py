"""The value: shapes, memory that is shared with tensors, and what of a file can't be drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engines.core.camera import Array
from engines.splats.files.encodings import opacities_of
from engines.splats.splats import ARRAYS, SOLID_LOGIT, Splats, sound


def arrays(count: int = 5, degree: int = 1, scales: int = 3) -> dict[str, Any]:
    random = np.random.default_rng(0)
    shapes = {
        "positions": (count, 3),
        "log_scales": (count, scales),
        "quaternions": (count, 4),
        "opacity_logits": (count,),
        "harmonics": (count, (degree + 1) ** 2, 3),
    }
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.mark.parametrize("degree", range(5))
def test_degree_and_count(degree: int) -> None:
    splats = Splats(**arrays(7, degree), antialiased=True)
    assert (len(splats), splats.degree, splats.is_flat, splats.antialiased) == (7, degree, False, True)
    assert Splats(**arrays(scales=2)).is_flat


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("positions", np.zeros((5, 2), np.float32)),
        ("log_scales", np.zeros((5, 4), np.float32)),
        ("quaternions", np.zeros((4, 4), np.float32)),
        ("opacity_logits", np.zeros((5, 1), np.float32)),
        ("harmonics", np.zeros((5, 5, 3), np.float32)),
        ("harmonics", np.zeros((5, 36, 3), np.float32)),
        ("log_scales", np.zeros((5, 3))),
        ("quaternions", np.zeros((4, 5), np.float32).T),
    ],
)
def test_a_wrong_array_is_refused_by_name(name: str, wrong: Array) -> None:
    with pytest.raises(ValueError, match=name):
        Splats(**arrays() | {name: wrong})


def test_tensors_share_the_memory() -> None:
    splats = Splats(**arrays())
    splats.tensors["positions"][2, 1] = 12
    assert splats.positions[2, 1] == 12
    again = Splats.of_tensors(splats.tensors, antialiased=True)
    assert again.antialiased and all(np.shares_memory(getattr(again, name), getattr(splats, name)) for name in ARRAYS)


def test_chosen_by_bools_and_by_numbers() -> None:
    splats = Splats(**arrays())
    for which in (np.array([False, True, False, True, False]), np.array([1, 3])):
        few = splats.chosen(which)
        assert [np.array_equal(getattr(few, name), getattr(splats, name)[[1, 3]]) for name in ARRAYS] == [True] * 5


def test_sound_ones_stay_as_they_are() -> None:
    splats = Splats(**arrays())
    assert sound(splats) == (splats, ())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("positions", np.nan),
        ("positions", -np.inf),
        ("positions", 1e20),
        ("log_scales", -np.inf),
        ("log_scales", 60),
        ("quaternions", np.inf),
        ("opacity_logits", np.nan),
        ("harmonics", np.nan),
        ("harmonics", -np.inf),
    ],
)
def test_numbers_that_are_none_are_left_out_and_counted(name: str, value: float) -> None:
    changed = arrays()
    changed[name].reshape(5, -1)[[1, 4], -1] = value
    left, notes = sound(Splats(**changed))
    assert np.array_equal(left.positions, changed["positions"][[0, 2, 3]])
    assert notes == ("2 splats of 5 left out: not all of their numbers are finite",)


def test_an_infinite_logit_is_one_that_is_solid() -> None:
    changed = arrays()
    changed["opacity_logits"][:2] = np.inf, -np.inf
    left, notes = sound(Splats(**changed))
    # As a scene file keeps it, in which every number is finite.
    assert len(left) == 5 and left.opacity_logits[:2].tolist() == [SOLID_LOGIT, -SOLID_LOGIT] and notes == ()
    assert opacities_of(left.opacity_logits[:2]).tolist() == [1, pytest.approx(0, abs=1e-8)]


def test_quaternions_of_no_length_and_of_extreme_ones() -> None:
    changed = arrays()
    changed["quaternions"][:] = [[0, 0, 0, 0], [1e-20] * 4, [1e-10, 0, -1e-10, 0], [0, 2e30, 0, 0], [0, 0, 3, 0]]
    left, notes = sound(Splats(**changed))
    expected = [[1, 0, 0, 0], [1, 0, 0, 0], [1, 0, -1, 0], [0, 1, 0, 0], [0, 0, 3, 0]]
    assert np.array_equal(left.quaternions, np.array(expected, np.float32))
    assert notes == ("2 splats of 5 with a quaternion of 0 are drawn without a turn",)


def test_none_at_all() -> None:
    none = Splats(**arrays(0))
    assert len(sound(none)[0]) == 0 and none.degree == 1
