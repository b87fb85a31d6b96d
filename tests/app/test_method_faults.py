"""What an exception of an installed method is reported as, on the command line and in the window's words."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from app import cli
from app.method_faults import fault_of, plug_in_fault
from engines import registry
from engines.core.formats import open_dataset
from engines.core.storage.scene_file import write_scene_file
from tests.engines.core.examples import checkpoint, write_part

SOURCE = '''"""A method that fails."""

import json

from engines.core.config import OptimiserConfig, Options


class Faulty:
    name, title, Config, SceneOptions = "example", "Faulty", OptimiserConfig, Options

    def open(self, checkpoint, device, dataset, options):
        return {}["grid"]

    def train(self, dataset, config, device, seed):
        if config.lr == 3:
            import no_such_package_at_all
        if config.lr == 2:
            dataset()
        return json.loads("{")

    def resume(self, dataset, checkpoint, device):
        raise NotImplementedError


ENGINE = Faulty()
'''


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The file of an installed method."""
    path = tmp_path / "faulty_method.py"
    path.write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    entry = SimpleNamespace(
        name="example", value="faulty_method:ENGINE", dist=SimpleNamespace(name="vantage-faulty", version="0.3")
    )
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [entry])
    registry._found.cache_clear()
    yield path
    registry._found.cache_clear()
    sys.modules.pop("faulty_method", None)


def line_of(path: Path, text: str) -> int:
    return path.read_text().splitlines().index(next(line for line in path.read_text().splitlines() if text in line)) + 1


def train(tmp_path: Path, *words: str) -> int:
    data = write_part(tmp_path / "data")
    return cli.main(["train", str(data), "--method", "example", "--out", str(tmp_path / "run"), *words])


def test_an_exception_of_a_plug_in_is_reported_as_its_own(
    module: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(tmp_path) == cli.BUG
    said = capsys.readouterr().err
    assert "Traceback" in said and "this is a bug" not in said
    line = line_of(module, "json.loads")
    expected = f"in faulty_method.py, line {line}; it comes with the package vantage-faulty 0.3, and its author"
    assert expected in said.splitlines()[-1] and "the method example failed with" in said.splitlines()[-1]
    assert "JSONDecodeError" in said.splitlines()[-1]


def test_a_file_is_not_blamed_alone(module: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_scene_file(tmp_path / "a.safetensors", checkpoint())
    out = str(tmp_path / "out")
    assert cli.main(["render", str(tmp_path / "a.safetensors"), "--out", out]) == cli.FAILED
    said = capsys.readouterr().err
    assert "a.safetensors: is damaged, or not what its name says" in said
    line = line_of(module, "grid")
    assert f"or the method example failed with KeyError: 'grid' in faulty_method.py, line {line}" in said


def test_a_package_that_a_plug_in_lacks_is_said_of_it(
    module: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(tmp_path, "--set", "lr=3") == cli.FAILED
    assert capsys.readouterr().err == (
        "vantage: no_such_package_at_all is not installed, which the method example needs\n"
    )


def raised(run: Callable[..., object], *arguments: object) -> Exception:
    try:
        run(*arguments)
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_whose_fault_it_is(module: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine = registry.find_engine("example")
    config, dataset = engine.Config(lr=2), open_dataset(write_part(tmp_path / "data"))

    def called_back() -> None:
        raise ValueError("of the program")

    # What a method calls of the program, and fails there, is the program's fault.
    monkeypatch.setattr("app.method_faults.APP", Path(__file__).resolve().parent)
    assert fault_of(raised(engine.train, called_back, config, None, 0)) is None
    monkeypatch.undo()
    # This program's own methods are named with their line, and reported as its bugs.
    for name in registry.all_engines().keys() - {"example"}:
        builtin = raised(registry.find_engine(name).open, None, None, dataset, None)
        fault = fault_of(builtin)
        assert fault is not None and plug_in_fault(builtin) is None
        assert fault.place.startswith(f"{name}/engine.py, line ")
        assert fault.text.startswith(f"this is a bug in the method {name} ({name}/engine.py, line ")
    assert fault_of(ValueError("of nobody")) is None and plug_in_fault(None) is None
