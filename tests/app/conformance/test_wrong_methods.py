"""The conformance check fails, with the right line, for the page's method with one thing wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from engines.core.data.dataset import Dataset
from tests.app.conformance.breaking import Wrong, tried
from tests.docs.page import METHOD

HALF = """
class Half:
    def __init__(self, whole):
        self.step_count, self.notes, self.step = 0, (), whole.step
        self.checkpoint, self.scene = whole.checkpoint, whole.scene


ENGINE = RadianceGrid()"""
SETUP = "Optimisation(GridObjective, Setup(self.name, dataset, config, device, seed))"
RESUMED = "Optimisation(GridObjective, Setup.resumed(checkpoint, GridConfig, dataset, device))"
SURFACE = """    def surface(self, controls):
        class Ball:
            device, bounds = torch.device("cpu"), self.bounds
            values = lambda self, points: 1 - points.norm(dim=1, keepdim=True)
            colours = lambda self, points: points.sigmoid()
        return Ball()

"""
STOP = "            if stop():\n                raise Cancelled\n"

WRONG: dict[str, Wrong] = {
    "a member is missing": (
        [("def resume(", "def go_on(")],
        "ENGINE has what engines have",
        "a RadianceGrid, lacks resume",
    ),
    "a function takes too little": (
        [("dataset: Dataset | None, options: Drawing", "dataset: Dataset | None")],
        "ENGINE has what engines have",
        "open takes (checkpoint, device, dataset); it is called with (checkpoint, device, dataset, options)",
    ),
    "options of another kind": (
        [("class GridConfig(OptimiserConfig)", "class GridConfig(Options)")],
        "ENGINE has what engines have",
        "Config is GridConfig; it must be a class derived from TrainingConfig",
    ),
    "half an ability": (
        [("def unsupported(", "def recognises(")],
        "ENGINE has what engines have",
        "read_upstream must stand beside recognises",
    ),
    "a value of a wrong kind": (
        [("cropped_px, border_px, assumptions = 0, 0, ()", "cropped_px, border_px, assumptions, near = 0, 0, (), 'x'")],
        "train gives scenes that stay as they are",
        "a GridScene, near is 'x'; it must be a number, 0 or more, world units",
    ),
    "a function that gives another kind": (
        [("    def unsupported(", "    def box(self, dataset, config):\n        return dataset.bounds\n\n"
          "    def unsupported(")],
        "box says where it is",
        "box() gives ndarray; it must give FilledBox",
    ),
    "an option for photographs that there is not": (
        [("    def unsupported(", "    input_option, input_advice = 'photo', ''\n\n"
          "    def takes_input(self, checkpoint):\n        return False\n\n"
          "    def with_input(self, checkpoint, dataset, options):\n        return checkpoint\n\n"
          "    def unsupported(")],
        "with_input draws the same picture without photographs",
        "input_option is 'photo', which is no field of Drawing",
    ),
    "advice on photographs that is none": (
        [("    def unsupported(", "    input_option, input_advice = 'photo', 7\n\n"
          "    def takes_input(self, checkpoint):\n        return False\n\n"
          "    def with_input(self, checkpoint, dataset, options):\n        return checkpoint\n\n"
          "    def unsupported(")],
        "with_input draws the same picture without photographs",
        "input_advice gives int; it must give str",
    ),
    "options that are not read back": (
        [("    def unsupported(", "    def recognises(self, content):\n        return 'mine' in content\n\n"
          "    def read_upstream(self, content, path):\n"
          "        return Checkpoint(self.name, {'samples': 7}, 0, dict(content['mine']))\n\n"
          "    def write_upstream(self, checkpoint):\n        return {'mine': dict(checkpoint.weights)}\n\n"
          "    def read_configured(self, content, path, configuration):\n"
          "        return self.read_upstream(content, path)\n\n"
          "    def configuration_text(self, checkpoint, weights):\n        return ''\n\n    def unsupported(")],
        "read_configured reads the options that it writes",
        "read_configured() gives samples=7 of what configuration_text() wrote for",
    ),
    "what is derived is believed of other weights": (
        [("    def unsupported(", "    def derived(self, checkpoint, options):\n"
          "        return {'voxels': checkpoint.weights['voxels'] + 0}\n\n    def unsupported("),
         ("    def open(self,", "    def open(self, checkpoint, *more):\n"
          "        checkpoint = __import__('dataclasses').replace(\n"
          "            checkpoint, weights={**checkpoint.weights, **checkpoint.derived})\n"
          "        return self.opened(checkpoint, *more)\n\n    def opened(self,")],
        "derived draws the same picture with what files keep",
        "with what derived() gives of other weights it draws another picture",
    ),
    "a suggestion that can't be": (
        [("    def unsupported(", "    def suggested(self, dataset):\n        return {'raysss': 3}\n\n"
          "    def unsupported(")],
        "train begins on small data, and does 3 steps",
        "suggested() for still: no field raysss",
    ),
    "a loss that is no number": (
        [('return {"total": F', 'return {"total": torch.nan * F')],
        "train begins on small data, and does 3 steps",
        "it diverges on data that can be trained on: step 1: the loss is not finite (total nan)",
    ),
    "as in a training that has no such option": (
        [('AS_TRAINED = ("samples",)', 'AS_TRAINED = ("samples", "fine")\n\n    fine: int = 3\n    """More."""')],
        "Config has lists of options that there are",
        "Drawing.AS_TRAINED names fine, which is no field of GridConfig",
    ),
    "an option of a scene that does nothing": (
        [('AS_TRAINED = ("samples",)', 'AS_TRAINED = ("samples",)\n\n    fine: int = 3\n    """More."""')],
        "SceneOptions offers options that have an effect",
        "Drawing offers fine, which nothing looks at; obey it, or don't offer it",
    ),
    "an option without a sentence": (
        [('    """Voxels along each side of the box."""\n', "")],
        "Config has a sentence under every option",
        "GridConfig.resolution has no sentence under it",
    ),
    "a scene without up": (
        [("self.bounds, self.up, self.start", "self.bounds, self.way, self.start")],
        "train gives scenes that stay as they are",
        "a GridScene, lacks up",
    ),
    "a shortcut that misses things": (
        [("    def render(", "    def audit(self, camera, controls, rays):\n"
          "        return __import__('engines.core.engine').core.engine.Audit(rays, 3, 1.0, 9.0)\n\n    def render(")],
        "render has the abilities of its scene",
        "by audit() 3 of 64 rays are drawn otherwise than plainly",
    ),
    "a scene of another name": (
        [('engine = "radiance_grid"', 'engine = "grid"')],
        "open draws from a file what it draws from memory",
        "engine is 'grid'; it must be 'radiance_grid'",
    ),
    "a training without close": (
        [(SETUP, f"Half({SETUP})"), ("\nENGINE = RadianceGrid()", HALF)],
        "train begins on small data, and does 3 steps",
        "the training from train, a Half, lacks close",
    ),
    "chance of the clock": (
        [("seeded(self.config.seed, 2, step)", "torch.Generator().manual_seed(__import__('time').time_ns())")],
        "train gives the same weights for the same seed",
        "two trainings with the same seed differ after 3 steps",
    ),
    "chance of everybody": (
        [("self.config.samples, generator=random)", "self.config.samples)")],
        "train leaves the global generators alone",
        "step() draws from torch's global generator, or seeds it; take chance from seeded(seed, purpose, step)",
    ),
    "a picture by everybody's chance": (
        [("(samples, device=device) + 0.5)", "(samples, device=device) + __import__('random').random())")],
        "open draws from a file what it draws from memory",
        "from its file it draws another picture than from memory",
    ),
    "resuming without the optimiser": (
        [(f"return {RESUMED}", f"found = {RESUMED}; found._optimisers['optimiser'].state.clear(); return found")],
        "resume goes on bit for bit",
        "1 and 2 more steps are not what 3 are",
    ),
    "a scene that goes on learning": (
        [("GridScene(weights, self.where", "Shared(self.network, weights, self.where"),
         ("\nENGINE = RadianceGrid()", "\ndef Shared(network, weights, *more):\n    made = GridScene(weights, *more)\n"
          "    made.grid = network\n    return made\n\n\nENGINE = RadianceGrid()")],
        "train gives scenes that stay as they are",
        "its scene changes while the training goes on",
    ),
    "an option that does nothing": (
        [("self.config, self.device, self.where = setup.config,",
          "self.config, self.device, self.where = setup.config.model_copy(update={'ema_decay': 0.0}),")],
        "Config offers options that have an effect",
        "Config offers ema_decay, which changes nothing",
    ),
    "a picture of another shape": (
        [("return Frame(colour,", "return Frame(colour.permute(2, 0, 1),")],
        "render gives what its channels name",
        "the frame's image is [3, 24, 24]; asked for was [24, 24, 3]",
    ),
    "a picture of another type": (
        [("return Frame(colour,", "return Frame(colour.double(),")],
        "render gives what its channels name",
        "the frame's image is torch.float64 on cpu; it must be float32 on cpu, without a graph",
    ),
    "a picture with its graph": (
        [("    @torch.inference_mode()\n", "")],
        "render gives what its channels name",
        "and keeps its graph",
    ),
    "a channel that is not given": (
        [('{"opacity": opacity[..., 0]}', "{}")],
        "render gives what its channels name",
        "channels names 'opacity', and the frame's extra does not have it",
    ),
    "a depth that is no number": (
        [("torch.where(opacity > 0.5, depth, torch.inf)", "depth * torch.nan")],
        "render gives what its channels name",
        "the frame's depth has 576 NaN among its 576 values; where nothing is hit use +inf",
    ),
    "a channel that can't be shown": (
        [('{"opacity": opacity[..., 0]}', '{"opacity": opacity.expand(-1, -1, 4)}')],
        "render gives what its channels name",
        "the frame's extra['opacity'] has 4 values a pixel; 1 or 3 can be shown",
    ),
    "a depth along the ray": (
        [(" * (rays @ torch.tensor(camera.forward).to(rays))[..., None]", "")],
        "render gives depth along the camera's +z",
        "its depth is the distance along each ray; it must be that along the camera's +z",
    ),
    "a picture upside down": (
        [("return Frame(colour,", "return Frame(colour.flip(0),")],
        "render shows what lies where the camera looks, not flipped",
        "its rgb is flipped top to bottom",
    ),
    "a mirrored picture": (
        [("return Frame(colour,", "return Frame(colour.flip(1),")],
        "render shows what lies where the camera looks, not flipped",
        "its rgb is flipped left to right",
    ),
    "a depth upside down": (
        [("return Frame(colour, depth[..., 0],", "return Frame(colour, depth[..., 0].flip(0),")],
        "render shows what lies where the camera looks, not flipped",
        "its depth is flipped top to bottom",
    ),
    "another size than asked for": (
        [("origin, rays = (torch.tensor", "camera = camera.resized((24, 24))\n        origin, rays = (torch.tensor")],
        "render draws the size that is asked for, or refuses it",
        "the frame's image is [24, 24, 3]; asked for was [7, 33, 3]",
    ),
    "stop is not asked": (
        [(STOP, "")],
        "render ends when it is told to stop",
        "it never asks stop()",
    ),
    "stop is asked and not obeyed": (
        [(STOP, "            stop()\n")],
        "render ends when it is told to stop",
        "stop() said so when it was asked the 1. time, and it draws on; it must raise Cancelled",
    ),
    "a crash without data": (
        [("scene_info(checkpoint, dataset)", "SceneInfo.of_dataset(dataset)")],
        "open draws without a data folder, or says that it needs one",
        "AttributeError: 'NoneType' object has no attribute 'split'",
    ),
    "a surface of two columns": (
        [("    def render(self, camera", SURFACE + "    def render(self, camera")],
        "render has the abilities of its scene",
        "its surface's values() of 100 points are [100, 1] of torch.float32; they must be [100] of float32",
    ),
    "data refused in training only": (
        [('return "" if still else', 'return "" if True else'),
         ("if reason := ENGINE.unsupported(setup.dataset):", 'if reason := setup.dataset.instances and "a class":')],
        "train trains on data of other kinds, or refuses it",
        "unsupported() says nothing against class",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_said(
    wrong: str, samples: Sequence[Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes, does, text = WRONG[wrong]
    outcomes = tried(changes, samples, tmp_path, monkeypatch)
    failed = {outcome.line for outcome in outcomes if outcome.state == "FAILED"}
    assert any(line.startswith(f"FAILED     {METHOD}.{does}: ") and text in line for line in failed), failed
    # One thing is wrong, and not everything is said to be: what it brings about besides are few.
    assert len(failed) <= 6
