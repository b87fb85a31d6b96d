"""The page for authors of methods is true: its code is run, the whole way from a folder to a video."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import re
import sys
import tokenize
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app import cli
from app.training.presets import presets_of
from engines import registry
from engines.core.contract import ABILITIES, OBJECTIVE_ABILITIES, SCENE_ABILITIES, TRAINING_ABILITIES
from engines.core.engine import Engine, Scene, Training
from engines.core.members import members_of
from engines.core.objective import Objective
from engines.core.storage.checkpoint import Checkpoint, SceneInfo
from engines.core.storage.run_folder import read_history
from engines.core.storage.scene_file import write_scene_file
from tests.app.read_video import read_video
from tests.docs.page import METHOD, PAGE, among_engines, blocks, commands, engine_source, write_method
from tests.engines.core.examples import camera_at

MOST_LINES = 110
SMALLER = {"--views": "8", "--size": "32"}
"""In place of the page's numbers: what it shows takes half a minute."""
QUICKER = ("max_steps=90", "validate_every=30", "rays=256", "resolution=16", "samples=24")


@pytest.fixture
def method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Its folder, among the program's methods."""
    folder = write_method(tmp_path / "methods")
    with among_engines(tmp_path / "methods", monkeypatch):
        yield folder


def run(words: list[str], folder: Path) -> int:
    """A command of the page, with small data and few steps, its files in `folder`."""
    places = ("still", "still.glb", "runs/still", "orbit.mp4")
    typed = [str(folder / word) if word in places else word for word in words]
    for option, value in SMALLER.items():
        if option in typed and words[0] == "sample":
            typed[typed.index(option) + 1] = value
    more = {
        "train": [f"--set={option}" for option in QUICKER],
        "render": ["--frames", "3", "--size", "32x32"],
        "mesh": ["--resolution", "24", "--views", "6"],
    }
    return cli.main([*typed, *more.get(words[0], [])])


def test_the_method_is_short() -> None:
    """Lines that are neither empty nor only a comment, docstrings among them."""
    tokens = tokenize.generate_tokens(StringIO(engine_source()).readline)
    layout = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    lines = {line for token in tokens if token.type not in layout for line in range(token.start[0], token.end[0] + 1)}
    assert len(lines) <= MOST_LINES
    assert f"in {len(lines)} lines" in PAGE.read_text(encoding="utf-8")


def test_from_a_folder_to_a_video(method: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = [words for words in commands() if words[0] not in ("engine", "runs/still")]
    assert [words[0] for words in shown] == ["sample", "train", "evaluate", "render", "mesh"]
    for words in shown:
        assert run(words, tmp_path) == 0, capsys.readouterr().err
    scores = [entry["psnr"] for entry in read_history(tmp_path / "runs" / "still") if "psnr" in entry]
    # Of a few small photographs, which are dB apart from what a grid of one colour would come to.
    assert len(scores) == 3 and scores[-1] > scores[0] + 1
    assert re.search(r"mean +\d\d\.\d\d", capsys.readouterr().out)
    assert len(read_video(tmp_path / "orbit.mp4", 32, 32)) == 3 and (tmp_path / "still.glb").stat().st_size > 1000
    (preset,) = presets_of(METHOD)
    assert preset.name == f"{METHOD}_preview" and preset.about.startswith("A still scene of small photographs")


def test_the_check_passes_as_it_is_shown(method: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (words,) = (words for words in commands() if words[0] == "engine")
    assert cli.main(words) == 0
    printed = capsys.readouterr().out.splitlines()
    (shown,) = (block for block in blocks("") if block.startswith("ok "))
    assert [line for line in shown.splitlines() if line != "..." and line not in printed] == []
    assert cli.main(["engine"]) == 0
    assert re.search(rf"^{METHOD} +Radiance grid \(engines/{METHOD}\)$", capsys.readouterr().out, flags=re.M)


def test_the_tests_of_the_page_pass(method: Path) -> None:
    (source,) = blocks("python", f"tests/engines/{METHOD}/test_{METHOD}.py")
    tests: dict[str, Any] = {}
    exec(compile(source, "page", "exec"), tests)
    found = [test for name, test in tests.items() if name.startswith("test_")]
    assert len(found) == 2
    for test in found:
        test()


@pytest.mark.parametrize(
    "protocol",
    [*ABILITIES, *SCENE_ABILITIES, *TRAINING_ABILITIES, *OBJECTIVE_ABILITIES],
    ids=lambda kind: kind.__name__,
)
def test_every_ability_stands_in_a_table_with_its_members(protocol: type) -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| `") and f"`{protocol.__name__}`" in line]
    assert len(rows) == 1
    for member in members_of(protocol):
        assert re.search(rf"`{member}[`(]", rows[0]), f"{protocol.__name__}.{member}"


@pytest.mark.parametrize(
    "protocol",
    [*ABILITIES, *SCENE_ABILITIES, *TRAINING_ABILITIES, *OBJECTIVE_ABILITIES],
    ids=lambda kind: kind.__name__,
)
def test_the_signatures_of_abilities_are_the_protocols(protocol: type) -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for name in members_of(protocol):
        member = vars(protocol).get(name)
        if inspect.isfunction(member):
            signature = inspect.signature(member)
            taken = (f"{each.name}: {each.annotation}" for each in list(signature.parameters.values())[1:])
            assert f"def {name}({', '.join(['self', *taken])}) -> {signature.return_annotation}: ..." in lines
        else:
            kind = protocol.__annotations__.get(name)
            if isinstance(member, property) and member.fget is not None:
                kind = inspect.signature(member.fget).return_annotation
            assert f"{name}: {kind}" in lines


@pytest.mark.parametrize("protocol", [Engine, Scene, Training, Objective], ids=lambda kind: kind.__name__)
def test_every_member_stands_on_the_page(protocol: type) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in members_of(protocol) if not re.search(rf"`{name}[`(]", page)] == []


@pytest.mark.parametrize(
    ("whole", "wrong"),
    [
        ("def resume(", "def go_on("),
        ("self.bounds, self.up, self.start", "self.bounds, self.way, self.start"),
        ("= info.bounds, info.up", "= info.bounds.T, info.up"),
    ],
)
def test_what_the_page_says_of_mistakes_is_said(
    whole: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = PAGE.read_text(encoding="utf-8")
    mistakes = page[page.index("## When something is wrong") :].splitlines()
    assert engine_source().count(whole) == 1
    write_method(tmp_path / "methods", engine_source().replace(whole, wrong))
    info = SceneInfo(camera_at(0, 3, 1), (), np.array([[-1.0] * 3, [1.0] * 3]), np.array([0.0, 0.0, 1.0]))
    weights = {"voxels": torch.zeros(1, 4, 2, 2, 2), "background": torch.zeros(3), "box": torch.tensor(info.bounds)}
    write_scene_file(tmp_path / "a.safetensors", Checkpoint(METHOD, {}, 1, weights, info))
    with among_engines(tmp_path / "methods", monkeypatch):
        assert cli.main(["render", str(tmp_path / "a.safetensors"), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err.removeprefix("vantage: ").removeprefix(f"{tmp_path / 'a.safetensors'}: ").strip()
    assert said in mistakes


def test_the_same_as_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_method(tmp_path)
    (project,) = blocks("toml", "pyproject.toml")
    name, version = (re.search(rf'^{key} = "(.*)"$', project, flags=re.M) for key in ("name", "version"))
    entry = re.search(rf'\[project.entry-points."({registry.ENTRY_POINTS})"\]\n{METHOD} = "(.*)"', project)
    assert name and version and entry
    info = tmp_path / f"{name[1].replace('-', '_')}-{version[1]}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name[1]}\nVersion: {version[1]}\n")
    (info / "entry_points.txt").write_text(f"[{entry[1]}]\n{METHOD} = {entry[2]}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    registry._found.cache_clear()
    try:
        assert registry.find_engine(METHOD).title == "Radiance grid"
        origin = registry.origins()[METHOD]
        assert origin.package == "vantage-radiance-grid 1.0" and origin.places == (tmp_path / METHOD,)
        assert [preset.name for preset in presets_of(METHOD)] == [f"{METHOD}_preview"]
    finally:
        registry._found.cache_clear()
        for module in [module for module in sys.modules if module.split(".")[0] == METHOD]:
            del sys.modules[module]
