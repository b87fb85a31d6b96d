"""The presets are whole options."""

from __future__ import annotations

import pytest

from app.training.presets import Preset, presets_of
from engines.core.config import make_options
from engines.deepvoxels.config import DeepVoxelsConfig


@pytest.mark.parametrize("preset", presets_of("deepvoxels"), ids=lambda preset: preset.name)
def test_presets_are_whole_options(preset: Preset) -> None:
    made = make_options(DeepVoxelsConfig, preset.settings)
    assert made.model_fields_set == set(preset.settings)


def test_the_published_names_are_kept() -> None:
    assert [preset.name for preset in presets_of("deepvoxels")] == [
        "deepvoxels_preview", "deepvoxels_standard", "deepvoxels_published",
    ]  # fmt: skip
