"""The conformance check names what is wrong in what a method may be able to do besides, and in its training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from engines.core.data.dataset import Dataset
from tests.app.conformance.breaking import BEFORE_JUDGING, Changes, Wrong, assert_said, member

END = "\nENGINE = RadianceGrid()"
SETUP = "return Optimisation(GridObjective, Setup(self.name"
RESUMED = "return Optimisation(GridObjective, Setup.resumed("
SHORT = """
class Short(Optimisation):
    def checkpoint(self):
        whole = super().checkpoint()
        return Checkpoint(whole.engine, {"rays": 64}, whole.step, whole.weights, whole.scene, whole.training)

"""
WRITES = "write_upstream writes what it reads"
KNOWS = "recognises knows its own files only"
NEEDS = "weights_to_draw names what checkpoints hold"
BOX = "box says where it is"
FILLED = "__import__('engines.core.abilities').core.abilities.FilledBox"


def authors(recognises: str = "'mine' in content", read: str = "content['mine']", write: str = "weights") -> Changes:
    """Reading and writing authors' files; `weights` are the checkpoint's."""
    return [member(
        f"    def recognises(self, content):\n        return {recognises}\n\n"
        "    def read_upstream(self, content, path):\n"
        f"        return Checkpoint(self.name, GridConfig().model_dump(), 0, dict({read}))\n\n"
        "    def write_upstream(self, checkpoint):\n        weights = dict(checkpoint.weights)\n"
        f"        return {{'mine': {write}}}\n",
        BEFORE_JUDGING,
    )]  # fmt: skip


def needed(weights: str) -> Changes:
    """Weights that drawing needs, of the checkpoint's `weights`."""
    return [member(f"    def weights_to_draw(self, config, weights):\n        return {weights}\n", BEFORE_JUDGING)]


def box(bounds: str, text: str = "'there'") -> Changes:
    """A box that is filled, of the dataset's `bounds`."""
    lines = ("    def box(self, dataset, config):", "        bounds = dataset.bounds")
    return [member("\n".join((*lines, f"        return {FILLED}({bounds}, {text})\n")), BEFORE_JUDGING)]


WRONG: dict[str, Wrong] = {
    "photographs that there are not": (
        [("generator=seeded(self.config.seed, 1, step)).tolist()",
          "generator=seeded(self.config.seed, 1, step)).tolist() + [99]")],
        "train begins on small data, and does 3 steps",
        ", 99]; it must be whole numbers from 0 to 5, of its 6 photographs",
    ),
    "other photographs each time": (
        [("(1,), generator=seeded(self.config.seed, 1, step))",
          "(1,), generator=torch.Generator().manual_seed(__import__('time').time_ns() // 7 % 10**6))")],
        "train begins on small data, and does 3 steps",
        "gives others when it is asked again; they follow from the seed and the step alone",
    ),
    "options that are not kept": (
        [(SETUP, SETUP.replace("Optimisation", "Short")), (RESUMED, RESUMED.replace("Optimisation", "Short")),
         ("\nclass RadianceGrid", SHORT + "\nclass RadianceGrid")],
        "train gives whole checkpoints",
        "the checkpoint's config lacks max_steps, checkpoint_every, ",
    ),
    "data judged by its photographs": (
        [("still = dataset.split(", "still = dataset.views[0].image().size and dataset.split(")],
        "unsupported judges data without its photographs",
        "unsupported() reads the photograph ",
    ),
    "a file of another that can't be looked at": (
        authors("content['mine'] is not None"), KNOWS, "recognises() raises KeyError: 'mine' of a file that holds {};",
    ),
    "a file of another that is taken": (authors("'model' in content"), KNOWS, "recognises() takes {'model': None} for"),
    "a damaged file that can't be looked at": (
        authors("'mine' in content and content['mine']['voxels'].ndim == 5"),
        WRITES,
        "recognises() raises TypeError: 'NoneType' object is not subscriptable of a file that holds {'mine': None};",
    ),
    "a weight that is not read": (
        authors(read="[(name, each) for name, each in content['mine'].items() if name != 'background']"),
        WRITES,
        "read_upstream() lacks background of the weights that were written",
    ),
    "weights that are read otherwise": (
        authors(read="{name: each + 1e-3 for name, each in content['mine'].items()}"),
        WRITES,
        "read_upstream() gives other weights than were written: voxels differs by up to 0.001",
    ),
    "weights that are written otherwise": (
        authors(write="{**weights, 'step': torch.tensor(checkpoint.step)}"),
        WRITES,
        "write_upstream() of what read_upstream() read is not what was read: mine.step differs by up to 3",
    ),
    "needed weights that are not all": (
        needed("{name: each.to('meta') for name, each in weights.items() if name != 'background'}"),
        NEEDS,
        "with the weights alone that weights_to_draw() names it draws nothing (RuntimeError: Error(s) in loading",
    ),
    "needed weights of another shape": (
        needed("{'background': torch.empty(4, device='meta')}"),
        NEEDS,
        "weights_to_draw() names background, which in its own checkpoint is [3], not [4]",
    ),
    "needed weights of another name": (
        needed("{'sky': torch.empty(3, device='meta')}"),
        NEEDS,
        "weights_to_draw() names sky, which in its own checkpoint is missing",
    ),
    "primitives that its scenes don't have": (
        [member("    def with_primitives(self, checkpoint, kept):\n        return checkpoint\n", BEFORE_JUDGING)],
        "with_primitives draws what is kept of its primitives",
        "with_primitives() chooses of what its scenes don't have: they lack primitives() and without()",
    ),
    "a box elsewhere": (
        box("bounds + 100"), BOX, "box()'s bounds for still lie where most of its cameras see nothing of them: (",
    ),
    "a box upside down": (box("bounds[::-1]"), BOX, "box()'s bounds for still have no size along "),
    "a box of another shape": (box("bounds[0]"), BOX, "box() gives bounds (3,); they must be an array [2, 3]"),
    "a box without a word": (box("bounds", "''"), BOX, "box() says '' of where it is, and doubts ''; both must"),
    "an import that prints": (
        [(END, "\nprint('ready')" + END)],
        "import does nothing but define",
        "importing engines.radiance_grid.engine prints 'ready'; it must print nothing",
    ),
    "an import that seeds": (
        [(END, "\ntorch.manual_seed(0)" + END)],
        "import does nothing but define",
        "importing engines.radiance_grid.engine draws from torch's global generator, or seeds it; it must not",
    ),
    "an import that writes": (
        [(END, "\nopen(__file__ + '.log', 'w').close()" + END)],
        "import does nothing but define",
        "importing engines.radiance_grid.engine opens ",
    ),
    "an import that begins programs": (
        [(END, "\n__import__('subprocess').run(['true'])" + END)],
        "import does nothing but define",
        "importing engines.radiance_grid.engine begins the program true; do it when it is needed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_said(
    wrong: str, samples: Sequence[Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_said(WRONG[wrong], samples, tmp_path, monkeypatch)
