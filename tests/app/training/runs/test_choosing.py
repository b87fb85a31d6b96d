"""What each choice of a new training leaves of the others, and what is ordered in the end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.training.presets import presets_of
from app.training.runs.choosing import TrainingChoices, check_new, typed_path
from engines import registry
from engines.core.data.dataset import Dataset
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from tests.engines.core.examples import write_part


@pytest.fixture(scope="module")
def dataset(photographs: Path) -> Dataset:
    return open_dataset(photographs)


@pytest.fixture
def choices(dataset: Dataset, tmp_path: Path) -> TrainingChoices:
    """Of data that one of two methods can't be trained with."""
    made = TrainingChoices(tmp_path / "runs")
    made.take(dataset, {"colour_film": "too few cameras"})
    return made


@pytest.fixture(autouse=True)
def two_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are those only that the tests bring."""
    found = {name: registry.find_engine(name) for name in ("colour_grid", "colour_film")}
    monkeypatch.setattr(registry, "all_engines", lambda: found)


def test_it_needs_no_window() -> None:
    code = "import sys, app.training.runs.choosing; sys.exit(any(name.startswith('PyQt5') for name in sys.modules))"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_data_there_is_nothing_to_order(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Choose the folder"):
        TrainingChoices(tmp_path).order()


def test_data_chooses_a_method_that_can_its_quickest_preset_and_a_folder(
    choices: TrainingChoices, dataset: Dataset, tmp_path: Path
) -> None:
    assert choices.method == "colour_grid" and choices.preset is not None and choices.preset.title == "Preview"
    assert choices.unsupported == f"{registry.find_engine('colour_film').title}: too few cameras"
    order = choices.order()
    assert (order.engine, order.preset, order.settings, order.device) == (
        "colour_grid",
        "colour_grid_preview",
        {},
        "auto",
    )
    assert order.out == tmp_path / "runs" / f"{dataset.source.name}-colour_grid" and order.data == dataset.source


def test_the_method_stays_with_other_data_where_it_can(choices: TrainingChoices, dataset: Dataset) -> None:
    choices.take(dataset, {})
    choices.choose_method("colour_film")
    choices.take(None, {})
    choices.take(dataset, {"colour_grid": "too few cameras"})
    assert choices.method == "colour_film"
    choices.take(dataset, {"colour_film": "no masks"})
    assert choices.method == "colour_grid"
    choices.take(dataset, dict.fromkeys(registry.all_engines(), "nothing to see"))
    assert choices.method is None
    with pytest.raises(UserError, match="No method"):
        choices.order()


def test_a_method_that_can_not_is_not_ordered(choices: TrainingChoices) -> None:
    choices.choose_method("colour_film")
    with pytest.raises(UserError, match="No method"):
        choices.order()


def test_another_preset_forgets_what_was_changed_and_the_presets_own_values_are_not_said(
    choices: TrainingChoices,
) -> None:
    choices.changed |= {"lr": 2e-5, "max_steps": 70}
    assert choices.order().settings == {"lr": 2e-5, "max_steps": 70}
    assert choices.preset_config().max_steps == 5000 and choices.config().max_steps == 70
    choices.changed["lr"] = choices.preset_config().lr
    assert choices.order().settings == {"max_steps": 70}
    choices.choose_preset(None)
    order = choices.order()
    assert order.preset == "" and order.settings == {}
    choices.changed["lr"] = -1
    with pytest.raises(UserError, match="lr=-1"):
        choices.order()


def test_what_the_data_asks_for_is_ordered_over_the_preset(choices: TrainingChoices, tmp_path: Path) -> None:
    choices.take(open_dataset(write_part(tmp_path / "two", views=2)), {})
    assert choices.order().settings == {"sampling": "even"}
    # Unless somebody says otherwise.
    choices.changed["sampling"] = "jittered"
    assert choices.config().sampling == "jittered" and choices.order().settings == {}


def test_a_preset_that_needs_a_name_first_still_shows_options(choices: TrainingChoices) -> None:
    needing = next(preset for preset in presets_of("colour_grid") if preset.name == "colour_grid_colours_only")
    choices.choose_preset(needing)
    with pytest.raises(UserError):
        choices.config()
    assert choices.preset_config() == registry.find_engine("colour_grid").Config()


def test_where_runs_go(choices: TrainingChoices, dataset: Dataset, tmp_path: Path) -> None:
    name = f"{dataset.source.name}-colour_grid"
    (tmp_path / "else" / name).mkdir(parents=True)
    choices.choose_home(tmp_path / "else")
    assert choices.order().out == tmp_path / "else" / f"{name}-2"
    choices.out = "mine"
    assert choices.order().out == tmp_path / "else" / "mine"
    choices.out = "  "
    with pytest.raises(UserError, match="Name the run folder"):
        choices.order()
    (tmp_path / "else" / "mine").mkdir()
    check_new(tmp_path / "else" / "mine")
    (tmp_path / "else" / "mine" / "notes.txt").touch()
    choices.out = "mine"
    with pytest.raises(UserError, match="is there already"):
        choices.order()
    with pytest.raises(UserError, match="nobody of that name"):
        typed_path("~nobody-of-that-name/run")
