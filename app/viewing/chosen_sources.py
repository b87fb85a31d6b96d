"""Which photographs the open scene is made of, of methods whose scenes can be made of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.method_faults import or_method
from app.viewing.load_requests import Wanted
from app.viewing.opening import Opened
from engines.core.camera import Camera
from engines.core.config import make_options
from engines.core.contract import checked_scene
from engines.core.engine import HasSources
from engines.core.scene_abilities import ChoosesSources


def chooser_of(opened: Opened | None) -> ChoosesSources | None:
    """The scene, if it can be made of other photographs."""
    scene: object = opened.scene if opened is not None else None
    return scene if isinstance(scene, ChoosesSources) else None


def source_fields(opened: Opened) -> tuple[str, ...]:
    """The fields of its options that say which photographs it is made of."""
    chooser = chooser_of(opened)
    return (chooser.sources_option,) if chooser is not None else ()


def with_sources(opened: Opened, wanted: Wanted, numbers: Sequence[int] | None) -> Wanted:
    """What is asked for, but with the scene made of these photographs, by their numbers; None: as it chooses."""
    data, chosen, beside = wanted
    return data, {**chosen, **dict.fromkeys(source_fields(opened), numbers)}, beside


def made_of(opened: Opened, chosen: Mapping[str, Any]) -> Opened:
    """The open scene made of the photographs that options choose; it comes at once.

    Raises:
        UserError: there are no such.
    """
    chooser, before = chooser_of(opened), opened.scene
    if chooser is None:
        raise ValueError(f"scenes of {opened.checkpoint.engine} are not made of photographs that can be chosen")
    numbers = chosen[chooser.sources_option]
    values = {**opened.options.model_dump(), chooser.sources_option: numbers}
    options = make_options(type(opened.options), values, "option")
    with or_method():
        scene = checked_scene(chooser.made_of(numbers), opened.checkpoint.engine, "made_of")
    # As somebody chose it.
    scene.up = before.up
    return replace(opened, scene=scene, options=options)


def source_cameras(opened: Opened | None, camera: Camera | None, controls: Mapping[str, float]) -> Sequence[Camera]:
    """The cameras that a picture is drawn from; none of a scene that is not drawn from photographs."""
    scene: object = opened.scene if opened is not None else None
    return scene.sources(camera, controls) if isinstance(scene, HasSources) and camera is not None else ()


def source_advice(opened: Opened | None, camera: Camera | None, controls: Mapping[str, float]) -> str:
    """Why a view is not to be trusted, where it leaves what the scene's photographs can show; else empty."""
    scene: object = opened.scene if opened is not None else None
    return scene.advice(camera, controls) if isinstance(scene, HasSources) and camera is not None else ""
