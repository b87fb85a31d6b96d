"""What a scene is, as rows of a table: its method, what it draws, what may be varied, where it lies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engines.core.config import OptimiserConfig
from engines.core.engine import Scene
from engines.core.scene_abilities import MadeOfGaussians

FactRow = tuple[str, str]
"""What it is called, and what it is; "" where there is nothing to tell."""


def describe_scene(scene: Scene) -> dict[str, Any]:
    """What an open scene says of itself, as plain data."""
    made_of = scene.splatting if isinstance(scene, MadeOfGaussians) else None
    return {
        "gaussians": {"count": made_of.count, "degree": made_of.degree} if made_of is not None else None,
        "cameras": len(scene.cameras),
        "native_px": list(scene.native_px) if scene.native_px else None,
        "channels": list(scene.channels),
        "controls": [
            {"name": control.name, "low": control.low, "high": control.high, "choices": list(control.choices)}
            for control in scene.controls
        ],
        "bounds": scene.bounds.tolist(),
        "up": scene.up.tolist(),
        "start": scene.start.to_json(),
    }


def checkpoint_rows(title: str, engine: str, step: int, config: Mapping[str, Any]) -> list[FactRow]:
    """The method of a checkpoint, how long it learnt, and its configuration."""
    return [
        ("method", f"{title} ({engine})"),
        ("step", str(step) if step else "unknown"),
        # What every training has is left out: it says nothing of what the scene is.
        ("config", _assignments({k: v for k, v in config.items() if k not in OptimiserConfig.model_fields})),
    ]


def scene_rows(data: Mapping[str, Any]) -> list[FactRow]:
    """Rows of what `describe_scene` gives."""
    low, high = data["bounds"]
    native = data["native_px"]
    made_of = data["gaussians"]
    return [
        ("gaussians", f"{made_of['count']:,}, harmonics of degree {made_of['degree']}" if made_of else ""),
        ("cameras", str(data["cameras"])),
        ("draws", f"{native[0]}x{native[1]} only" if native else "any size"),
        ("gives", ", ".join(data["channels"])),
        ("controls", ", ".join(f"{c['name']} {c['low']:g}..{c['high']:g}" for c in data["controls"])),
        ("box", f"{_point(low)} to {_point(high)}"),
        ("up", _point(data["up"])),
    ]


def _assignments(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items() if value is not None)


def _point(values: list[float]) -> str:
    return "(" + ", ".join(f"{value:.3g}" for value in values) + ")"
