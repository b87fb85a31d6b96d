"""From a file to a scene that scripts can ask for images; and the files that ship with the program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.api.requests import AnyPath, maybe_place, place, plain_options, up_asked
from app.api.scene import TrainedScene
from app.api.wording import python_worded
from app.demos import demo_scenes
from app.viewing.opening import CompanionPaths, Opened, as_settings, open_scene, with_up
from engines.core.camera import Array
from engines.core.errors import UserError
from engines.registry import all_engines


@dataclass(frozen=True, eq=False)
class SceneRequest:
    """What is to be opened, and how; as `main.py` has it."""

    path: Path
    data: Path | None
    device: str
    settings: tuple[str, ...]
    beside: CompanionPaths
    up: Array | None

    def open(self, photographs: bool = False) -> Opened:
        """Opens it.

        Args:
            photographs: whether they are needed, to compare with; if no data is named, those of its run.

        Raises:
            UserError: it can't be opened.
        """
        opened = open_scene(self.path, self.data, self.device, self.settings, None, photographs, self.beside)
        return with_up(opened, self.up)


@python_worded
def open(  # the name that PIL, tifffile and h5py have for it
    path: AnyPath,
    *,
    data: AnyPath | None = None,
    device: str = "auto",
    input: AnyPath | None = None,
    config: AnyPath | None = None,
    up: str | Sequence[float] | Array | None = None,
    **options: Any,
) -> TrainedScene:
    """Opens a trained scene.

    Args:
        path: a scene file, a run folder, or a file of the authors' code.
        data: its data folder: cameras, intrinsics, photographs.
        device: "auto" (CUDA, else Apple's MPS, else the CPU), "cpu", "cuda", "cuda:1", "mps".
        input: the photograph that the scene is made of, or a folder of such; of methods that make scenes so.
        config: the options that the authors' code keeps for its file, where they don't lie beside it.
        up: [3] which way is up in the world, or "z", "-y" and the like; None: as the scene has it.
        options: of the method's scenes, which `main.py ... --set` reaches: `crop_border=True`.

    Raises:
        UserError: it can't be opened; says what is wrong and the way out.
    """
    beside = CompanionPaths(maybe_place(config), maybe_place(input))
    settings = as_settings(plain_options(options))
    request = SceneRequest(place(path), maybe_place(data), device, settings, beside, up_asked(up))
    return TrainedScene(request.open(), lambda: request.open(photographs=True))


def demo(name: str = "toys") -> Path:
    """The file of a scene that ships with the program, to try things on.

    Args:
        name: "toys", "toy_cars", "car_surface", "stereo_cars" or "street".

    Raises:
        UserError: there is no such; says which there are.
    """
    scenes = {path.stem: path for path in demo_scenes()}
    if name not in scenes:
        raise UserError(f"demo {name}: there are {', '.join(scenes) or 'none here'}")
    return scenes[name]


def methods() -> dict[str, str]:
    """The methods there are, installed ones too: their titles by their names."""
    return {name: engine.title for name, engine in all_engines().items()}
