"""Runs on the disk and jobs, as lists of runs show them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.training.runs.library import Run
from app.training.runs.messages import Standing
from app.training.runs.queue import QueuedRun
from app.training.runs.training_request import TrainingRequest


def run(folder: Path, step: int = 5, training: bool = False) -> Run:
    (folder / "scene.safetensors").parent.mkdir(parents=True, exist_ok=True)
    (folder / "scene.safetensors").touch()
    return Run(folder, "colour_film", Path("/data/car"), {"max_steps": 9}, step, 20.0, 22.0, training, 1e9)


def job(folder: Path, status: Any, step: int | None = None, **more: Any) -> QueuedRun:
    last = Standing(step, 9, {}, None, None, False, 0) if step is not None else None
    return QueuedRun(TrainingRequest("colour_grid", Path("data"), folder), status, last, **more)
