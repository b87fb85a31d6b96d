"""Scenes that are made of photographs, as an engine that takes some opens them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from app.viewing.opening import ALONE, CompanionPaths, Opened
from engines.core.config import Options, make_options, parse_settings
from engines.core.data.images import list_in_order, photograph_size, read_image
from engines.core.engine import INSTANCE, Control
from engines.core.errors import LacksInput, UserError
from engines.core.storage.checkpoint import Checkpoint
from tests.app.gui.fake_scene import FakeScene, write_photographs

ADVICE = "a ball on white"
WAIT_S = 60.0


class Drawn(Options):
    input: str | None = None
    """What it is made of."""
    crop_border: bool = False
    """Leave out the border."""


class Taker:
    """The engine, as far as input photographs go."""

    title = "Balls of photographs"
    input_option = "input"
    input_advice = ADVICE

    def takes_input(self, checkpoint: Checkpoint) -> bool:
        return bool(checkpoint.config["takes"])

    def with_input(self, checkpoint: Checkpoint, dataset: object, options: object) -> Checkpoint:
        return checkpoint


class Opener:
    """`open_scene`: `cond.pth` needs a photograph or data, `plain.pth` takes none; waits while `gate` is closed."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.asked: list[CompanionPaths] = []

    def open(
        self,
        path: Path,
        data: Path | None = None,
        device: str = "auto",
        settings: Any = (),
        dataset: object = None,
        photographs: bool = False,
        beside: CompanionPaths = ALONE,
    ) -> Opened:
        self.asked.append(beside)
        self.gate.wait(WAIT_S)
        takes, photograph = path.name != "plain.pth", beside.photograph
        if takes and photograph is None and data is None:
            error = LacksInput("this network makes a scene of a photograph (--input FILE)")
            error.advice = ADVICE
            raise error
        names: tuple[str, ...] = ("a", "b", "c") if data is not None else ("0",)
        if photograph is not None and photograph.is_dir():
            names = tuple(each.stem for each in list_in_order(photograph))
            if not names:
                raise UserError(f"{photograph}: holds no photographs")
        elif photograph is not None:
            photograph_size(photograph)
            read_image(photograph)
            names = (photograph.stem,)
        instance = Control(INSTANCE, "Instance", "choice", 0, len(names) - 1, 0, names)
        scene = FakeScene(controls=(instance, Control("glow", "Glow", "number", 0, 1, 0)))
        named = {"input": str(photograph)} if photograph is not None else {}
        options = make_options(Drawn, parse_settings(list(settings)) | named)
        found = write_photographs(data, scene) if data is not None else None
        return Opened(scene, Checkpoint("colour_grid", {"takes": takes}, 0, {}), found, path, options, beside)
