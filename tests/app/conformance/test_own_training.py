"""A method that is learnt without gradients, by a training of its own, passes the check as well."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from app.conformance.running import conform
from engines.core.config import Options, TrainingConfig
from engines.core.data.dataset import Dataset
from engines.core.engine import Stop
from engines.core.errors import Cancelled, Diverged, UserError
from engines.core.frame import Frame
from engines.core.storage.checkpoint import Checkpoint, SceneInfo, scene_info


class PlainScene:
    """One colour."""

    engine, native_px, cropped_px, border_px = "plain", None, 0, 0
    channels, controls, assumptions = ("rgb",), (), ()

    def __init__(self, weights: Mapping[str, Tensor], info: SceneInfo, device: torch.device) -> None:
        self.colour, self.device = weights["colour"], device
        self.bounds, self.up, self.start, self.cameras = info.bounds, info.up, info.start, info.cameras

    def render(self, camera: Any, controls: Mapping[str, float], stop: Stop) -> Frame:
        if stop():
            raise Cancelled
        return Frame(self.colour.expand(camera.size_px[1], camera.size_px[0], 3))


class PlainTraining:
    """The mean of the photographs, one in a step."""

    notes = ()

    def __init__(self, dataset: Dataset, config: TrainingConfig, device: torch.device) -> None:
        self.views, self.dataset, self.config, self.device = (
            dataset.split("train").photographed,
            dataset,
            config,
            device,
        )
        if not self.views:
            raise UserError(f"{dataset.source}: no photographs")
        self.step_count, self.colour = 0, torch.zeros(3, device=device)

    def step(self) -> dict[str, float]:
        seen = torch.tensor(self.views[self.step_count % len(self.views)].image()).mean(dim=(0, 1)).to(self.device)
        away = seen - self.colour
        if not away.isfinite().all():
            raise Diverged(f"step {self.step_count + 1}: the colour is not finite")
        self.step_count += 1
        self.colour = self.colour + away / self.step_count
        return {"away": away.abs().mean().item()}

    def checkpoint(self) -> Checkpoint:
        info = SceneInfo.of_dataset(self.dataset)
        training = {"photographs": self.views.fingerprint()}
        weights = {"colour": self.colour.cpu().clone()}
        return Checkpoint("plain", self.config.model_dump(), self.step_count, weights, info, training)

    def scene(self) -> PlainScene:
        return PlainScene({"colour": self.colour.clone()}, SceneInfo.of_dataset(self.dataset), self.device)

    def close(self) -> None:
        pass


class Plain:
    name, title, Config, SceneOptions = "plain", "Plain", TrainingConfig, Options
    training: type[PlainTraining] = PlainTraining

    def open(self, checkpoint: Checkpoint, device: torch.device, dataset: Dataset | None, options: Options) -> Any:
        return PlainScene(checkpoint.weights, scene_info(checkpoint, dataset), device)

    def train(self, dataset: Dataset, config: TrainingConfig, device: torch.device, seed: int) -> Any:
        return self.training(dataset, config, device)

    def resume(self, dataset: Dataset, checkpoint: Checkpoint, device: torch.device) -> Any:
        training = self.training(dataset, TrainingConfig(**checkpoint.config), device)
        if (checkpoint.training or {}).get("photographs") != training.views.fingerprint():
            raise UserError(f"{dataset.source}: not the photographs of the run")
        training.colour, training.step_count = checkpoint.weights["colour"].to(device), checkpoint.step
        return training


def test_a_training_of_ones_own() -> None:
    outcomes = conform(Plain())
    assert [outcome.line for outcome in outcomes if outcome.state != "ok"] == []
    # It trains on whatever has photographs, and offers no option of learning by gradients.
    lines = [outcome.line for outcome in outcomes]
    assert (
        "ok         plain.train trains on data of other kinds, or refuses it (also class, recording, voxels)" in lines
    )
    assert "ok         plain.Config offers options that have an effect" in lines


class CarelessTraining(PlainTraining):
    """Takes whatever comes for numbers."""

    def step(self) -> dict[str, float]:
        try:
            return super().step()
        except Diverged:
            self.step_count += 1
            return {"away": math.nan}


class Careless(Plain):
    training = CarelessTraining


def test_a_training_of_ones_own_that_does_not_say_where_it_diverges(samples: Sequence[Dataset]) -> None:
    outcomes = conform(Careless(), samples, only="diverges")
    (line,) = (outcome.line for outcome in outcomes)
    assert line.startswith("FAILED     plain.step says where it diverges, and changes nothing then: step() gives ")
    assert "with weights that are no numbers; it must raise Diverged" in line
