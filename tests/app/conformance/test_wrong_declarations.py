"""The conformance check names what is wrong in what a method says of itself: its options, its lists, its presets."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.conformance.running import conform
from engines import registry
from tests.app.conformance.breaking import Wrong, assert_said
from tests.docs.page import METHOD, among_engines, write_method

DRAWING = "class Drawing(Options):\n"
WRONG: dict[str, Wrong] = {
    "a list of options that there are not": (
        [("    TRIAL: ClassVar", '    MEMORY = ("rays", "rayss")\n    TRIAL: ClassVar')],
        "Config has lists of options that there are",
        "GridConfig.MEMORY names rayss, which is no field of it",
    ),
    "a unit of an option that there is not": (
        [("    TRIAL: ClassVar", '    UNITS: ClassVar = {"rayss": ""}\n    TRIAL: ClassVar')],
        "Config has lists of options that there are",
        "GridConfig.UNITS names rayss, which is no field of it",
    ),
    "an option that no form can show": (
        [(DRAWING, DRAWING + '    tones: dict[str, float] = {}\n    """Of colours."""\n')],
        "Config has options of types that can be shown",
        "Drawing.tones is of type dict[str, float]; a field is an int, float, bool, str, a Literal, a tuple of these",
    ),
    "stages that come in no order": (
        [(DRAWING, "    def stages(self):\n        return (0, 2000, 400)\n\n\n" + DRAWING)],
        "stages begin at 0 and grow",
        "stages() of its defaults gives (0, 2000, 400); they must grow, and the first must be 0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_said(wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_said(WRONG[wrong], (), tmp_path, monkeypatch)


PRESET = "# For tests.\nrays: 512\n"
WRONG_PRESETS: dict[str, tuple[str, str, str]] = {
    "an option that there is not": ("quick.yaml", PRESET + "rayss: 3\n", "presets/quick.yaml: no field rayss; there"),
    "a value that can't be": ("quick.yaml", PRESET + "samples: 1\n", "presets/quick.yaml: samples=1: must be greater"),
    "no word of what it is for": ("quick.yaml", "rays: 512\n", "presets/quick.yaml does not say what it is for"),
    "an ending that is not found": ("quick.yml", PRESET, "presets/quick.yml is not found: presets end in .yaml"),
    "a name that nobody types": ("Quick one.yaml", PRESET, "presets/Quick one.yaml: its name is typed"),
    "the method's name twice": (
        "radiance_grid_quick.yaml", PRESET, "would be radiance_grid_radiance_grid_quick: leave the method's name out",
    ),
    "another method's": ("quick.yaml", PRESET + "engine: planes\n", "presets/quick.yaml is for the engine planes"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG_PRESETS)
def test_a_wrong_preset_is_said(wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, text, said = WRONG_PRESETS[wrong]
    (write_method(tmp_path) / "presets" / name).write_text(text)
    with among_engines(tmp_path, monkeypatch):
        outcomes = conform(registry.find_engine(METHOD), [], only="presets")
    assert [outcome.state for outcome in outcomes] == ["FAILED"]
    assert said in outcomes[0].line
