"""The README's lines and the page about Python are true: their code is run as scripts, and makes what it says."""

from __future__ import annotations

import inspect
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import vantage
from PIL import Image

from app.demos import DEMO_FOLDER, demo_scenes
from engines.core.paths.path_files import read_path
from tests.app.read_video import read_video

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "python-api.md"
TOYS, CARS = DEMO_FOLDER / "toys.safetensors", DEMO_FOLDER / "toy_cars.safetensors"
SMALLER = (
    (r'method="\w+"', 'method="colour_grid"'),
    (r"max_steps=2000,\n    validate_every=250,", "max_steps=4,\n    grid_dim=4,"),
    (r'"method": "\w+"', '"method": "colour_grid"'),
    (r'"max_steps": 4000', '"max_steps": 6'),
)
"""In place of the page's method and numbers: what it shows takes an hour."""


def blocks(page: Path) -> list[str]:
    """The page's blocks of Python."""
    return re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def needs(*scenes: Path) -> None:
    """Skips where a method that draws them is not here."""
    if lacking := [scene.name for scene in scenes if scene not in demo_scenes()]:
        pytest.skip(f"no method here draws {', '.join(lacking)}")


def run_script(source: str, folder: Path) -> str:
    """What it prints, run in an empty folder as a script of a user's is."""
    (folder / "script.py").write_text(source, encoding="utf-8")
    known = os.pathsep.join([str(ROOT), os.environ["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, "-W", "error", "script.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": known},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def size_of(picture: Path) -> tuple[int, int]:
    with Image.open(picture) as opened:
        return opened.size


@pytest.mark.slow
def test_the_readme_has_ten_lines_that_run(tmp_path: Path) -> None:
    needs(TOYS)
    (source,) = (block for block in blocks(ROOT / "README.md") if "import vantage" in block)
    assert len([line for line in source.splitlines()[1:] if line]) == 10
    printed = run_script(source, tmp_path).splitlines()
    assert printed[0].startswith("<vantage scene toys.safetensors: ") and len(printed) == 2 + 4
    assert size_of(tmp_path / "toys.png") == size_of(tmp_path / "depth.png") == (128, 128)
    assert (tmp_path / "toys.png").read_bytes() != (tmp_path / "depth.png").read_bytes()
    assert len(read_video(tmp_path / "toys.mp4", 128, 128)) == 12


@pytest.mark.slow
def test_the_code_of_the_page_runs(photographs: Path, tmp_path: Path) -> None:
    needs(TOYS, CARS)
    shutil.copytree(photographs, tmp_path / "photographs")
    source = "\n\n".join(blocks(PAGE))
    for shown, run in SMALLER:
        source, count = re.subn(shown, run, source)
        assert count == 1, shown
    printed = run_script(source, tmp_path)
    assert f"{4} {4} True" in printed and "channel heat: this scene gives rgb, depth\n" in printed
    assert "car_003" in printed and re.search(r"^\d+\.\d\d dB, SSIM 0\.\d{4} \(test\)$", printed, flags=re.M)
    assert size_of(tmp_path / "from_above.png") == (128, 128) and size_of(tmp_path / "car.png") == (48, 48)
    assert np.load(tmp_path / "depth.npy").shape == (128, 128)
    assert len(read_video(tmp_path / "toys.mp4", 256, 128)) == 8
    assert len(list((tmp_path / "frames").glob("depth_*.npy"))) == 3
    like = vantage.pinhole(np.eye(4), 100, (128, 128))
    assert len(read_path(tmp_path / "orbit.json", like)) == 8 and (tmp_path / "toys.glb").stat().st_size > 1000
    assert vantage.TrainingRun(tmp_path / "runs" / "toys").step >= 4


def members(kind: type) -> list[str]:
    """What a class offers, but for what Python itself or a notebook asks for."""
    named = [*vars(kind), *getattr(kind, "__annotations__", {})]
    return sorted({name for name in named if not name.startswith("_")})


@pytest.mark.parametrize("name", vantage.__all__)
def test_every_name_stands_on_the_page(name: str) -> None:
    assert re.search(rf"`(vantage\.)?{name}\b", PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("prefix", "kind"),
    [("scene", vantage.TrainedScene), ("image", vantage.Image), ("run", vantage.TrainingRun)],
    ids=lambda value: str(value),
)
def test_every_member_stands_on_the_page(prefix: str, kind: type) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert len(members(kind)) > 5
    places = rf"\b({prefix}|cars|learnt|depth)"
    assert [name for name in members(kind) if not re.search(rf"{places}\.{name}\b", page)] == []


FUNCTIONS = [
    vantage.open,
    vantage.demo,
    vantage.train,
    vantage.look_at,
    vantage.pinhole,
    *(getattr(vantage.TrainedScene, name) for name in members(vantage.TrainedScene) if name != "notes"),
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__qualname__)
def test_every_argument_is_told_by_help_and_by_the_page(function: Callable[..., object]) -> None:
    page, told = PAGE.read_text(encoding="utf-8"), inspect.getdoc(function) or ""
    signature = inspect.signature(function)
    arguments = [
        name for name, each in signature.parameters.items() if name != "self" and each.kind != each.VAR_KEYWORD
    ]
    assert [name for name in arguments if not re.search(rf"\b{name}\b", told)] == []
    by_name = [name for name in arguments if signature.parameters[name].kind == inspect.Parameter.KEYWORD_ONLY]
    assert [name for name in by_name if not re.search(rf"\b{name}\b", page)] == []
