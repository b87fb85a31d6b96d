"""Middlebury's texts of cameras: where the balls are, what is left out, and what is wrong with a line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines.core.data.images import write_png
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from tests.engines.core.formats.ball_pictures import ball_cameras, ball_picture, error_px

COUNT = 8
README = "The (tight) bounding box for the balls is (-0.5 -0.5 -0.5)\n(0.5 0.5 0.5). You'll want to expand it."


def write(folder: Path, readme: str = README) -> Path:
    lines = [str(COUNT)]
    for index, camera in enumerate(ball_cameras(COUNT)):
        # One is counted from, as there; the lens may have any scale.
        name = f"balls{index + 1}.png"
        write_png(folder / name, ball_picture(camera))
        lens = 2.0 * np.array([[90, 0, 48], [0, 90, 36], [0, 0, 1]])
        matrix = camera.world_to_camera
        numbers = [*lens.ravel(), *matrix[:3, :3].ravel(), *matrix[:3, 3]]
        lines.append(f"{name} {' '.join(f'{number:.12g}' for number in numbers)}")
    (folder / "balls_par.txt").write_text("\n".join(lines) + "\n")
    (folder / "balls_ang.txt").write_text("10.5 20.5 balls1.png\n")
    if readme:
        (folder / "README.txt").write_text(readme)
    return folder


def test_the_cameras_are_those_of_the_photographs(tmp_path: Path) -> None:
    dataset = open_dataset(write(tmp_path))
    assert dataset.format == "middlebury" and dataset.notes == ()
    assert [view.name for view in dataset.views] == [f"balls{index + 1}" for index in range(COUNT)]
    assert max(error_px(view) for view in dataset.views) < 0.05
    assert np.allclose(dataset.bounds, [[-0.6] * 3, [0.6] * 3])
    # The cameras stand about 3 from the middle of the box.
    assert 1.8 < dataset.hints["near"] < 2.6 and 3.5 < dataset.hints["far"] < 4.4


def test_without_a_box_the_depths_are_assumed(tmp_path: Path) -> None:
    dataset = open_dataset(write(tmp_path, ""))
    assert dataset.hints["near"] < 2.5 and dataset.hints["far"] > 4 and "no box of the object" in dataset.notes[0]


def test_what_is_not_there_and_what_is_not_listed(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "balls3.png").rename(tmp_path / "other.png")
    (tmp_path / "balls_good_silhouette_images.txt").write_text("balls1.png\n")
    dataset = open_dataset(tmp_path)
    assert len(dataset.views) == COUNT - 1 and max(error_px(view) for view in dataset.views) < 0.05
    assert dataset.notes == (
        "1 of 8 photographs are not there and are left out, such as balls3.png",
        "1 of 8 photographs in the folder have no line in balls_par.txt and are left out: other",
        "the list of good silhouettes (*_good_silhouette_images.txt) is not used",
    )


def test_a_folder_of_scenes(tmp_path: Path) -> None:
    for name in ("dino", "temple"):
        write(tmp_path / name)
    assert open_dataset(tmp_path).instances == ("dino", "temple")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("8\n", "9\n", "says that it has 9 photographs, but has 8 lines"),
        ("balls3.png", "", "line 4 must hold a name and 21 numbers"),
        ("balls3.png 180 0", "balls3.png nan 0", "line 4 must hold a name and 21 numbers"),
        ("balls3.png 180 0", "balls3.png 180 5", "balls3.png: its pixels are skewed"),
        ("balls3.png 180 0", "balls3.png -180 0", "balls3.png: focal_px"),
        ("balls3.png", "../balls3.png", "line 4: '../balls3.png' is no name of a photograph"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = write(tmp_path) / "balls_par.txt"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(UserError) as refused:
        _ = [view.camera for view in open_dataset(tmp_path).views]
    assert said in str(refused.value)


def test_suffixes_of_cameras(tmp_path: Path) -> None:
    for path in write(tmp_path).glob("*.png"):
        path.rename(path.with_suffix(".PNG"))
    dataset = open_dataset(tmp_path)
    assert len(dataset.views) == COUNT and max(error_px(view) for view in dataset.views) < 0.05
    assert dataset.notes == ()
