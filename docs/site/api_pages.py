"""A page for each module of a package: its classes with their members, functions and values, and their docstrings."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from docs.site.docstrings import entries, prose, split_sections, whole
from docs.site.pages import ROOT, Page, code, escaped, table
from docs.site.source import SourceClass, SourceFunction, SourceModule, SourceValue, read_module

FOLDER = "api"
MODULES_END = "-modules"
"""The end of the name of a page that lists a package's modules."""


def api_pages(*packages: str) -> list[Page]:
    """Of each package the list of its modules, then a page for each; they lead to each other."""
    modules = {package: list(_modules(package)) for package in packages}
    links = _Links([module for of_package in modules.values() for module in of_package])
    return [
        page
        for package, of_package in modules.items()
        for page in (_index(package, of_package), *(_page(module, links) for module in of_package))
    ]


def _modules(package: str) -> Iterator[SourceModule]:
    """All of a package, its own first, then those of each folder."""
    folder = ROOT.joinpath(*package.split("."))
    single = folder.with_suffix(".py")
    if single.is_file():
        yield read_module(single, package)
        return
    files = (path for path in folder.rglob("*.py") if not any(part.startswith("_") for part in _inner(folder, path)))
    packages = folder.rglob("__init__.py")
    for path in sorted([*files, *packages], key=lambda each: (_inner(folder, each)[:-1], each.name)):
        parts = [part for part in _inner(folder, path) if part != "__init__.py"]
        name = ".".join([package, *(part.removesuffix(".py") for part in parts)])
        yield replace(read_module(path, name), is_package=path.name == "__init__.py")


def _inner(folder: Path, path: Path) -> tuple[str, ...]:
    return path.relative_to(folder).parts


def page_of(module: str) -> str:
    """The file of a module's page."""
    return f"{FOLDER}/{module}.md"


class _Links:
    """Where names of code are told."""

    def __init__(self, modules: Sequence[SourceModule]) -> None:
        self._modules = {module.name for module in modules}
        members = [(name, module.name) for module in modules for name in module.members]
        counts = Counter(name for name, _ in members)
        # A name that stands in several modules means the own one where there is one, else nobody knows.
        self._places = {name: module for name, module in members if counts[name] == 1}
        self._places |= {f"{module}.{name}": module for name, module in members}

    def link(self, word: str, here: str) -> str:
        """A word of code, as a link to where it is told if that is known."""
        package = here if f"{here}.{word}" in self._places else here.rpartition(".")[0]
        beside = f"{package}.{word.removesuffix('.py').replace('/', '.')}" if word.endswith(".py") else word
        for name in (f"{here}.{word}", word):
            if name in self._places:
                anchor = name.rpartition(".")[2].lower()
                module = self._places[name]
                return f"[`{word}`](#{anchor})" if module == here else f"[`{word}`]({module}.md#{anchor})"
        return f"[`{word}`]({beside}.md)" if beside in self._modules and beside != here else f"`{word}`"

    def types(self, signature: str, here: str) -> str:
        """A line with the types of a signature that are told somewhere; "" without any."""
        names = dict.fromkeys(re.findall(r"\b[A-Z]\w+", signature))
        found = [link for name in names if (link := self.link(name, here)).startswith("[")]
        return f"Types: {', '.join(found)}" if found else ""


def _index(package: str, modules: Sequence[SourceModule]) -> Page:
    rows = [
        (f"[`{each.name}`]({posixpath.basename(page_of(each.name))})", escaped(each.first_line)) for each in modules
    ]
    text = (
        f"# The API of {package}\n\n"
        "Made of the docstrings; [From Python](../python-api.md) and [Add a method](../add-a-method.md) tell the way "
        "through them.\n\n"
        f"{table(('module', 'what it is for'), rows)}\n"
    )
    return Page(f"{FOLDER}/{package}{MODULES_END}.md", f"All of {package}", text)


def _page(module: SourceModule, links: _Links) -> Page:
    def link(word: str) -> str:
        return links.link(word, module.name)

    parts = [f"# {module.name}", whole(module.docstring, link), *_given_on(module, links)]
    if module.values:
        rows = [(code(each.name), code(each.type), code(each.value), prose(each.docstring, link))
                for each in module.values]  # fmt: skip
        parts.append("## Values\n\n" + table(("name", "type", "value", "what it is"), rows))
    parts += [_class(each, links, module.name) for each in module.classes]
    parts += [_function(each, links, module.name, "##") for each in module.functions]
    # A package stands before its modules in the list of them.
    title = module.name if module.is_package else module.name.rpartition(".")[2]
    return Page(page_of(module.name), title, "\n\n".join(parts) + "\n")


def _given_on(module: SourceModule, links: _Links) -> Iterator[str]:
    """What a package gives of other modules: a list, and those that are told nowhere else."""
    rows, told_here = [], list[str]()
    for name, place in module.given_on:
        source = read_module(ROOT.joinpath(*place.split(".")).with_suffix(".py"), place)
        members: Sequence[SourceClass | SourceFunction] = (*source.classes, *source.functions)
        member = next((each for each in members if each.name == name), None)
        if member is None:
            continue
        link = links.link(f"{place}.{name}", module.name)
        if not link.startswith("["):
            link = f"[`{name}`](#{name.lower()})"
            if isinstance(member, SourceClass):
                told_here.append(_class(member, links, place))
            else:
                told_here.append(_function(member, links, place, "##"))
        rows.append((link.replace(f"{place}.", "", 1), escaped(member.docstring.partition("\n\n")[0])))
    if rows:
        yield f"## Names\n\n{table(('name', 'what it is'), rows)}"
    yield from told_here


def _class(found: SourceClass, links: _Links, module: str) -> str:
    def link(word: str) -> str:
        return links.link(word, module)

    _, sections = split_sections(found.docstring)
    told = dict(entries(sections.get("Attributes", "")))
    of_one = {name.strip(): text for names, text in told.items() for name in names.split(",")}
    parts = [f"## {found.name} {{ #{found.name.lower()} }}", f"```python\n{found.signature}\n```"]
    if found.fields:
        parts += [whole(found.docstring, link, ("Attributes",)), _fields(found.fields, of_one, links, module)]
    else:
        parts.append(whole(found.docstring, link))
    parts += [_function(each, links, module, "###", found.name) for each in found.methods]
    return "\n\n".join(part for part in parts if part)


def _fields(fields: Sequence[SourceValue], told: dict[str, str], links: _Links, module: str) -> str:
    rows = [
        (
            code(each.name),
            code(each.type),
            code(each.value),
            prose(each.docstring or told.get(each.name, ""), lambda word: links.link(word, module)),
        )
        for each in fields
    ]
    return table(("member", "type", "default", "what it is"), rows)


def _function(found: SourceFunction, links: _Links, module: str, heading: str, owner: str = "") -> str:
    # Without underlines at the ends, which Markdown would take for emphasis.
    name = found.name.strip("_").lower()
    anchor = f"{owner.lower()}-{name}" if owner else name
    parts = [
        f"{heading} {escaped(found.name)} {{ #{anchor} }}",
        f"```python\n{found.signature}\n```",
        whole(found.docstring, lambda word: links.link(word, module)),
        links.types(found.signature, module),
    ]
    return "\n\n".join(part for part in parts if part)
