"""The lines that are counted are those that Python's own tracing sees."""

from __future__ import annotations

import ast
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

from tests import conftest, counted_lines
from tests.counted_lines import NAME, MarkingFinder, MarkingLoader, lines_by_mark, marked, share, told

SOURCE = '''"""About it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HERE = (
    1,
    2,
)
"""About it."""


@functools.cache
@functools.wraps(
    print
)
def which(value):
    """About it."""
    global last
    last = value
    if value == 1:
        return "one"
    elif value == 2:
        return "two"
    else:
        name = "many"
    for _ in range(2):
        if value > 5:
            break
        value += 1
    else:
        name = "few"
    while value > 100:
        value -= 1
    try:
        value / (value - 8)
        name += "!"
    except ZeroDivisionError:
        name += "?"
    else:
        name += "."
    finally:
        value = 0
    with open("/dev/null"):
        pass
    match value:
        case 0:
            return [
                name for _ in
                range(2)
            ]
        case _:
            return None


class Thing:
    __size = 3
    """About it."""

    def size(self):
        return self.__size

    async def never(self):
        return 1


which(1)
which(4)
which(8)
Thing().size()
'''


def traced_lines(source: str) -> set[int]:
    """Those at which Python says that it is, in any call."""
    seen = set()

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != "traced.py":
            return None
        if event == "line":
            seen.add(frame.f_lineno)
        return trace

    code, before = compile(source, "traced.py", "exec"), sys.gettrace()
    sys.settrace(trace)
    try:
        exec(code, {"__name__": "traced"})
    finally:
        sys.settrace(before)
    return seen


def test_the_lines_that_run_are_those_that_tracing_sees() -> None:
    run: dict[int, bool] = {}
    exec(compile(marked(SOURCE), "marked.py", "exec"), {NAME: run, "__name__": "marked"})
    countable = set.union(*lines_by_mark(SOURCE).values())
    assert told(run, SOURCE) == traced_lines(SOURCE) & countable
    missed = {SOURCE.splitlines()[line - 1].strip() for line in countable - told(run, SOURCE)}
    assert missed == {'return "two"', "value -= 1", "return None", "return 1"}


def test_what_becomes_machine_code_has_no_marks() -> None:
    source = "@compiled\ndef double(x):\n    y = x\n    return 2 * y\n\n\ndef plain(x):\n    return x\n"
    assert "def double(x):\n    y = x\n    return" in ast.unparse(marked(source))
    assert set.union(*lines_by_mark(source).values()) == {1, 2, 7, 8}


def test_lines_before_one_that_raises_are_not_told() -> None:
    run: dict[int, bool] = {}
    source = "x = 1\nif x:\n    x = 2\n    y = 1 / 0\n    z = 3\n"
    with pytest.raises(ZeroDivisionError):
        exec(compile(marked(source), "marked.py", "exec"), {NAME: run})
    assert told(run, source) == {1, 2}


def test_modules_are_marked_but_the_windows(tmp_path: Path) -> None:
    found = {name: MarkingFinder().find_spec(name, None) for name in ("engines", "app", "tests", "torch")}
    assert found["tests"] is found["torch"] is None
    assert all(spec is not None and isinstance(spec.loader, MarkingLoader) for spec in list(found.values())[:2])
    gui = MarkingFinder().find_spec("app.gui", [str(counted_lines.ROOT / "app")])
    assert gui is not None and not isinstance(gui.loader, MarkingLoader)


def test_a_marked_module_is_compiled_once_and_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = tmp_path / "module.py"
    path.write_text("x = 1\nif x == 2:\n    x = 3\n")

    def load() -> None:
        spec = spec_from_file_location("module", path, loader=MarkingLoader("module", str(path)))
        assert spec is not None and spec.loader is not None
        spec.loader.exec_module(module_from_spec(spec))

    compiled: list[str] = []

    def noted(source: str) -> ast.Module:
        compiled.append(source)
        return marked(source)

    monkeypatch.setattr(counted_lines, "marked", noted)
    monkeypatch.setattr(counted_lines, "RUN_LINES", {})
    for _ in range(2):
        load()
        assert counted_lines.RUN_LINES.pop(str(path)) == {2: True}
    assert len(compiled) == 1
    (kept,) = (tmp_path / "__pycache__").iterdir()
    assert ".counted-" in kept.name


def test_too_few_lines_are_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app" / "gui").mkdir(parents=True)
    path = tmp_path / "app" / "module.py"
    path.write_text("if x:\n    pass\n" * 5)
    (tmp_path / "app" / "gui" / "window.py").write_text("if x:\n    pass\n" * 5)
    for name, value in (("ROOT", tmp_path), ("UNCOUNTED", tmp_path / "app" / "gui"), ("RUN_LINES", {})):
        monkeypatch.setattr(counted_lines, name, value)
    ended = {}
    for lines in ([1, 2, 3, 4, 5, 6, 7, 8], [8, 9]):
        # As two of several processes hand them over.
        counted_lines.pytest_testnodedown(SimpleNamespace(workeroutput={"run_lines": {str(path): lines}}))
        share.cache_clear()
        session: Any = SimpleNamespace(config=SimpleNamespace(), exitstatus=0)
        counted_lines.pytest_sessionfinish(session, 0)
        ended[share()] = session.exitstatus
    share.cache_clear()
    assert ended == {(80.0, 10): 1, (90.0, 10): 0}
    worker: Any = SimpleNamespace(config=SimpleNamespace(workeroutput={}))
    counted_lines.pytest_sessionfinish(worker, 0)
    assert worker.config.workeroutput == {"run_lines": {str(path): [1, 2, 3, 4, 5, 6, 7, 8, 9]}}


def test_what_is_looked_at_uncounted_adds_no_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    run = {"a": {1: True}}
    monkeypatch.setattr(conftest, "RUN_LINES", run)
    counting = conftest.counting_none()
    next(counting)
    run["a"][2] = True
    run["b"] = {3: True}
    next(counting, None)
    assert run == {"a": {1: True}, "b": {}}
