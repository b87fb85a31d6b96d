"""The presets are whole options."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.training.presets import Preset, presets_of
from engines.core.config import make_options
from engines.core.formats import open_dataset
from engines.srn.config import SrnConfig
from engines.srn.engine import SrnEngine


@pytest.mark.parametrize("preset", presets_of("srn"), ids=lambda preset: preset.name)
def test_presets_are_options_that_differ_from_the_defaults(preset: Preset) -> None:
    # Learning codes alone takes a class to learn them for, which no preset can name.
    own = {"checkpoint": "class.pth"} if preset.settings.get("freeze_networks") else {}
    made, defaults = (make_options(SrnConfig, values).model_dump() for values in ({**preset.settings, **own}, {}))
    assert [name for name in preset.settings if made[name] == defaults[name]] == []


def test_the_published_names_are_kept() -> None:
    assert [preset.name for preset in presets_of("srn")] == [
        "srn_preview", "srn_standard", "srn_published", "srn_few_shot",
    ]  # fmt: skip


def test_one_scene_asks_for_no_codes_and_for_all_its_photographs(photographs: Path) -> None:
    dataset = open_dataset(photographs)
    asked = {"fit_single_srn": True, "max_num_observations_train": -1}
    assert SrnEngine().suggested(dataset) == asked
    assert SrnEngine().suggested(replace(dataset, instances=("a", "b"))) == {}
