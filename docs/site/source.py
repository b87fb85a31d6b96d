"""What a Python module offers, read off its source without running it: classes, functions, values, their docstrings."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST_SIGNATURE, LONGEST_VALUE = 96, 60
"""Characters: a signature that is longer has an argument a line, a value is left out."""


@dataclass(frozen=True)
class SourceValue:
    """A constant of a module, or a field of a class.

    Attributes:
        type: as it is annotated; "" without.
        value: what it begins with; "" where nothing is said, or it is long.
    """

    name: str
    type: str
    value: str
    docstring: str


@dataclass(frozen=True)
class SourceFunction:
    """A function, a method or a property, with its whole signature."""

    name: str
    signature: str
    docstring: str


@dataclass(frozen=True)
class SourceClass:
    """A class with its fields and methods."""

    name: str
    signature: str
    docstring: str
    fields: tuple[SourceValue, ...]
    methods: tuple[SourceFunction, ...]


@dataclass(frozen=True)
class SourceModule:
    """A module.

    Attributes:
        name: dotted.
        given_on: (name, module) of what it imports for others, by its `__all__`.
    """

    name: str
    docstring: str
    values: tuple[SourceValue, ...]
    classes: tuple[SourceClass, ...]
    functions: tuple[SourceFunction, ...]
    given_on: tuple[tuple[str, str], ...] = ()
    is_package: bool = False

    @property
    def members(self) -> tuple[str, ...]:
        """The names of its classes and functions."""
        return *(each.name for each in self.classes), *(each.name for each in self.functions)

    @property
    def first_line(self) -> str:
        """What it is for."""
        return self.docstring.split("\n\n", 1)[0].replace("\n", " ")


def read_module(path: Path, name: str) -> SourceModule:
    """The public part of a module."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    shown = [node for node in tree.body if not getattr(node, "name", "").startswith("_")]
    return SourceModule(
        name,
        ast.get_docstring(tree) or "",
        tuple(value for value in _values(source, tree.body) if value.docstring),
        tuple(_class(source, node) for node in shown if isinstance(node, ast.ClassDef)),
        tuple(_function(node) for node in shown if isinstance(node, ast.FunctionDef)),
        tuple(_given_on(tree)),
    )


def _given_on(tree: ast.Module) -> Iterator[tuple[str, str]]:
    lists = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    named = {name for listed in lists for name in ast.literal_eval(listed)}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((each.name, node.module) for each in node.names if each.name in named and each.name[0] != "_")


def _values(source: str, body: Sequence[ast.stmt]) -> Iterator[SourceValue]:
    """The public names that are given values, with the string behind each as its docstring."""
    for at, node in enumerate(body):
        target: ast.expr | None = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(target, ast.Name):
            continue
        after = body[at + 1] if at + 1 < len(body) else None
        docstring = ""
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
            docstring = " ".join(after.value.value.split())
        if not target.id.startswith("_"):
            kind = ast.unparse(node.annotation) if isinstance(node, ast.AnnAssign) else ""
            # As it is written: 1e15 has many noughts otherwise.
            value = ast.get_source_segment(source, node.value) or "" if node.value is not None else ""
            yield SourceValue(
                target.id, kind, value if len(value) <= LONGEST_VALUE and "\n" not in value else "", docstring
            )


def _class(source: str, node: ast.ClassDef) -> SourceClass:
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    lines = [f"@{ast.unparse(decorator)}" for decorator in node.decorator_list]
    lines.append(f"class {node.name}({bases})" if bases else f"class {node.name}")
    methods = [
        _function(each)
        for each in node.body
        if isinstance(each, ast.FunctionDef) and (each.name == "__init__" or not each.name.startswith("_"))
    ]
    documented = tuple(method for method in methods if method.docstring)
    return SourceClass(
        node.name, "\n".join(lines), ast.get_docstring(node) or "", tuple(_values(source, node.body)), documented
    )


def _function(node: ast.FunctionDef) -> SourceFunction:
    decorators = [f"@{ast.unparse(decorator)}" for decorator in node.decorator_list]
    returned = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
    line = f"def {node.name}({ast.unparse(node.args)}){returned}"
    if len(line) > LONGEST_SIGNATURE:
        line = f"def {node.name}(\n{_arguments(node.args)}){returned}"
    return SourceFunction(node.name, "\n".join([*decorators, line]), ast.get_docstring(node) or "")


def _arguments(arguments: ast.arguments) -> str:
    """One a line."""
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [*[None] * (len(plain) - len(arguments.defaults)), *arguments.defaults]
    lines = [_argument(each, default) for each, default in zip(plain, defaults, strict=True)]
    if arguments.vararg is not None:
        lines.append(f"*{_argument(arguments.vararg, None)}")
    elif arguments.kwonlyargs:
        lines.append("*")
    lines += [_argument(each, given) for each, given in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    if arguments.kwarg is not None:
        lines.append(f"**{_argument(arguments.kwarg, None)}")
    return "".join(f"    {line},\n" for line in lines)


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    kind = f": {ast.unparse(argument.annotation)}" if argument.annotation is not None else ""
    if default is None:
        return f"{argument.arg}{kind}"
    return f"{argument.arg}{kind} = {ast.unparse(default)}" if kind else f"{argument.arg}={ast.unparse(default)}"
