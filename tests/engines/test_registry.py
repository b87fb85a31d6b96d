"""Finding engines, and opening whatever a path holds."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch

import engines
from engines import registry
from engines.core.config import Options, TrainingConfig
from engines.core.errors import UserError
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.run_folder import write_run_checkpoint
from engines.core.storage.scene_file import write_scene_file
from engines.registry import all_engines, failed_engines, find_engine, read_checkpoint
from tests.engines.core.examples import checkpoint


class Plugin:
    """An engine of another package, as far as opening goes."""

    name = "plugin"
    title = "Plug-in"

    def recognises(self, content: Mapping[str, Any]) -> bool:
        return "plugin" in content

    Config, SceneOptions = TrainingConfig, Options

    def read_upstream(self, content: Mapping[str, Any], path: Path) -> Checkpoint:
        return Checkpoint("plugin", {}, 5, content["plugin"])

    def open(self, *arguments: object) -> Any:
        raise NotImplementedError

    train = resume = open


class Plain:
    """Has nothing besides what every method has."""

    name, title, Config, SceneOptions = "plain", "Plain", TrainingConfig, Options

    def open(self, *arguments: object) -> Any:
        raise NotImplementedError

    train = resume = open


class Nosy(Plugin):
    """Fails at the sight of any file."""

    name, title = "nosy", "Nosy"

    def recognises(self, content: Mapping[str, Any]) -> bool:
        raise KeyError("not mine")


class Ends:
    """A module that ends the program when its engine is asked for."""

    @property
    def ENGINE(self) -> object:
        raise SystemExit(0)


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed engine that works, and one that fails to import."""
    module = ModuleType("plugin_engine")
    vars(module)["ENGINE"] = Plugin()
    monkeypatch.setitem(sys.modules, "plugin_engine", module)
    entries = [
        importlib.metadata.EntryPoint("plugin", "plugin_engine:ENGINE", registry.ENTRY_POINTS),
        importlib.metadata.EntryPoint("broken", "no_such_module", registry.ENTRY_POINTS),
    ]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: entries)
    registry._found.cache_clear()
    yield
    registry._found.cache_clear()


INSTALLED = {"colour_grid", "colour_film"}
"""Those of tests/plugin."""


def test_every_folder_and_every_installed_engine_imports() -> None:
    folders = {path.parent.name for path in Path(registry.__file__).parent.glob("*/engine.py")} - {"core"}
    assert all_engines().keys() == folders | INSTALLED and not failed_engines()
    for name, engine in all_engines().items():
        assert engine.name == name and engine.title and find_engine(name) is engine


def test_installed_engines_are_found_and_broken_ones_named(plugins: None) -> None:
    assert find_engine("plugin").title == "Plug-in" and "plugin" in all_engines()
    assert "no_such_module" in failed_engines()["broken"]
    with pytest.raises(UserError, match=r"engine broken can't be used: .*no_such_module"):
        find_engine("broken")


def install(monkeypatch: pytest.MonkeyPatch, **modules: object) -> None:
    """Plug-ins by their entry points' names."""
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, f"{name}_module", module)
    entries = [importlib.metadata.EntryPoint(name, f"{name}_module", registry.ENTRY_POINTS) for name in modules]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: entries)
    registry._found.cache_clear()


@pytest.fixture
def forget() -> Iterator[None]:
    """Engines are looked for anew afterwards."""
    yield
    registry._found.cache_clear()


def test_plug_ins_that_fail_are_named_and_the_rest_works(
    forget: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = {"number": SimpleNamespace(ENGINE=3), "kind": SimpleNamespace(ENGINE=Plugin), "none": SimpleNamespace()}
    working = {"nosy": SimpleNamespace(ENGINE=Nosy()), "plain": SimpleNamespace(ENGINE=Plain())}
    install(monkeypatch, ends=Ends(), **working, **made)
    failed = failed_engines()
    assert failed["ends"].startswith("SystemExit") and "must be an object" in failed["kind"]
    assert (
        "a int, lacks name, title, Config, SceneOptions, open, train" in failed["number"] and "ENGINE" in failed["none"]
    )
    torch.save({"a": torch.zeros(1)}, tmp_path / "a.pth")
    with pytest.raises(
        UserError, match=r"a\.pth: a torch file, but .*; nosy failed to look at it \(KeyError: 'not mine'\)"
    ):
        read_checkpoint(tmp_path / "a.pth")


def test_a_safe_start_leaves_plug_ins_out(forget: None, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, plain=SimpleNamespace(ENGINE=Plain()))
    assert "plain" in all_engines()
    monkeypatch.setenv("VANTAGE_PLUG_INS", "none")
    registry._found.cache_clear()
    assert "plain" not in all_engines() and failed_engines() == {}
    assert not any(origin.package for origin in registry.origins().values())


def test_a_name_that_two_packages_claim_is_nobodys(forget: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("one", "other", "plain_module"):
        monkeypatch.setitem(sys.modules, module, SimpleNamespace(ENGINE=Plugin(), METHOD=Plain()))
    entries = [
        importlib.metadata.EntryPoint("plugin", "one:ENGINE", registry.ENTRY_POINTS),
        importlib.metadata.EntryPoint("plugin", "other:ENGINE", registry.ENTRY_POINTS),
        importlib.metadata.EntryPoint("plain", "plain_module:METHOD", registry.ENTRY_POINTS),
        importlib.metadata.EntryPoint("called", "plain_module:METHOD", registry.ENTRY_POINTS),
    ]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: entries)
    registry._found.cache_clear()
    failed = failed_engines()
    assert failed["plugin"] == "the name plugin is taken twice, by one:ENGINE and other:ENGINE; uninstall one of them"
    assert "name is 'plain'; it must be 'called', as its folder or entry point" in failed["called"]
    assert find_engine("plain").title == "Plain" and "plugin" not in all_engines()


@pytest.fixture
def plain_folder(forget: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An engine's folder like those of `engines`, without an `__init__.py`, and one of an unfinished engine."""
    (tmp_path / "plain").mkdir()
    source = "from tests.engines.test_registry import Plain\nENGINE = Plain()\n"
    (tmp_path / "plain" / "engine.py").write_text(source)
    (tmp_path / "unfinished").mkdir()
    monkeypatch.setattr(engines, "__path__", [*engines.__path__, str(tmp_path)])
    registry._found.cache_clear()
    yield tmp_path / "plain"
    for name in ("engines.plain.engine", "engines.plain"):
        sys.modules.pop(name, None)


def test_a_folder_needs_no_init_file(plain_folder: Path) -> None:
    assert find_engine("plain").title == "Plain" and "unfinished" not in failed_engines()
    origin = registry.origins()["plain"]
    assert origin.text == "engines/plain" and origin.places == (plain_folder,)


def test_the_name_of_a_folder_is_taken(plain_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, plain=SimpleNamespace(ENGINE=Nosy()))
    said = "the name plain is taken by a method of this program"
    assert failed_engines()["plain of plain_module"] == said and find_engine("plain").title == "Plain"


def test_a_module_that_fails_says_where(forget: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, source in (("early", "x = 1\ny = x.missing\n"), ("wrong", "def (:\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "engine.py").write_text(source)
    monkeypatch.setattr(engines, "__path__", [*engines.__path__, str(tmp_path)])
    registry._found.cache_clear()
    failed = failed_engines()
    assert failed["early"] == "AttributeError: 'int' object has no attribute 'missing' (early/engine.py, line 2)"
    assert failed["wrong"].startswith("SyntaxError: ") and failed["wrong"].endswith("(wrong/engine.py, line 1)")


def test_unknown_engine_lists_those_there_are() -> None:
    with pytest.raises(UserError, match=r"no method other is installed; there are .*colour_grid"):
        find_engine("other")


def test_opens_scene_files_and_run_folders(tmp_path: Path) -> None:
    write_scene_file(tmp_path / "a.safetensors", checkpoint(step=1))
    write_run_checkpoint(tmp_path / "run", checkpoint(step=2))
    assert read_checkpoint(tmp_path / "a.safetensors").step == 1
    assert read_checkpoint(tmp_path / "run").step == 2


def test_opens_an_authors_file_with_the_engine_that_knows_it(plugins: None, tmp_path: Path) -> None:
    torch.save({"plugin": {"a": torch.zeros(1)}}, tmp_path / "a.pth")
    assert read_checkpoint(tmp_path / "a.pth").step == 5


@pytest.mark.parametrize(
    "content",
    [{}, {"model": {}}, {"model": torch.zeros(1)}, {"model": 3}, {3: 4}, {"a": torch.zeros(1)}, {"state_dict": [1]}],
)
def test_torch_files_of_nobody(tmp_path: Path, content: dict[Any, Any]) -> None:
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(UserError, match=r"not a checkpoint of a known method .*Colour grid"):
        read_checkpoint(tmp_path / "a.pth")


def test_folders_without_a_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a folder without scene\.safetensors"):
        read_checkpoint(tmp_path)
    with pytest.raises(UserError, match="no such file"):
        read_checkpoint(tmp_path / "none.pth")
