"""What a training is to do, and the command line that says the same."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engines.core.config import parse_yaml


@dataclass(frozen=True)
class TrainingRequest:
    """One training.

    Attributes:
        preset: its name, or "" for the engine's defaults.
        settings: fields of the engine's `Config`, over the preset's.
        resume: goes on with the run in `out`.
    """

    engine: str
    data: Path
    out: Path
    preset: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    device: str = "auto"
    resume: bool = False

    def words(self) -> list[str]:
        """The arguments of `main.py`."""
        words = ["train", str(self.data), "--method", self.engine, "--out", str(self.out)]
        if self.preset:
            words += ["--config", self.preset]
        for name, value in self.settings.items():
            words += ["--set", f"{name}={_as_yaml(value)}"]
        if self.device != "auto":
            words += ["--device", self.device]
        return [*words, "--resume"] if self.resume else words

    def command_line(self) -> str:
        """What one would type."""
        return shlex.join(["./vantage", *self.words()])


def _as_yaml(value: Any) -> str:
    """As `--set` reads it; plain words without quotes."""
    # JSON is YAML, but for numbers like 1e-05, which YAML takes for text.
    if isinstance(value, float):
        text = repr(value)
        return text if "." in text or "e" not in text else text.replace("e", ".0e")
    return _text_as_yaml(value) if isinstance(value, str) else json.dumps(value)


def _text_as_yaml(text: str) -> str:
    # JSON writes what lies beyond 16 bits in two halves, which YAML does not put together again.
    ways = (text, json.dumps(text), json.dumps(text, ensure_ascii=False))
    return next((way for way in ways if _reads_as(way, text)), ways[1])


def _reads_as(yaml_text: str, value: str) -> bool:
    try:
        return bool(parse_yaml(yaml_text) == value)
    except ValueError:
        return False
