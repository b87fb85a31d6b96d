"""Which photographs make an example."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engines.core.camera import look_at
from engines.core.data.dataset import Dataset
from engines.core.data.views import Views
from engines.core.errors import UserError
from engines.mask_volume.triplets import Triplet, Triplets
from tests.engines.mask_volume.captured import UP, begun, camera, clips, config, recording


def drawn(dataset: Dataset, count: int, are_clips: bool = False, seed: int = 0, **settings: int) -> list[Triplet]:
    triplets = Triplets(dataset.views, are_clips, config(**settings), seed)
    return [triplets.example(number) for number in range(count)]


def numbers(triplet: Triplet) -> list[int]:
    return [triplet.first, triplet.second, triplet.target]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return recording(tmp_path_factory.mktemp("rig"), side_px=16)


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A long clip, one that is too short for the strides, one that is too short for anything."""
    return clips(tmp_path_factory.mktemp("videos"), (60, 8, 2))


def test_three_cameras_of_one_moment(rig: Dataset) -> None:
    for triplet in drawn(rig, 60):
        chosen = rig.views.chosen(np.array(numbers(triplet)))
        assert len(set(chosen.times)) == 1 and len(set(chosen.camera_indices)) == 3
    places = [numbers(triplet) for triplet in drawn(rig, 60)]
    # Any camera in any place, at any time step.
    assert all({rig.views.camera_indices[n] for n in place} == {0, 1, 2, 3} for place in zip(*places, strict=True))
    assert {rig.views.times[first] for first, _, _ in places} == {0, 1, 2}


def test_they_follow_from_the_seed_and_the_number_alone(rig: Dataset) -> None:
    triplets = Triplets(rig.views, False, config(), 0)
    assert [triplets.example(number) for number in (7, 2, 30)] == [drawn(rig, 31)[number] for number in (7, 2, 30)]
    assert drawn(rig, 10) != drawn(rig, 10, seed=1)


def test_frames_of_a_clip_keep_their_distances(videos: Dataset) -> None:
    settings = {"num_frames": 4, "min_stride": 3, "max_stride": 10}
    of_clip = [t for t in drawn(videos, 300, True, **settings) if videos.views.instances[t.first] == 0]
    gaps = np.array([np.diff(sorted(numbers(triplet))) for triplet in of_clip])
    strides = np.gcd(gaps[:, 0], gaps[:, 1])
    # Three of four frames that are s apart: their gaps are s and s, or s and 2 s.
    assert gaps.min() == 3 and gaps.max() == 20 and set(strides.tolist()) == set(range(3, 11))
    assert np.isin(gaps.sum(axis=1) // strides, (2, 3)).all()
    assert max(max(numbers(triplet)) for triplet in of_clip) == 59 and min(map(min, map(numbers, of_clip))) == 0
    # In no order: the target is between the others, or beyond them.
    assert {np.argsort(np.argsort(numbers(t)))[2] for t in of_clip} == {0, 1, 2}


def test_a_short_clip_gives_what_it_has_and_clips_take_turns(videos: Dataset) -> None:
    found = drawn(videos, 40, True)
    turns = videos.views.instances[[triplet.first for triplet in found]].reshape(20, 2)
    assert (turns.sum(axis=1) == 1).all()
    short = [numbers(triplet) for triplet in found if videos.views.instances[triplet.first] == 1]
    assert all(len(set(triplet)) == 3 and set(triplet) <= set(range(60, 68)) for triplet in short)
    assert begun(videos, crop_px=16).notes[0].startswith("1 of the folder's captures are left out")


def test_photographs_of_a_folder_are_neighbours(tmp_path: Path) -> None:
    video = clips(tmp_path, (12,))
    row = replace(video, format="llff")
    for triplet in drawn(row, 40, neighbours=3):
        away = np.abs(np.array([triplet.second, triplet.target]) - triplet.first)
        # At an end of the row the three nearest reach further.
        assert set(away) <= {1, 2, 3} and triplet.second != triplet.target


def test_cameras_that_look_apart_are_no_neighbours(tmp_path: Path) -> None:
    views = list(recording(tmp_path, time_steps=1, cameras=3, side_px=16).views)
    turned = camera(0.0, side_px=16).at(look_at(np.zeros(3), np.array([1.0, 0.0, 1.0]), UP))
    apart = Dataset(
        Views.of([*views[:2], replace(views[2], camera=turned)]), tmp_path, "recording", np.zeros((2, 3)), UP
    )
    assert len(Triplets(apart.views, False, config(), 0).instances) == 0
    with pytest.raises(UserError, match="nowhere three photographs of one time step whose cameras look the same way"):
        begun(apart)
    four = [*views, replace(views[2], camera=turned, camera_index=3, name="turned")]
    triplets = Triplets(Views.of(four), False, config(), 0)
    assert all(set(numbers(triplets.example(number))) == {0, 1, 2} for number in range(20))
