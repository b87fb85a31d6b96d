"""The presets are whole options."""

from __future__ import annotations

import pytest

from app.training.presets import Preset, presets_of
from engines.core.config import make_options
from engines.dvr.config import DvrConfig


@pytest.mark.parametrize("preset", presets_of("dvr"), ids=lambda preset: preset.name)
def test_presets_are_options_that_differ_from_the_defaults(preset: Preset) -> None:
    made, defaults = (make_options(DvrConfig, values).model_dump() for values in (preset.settings, {}))
    assert [name for name in preset.settings if made[name] == defaults[name]] == []


def test_the_published_names_are_kept() -> None:
    assert [preset.name for preset in presets_of("dvr")] == [
        "dvr_class_preview", "dvr_preview", "dvr_standard", "dvr_class_published", "dvr_published",
    ]  # fmt: skip
