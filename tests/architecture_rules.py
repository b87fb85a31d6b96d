"""The layers, and the rules of the house that a program can check, as functions of a module's source.

engines/core <- engines/<name> <- engines/registry <- app <- app/gui <- the doors: app/commands, app/cli, main.py
(arrow: "is imported by"). `vantage`, the name of app/api for others, is imported by nobody here. Rooms of app stand
above each other in the order of `ROOMS`. Only functions in the doors import app/gui, so that commands work on a server.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST_FILE_LINES = 400
MOST_FUNCTION_LINES = 60
WINDOW_PACKAGES = {"PyQt5", "vispy", "pyqtgraph"}
QT_BINDINGS = {"PyQt5", "PyQt6", "PySide2", "PySide6", "qtpy", "sip"}
QT_MODULES = ("app.gui.qt", "tests.qt_test")
"""They alone import Qt, so that another binding of it is one module's work."""
SLOW_PACKAGES = {"torchmetrics", "trimesh", "skimage", "scipy", "fast_simplification"}
"""They take a second or two together: only functions that need them import them, so that each start is spared them."""
DOORS = ("app.cli", "app.commands", "main")
ROOMS = (
    "camera", "rendering", "viewing", "diagnostics", "export", "path_editing", "cleaning", "project", "capture", "mesh",
    "shapes", "synthetic", "training", "report", "conformance", "api", "gui",
)  # fmt: skip
"""Of app, each above those before it."""
ANNEXES = {"python": "api"}
"""Folders of app that belong to a room beside them: `app/python` has the package that others import."""

# Calls at the top of a module that only make a value. Names with a capital are constructors of values.
PURE_NAMES = """
    dataclass dataclasses.dataclass field dataclasses.field runtime_checkable contextmanager contextlib.contextmanager
    cache functools.cache lru_cache functools.lru_cache functools.partial partial wraps overload property staticmethod
    classmethod abstractmethod field_validator model_validator pyqtSlot pyqtProperty unique auto enum.auto
    Path(__file__).resolve logging.getLogger re.compile frozenset tuple list dict set range len sorted zip enumerate
    float int str bytes bool min max sum abs round namedtuple cast typing.cast torch.no_grad torch.inference_mode
    np.array np.asarray np.eye np.zeros np.ones np.stack np.float32 np.float64 np.uint8 np.radians np.deg2rad np.sqrt
    np.linspace np.arange np.dtype math.radians math.sqrt math.log math.log2 math.tan math.cos math.sin
"""
PURE_CALLS = set(PURE_NAMES.split())
PURE_METHODS = {"setter", "split", "join", "format", "removeprefix", "items", "keys", "values"}
ASKING = {"find_engine", "run_training", "TrainingRequest", "measure", "measured", "read_preset", "presets_of"}
"""Functions that are told which engine."""
ACTING_CONSTRUCTORS = {
    "QApplication", "Popen", "Thread", "Process", "Pool", "ThreadPoolExecutor", "ProcessPoolExecutor", "SummaryWriter",
    "Canvas", "SceneCanvas",
}  # fmt: skip

Functions = Mapping[str, ast.FunctionDef]


@dataclass(frozen=True)
class Module:
    """One source file: its dotted name, and whether it is a package's `__init__`."""

    name: str
    source: str
    is_package: bool = False

    @property
    def tree(self) -> ast.Module:
        return _parse(self.source)


@dataclass(frozen=True)
class Import:
    """One imported module; `lazy` where a function does it."""

    target: str
    line: int
    lazy: bool


@cache
def _parse(source: str) -> ast.Module:
    return ast.parse(source)


def imports(module: Module) -> Iterator[Import]:
    """All imports; `from a import b` gives `a.b`, which may be a module or a name in one."""

    def visit(node: ast.AST, lazy: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (Import(alias.name, child.lineno, lazy) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = child.module or ""
                if child.level:
                    parts = module.name.split(".")
                    kept = parts[: len(parts) - child.level + module.is_package]
                    base = ".".join([*kept, *([base] if base else [])])
                yield from (Import(f"{base}.{alias.name}", child.lineno, lazy) for alias in child.names)
            yield from visit(child, lazy or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef))

    return visit(module.tree, False)


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def engine_of(name: str) -> str | None:
    """The engine's folder name, for a module of a concrete engine."""
    parts = name.split(".")
    concrete = parts[0] == "engines" and len(parts) > 1 and parts[1] not in ("core", "registry")
    return parts[1] if concrete else None


def layer(name: str) -> int | None:
    """The layer's height; None for what is not ours."""
    if within(name, "vantage"):
        return 6
    if name == "engines" or within(name, "engines.core"):
        return 0
    if engine_of(name):
        return 1
    if within(name, "engines.registry"):
        return 2
    if within(name, *DOORS):
        return 5
    if within(name, "app.gui"):
        return 4
    return 3 if within(name, "app") else None


def upward_imports(module: Module) -> Iterator[str]:
    """Rules 1 and 3: own layer or a lower one; no engine another engine; app no engine."""
    own, engine = layer(module.name), engine_of(module.name)
    for found in imports(module):
        other, other_engine = layer(found.target), engine_of(found.target)
        if own is None or other is None:
            continue
        if other > own:
            yield f"{module.name}:{found.line} imports {found.target}, a higher layer"
        if other_engine and engine and other_engine != engine:
            yield f"{module.name}:{found.line} imports {found.target}, another engine"
        if other_engine and own > 1:
            yield f"{module.name}:{found.line} imports {found.target}, a concrete engine"
        if within(found.target, "app.gui") and not found.lazy and not within(module.name, "app.gui"):
            yield f"{module.name}:{found.line} imports {found.target} when it is itself imported"


def room(name: str) -> str | None:
    """The room of app that a module stands in; None for what stands in none of them."""
    parts = name.split(".")
    folder = ANNEXES.get(parts[1], parts[1]) if parts[0] == "app" and len(parts) > 1 else ""
    return folder if folder in ROOMS else None


def imports_of_higher_rooms(module: Module) -> Iterator[str]:
    """Within app, own room or a lower one."""
    own = room(module.name)
    for found in imports(module):
        other = room(found.target)
        if own is not None and other is not None and ROOMS.index(other) > ROOMS.index(own):
            yield f"{module.name}:{found.line} imports {found.target}, of a room above"


@cache
def engine_folders() -> frozenset[str]:
    """The names of the engines that are there."""
    return frozenset(path.parent.name for path in ROOT.glob("engines/*/engine.py")) - {"core"}


@cache
def engine_words() -> frozenset[str]:
    """What names an engine: its title, and its folder's name where no data layout is called so, too."""
    sources = {name: (ROOT / f"engines/{name}/engine.py").read_text(encoding="utf-8") for name in engine_folders()}
    titles = {found[1] for source in sources.values() if (found := re.search(r"^    title = \"(.+)\"$", source, re.M))}
    layouts = (path.read_text(encoding="utf-8") for path in ROOT.glob("engines/core/formats/*.py"))
    also_layouts = {found[1] for source in layouts if (found := re.search(r"^NAME = \"(.+)\"$", source, re.M))}
    return frozenset(titles | engine_folders() - also_layouts)


def asked_by_name(module: Module) -> Iterator[tuple[int, str]]:
    """Lines and constants that are an engine's name where something is asked of it, or ordered of the command line."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ASKING:
            yield from ((node.lineno, _text(value)) for value in node.args if _text(value))
        if isinstance(node, ast.List | ast.Tuple):
            for before, value in itertools.pairwise(node.elts):
                if _text(before) == "--method" and _text(value):
                    yield node.lineno, _text(value)


def named_engines(module: Module) -> Iterator[str]:
    """Rule 3: `app` asks for abilities, never for an engine's name."""
    if not within(module.name, "app", "main"):
        return
    for line, name in asked_by_name(module):
        yield f"{module.name}:{line} asks for the engine {name}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            asks = any(isinstance(side, ast.Attribute) and side.attr == "engine" for side in sides)
            if asks and any(_text(side) for side in sides):
                yield f"{module.name}:{node.lineno} asks for an engine by its name"
        text = _text(node)
        if re.fullmatch(r"engines(\.\w+)+", text) and engine_of(text):
            yield f"{module.name} names {text}"
        yield from (f"{module.name} names {word}" for word in engine_words() if re.search(rf"\b{word}\b", text))


def needed_engines(module: Module) -> Iterator[str]:
    """Tests that need an engine are beside it: others pass where its two folders are deleted."""
    if module.name.startswith(tuple(f"tests.engines.{name}." for name in engine_folders())):
        return
    for found in imports(module):
        target = found.target.removeprefix("tests.")
        if engine_of(target) in engine_folders():
            yield f"{module.name}:{found.line} imports {found.target}, which goes with its engine"
    for line, name in asked_by_name(module):
        if name in engine_folders():
            yield f"{module.name}:{line} needs the engine {name}"


def _text(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def window_imports(module: Module) -> Iterator[str]:
    """Rule 2: only app/gui imports Qt, VisPy or pyqtgraph."""
    if not within(module.name, "app.gui"):
        for found in imports(module):
            if found.target.split(".")[0] in WINDOW_PACKAGES:
                yield f"{module.name}:{found.line} imports {found.target}"


def qt_imports(module: Module) -> Iterator[str]:
    """Qt is imported through one module."""
    if module.name not in QT_MODULES:
        for found in imports(module):
            if found.target.split(".")[0] in QT_BINDINGS or found.target.startswith("pyqtgraph.Qt"):
                yield f"{module.name}:{found.line} imports {found.target}"


def slow_imports(module: Module) -> Iterator[str]:
    """What takes long to import waits until it is needed."""
    for found in imports(module):
        if found.target.split(".")[0] in SLOW_PACKAGES and not found.lazy:
            yield f"{module.name}:{found.line} imports {found.target} when it is itself imported"


def acting_imports(module: Module) -> Iterator[str]:
    """Rule 4: importing a module does nothing."""
    statements = module.tree.body
    if module.name == "main" and statements and _is_main_guard(statements[-1]):
        statements = statements[:-1]
    functions = {node.name: node for node in module.tree.body if isinstance(node, ast.FunctionDef)}
    for node in statements:
        for line, what in _acts(node, functions):
            yield f"{module.name}:{line} {what} when imported"


def _is_main_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"


def _acts(node: ast.stmt, functions: Functions) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Pass):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        defaults = [default for default in node.args.kw_defaults if default is not None]
        for expression in (*node.decorator_list, *node.args.defaults, *defaults):
            yield from _acting_calls(expression, functions)
    elif isinstance(node, ast.ClassDef):
        for expression in (*node.decorator_list, *node.bases):
            yield from _acting_calls(expression, functions)
        for statement in node.body:
            yield from _acts(statement, functions)
    elif isinstance(node, ast.If | ast.Try):
        handlers = [statement for handler in getattr(node, "handlers", []) for statement in handler.body]
        for statement in (*node.body, *handlers, *node.orelse):
            yield from _acts(statement, functions)
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        if node.value is not None:
            yield from _acting_calls(node.value, functions)
    else:
        yield node.lineno, f"runs a statement ({type(node).__name__})"


def _acting_calls(expression: ast.AST, functions: Functions) -> Iterator[tuple[int, str]]:
    if isinstance(expression, ast.Lambda):
        return
    if isinstance(expression, ast.Call):
        name = ast.unparse(expression.func)
        last = name.split(".")[-1]
        value = last[:1].isupper() and last not in ACTING_CONSTRUCTORS
        if name in functions:
            # A function of the same module is as pure as the calls in it; without the name, so that recursion ends.
            others = {other: node for other, node in functions.items() if other != name}
            for statement in functions[name].body:
                yield from ((expression.lineno, what) for _, what in _acting_calls(statement, others))
        elif not (name in PURE_CALLS or value or last in PURE_METHODS):
            yield expression.lineno, f"calls {name}"
    for child in ast.iter_child_nodes(expression):
        yield from _acting_calls(child, functions)


def circles(modules: list[Module]) -> Iterator[str]:
    """Rule 1: no chain of imports, lazy ones included, leads back to where it began."""
    names = {module.name for module in modules}
    graph: dict[str, set[str]] = {}
    for module in modules:
        targets = {
            target
            for found in imports(module)
            for target in (found.target, found.target.rpartition(".")[0])
            if target in names
        }
        # `from package import module` is an edge to the module only.
        graph[module.name] = {t for t in targets if not any(other.rpartition(".")[0] == t for other in targets)}
    done: set[str] = set()

    def visit(name: str, chain: tuple[str, ...]) -> Iterator[str]:
        if name in chain:
            yield " -> ".join([*chain[chain.index(name) :], name])
        elif name not in done:
            for target in sorted(graph.get(name, ())):
                yield from visit(target, (*chain, name))
            done.add(name)

    for name in sorted(graph):
        yield from visit(name, ())


def prints_and_asserts(module: Module) -> Iterator[str]:
    """A library neither prints nor asserts: errors are raised, and results returned."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Assert):
            yield f"{module.name}:{node.lineno} asserts"
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print" and module.name != "main":
            yield f"{module.name}:{node.lineno} prints"


def missing_docstrings(module: Module) -> Iterator[str]:
    """Each module says its topic."""
    if module.source.strip() and not ast.get_docstring(module.tree):
        yield f"{module.name} has no docstring"


def too_long(module: Module) -> Iterator[str]:
    """One topic a file, one screen or two a function."""
    lines = len(module.source.splitlines())
    if lines > MOST_FILE_LINES:
        yield f"{module.name} has {lines} lines; {MOST_FILE_LINES} are the most"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MOST_FUNCTION_LINES:
                yield f"{module.name}:{node.lineno} {node.name} has {length} lines; {MOST_FUNCTION_LINES} are the most"


def read_modules(*tops: str) -> list[Module]:
    paths = [path for top in tops for path in sorted((ROOT / top).rglob("*.py"))]
    paths += [ROOT / "main.py"] if (ROOT / "main.py").is_file() else []
    modules = []
    for path in paths:
        parts = path.relative_to(ROOT).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        modules.append(Module(name, path.read_text(encoding="utf-8"), is_package))
    return modules


Rule = Callable[[Module], Iterator[str]]
RULES: tuple[Rule, ...] = (
    upward_imports, imports_of_higher_rooms, named_engines, window_imports, qt_imports, slow_imports, acting_imports,
    prints_and_asserts, missing_docstrings, too_long,
)  # fmt: skip
