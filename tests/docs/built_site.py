"""The built site as files: what each page says, where it leads, and what it would ask the network for."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "video": "src"}
"""What a browser fetches by itself, by the attribute that says where from."""
UNSEEN = ("script", "style")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.words: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        # Where the page itself would stand, were it published, is only said.
        if tag in LOADED and LOADED[tag] in values and values.get("rel") not in ("canonical", "next", "prev"):
            self.loaded.append(values[LOADED[tag]])
        self._unseen += tag in UNSEEN

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in UNSEEN

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words.append(data)


@dataclass(frozen=True)
class BuiltPage:
    """One page.

    Attributes:
        text: what is to be read on it.
        anchors: the places in it that can be led to.
        links: where it leads.
        loaded: the addresses that a browser fetches to show it.
    """

    text: str
    anchors: frozenset[str]
    links: tuple[str, ...]
    loaded: tuple[str, ...]


@dataclass(frozen=True)
class BuiltSite:
    """All of them, by their files below the folder."""

    folder: Path
    pages: dict[str, BuiltPage] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """What is to be read on a page, with single spaces."""
        return " ".join(self.pages[name].text.split())


def read_site(folder: Path) -> BuiltSite:
    """Reads every page in a folder."""
    site = BuiltSite(folder)
    for path in sorted(folder.rglob("*.html")):
        reader = _Reader()
        reader.feed(path.read_text(encoding="utf-8"))
        site.pages[path.relative_to(folder).as_posix()] = BuiltPage(
            "".join(reader.words), frozenset(reader.anchors), tuple(reader.links), tuple(reader.loaded)
        )
    return site


def lost_links(site: BuiltSite) -> list[str]:
    """Links that lead to no file, or to no place in it."""
    lost = []
    for name, page in site.pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or name == "404.html":
                continue
            wanted = (site.folder / name).parent / unquote(parts.path) if parts.path else site.folder / name
            there = wanted / "index.html" if wanted.is_dir() else wanted
            found = site.pages.get(there.resolve().relative_to(site.folder.resolve()).as_posix())
            if not there.is_file() or (parts.fragment and found and unquote(parts.fragment) not in found.anchors):
                lost.append(f"{name}: {link}")
    return lost


def asked_of_the_network(site: BuiltSite) -> list[str]:
    """What a browser would fetch from elsewhere, of pages and of style sheets."""
    asked = [f"{name}: {link}" for name, page in site.pages.items() for link in page.loaded if "//" in link]
    for path in sorted(site.folder.rglob("*.css")):
        text = path.read_text(encoding="utf-8")
        asked += [f"{path.name}: {mark}" for mark in ("url(http", "url(//", 'url("http', "@import") if mark in text]
    return asked
