"""Holds the layers and the rules of the house; each rule is shown to catch a bad example."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.architecture_rules import (
    MOST_FILE_LINES,
    MOST_FUNCTION_LINES,
    ROOMS,
    ROOT,
    RULES,
    Module,
    Rule,
    acting_imports,
    circles,
    engine_folders,
    engine_words,
    imports_of_higher_rooms,
    missing_docstrings,
    named_engines,
    needed_engines,
    prints_and_asserts,
    qt_imports,
    read_modules,
    slow_imports,
    too_long,
    upward_imports,
    window_imports,
    within,
)

pytestmark = pytest.mark.usefixtures("uncounted")


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps(rule: Rule) -> None:
    modules = read_modules("engines", "app")
    assert len(modules) > 10, "looked in the wrong place"
    assert not [problem for module in modules for problem in rule(module)]


def test_the_house_keeps_free_of_circles() -> None:
    assert not list(circles(read_modules("engines", "app")))


def test_tests_are_short_too() -> None:
    assert not [problem for module in read_modules("tests") for problem in too_long(module)]


def test_tests_import_qt_through_one_module() -> None:
    assert not [problem for module in read_modules("tests") for problem in qt_imports(module)]


def test_tests_that_need_an_engine_are_beside_it() -> None:
    assert not [problem for module in read_modules("tests") for problem in needed_engines(module)]


@pytest.mark.parametrize(
    "source",
    [
        "from engines.{} import scene",
        "from tests.engines.{}.reference import x",
        "engine = registry.find_engine('{}')",
        "run_training('{}', data, out)",
        "words = ['train', str(data), '--method', '{}', '--out', out]",
    ],
)
@pytest.mark.parametrize("engine", sorted(engine_folders()))
def test_a_test_that_needs_an_engine_elsewhere_is_caught(engine: str, source: str) -> None:
    module = Module("tests.app.test_x", source.format(engine))
    assert len(list(needed_engines(module))) == 1
    assert not list(needed_engines(Module(f"tests.engines.{engine}.test_x", module.source)))


@pytest.mark.parametrize("word", sorted(engine_words()))
def test_the_name_of_an_engine_in_the_program_is_caught(word: str) -> None:
    assert list(named_engines(Module("app.viewing.session", f'HELP = "as {word} does"')))


def test_the_map_names_every_folder() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    packages = [
        path.parent.relative_to(ROOT) for top in ("app", "engines") for path in ROOT.glob(f"{top}/**/__init__.py")
    ]
    folders = [
        package.as_posix() for package in packages if package.parts[1:2] not in [(name,) for name in engine_folders()]
    ]
    assert len(folders) > 10, "looked in the wrong place"
    assert [folder for folder in folders if folder != "engines" and f"`{folder}`" not in page] == []


def test_every_room_has_its_height() -> None:
    rooms = {path.parent.name for path in ROOT.glob("app/*/__init__.py")}
    assert rooms == {*ROOMS, "commands"}


def test_test_folders_are_packages() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert not [str(folder) for folder in folders if not (folder / "__init__.py").is_file()]


@pytest.mark.slow
def test_importing_everything_below_the_window_leaves_no_trace() -> None:
    names = [m.name for m in read_modules("engines", "app") if not within(m.name, "app.gui", "main")]
    code = (
        "import importlib, random, sys, numpy, torch\n"
        "before = random.getstate(), torch.get_rng_state(), str(numpy.random.get_state())\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "assert random.getstate() == before[0] and str(numpy.random.get_state()) == before[2], 'seeded'\n"
        "assert torch.equal(torch.get_rng_state(), before[1]), 'seeded torch'\n"
        "assert not torch.cuda.is_initialized(), 'started CUDA'\n"
        "windows = [name for name in sys.modules if name.split('.')[0] in ('PyQt5', 'vispy')]\n"
        "assert not windows, windows\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr == "" and done.stdout == "" and done.returncode == 0


BAD_EXAMPLES: tuple[tuple[Rule, str, str], ...] = (
    (upward_imports, "engines.core.x", "from engines.srn import scene"),
    (upward_imports, "engines.core.x", "from engines import registry"),
    (upward_imports, "engines.srn.x", "import engines.registry"),
    (upward_imports, "engines.srn.x", "def f():\n    from app import session"),
    (upward_imports, "engines.srn.x", "from engines.dvr.network import Network"),
    (upward_imports, "engines.srn.x", "from ..dvr import network"),
    (upward_imports, "engines.registry", "from engines.dvr import engine"),
    (upward_imports, "app.viewing.session", "from engines.dvr.engine import ENGINE"),
    (upward_imports, "app.viewing.session", "def f():\n    from app.gui import window"),
    (upward_imports, "app.commands.view", "from app.gui.main import run_window"),
    (upward_imports, "app.gui.window", "from app.commands import view"),
    (imports_of_higher_rooms, "app.camera.camera_controller", "from app.rendering import pictures"),
    (imports_of_higher_rooms, "app.viewing.session", "def f():\n    import app.training.loop"),
    (upward_imports, "app.api.scene", "def f():\n    from app.gui import window"),
    (upward_imports, "app.gui.window", "import vantage"),
    (imports_of_higher_rooms, "app.training.loop", "from app.api import scene"),
    (imports_of_higher_rooms, "app.conformance.trial", "from app.python.vantage import open"),
    (named_engines, "app.viewing.session", "big = scene.engine == 'dvr'"),
    (named_engines, "app.viewing.session", "load('engines.dvr.engine')"),
    (named_engines, "app.viewing.session", "engine = registry.find_engine('dvr')"),
    (named_engines, "app.viewing.session", "words = ['train', data, '--method', 'dvr']"),
    (window_imports, "app.viewing.session", "def f():\n    from PyQt5.QtCore import QObject"),
    (window_imports, "engines.core.x", "import vispy.scene"),
    (qt_imports, "app.gui.window", "from PyQt5.QtCore import Qt"),
    (qt_imports, "app.gui.window", "def f():\n    import PySide6.QtWidgets"),
    (qt_imports, "app.gui.training.curves", "from pyqtgraph.Qt import QtCore"),
    (slow_imports, "engines.core.x", "from torchmetrics.functional import image"),
    (slow_imports, "app.mesh.x", "import scipy.spatial"),
    (acting_imports, "engines.core.x", "torch.manual_seed(0)"),
    (acting_imports, "engines.core.x", "TABLE = load_table()"),
    (acting_imports, "engines.core.x", "HOME = Path.home()"),
    (acting_imports, "engines.core.x", "def f():\n    return open('table')\nTABLE = f()"),
    (acting_imports, "engines.core.x", "class A:\n    table = open('table').read()"),
    (acting_imports, "engines.core.x", "def f(device=torch.device('cuda')): ..."),
    (acting_imports, "engines.core.x", "for i in range(3): ..."),
    (acting_imports, "engines.core.x", "if True:\n    print('hello')"),
    (acting_imports, "engines.core.x", "WRITER = SummaryWriter()"),
    (acting_imports, "engines.core.x", "if __name__ == '__main__':\n    run()"),
    (prints_and_asserts, "engines.core.x", "def f():\n    print('hello')"),
    (prints_and_asserts, "engines.core.x", "def f(x):\n    assert x"),
    (missing_docstrings, "engines.core.x", "import math"),
    (too_long, "engines.core.x", "x = 1\n" * (MOST_FILE_LINES + 1)),
    (too_long, "engines.core.x", "def f():\n" + "    x = 1\n" * MOST_FUNCTION_LINES),
)  # fmt: skip


@pytest.mark.parametrize(("rule", "name", "source"), BAD_EXAMPLES)
def test_a_bad_example_is_caught(rule: Rule, name: str, source: str) -> None:
    assert list(rule(Module(name, source)))


def test_a_circle_is_caught() -> None:
    first = Module("app.a", "from app import b")
    second = Module("app.b", "def f():\n    from app.a import x")
    assert list(circles([first, second])) == ["app.a -> app.b -> app.a"]
    assert not list(circles([first, Module("app.b", "import app")]))


GOOD_EXAMPLE = '''
"""What a module may do."""
from __future__ import annotations
from dataclasses import dataclass, field
import numpy as np
from engines.core.config import Options
try:
    import tomllib
except ImportError:
    tomllib = None
NAMES = tuple(sorted({"a": 1}))
WORDS = "a b".split()
@dataclass(frozen=True)
class A:
    values: list[int] = field(default_factory=list)
    later = lambda: open("table")
def _double(x):
    return tuple(2 * y for y in x)
ENGINE = A()
TWICE = _double((1, 2))
def f(x: int = 3) -> None:
    open("table")
'''


@pytest.mark.parametrize("rule", RULES)
def test_a_good_example_passes(rule: Rule) -> None:
    assert not list(rule(Module("engines.srn.x", GOOD_EXAMPLE.strip())))
    assert not list(rule(Module("app.commands.view", '"""Door."""\ndef run():\n    from app.gui import main')))
