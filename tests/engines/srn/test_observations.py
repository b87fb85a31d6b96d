"""Which photographs a step looks at, and how they come from the disk."""

from __future__ import annotations

import multiprocessing
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engines.core.camera import project
from engines.core.data.dataset import Dataset
from engines.core.data.views import Views
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.srn.observations import ResolutionSchedule
from tests.engines.srn.learning import begun, config, equal


def test_stages_follow_each_other(single: Dataset) -> None:
    stages = {
        "img_sidelengths": (8, 16),
        "batch_size_per_img_sidelength": (3, 1),
        "max_steps_per_img_sidelength": (2, 1),
        "rays_per_image": None,
    }
    training = begun(single, fit_single_srn=True, **stages)
    seen = []
    for _ in range(4):
        seen.append(training.objective.read(training.step_count).colours.shape)
        training.step()
    assert seen == [(3, 64, 3), (3, 64, 3), (1, 256, 3), (1, 256, 3)]


def test_each_photograph_is_seen_once_before_any_comes_again() -> None:
    stages = {
        "img_sidelengths": (8, 16),
        "batch_size_per_img_sidelength": (3, 4),
        "max_steps_per_img_sidelength": (4, 1),
    }
    plan = ResolutionSchedule(np.repeat(np.arange(5, dtype=np.int32), 4), config(**stages), 7)
    # 4 steps of 3, then 2 of 4.
    first = [view for step in range(6) for view in plan.views(step)]
    assert sorted(first) == list(range(20)) and first != list(range(20))
    second = [view for step in range(6, 11) for view in plan.views(step)]
    assert sorted(second) == list(range(20)) and second != first
    assert plan.views(8) == ResolutionSchedule(plan._instances, config(**stages), 7).views(8)


def test_pictures_of_one_object_come_together() -> None:
    instances = np.repeat(np.arange(5, dtype=np.int32), 4)
    plan = ResolutionSchedule(instances, config(batch_size_per_img_sidelength=(8,), samples_per_instance=4), 0)
    shown = [instances[plan.views(step)].tolist() for step in range(10)]
    assert all(len(set(step[:4])) == len(set(step[4:])) == 1 for step in shown)
    # The first of each four goes through all 20 photographs.
    assert sorted(plan.views(step)[place] for step in range(10) for place in (0, 4)) == list(range(20))


def test_worker_processes_change_nothing(objects: Dataset) -> None:
    here, ahead = begun(objects, num_workers=0), begun(objects, num_workers=1)
    for _ in range(3):
        here.step()
        ahead.step()
    assert equal(here.checkpoint().weights, ahead.checkpoint().weights)


def test_what_a_worker_can_not_read_is_said_in_one_line(photographs: Path, tmp_path: Path) -> None:
    for name in ("x", "y"):
        shutil.copytree(photographs / "train", tmp_path / name)
    for path in sorted((tmp_path / "y" / "pose").iterdir())[1:]:
        path.write_text("1 2 3")
    training = begun(open_dataset(tmp_path), num_workers=1, batch_size_per_img_sidelength=(12,))
    with pytest.raises(UserError) as refused:
        training.step()
    assert "has 3 numbers; a pose needs 16" in str(refused.value) and "\n" not in str(refused.value)
    assert training.step_count == 0


def test_pixels_and_colours_belong_together(single: Dataset) -> None:
    training = begun(single, fit_single_srn=True)
    objective = training.objective
    batch = objective.read(0)
    views, count = batch.colours.shape[:2]
    pixels = objective._pixels(views, count, torch.Generator())
    assert pixels.shape == (2, 64) and len(set(pixels[0].tolist())) == 64
    rays = objective._rays(batch, pixels, torch.Generator()).directions
    for index, camera in enumerate(batch.cameras):
        rows, columns = pixels[index] // 16, pixels[index] % 16
        picture = objective.photographs[batch.views[index]].square_image(16)
        expected = torch.from_numpy(picture[rows, columns])
        assert (batch.colours[index][pixels[index]] / 255 - expected).abs().max() <= 0.51 / 255
        ahead = camera.position + 2 * rays[index].numpy()
        at = project(camera, ahead)[0]
        # The authors' pixel grid: pixel i lies at i.
        assert np.abs(at - torch.stack([columns, rows], dim=1).numpy()).max() < 1e-3


def test_some_observations_only(objects: Dataset) -> None:
    assert [view.name for view in begun(objects, specific_observation_idcs=(4, 1)).objective.photographs] == [
        f"{name}/{number}" for name in ("x", "y", "z") for number in ("000004", "000001")
    ]
    assert len(begun(objects, max_num_observations_train=2, max_num_instances_train=2).objective.photographs) == 4
    with pytest.raises(UserError, match="x has 6 photographs, no number 6"):
        begun(objects, specific_observation_idcs=(6,))


def test_photographs_that_are_left_out_are_counted(objects: Dataset) -> None:
    assert begun(objects).notes == () == begun(objects, max_num_observations_train=6).notes
    two = begun(objects, max_num_observations_train=2, max_num_instances_train=2)
    assert [note.partition(",")[0] for note in two.notes] == ["4 of 12 photographs are trained on"]
    # Who names them knows.
    assert begun(objects, specific_observation_idcs=(4, 1)).notes == ()


def test_a_killed_worker_is_one_line(objects: Dataset) -> None:
    training = begun(objects, num_workers=1)
    training.step()
    for process in multiprocessing.active_children():
        process.kill()
    with pytest.raises(UserError, match="a process that reads photographs ended"):
        for _ in range(10):
            training.step()


def test_closing_ends_the_workers(objects: Dataset) -> None:
    training = begun(objects, num_workers=2)
    training.step()
    assert len(multiprocessing.active_children()) >= 2
    # Somebody else's, begun meanwhile: it is left alone.
    other = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    other.start()
    training.close()
    assert multiprocessing.active_children() == [other]
    other.kill()
    other.join()


def test_a_recording_is_refused(single: Dataset) -> None:
    moving = replace(single, views=Views.of([replace(view, time=index % 2) for index, view in enumerate(single.views)]))
    with pytest.raises(UserError, match="a recording of 2 time steps, but SRNs learn what stands still"):
        begun(moving)
