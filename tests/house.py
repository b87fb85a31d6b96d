"""The house in numbers: rooms and arrows, lines, classes, docstrings. `python -m tests.house` prints them.

`tests/test_house.py` holds each, so that none gets worse unseen; where one gets better, its bound is moved there.
"""

from __future__ import annotations

import argparse
import ast
import re
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tests.architecture_rules import ANNEXES, QT_MODULES, Module, imports, read_modules

MOST_CLASS_LINES = 200
MOST_METHODS = 20
HEADLESS = re.compile(r"(Of|That|As|For|To|With|Whose|From|Where|In|By|The same)\b")
"""What a docstring begins with that is no sentence of its own, but the rest of one that its name begins."""
SHAPE = re.compile(r"\[(?:[A-Z0-9]|\.\.\.)[^\]]*\]|\bshape")
TENSORS = ("Tensor", "Array", "Pixels", "ndarray")

Named = tuple[str, ast.ClassDef]


def classes(modules: Sequence[Module]) -> Iterator[Named]:
    """All, with the module that each stands in."""
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                yield module.name, node


def functions(modules: Sequence[Module]) -> Iterator[tuple[str, ast.FunctionDef]]:
    """All but those within functions, with where each stands."""

    def visit(place: str, body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.FunctionDef]]:
        for node in body:
            if isinstance(node, ast.FunctionDef):
                yield f"{place}.{node.name}", node
            elif isinstance(node, ast.ClassDef):
                yield from visit(f"{place}.{node.name}", node.body)

    for module in modules:
        yield from visit(module.name, module.tree.body)


def same_names(modules: Sequence[Module]) -> Mapping[str, list[str]]:
    """Names that more than one class has, with their modules; private ones, which nobody else sees, left out."""
    found = defaultdict[str, list[str]](list)
    for place, node in classes(modules):
        if not node.name.startswith("_"):
            found[node.name].append(place)
    return {name: places for name, places in sorted(found.items()) if len(places) > 1}


def headless_docstrings(modules: Sequence[Module]) -> list[str]:
    """Where a public class or function is told by half a sentence."""
    nodes: list[tuple[str, ast.FunctionDef | ast.ClassDef]] = list(functions(modules))
    nodes += [(f"{place}.{node.name}", node) for place, node in classes(modules)]
    return sorted(place for place, node in nodes if _is_public(place) and HEADLESS.match(ast.get_docstring(node) or ""))


def without_shapes(modules: Sequence[Module]) -> tuple[list[str], int]:
    """Public functions that take tensors or arrays, but tell no shape; and how many take some."""
    taking = [(place, node) for place, node in functions(modules) if _is_public(place) and _takes_tensors(node)]
    lacking = [place for place, node in taking if not SHAPE.search(_told(node))]
    return sorted(lacking), len(taking)


def _is_public(place: str) -> bool:
    return not any(part.startswith("_") and not part.startswith("__") for part in place.split("."))


def _takes_tensors(node: ast.FunctionDef) -> bool:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return any(
        found.id in TENSORS
        for argument in arguments
        if argument.annotation is not None
        for found in ast.walk(argument.annotation)
        if isinstance(found, ast.Name)
    )


def _told(node: ast.FunctionDef) -> str:
    return ast.get_docstring(node) or ""


def large_classes(modules: Sequence[Module]) -> list[str]:
    """Classes with more lines or methods than one can keep in mind."""
    found = []
    for place, node in classes(modules):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        methods = sum(isinstance(part, ast.FunctionDef) for part in node.body)
        if lines > MOST_CLASS_LINES or methods > MOST_METHODS:
            found.append(f"{place}.{node.name}: {lines} lines, {methods} methods")
    return sorted(found)


def rooms(modules: Sequence[Module], base: str) -> tuple[set[str], set[tuple[str, str]]]:
    """The boxes directly within a package, modules or folders, and the arrows between them.

    The modules that stand for Qt are none, as Qt itself would be none.
    """
    names = {module.name for module in modules} - set(QT_MODULES)

    def box(name: str) -> str | None:
        inside = name.removeprefix(f"{base}.")
        first = inside.split(".")[0]
        return ANNEXES.get(first, first) if name != inside and inside else None

    boxes = {found for name in names if (found := box(name))}
    arrows = {
        (own, other)
        for module in modules
        if (own := box(module.name))
        for found in imports(module)
        if (other := box(found.target)) and other in boxes and other != own
    }
    return boxes, arrows


def figures() -> dict[str, float]:
    """Each by its name."""
    modules = read_modules("engines", "app")
    lines = [len(module.source.splitlines()) for module in modules]
    lacking, taking = without_shapes(modules)
    found: dict[str, float] = {
        "modules": len(modules),
        "lines of a module, median": statistics.median(lines),
        "lines of a module, most": max(lines),
        "class names that stand twice": len(same_names(modules)),
        "docstrings without a head": len(headless_docstrings(modules)),
        "functions that tell the shapes of their tensors, %": round(100 * (1 - len(lacking) / taking), 1),
        "large classes in app": len([name for name in large_classes(modules) if name.startswith("app.")]),
    }
    for base in ("app", "app.gui", "engines.core"):
        boxes, arrows = rooms(modules, base)
        found |= {f"{base}: boxes": len(boxes), f"{base}: arrows": len(arrows)}
    return found


def main() -> None:
    """Prints the figures, or what is behind them."""
    parser = argparse.ArgumentParser(description="The house in numbers.")
    parser.add_argument("--list", action="store_true", help="what is to be mended, too")
    if parser.parse_args().list:
        modules = read_modules("engines", "app")
        for name, places in same_names(modules).items():
            print(f"class {name}: {', '.join(places)}")  # noqa: T201
        for title, places in (
            ("no head", headless_docstrings(modules)),
            ("no shapes", without_shapes(modules)[0]),
            ("large", large_classes(modules)),
        ):
            print(*(f"{title}: {place}" for place in places), sep="\n")  # noqa: T201
    for name, value in figures().items():
        print(f"{name:<55} {value:g}")  # noqa: T201


if __name__ == "__main__":
    main()
