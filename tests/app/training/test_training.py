from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from app.training import loop as training
from app.training.evaluation import Evaluation, Score, evaluate
from app.training.loop import Report, run_training
from app.viewing.opening import open_scene
from engines.core.camera import Array
from engines.core.data.views import View, Views
from engines.core.engine import Scene, Stop, Training, never_stop
from engines.core.errors import Diverged, Unreadable, UserError
from engines.core.learning.optimisation import Optimisation
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.run_folder import read_history, read_run_config, read_run_training
from tests.app.same_runs import equal, flattened

SMALL = {"grid_dim": 4}
STEPS = 4

Train = Callable[..., Checkpoint]


@pytest.fixture(scope="session")
def train(photographs: Path) -> Train:
    """Runs the smallest network."""

    def run(
        out: Path,
        resume: bool = False,
        report: Callable[[Report], None] = lambda report: None,
        stop: Stop = never_stop,
        **settings: Any,
    ) -> Checkpoint:
        values = settings if resume else {**SMALL, "max_steps": STEPS, **settings}
        return run_training("colour_grid", photographs, out, values, "cpu", resume, report, stop)

    return run


@pytest.fixture(scope="session")
def straight(train: Train, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Report]]:
    """A run of `STEPS` steps in one go, validated at the end only; not to be changed."""
    out = tmp_path_factory.mktemp("straight") / "run"
    reports: list[Report] = []
    train(out, report=reports.append)
    return out, reports


def scalars(out: Path, tag: str) -> list[tuple[int, float]]:
    """Step and value, as TensorBoard shows them."""
    events = EventAccumulator(str(out))
    events.Reload()
    return [(event.step, event.value) for event in events.Scalars(tag)]


def nothing_finite(view: View) -> Array:
    """A photograph of nothing but NaN."""
    return np.full((*view.camera.size_px[::-1], 3), np.nan, dtype=np.float32)


def test_a_resumed_run_is_the_run_to_the_bit(straight: tuple[Path, list[Report]], train: Train, tmp_path: Path) -> None:
    out = tmp_path / "run"
    # Validated at every step, which the straight run was not: looking must not change what is learnt.
    train(out, max_steps=STEPS // 2, validate_every=1)
    assert read_run_training(out).step == STEPS // 2
    train(out, resume=True, max_steps=STEPS)
    resumed, whole = read_run_training(out), read_run_training(straight[0])
    assert resumed.step == whole.step == STEPS
    assert equal(resumed.weights, whole.weights)
    assert flattened(resumed.training) == flattened(whole.training)
    steps = [entry["step"] for entry in read_history(out)]
    assert steps == [1, 2, 3, 4]
    assert [step for step, _ in scalars(out, "validation/psnr")] == steps


def test_reports_every_step(straight: tuple[Path, list[Report]]) -> None:
    _, reports = straight
    assert [report.step for report in reports] == list(range(STEPS + 1))
    assert not reports[0].losses and reports[0].validation is None
    assert all(report.losses["mse"] > 0 and report.steps_per_second for report in reports[1:])
    assert [report.saved for report in reports] == [False] * STEPS + [True]
    assert reports[-1].seconds_left == 0
    assert reports[-1].validation is not None and len(reports[-1].validation.scores) == 2


def test_the_run_folder(straight: tuple[Path, list[Report]], photographs: Path) -> None:
    out, _ = straight
    files = sorted(path.name.split(".")[0] for path in out.iterdir())
    assert files == ["config", "events", "held_out", "history", "scene", "training"]
    written = read_run_config(out)
    assert written["engine"] == "colour_grid" and written["data"] == str(photographs)
    assert written["config"]["grid_dim"] == 4 and written["config"]["max_steps"] == STEPS
    scene = open_scene(out, device="cpu").scene
    assert scene.engine == "colour_grid" and len(scene.cameras) == 6


def test_the_history_has_losses_and_scores(straight: tuple[Path, list[Report]]) -> None:
    out, reports = straight
    (entry,) = [json.loads(line) for line in (out / "history.jsonl").read_text().splitlines()]
    assert entry["step"] == STEPS
    assert entry["mse"] == pytest.approx(sum(report.losses["mse"] for report in reports[1:]) / STEPS)
    assert reports[-1].validation is not None
    assert entry["psnr"] == reports[-1].validation.psnr and entry["ssim"] == reports[-1].validation.ssim


def test_tensorboard_shows_the_history(straight: tuple[Path, list[Report]]) -> None:
    out, _ = straight
    (entry,) = read_history(out)
    for tag, name in (("loss/mse", "mse"), ("loss/total", "total"), ("validation/psnr", "psnr")):
        ((step, value),) = scalars(out, tag)
        assert step == STEPS and value == pytest.approx(entry[name], rel=1e-6)
    assert scalars(out, "validation/ssim")


def test_a_run_is_not_written_over(straight: tuple[Path, list[Report]], train: Train) -> None:
    out, _ = straight
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    with pytest.raises(UserError, match="holds a run already; go on with it by --resume"):
        train(out)
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"grid_dim": 6, "max_steps": 9}, "begun with grid_dim=4, can't go on with grid_dim=6"),
        ({}, f"has done all its {STEPS} steps; raise max_steps"),
        ({"grid_dim": "many"}, "grid_dim='many'"),
    ],
)
def test_resuming_another_way_is_refused(
    straight: tuple[Path, list[Report]], train: Train, settings: dict[str, Any], told: str
) -> None:
    out, _ = straight
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    with pytest.raises(UserError, match=told):
        train(out, resume=True, **settings)
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before


def test_resuming_nothing_is_refused(train: Train, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no training.pt to resume from"):
        train(tmp_path / "run", resume=True)
    assert not (tmp_path / "run").exists()


def test_stop_saves(train: Train, tmp_path: Path) -> None:
    reports: list[Report] = []
    checkpoint = train(tmp_path / "run", report=reports.append, stop=lambda: len(reports) > 1)
    assert checkpoint.step == 1
    assert read_run_training(tmp_path / "run").step == 1


def test_stop_is_heard_within_a_validation(train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Score] = []

    def evaluate_until_first(scene: Scene, views: Views, stop: Stop, **more: Any) -> Evaluation:
        return evaluate(scene, views, drawn.append, stop, **more)

    monkeypatch.setattr(training, "evaluate", evaluate_until_first)
    reports: list[Report] = []
    checkpoint = train(
        tmp_path / "run", report=reports.append, stop=lambda: len(drawn) > 1, validate_every=1, max_steps=STEPS
    )
    assert checkpoint.step == 1
    assert [report.validation for report in reports] == [None, None]
    # The other one is the picture before the first step.
    assert len(drawn) == 2
    assert read_run_training(tmp_path / "run").step == 1


def test_a_file_that_can_not_be_read_any_more_loses_nothing(
    train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise Unreadable("photo.png: can't be read")

    def spoil(report: Report) -> None:
        if report.step == 2:
            monkeypatch.setattr(View, "image", gone)

    with pytest.raises(UserError, match=r"photo\.png: can't be read; saved at step 2, go on with --resume"):
        train(tmp_path / "run", report=spoil)
    assert read_run_training(tmp_path / "run").step == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [(KeyError("gain"), "gain"), (UserError("no such size"), "no such size; saved at step 4, go on with --resume")],
)
def test_a_picture_that_fails_loses_nothing(
    error: Exception, said: str, straight: tuple[Path, list[Report]], train: Train, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def fail(*_: object, **__: object) -> Evaluation:
        raise error

    def spoil(report: Report) -> None:
        if report.step == STEPS - 1:
            monkeypatch.setattr(training, "evaluate", fail)

    with pytest.raises(type(error), match=said):
        train(tmp_path / "run", report=spoil)
    kept, whole = read_run_training(tmp_path / "run"), read_run_training(straight[0])
    assert kept.step == STEPS and equal(kept.weights, whole.weights)


def test_what_is_done_between_steps_loses_nothing(photographs: Path, tmp_path: Path) -> None:
    def fail(training: Training, out: Path) -> float:
        if training.step_count == 2:
            raise KeyError("gain")
        return 0.0

    values = {**SMALL, "max_steps": STEPS}
    with pytest.raises(KeyError):
        run_training(
            "colour_grid", photographs, tmp_path / "run", values, "cpu", False, lambda _: None, never_stop, fail
        )
    assert read_run_training(tmp_path / "run").step == 2


def test_a_loss_that_is_not_finite_ends_the_run(train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(report: Report) -> None:
        if report.step == 1:
            monkeypatch.setattr(View, "image", nothing_finite)

    with pytest.raises(
        UserError, match=r"step 2: the loss is not finite .*; or go on from step 1 with --resume --set lr="
    ):
        train(tmp_path / "run", report=spoil, checkpoint_every=1)
    assert read_run_training(tmp_path / "run").step == 1


def test_a_loss_that_is_not_finite_before_anything_was_saved(
    train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(report: Report) -> None:
        if report.step == spoilt_at:
            monkeypatch.setattr(View, "image", nothing_finite)

    spoilt_at = 2
    with pytest.raises(UserError, match=r"step 3: the loss is not finite .*; or go on from step 2 with --resume"):
        train(tmp_path / "saved", report=spoil, checkpoint_every=100)
    assert read_run_training(tmp_path / "saved").step == 2
    spoilt_at = 0
    with pytest.raises(UserError, match=r"step 1: the loss is not finite .*; or begin with a smaller lr than 0.05"):
        train(tmp_path / "none", report=spoil, checkpoint_every=100)


def test_a_method_without_a_rate_is_not_told_to_lower_it(
    train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Optimisation.step

    def spoilt(training: Optimisation[Any]) -> dict[str, float]:
        if training.step_count == spoilt_at:
            raise Diverged("the mean is no number")
        return step(training)

    monkeypatch.setattr(Optimisation, "step", spoilt)
    for spoilt_at, way in ((0, "or begin with other options"), (2, "or go on from step 2 with --resume")):
        with pytest.raises(UserError, match=f"^the mean is no number; {way}$"):
            train(tmp_path / str(spoilt_at), checkpoint_every=100)


def test_a_folder_of_other_things_is_left_alone(train: Train, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"run: holds other files \(notes\.txt\); name a new or an empty folder"):
        train(tmp_path / "run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["notes.txt"]


def test_a_new_run_forgets_what_an_unsaved_one_left(train: Train, tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "history.jsonl").write_text('{"step": 900, "mse": 1.0}\n')
    train(out, max_steps=1)
    assert [entry["step"] for entry in read_history(out)] == [1]
