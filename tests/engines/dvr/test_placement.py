"""Where the cube stands: as the options say, as the data has it, or fitted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engines.core.errors import UserError
from engines.dvr.config import DvrConfig
from engines.dvr.cube import Cube
from engines.dvr.placement import PlacedCube, place_cube
from tests.engines.core.data.test_subject_box import CENTRE, RADIUS, ball


def placed(folder: Path, **settings: object) -> PlacedCube:
    dataset = ball(folder, transparent=True)
    return place_cube(DvrConfig(**settings), dataset, tuple(dataset.views))


def test_it_is_fitted_to_silhouettes(tmp_path: Path) -> None:
    found = placed(tmp_path)
    np.testing.assert_allclose(found.cube.centre, CENTRE, atol=0.1)
    assert 2 * RADIUS < found.cube.side < 2.8 * RADIUS
    assert found.notes == (f"{found.text}",) and "fitted to the silhouettes" in found.text and not found.doubt


def test_data_that_states_its_cube_is_believed(tmp_path: Path) -> None:
    dataset = ball(tmp_path, transparent=True)
    stated = replace(dataset, hints={"scale_mat": np.eye(4).tolist()}, bounds=np.array([[-0.5] * 3, [0.5] * 3]))
    found = place_cube(DvrConfig(), stated, tuple(stated.views))
    assert found == PlacedCube(Cube(), "as the data has it", (), "")
    # Objects of a class share their coordinates, whatever one's masks show.
    of_class = place_cube(DvrConfig(), replace(dataset, instances=("a", "b")), tuple(dataset.views))
    assert of_class.cube == Cube((0.0, 0.0, 0.0), 3.0)


def test_options_go_over_all(tmp_path: Path) -> None:
    found = placed(tmp_path, cube_centre=(0.1, 0.2, 0.3), cube_side=1.5)
    assert found.cube == Cube((0.1, 0.2, 0.3), 1.5) and found.found == "as the options say"
    only_side = placed(tmp_path, cube_side=1.5)
    assert only_side.cube.side == 1.5 and only_side.cube.centre != (0.1, 0.2, 0.3)


def test_a_centre_is_where_the_world_begins_for_the_user(tmp_path: Path) -> None:
    dataset = replace(ball(tmp_path, transparent=True), origin=np.array([100.0, 0, 0]))
    found = place_cube(DvrConfig(cube_centre=(100.5, 0, 0), cube_side=1.0), dataset, tuple(dataset.views))
    assert found.cube.centre == (0.5, 0.0, 0.0)


def test_a_cube_that_no_camera_sees_is_refused_and_one_that_few_see_is_doubtful(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no camera sees the middle of the cube of side 1 about"):
        placed(tmp_path, cube_centre=(0, 0, 50), cube_side=1.0)
    dataset = ball(tmp_path, transparent=True)
    views = tuple(dataset.views)
    # Nearer to the first camera than those beside it can see.
    near = 0.8 * views[0].camera.position
    found = place_cube(DvrConfig(cube_centre=tuple(near), cube_side=1.0), dataset, views)
    assert found.doubt.startswith("only 42% of the cameras see") and found.doubt in found.notes
