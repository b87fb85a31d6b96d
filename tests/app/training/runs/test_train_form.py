"""What each choice of a new training leaves of the others, and what is requested in the end."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from app.training.presets import presets_of
from app.training.runs.form_status import MEASURING
from app.training.runs.measure import Estimate
from app.training.runs.train_form import TrainForm, check_new, typed_path
from engines import registry
from engines.core.config import OptimiserConfig
from engines.core.data.dataset import Dataset
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from tests.engines.core.examples import write_part


@pytest.fixture(scope="module")
def dataset(photographs: Path) -> Dataset:
    return open_dataset(photographs)


@pytest.fixture
def form(dataset: Dataset, tmp_path: Path) -> TrainForm:
    """Of data that one of two methods can't be trained with."""
    made = TrainForm(tmp_path / "runs")
    made.take(dataset, {"colour_film": "too few cameras"})
    return made


@pytest.fixture(autouse=True)
def two_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are those only that the tests bring."""
    found = {name: registry.find_engine(name) for name in ("colour_grid", "colour_film")}
    monkeypatch.setattr(registry, "all_engines", lambda: found)


def test_it_needs_no_window() -> None:
    code = "import sys, app.training.runs.train_form; sys.exit(any(name.startswith('PyQt5') for name in sys.modules))"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_data_there_is_nothing_to_order(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Choose the folder"):
        TrainForm(tmp_path).request()


def test_data_chooses_a_method_that_can_its_quickest_preset_and_a_folder(
    form: TrainForm, dataset: Dataset, tmp_path: Path
) -> None:
    assert form.method == "colour_grid" and form.preset is not None and form.preset.title == "Preview"
    assert form.unsupported == f"{registry.find_engine('colour_film').title}: too few cameras"
    request = form.request()
    assert (request.engine, request.preset, request.settings, request.device) == (
        "colour_grid",
        "colour_grid_preview",
        {},
        "auto",
    )
    assert request.out == tmp_path / "runs" / f"{dataset.source.name}-colour_grid" and request.data == dataset.source


def test_the_method_stays_with_other_data_where_it_can(form: TrainForm, dataset: Dataset) -> None:
    form.take(dataset, {})
    form.choose_method("colour_film")
    form.take(None, {})
    chosen = list[str | None]()
    nothing = dict.fromkeys(registry.all_engines(), "nothing to see")
    for reasons in ({"colour_grid": "too few cameras"}, {"colour_film": "no masks"}, nothing):
        form.take(dataset, reasons)
        chosen.append(form.method)
    assert chosen == ["colour_film", "colour_grid", None]
    with pytest.raises(UserError, match="No method"):
        form.request()


def test_a_method_that_can_not_is_not_ordered(form: TrainForm) -> None:
    form.choose_method("colour_film")
    with pytest.raises(UserError, match="No method"):
        form.request()


def test_another_preset_forgets_what_was_changed_and_the_presets_own_values_are_not_said(
    form: TrainForm,
) -> None:
    form.options |= {"lr": 2e-5, "max_steps": 70}
    assert form.request().settings == {"lr": 2e-5, "max_steps": 70}
    assert form.preset_config().max_steps == 5000 and form.config().max_steps == 70
    preset = form.preset_config()
    assert isinstance(preset, OptimiserConfig)
    form.options["lr"] = preset.lr
    assert form.request().settings == {"max_steps": 70}
    form.choose_preset(None)
    request = form.request()
    assert request.preset == "" and request.settings == {}
    form.options["lr"] = -1
    with pytest.raises(UserError, match="lr=-1"):
        form.request()


def test_what_the_data_asks_for_is_ordered_over_the_preset(form: TrainForm, tmp_path: Path) -> None:
    form.take(open_dataset(write_part(tmp_path / "two", views=2)), {})
    assert form.request().settings == {"sampling": "even"}
    # Unless somebody says otherwise.
    form.options["sampling"] = "jittered"
    assert form.config().model_dump()["sampling"] == "jittered" and form.request().settings == {}


def test_a_preset_that_needs_a_name_first_still_shows_options(form: TrainForm) -> None:
    needing = next(preset for preset in presets_of("colour_grid") if preset.name == "colour_grid_colours_only")
    form.choose_preset(needing)
    with pytest.raises(UserError):
        form.config()
    assert form.preset_config() == registry.find_engine("colour_grid").Config()


def test_where_runs_go(form: TrainForm, dataset: Dataset, tmp_path: Path) -> None:
    name = f"{dataset.source.name}-colour_grid"
    (tmp_path / "else" / name).mkdir(parents=True)
    form.choose_home(tmp_path / "else")
    assert form.request().out == tmp_path / "else" / f"{name}-2"
    form.out = "mine"
    assert form.request().out == tmp_path / "else" / "mine"
    form.out = "  "
    with pytest.raises(UserError, match="Name the run folder"):
        form.request()
    (tmp_path / "else" / "mine").mkdir()
    check_new(tmp_path / "else" / "mine")
    (tmp_path / "else" / "mine" / "notes.txt").touch()
    form.out = "mine"
    with pytest.raises(UserError, match="is there already"):
        form.request()
    with pytest.raises(UserError, match="nobody of that name"):
        typed_path("~nobody-of-that-name/run")


ESTIMATE = Estimate(7260.0, (0.5,), 2.0, 2 * 10**9, 8 * 10**9, 10**8, 10**10, ("the grid was made to fit",))


class Told:
    """What the form tells of changes."""

    def __init__(self, form: TrainForm) -> None:
        self.names: list[str] = []
        for name in ("data_changed", "method_changed", "preset_changed", "changed"):
            getattr(form, name).connect(partial(self.names.append, name))

    def since(self) -> list[str]:
        """What was told since this was asked last."""
        told = list(self.names)
        self.names.clear()
        return told


def test_each_change_tells_how_far_it_reaches(form: TrainForm, dataset: Dataset, tmp_path: Path) -> None:
    told = Told(form)
    form.take(dataset, {})
    assert told.since() == ["data_changed", "changed"]
    form.choose_method("colour_film")
    assert told.since() == ["method_changed", "changed"]
    form.choose_preset(None)
    assert told.since() == ["preset_changed", "changed"]
    form.set_options({"lr": 0.5})
    form.choose_device("cpu")
    form.name_out("mine")
    form.choose_home(tmp_path)
    assert told.since() == ["changed"] * 4
    form.take_measured(ESTIMATE)
    assert told.since() == ["changed"]


def test_what_was_measured_is_forgotten_with_each_change(form: TrainForm) -> None:
    assert form.status.time == MEASURING and form.status.can_start
    changes: tuple[Callable[[], None], ...] = (
        lambda: form.set_options({"max_steps": 9}),
        lambda: form.choose_device("cpu"),
        lambda: form.name_out("mine"),
        lambda: form.choose_preset(None),
    )
    for change in changes:
        form.take_measured(ESTIMATE)
        assert form.status.time.startswith("About 2 h 1 min")
        change()
        assert form.measured is None and form.status.time == MEASURING


def test_the_status_says_what_is_wrong_what_is_to_be_done_and_what_would_be_typed(
    form: TrainForm, tmp_path: Path
) -> None:
    line = shlex.split(form.status.command_line)
    assert line[:2] == ["./vantage", "train"] and line[-2:] == ["--config", "colour_grid_preview"]
    form.set_options({"lr": -1})
    refused = form.status
    assert "lr=-1" in refused.wrong and not refused.can_start and not refused.command_line and not refused.notes
    empty = TrainForm(tmp_path).status
    assert empty.notes == "Choose the folder to train on." and not empty.wrong and not empty.can_start


def test_what_has_to_be_done_first(tmp_path: Path) -> None:
    form = TrainForm(tmp_path)
    form.choose_source(tmp_path / "photographs")
    assert form.status.notes == "Choose a folder to train on."
    told = Told(form)
    form.see("photographs")
    form.see("photographs")
    # A report comes several times a second.
    assert form.status.notes == "Estimate the camera poses first." and told.since() == ["changed"]
    form.choose_source(tmp_path / "other")
    form.see("unknown")
    assert form.status.notes == "Choose a folder to train on."


def test_other_data_is_not_learnt_from_what_was_there_before(form: TrainForm, tmp_path: Path) -> None:
    assert form.status.can_start
    form.choose_source(tmp_path / "other")
    assert form.dataset is None and not form.status.can_start
