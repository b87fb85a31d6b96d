"""Puts the site's sources into one folder: the repository's pages, their links mended, and those made of the code."""

from __future__ import annotations

import os
import posixpath
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import yaml

from docs.site.api_pages import MODULES_END, api_pages
from docs.site.command_pages import command_pages
from docs.site.format_page import with_layouts
from docs.site.method_pages import method_pages
from docs.site.pages import ROOT, Page, outside_fences
from docs.site.window_page import window_page

DOCS = ROOT / "docs"
SETTINGS = DOCS / "site" / "mkdocs.yml"
TAKEN: Mapping[str, str] = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "checkpoints/README.md": "demo-scenes.md",
    "configs/README.md": "presets.md",
}
"""Pages that stand elsewhere in the repository, and what they are called on the site."""
BESIDE = ("style.css", "iframe-worker.js")
"""Files that the pages load."""
HOME, HOME_SETTINGS = "index.md", "---\nhide: [navigation]\n---\n\n"
"""The first page has no others beside it."""
FORMATS_PAGE = "formats.md"
CORE, PYTHON_API = "engines.core", "app.api"
_LINK = re.compile(r"(\[[^\]]*\]\()([^)\s#]*)(#[^)\s]*)?\)")
_TITLED_FENCE = re.compile(r"^( {0,3}```)(\w+) ([^=`\n]+)$", flags=re.M)


class LostLink(Exception):
    """A page of the repository leads to something that is not on the site."""


def stage(folder: Path) -> Path:
    """Writes all sources into a new folder.

    Returns:
        settings: mkdocs' file, with the folder `pages` beside it.

    Raises:
        LostLink: names the page and the link.
        Undocumented: names the layout that `formats.md` does not tell of.
    """
    pages = folder / "pages"
    made = made_pages()
    targets = repository_pages()
    for source, target in targets.items():
        place = pages / target
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.endswith(".md"):
            text = on_the_site(source, (ROOT / source).read_text(encoding="utf-8"), targets)
            text = HOME_SETTINGS + text if target == HOME else text
            place.write_text(with_layouts(text) if target == FORMATS_PAGE else text, encoding="utf-8")
        else:
            shutil.copyfile(ROOT / source, place)
    for page in made:
        place = pages / page.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(page.text, encoding="utf-8")
    for name in BESIDE:
        shutil.copyfile(DOCS / "site" / name, pages / name)
    settings = yaml.safe_load(SETTINGS.read_text(encoding="utf-8"))
    settings["nav"] = list(filled(settings["nav"], made))
    written = folder / "mkdocs.yml"
    written.write_text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return written


def made_pages() -> list[Page]:
    """All that are made of the code."""
    return [*command_pages(), window_page(), *method_pages(), *api_pages(PYTHON_API, CORE)]


def repository_pages() -> Mapping[str, str]:
    """Where each page and picture of the repository goes, by its path in the repository."""
    own = (path for path in sorted(DOCS.rglob("*")) if path.suffix in (".md", ".png") and path.is_file())
    return {**TAKEN, **{path.relative_to(ROOT).as_posix(): path.relative_to(DOCS).as_posix() for path in own}}


def on_the_site(source: str, text: str, targets: Mapping[str, str]) -> str:
    """A page of the repository as it stands on the site.

    Raises:
        LostLink: it leads to a file that is not there.
    """
    parts = []
    for is_prose, lines in groupby(outside_fences(text), key=itemgetter(1)):
        part = "".join(f"{line}\n" for line, _ in lines)
        if is_prose:
            part = _LINK.sub(lambda found: f"{found[1]}{_led(source, found[2], targets)}{found[3] or ''})", part)
        # What a block of code is of stands above it.
        parts.append(_TITLED_FENCE.sub(r'\1\2 title="\3"', part))
    return "".join(parts)


def _led(source: str, link: str, targets: Mapping[str, str]) -> str:
    """Where a link leads on the site."""
    if not link or re.match(r"[a-z]+:", link):
        return link
    wanted = posixpath.normpath(posixpath.join(posixpath.dirname(source), link))
    if wanted not in targets:
        raise LostLink(f"{source}: leads to {link}, which is not on the site")
    return os.path.relpath(targets[wanted], posixpath.dirname(targets[source]) or ".").replace(os.sep, "/")


def filled(navigation: Sequence[Any], made: Sequence[Page]) -> Iterator[Any]:
    """The navigation with the pages of each folder in the place of its name, such as `commands/`."""
    for entry in navigation:
        ((title, value),) = entry.items()
        if isinstance(value, list):
            yield {title: list(filled(value, made))}
        elif value.endswith("/"):
            found = _of_folder(value, made)
            if found:
                yield {title: found}
        else:
            yield entry


def _of_folder(folder: str, made: Sequence[Page]) -> list[Any]:
    """The pages of a folder; of modules, each package's and each of its folders' in a list of its own."""
    pages = [page for page in made if page.path.startswith(folder)]
    packages = dict.fromkeys(_package(page, folder) for page in pages)
    if len(packages) < 2:
        return _of_package(pages, folder)
    return [
        {package: _of_package([page for page in pages if _package(page, folder) == package], folder)}
        for package in packages
    ]


def _package(page: Page, folder: str) -> str:
    """The package that a page of a module is of; "" of others."""
    name = page.path.removeprefix(folder).removesuffix(".md").removesuffix(MODULES_END)
    return ".".join(name.split(".")[:2]) if "." in name else ""


def _of_package(pages: Sequence[Page], folder: str) -> list[Any]:
    entries: list[Any] = []
    rooms = dict[str, list[Any]]()
    inner = {f"{page.path.removesuffix('.md').rpartition('.')[0]}." for page in pages}
    for page in pages:
        parts = page.path.removeprefix(folder).removesuffix(".md").split(".")
        room = parts[2:-1] or (parts[2:] if f"{folder}{'.'.join(parts)}." in inner else [])
        if room:
            place = rooms.get(room[0])
            if place is None:
                place = rooms[room[0]] = []
                entries.append({room[0]: place})
            place.append({page.title: page.path})
        else:
            entries.append({page.title: page.path})
    return entries
