"""Options: what a person may write, and what they are told when it is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
from pydantic import Field, model_validator

from engines.core.config import OptimiserConfig, Options, TrainingConfig, make_options, parse_settings, read_yaml
from engines.core.errors import UserError


class Example(OptimiserConfig):
    planes: int = Field(64, ge=2)
    """Depth planes."""
    mode: Literal["fast", "exact"] = "exact"
    """How."""
    shape: tuple[int, int] = (1, 2)

    @model_validator(mode="after")
    def _agree(self) -> Example:
        if self.mode == "fast" and self.planes > 100:
            raise ValueError("mode fast takes at most 100 planes")
        return self


class Needs(Options):
    name: str


def test_settings_are_read_by_type() -> None:
    settings = ["lr=1e-4", "planes = 3", "mode=fast", "shape=[4, 5]", "seed=2"]
    options = make_options(Example, parse_settings(settings))
    assert (options.lr, options.planes, options.mode, options.shape, options.seed) == (1e-4, 3, "fast", (4, 5), 2)


@pytest.mark.parametrize("setting", ["lr", "=3", "", "lr=[1"])
def test_settings_that_cannot_be_read(setting: str) -> None:
    with pytest.raises(UserError, match="--set "):
        parse_settings([setting])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"planes": 1}, "preset.yaml: planes=1: must be greater than or equal to 2"),
        ({"planes": "many"}, "preset.yaml: planes='many': must be a valid integer"),
        ({"mode": "slow"}, "preset.yaml: mode='slow': must be 'fast' or 'exact'"),
        ({"lr": float("nan")}, "preset.yaml: lr=nan: "),
        ({"plane": 3}, "preset.yaml: no field plane; there are max_steps, "),
        ({"shape": [1, "x"]}, "preset.yaml: shape.1='x': "),
        ({"mode": "fast", "planes": 101}, "preset.yaml: mode fast takes at most 100 planes"),
        ({3: 4}, "preset.yaml: 3"),
    ],
)
def test_wrong_values_are_named(values: dict[Any, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        make_options(Example, values, "preset.yaml")
    assert str(caught.value).startswith(message) and "\n" not in str(caught.value)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(UserError, match=r"^--set: name: field required$"):
        make_options(Needs, {})


def test_options_cannot_be_changed_and_carry_their_sentences() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Example().planes = 3  # type: ignore[misc]  # That mypy sees it as well is no reason not to try.
    assert Example.model_fields["planes"].description == "Depth planes."


@pytest.mark.parametrize(("text", "values"), [("", {}), ("lr: 1.0e-4\n", {"lr": 1e-4}), ("# nothing\n", {})])
def test_yaml(tmp_path: Path, text: str, values: dict[str, Any]) -> None:
    (tmp_path / "preset.yaml").write_text(text)
    assert read_yaml(tmp_path / "preset.yaml") == values


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"- a\n", "must be a mapping"),
        (b"a: [", "not YAML"),
        (b"\xff\xfe\x80", "can't be read"),
        (b"a: !!python/object/apply:os.system ['true']", "not YAML"),
        (None, "can't be read"),
    ],
)
def test_bad_yaml(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "preset.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        read_yaml(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_the_learning_rate_falls_by_the_same_factor_each_step() -> None:
    config = OptimiserConfig(max_steps=100, lr=1e-2, lr_final=1e-4)
    assert config.lr_at(0) == 1e-2
    assert config.lr_at(50) == pytest.approx(1e-3)
    assert config.lr_at(100) == pytest.approx(1e-4)
    assert OptimiserConfig(lr=1e-2).lr_at(50) == 1e-2


class Own(OptimiserConfig):
    FREE_ON_RESUME = ("batch_size",)
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {"Optimisation": ("batch_size",)}

    batch_size: int = 1
    """Photographs in a step."""


def test_options_of_the_optimiser_are_offered_by_those_that_have_one_only() -> None:
    assert not {"lr", "lr_final", "ema_decay"} & set(TrainingConfig.model_fields)
    with pytest.raises(UserError, match="no field ema_decay"):
        make_options(TrainingConfig, {"ema_decay": 0.9})
    assert TrainingConfig.grouped()["Optimisation"] == ("max_steps", "seed")
    assert Own.grouped()["Optimisation"] == ("batch_size", "max_steps", "lr", "lr_final", "ema_decay", "seed")
    assert Own.label("ema_decay") == "EMA decay of the weights"


def test_what_a_run_may_go_on_with_is_said_by_each_class() -> None:
    common = TrainingConfig.free_on_resume()
    assert "max_steps" in common and "seed" not in common
    assert Own.free_on_resume() == (*common, "lr", "batch_size")


def test_a_field_is_called_and_measured_as_its_name_says_where_nothing_else_does() -> None:
    class Plain(Options):
        num_layers: int = 8
        lr_decay: float = 0.1
        crop_px: int = 4
        timeout_s: float = 1.0
        warmup_steps: int = 10

    assert [Plain.title(field) for field in Plain.model_fields] == [
        "Number of layers",
        "Learning rate decay",
        "Crop (px)",
        "Timeout (s)",
        "Warmup steps",
    ]
    assert Plain.grouped() == {"Method": tuple(Plain.model_fields)}


def test_what_a_class_says_of_a_field_goes_before_what_its_kind_does() -> None:
    assert OptimiserConfig.title("lr") == "Learning rate" and OptimiserConfig.unit("lr") == ""
    assert OptimiserConfig.title("checkpoint_every") == "Save every (steps)"
    assert OptimiserConfig.title("checkpoint_minutes") == "Save every (minutes)"
    assert OptimiserConfig.unit("up") is None
