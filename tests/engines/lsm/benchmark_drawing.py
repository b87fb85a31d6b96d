"""A scene of photographs: made, made of one more, opened, and turned about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.synthetic.lsm_sample import lsm_sample, write_lsm_sample
from app.viewing.opening import open_scene
from engines.core.camera import Camera, look_at
from engines.core.engine import Scene, never_stop, whole_controls
from engines.core.formats import open_dataset
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.tensor_bundle import write_bundle
from engines.lsm import upstream
from engines.lsm.config import LsmConfig, LsmOptions
from engines.lsm.depth_scene import DepthScene
from engines.lsm.engine import ENGINE
from engines.lsm.inference import Inference
from engines.lsm.network import Lsm
from engines.lsm.recurrent import State
from engines.lsm.voxel_scene import VoxelScene
from tests.benchmarks.measuring import Measure

SIDE, VIEWS = 224, 4
GRID, MORE, OPENING_MS, PICTURE_MS = 1.5, 4.0, 2000.0, 1000 / 30
PICTURE_PX, PLACES = 512, 24
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def car(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples") / "cars"
    write_lsm_sample(folder, lsm_sample(3, SIDE, objects=1, views=VIEWS), samples=1)
    return folder


class Making:
    """The published V-LSM with seeded weights, and four photographs."""

    def __init__(self, car: Path) -> None:
        torch.manual_seed(0)
        self.network = Lsm(LsmConfig()).eval()
        self.prepared = Inference(self.network)
        scene = ENGINE.open(Checkpoint("lsm", {}, 0, self.network.state_dict()), CPU, open_dataset(car), LsmOptions())
        assert isinstance(scene, VoxelScene)
        maker, views = scene._sources.maker, scene._sources.views(0)
        with torch.inference_mode():
            self.given = maker.photographs(0, views, range(VIEWS))
        self.three = self.after(range(VIEWS - 1))

    @torch.inference_mode()
    def plain(self) -> torch.Tensor:
        """As the authors' test script has it: what is known after each."""
        given = self.given
        found: torch.Tensor = self.network(given.images[None], given.K[None], given.R[None])
        return found[0, -1]

    @torch.inference_mode()
    def after(self, numbers: range, state: State | None = None) -> State:
        for number in numbers:
            own = slice(number, number + 1)
            features, _ = self.network.ImNet_UNet(self.given.images[own])
            grid = self.prepared.grid(features, self.given.K[own], self.given.R[own])
            state = self.prepared.fused(grid, state)
        assert state is not None
        return state

    @torch.inference_mode()
    def whole(self) -> torch.Tensor:
        return self.prepared.read(self.after(range(VIEWS))[-1])[0][0]

    @torch.inference_mode()
    def one_more(self) -> torch.Tensor:
        return self.prepared.read(self.after(range(VIEWS - 1, VIEWS), self.three)[-1])[0][0]


@pytest.fixture(scope="module")
def making(car: Path) -> Making:
    made = Making(car)
    plain, whole, more = (way().sigmoid() for way in (made.plain, made.whole, made.one_more))
    assert (whole - plain).abs().max() < 1 / 255 and (more - plain).abs().max() < 1 / 255
    return made


def benchmark_four_photographs(making: Making, measure: Measure) -> None:
    measure.ratio(making.plain, making.whole, at_least=GRID)


def benchmark_one_photograph_more(making: Making, measure: Measure) -> None:
    measure.ratio(making.plain, making.one_more, at_least=MORE)


def benchmark_opening(car: Path, tmp_path: Path, measure: Measure) -> None:
    """A checkpoint of 33 MB with what optimised it, to the first picture of its first volume."""
    torch.manual_seed(0)
    config = LsmConfig()
    variables = upstream.write(Checkpoint("lsm", {}, 5, Lsm(config).state_dict()))
    slots = {name + slot: value for name, value in variables.items() if value.dim() for slot in upstream.SLOTS}
    # As much again of what nobody looks at: 70 MB.
    index, data = write_bundle(tmp_path / "mvnet-5.index", {**variables, **slots, "kept": torch.zeros(9_500_000)})
    (tmp_path / upstream.ARGS).write_text(upstream.args_text(config))
    assert data.stat().st_size > 70e6

    def open_it() -> object:
        scene = open_scene(index, car, "cpu").scene
        camera = scene.start.resized((PICTURE_PX, PICTURE_PX))
        return scene.render(camera, whole_controls(scene, {}), never_stop)

    measure.milliseconds(open_it, at_most=OPENING_MS, rounds=3)


def around(scene: Scene) -> list[Camera]:
    """A turn about the object, which fills the picture's height."""
    at = [np.array([1.9 * np.cos(angle), 1.9 * np.sin(angle), 0.8]) for angle in np.linspace(0, 6, PLACES)]
    lens = scene.start.resized((PICTURE_PX, PICTURE_PX))
    return [lens.at(look_at(place, np.zeros(3), np.array([0.0, 0, 1]))) for place in at]


def known(car: Path, kind: str) -> VoxelScene | DepthScene:
    """A scene whose network would know the object."""
    settings: dict[str, Any] = {} if kind == "vlsm" else {"kind": "dlsm"}
    weights = Lsm(LsmConfig(**settings)).state_dict()
    dataset = open_dataset(car)
    scene = ENGINE.open(Checkpoint("lsm", settings, 0, weights), CPU, dataset, LsmOptions())
    assert isinstance(scene, VoxelScene | DepthScene)
    depths = torch.tensor(np.stack([view.depth() for view in dataset.views]))
    if dataset.volumes is not None:
        voxels = torch.tensor(dataset.volumes.read(0, 32)).float()
        vars(scene._sources.maker)["occupancy"] = lambda *_: voxels
    vars(scene._sources.maker)["depths"] = lambda *_: torch.where(depths.isfinite(), depths, 10.0)
    return scene


@pytest.mark.parametrize(("kind", "look"), [("vlsm", 0), ("vlsm", 1), ("dlsm", 0)], ids=["surface", "volume", "points"])
def benchmark_turning(car: Path, measure: Measure, kind: str, look: int) -> None:
    """A picture of 512x512, from the volume or the points."""
    scene = known(car, kind)
    controls, cameras = whole_controls(scene, {"look": look} if kind == "vlsm" else {}), iter(around(scene) * PLACES)
    measure.milliseconds(lambda: scene.render(next(cameras), controls, never_stop), at_most=PICTURE_MS, rounds=PLACES)
