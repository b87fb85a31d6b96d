"""Counts the lines of `engines` and `app` that tests run: `pytest -p tests.counted_lines`, in any number of processes.

Each straight run of statements is compiled with one mark, which takes a small part of what Python's own tracing does,
with all that is compiled and reported: tracing makes every line slow, those of torch and of the tests too.
"""

from __future__ import annotations

import ast
import functools
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
COUNTED = ("engines", "app")
# What is tested of the window is what is seen: that a line ran says little.
UNCOUNTED = ROOT / "app" / "gui"
LEAST_PERCENT = 90.0

RUN_LINES: dict[str, dict[int, bool]] = {}
"""The marks that were reached, by file; `told` says which lines have run."""
NAME = "__run_lines__"
"""What a module calls its own of them."""
SUFFIX = f".counted-{zlib.crc32(Path(__file__).read_bytes()):08x}.pyc"
"""Of files with the compiled modules, beside those of the plain ones."""


def is_counted(path: Path) -> bool:
    return UNCOUNTED not in path.parents and any(ROOT / name in path.parents for name in COUNTED)


def blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    """The lists of statements, but those that only a type checker reads, or that become machine code."""
    for node in ast.iter_child_nodes(tree):
        if not (_is_for_types(node) or _is_compiled(node)):
            yield from blocks(node)
    for field in ("body", "orelse", "finalbody"):
        block = getattr(tree, field, None)
        if isinstance(block, list):
            yield block


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _is_compiled(node: ast.AST) -> bool:
    """Whether numba compiles the function, which knows no marks; of its lines none counts but the first."""
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    return any(isinstance(decorator, ast.Name) and decorator.id.startswith("compiled") for decorator in decorators)


def lines_of(statement: ast.stmt) -> list[int]:
    """Those that have run where the statement is reached: its first, and those of what decorates it."""
    is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    if is_text or _is_for_types(statement) or isinstance(statement, ast.Global | ast.Nonlocal):
        return []
    return [*(decorator.lineno for decorator in getattr(statement, "decorator_list", ())), statement.lineno]


def straight_runs(block: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """The statements of a list in parts that run from the first to the last, where nothing is raised between."""
    run: list[ast.stmt] = []
    for statement in block:
        run.append(statement)
        if hasattr(statement, "body") or isinstance(statement, ast.Match):
            yield run
            run = []
    if run:
        yield run


def lines_by_mark(source: str) -> dict[int, set[int]]:
    """The lines at which statements begin, by the mark that tells that they have run: the last one's line."""
    found = {}
    for block in blocks(ast.parse(source)):
        for run in straight_runs(block):
            if lines := {line for statement in run for line in lines_of(statement)}:
                found[run[-1].lineno] = lines
    return found


def marked(source: str) -> ast.Module:
    """The program with a mark before the last statement of each straight run: so many lines are told at once.

    Those before a statement that raises are not told.
    """
    tree = ast.parse(source)
    for block in list(blocks(tree)):
        statements: list[ast.stmt] = []
        for run in straight_runs(block):
            last = run.pop()
            has_lines = any(lines_of(statement) for statement in [*run, last])
            marks = [mark(last.lineno, last)] if has_lines else []
            # Nothing may stand before an import from the future.
            first = isinstance(last, ast.ImportFrom) and last.module == "__future__"
            statements += [*run, last, *marks] if first else [*run, *marks, last]
        block[:] = statements
    return tree


def mark(line: int, place: ast.stmt) -> ast.stmt:
    """Notes that the line is reached; in tracebacks it stands where `place` does."""
    target = ast.Subscript(ast.Name(NAME, ast.Load()), ast.Constant(line), ast.Store())
    return ast.fix_missing_locations(ast.copy_location(ast.Assign([target], ast.Constant(True)), place))


def told(marks: Iterable[int], source: str) -> set[int]:
    """The lines that have run, as these marks tell."""
    by_mark = lines_by_mark(source)
    return {line for mark in marks for line in by_mark[mark]}


class MarkingLoader(SourceFileLoader):
    """Compiles a module with its marks, and keeps that beside the plain one."""

    # In `InspectLoader` it is a function of the class, in `SourceLoader`, which calls it, a method.
    def source_to_code(  # type: ignore[override]
        self, data: Any, path: Any, *, _optimize: int = -1
    ) -> CodeType:
        code: CodeType = compile(marked(bytes(data).decode()), path, "exec", dont_inherit=True, optimize=_optimize)
        return code

    def get_data(self, path: Any) -> bytes:
        return super().get_data(_apart(path))

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        super().set_data(_apart(path), data, _mode=_mode)

    def exec_module(self, module: ModuleType) -> None:
        setattr(module, NAME, RUN_LINES.setdefault(self.path, {}))
        super().exec_module(module)


def _apart(path: str) -> str:
    return path.removesuffix(".pyc") + SUFFIX if path.endswith(".pyc") else path


class MarkingFinder(MetaPathFinder):
    """Finds modules where Python does, and has the counted ones marked."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name.split(".")[0] not in COUNTED:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader and is_counted(Path(spec.loader.path)):
            spec.loader = MarkingLoader(name, spec.loader.path)
        return spec


def counted_files() -> list[Path]:
    """All that are counted, whether or not they were imported."""
    return sorted(path for name in COUNTED for path in (ROOT / name).rglob("*.py") if is_counted(path))


@functools.cache
def share() -> tuple[float, int]:
    """How many percent of the lines had run when it was first asked for, and of how many."""
    ran = of = 0
    for path in counted_files():
        source = path.read_text(encoding="utf-8")
        ran += len(told(RUN_LINES.get(str(path), {}), source))
        of += sum(len(lines) for lines in lines_by_mark(source).values())
    return 100 * ran / of, of


# --- pytest ---


def pytest_configure(config: pytest.Config) -> None:
    """Begins to count where tests are run: of several processes the first runs none."""
    if hasattr(config, "workerinput") or not getattr(config.option, "numprocesses", None):
        sys.meta_path.insert(0, MarkingFinder())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Takes what one of several processes has counted."""
    for path, lines in getattr(node, "workeroutput", {}).get("run_lines", {}).items():
        RUN_LINES.setdefault(path, {}).update(dict.fromkeys(lines, True))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Hands over what was counted; where all of it is, too little is a failure."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["run_lines"] = {path: list(lines) for path, lines in RUN_LINES.items()}
    elif exitstatus == pytest.ExitCode.OK and share()[0] < LEAST_PERCENT:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says how many lines were run."""
    percent, of = share()
    terminalreporter.write_line(
        f"the tests ran {percent:.1f} % of the {of} lines of {' and '.join(COUNTED)} but "
        f"{UNCOUNTED.relative_to(ROOT)} ({LEAST_PERCENT:g} % are needed)",
        red=percent < LEAST_PERCENT,
    )
