"""The documentation's site: it is built strictly, leads nowhere in vain, asks nobody else, and lacks nothing."""

from __future__ import annotations

import argparse
import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from app import cli
from app.export.codecs import VIDEO_SUFFIXES
from app.gui.menus.command_table import COMMANDS as WINDOW_COMMANDS
from app.mesh.mesh_file import MESH_SUFFIXES
from app.mesh.mesh_reading import READ_SUFFIXES
from app.training.presets import presets_of
from docs.site import format_page
from docs.site.__main__ import run_mkdocs
from docs.site.staging import DOCS, PYTHON_API, SETTINGS, LostLink, on_the_site, repository_pages
from engines.core.abilities import OnlyDraws, ReadsUpstream
from engines.core.contract import ABILITIES, OBJECTIVE_ABILITIES, SCENE_ABILITIES, TRAINING_ABILITIES
from engines.core.engine import AnyEngine, Engine, Scene, Training
from engines.core.formats import FORMATS
from engines.core.members import members_of
from engines.core.objective import Objective
from engines.core.paths import path_files
from engines.core.paths.exchange.formats import PATH_FORMATS, WRITTEN_SUFFIXES
from engines.registry import all_engines, origins
from tests.architecture_rules import missing_docstrings, prints_and_asserts, read_modules, too_long
from tests.docs.built_site import BuiltSite, asked_of_the_network, lost_links, read_site

ROOT = DOCS.parent
OWN = [engine for name, engine in sorted(all_engines().items()) if not origins()[name].package]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> BuiltSite:
    """The whole site, as `./vantage docs` builds it."""
    pytest.importorskip("mkdocs", reason="docs/requirements.txt is not installed")
    out = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "docs.site", str(out)], cwd=ROOT, capture_output=True, text=True, timeout=280
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert "WARNING" not in built.stderr and built.stdout.strip() == str(out / "index.html")
    return read_site(out)


@pytest.mark.slow
def test_it_leads_nowhere_in_vain(site: BuiltSite) -> None:
    assert len(site.pages) > 100
    assert lost_links(site) == []


@pytest.mark.slow
def test_it_asks_nobody_else(site: BuiltSite) -> None:
    assert sum(len(page.loaded) for page in site.pages.values()) > len(site.pages)
    assert asked_of_the_network(site) == []


@pytest.mark.slow
def test_it_is_searched_from_a_disk(site: BuiltSite) -> None:
    index = json.loads((site.folder / "search" / "search_index.js").read_text(encoding="utf-8").partition("= ")[2])
    found = {document["location"].partition("#")[0] for document in index["docs"]}
    assert found == site.pages.keys() - {"404.html"}
    for page in site.pages.values():
        assert any(name.endswith("iframe-worker.js") for name in page.loaded)


@pytest.mark.slow
def test_it_begins_with_the_readme(site: BuiltSite) -> None:
    for words in ("trained neural scene", "git clone", "First five minutes", "./vantage sample"):
        assert words in site.text("index.html")


@pytest.mark.slow
@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_stands_there_with_every_option(name: str, site: BuiltSite) -> None:
    text = site.text(f"commands/{name}.html")
    told = [action for action in cli.command_parser(name)._actions if action.help != argparse.SUPPRESS]
    assert len(told) > 1
    for action in told:
        for option in action.option_strings or [str(action.metavar or action.dest)]:
            assert option in text
        # Words may be marked up; the first ones are enough to tell the sentence.
        assert " ".join(str(action.help).replace("%%", "%").split()[:4]) in text
    assert f"{name} " in site.text("commands/index.html")


@pytest.mark.slow
def test_every_command_of_the_window_stands_there(site: BuiltSite) -> None:
    text = site.text("window-commands.html")
    for command in WINDOW_COMMANDS:
        assert command.tip in text
        assert all(key in text for key in command.keys)


@pytest.mark.slow
@pytest.mark.parametrize("engine", OWN, ids=lambda engine: engine.name)
def test_every_method_stands_there_with_its_options_and_presets(engine: AnyEngine, site: BuiltSite) -> None:
    text = site.text(f"methods/{engine.name}.html")
    for kind in (engine.Config, engine.SceneOptions):
        for name, field in kind.model_fields.items():
            said = (field.description or "").replace("`", "").split()[:5]
            assert said and name in text and " ".join(said) in text
    own = [preset.name for preset in presets_of(engine.name) if preset.name.startswith(engine.name)]
    assert (own or isinstance(engine, OnlyDraws)) and all(name in text for name in own)


@pytest.mark.slow
@pytest.mark.parametrize(
    "protocol",
    [Engine, Scene, Training, Objective, *ABILITIES, *SCENE_ABILITIES, *TRAINING_ABILITIES, *OBJECTIVE_ABILITIES],
    ids=lambda kind: kind.__name__,
)
def test_every_member_of_a_protocol_stands_there(protocol: type, site: BuiltSite) -> None:
    page = site.pages[f"api/{protocol.__module__}.html"]
    assert protocol.__name__.lower() in page.anchors
    for member in members_of(protocol):
        anchor = f"{protocol.__name__}-{member}".lower()
        assert anchor in page.anchors or f" {member} " in f" {' '.join(page.text.split())} "


@pytest.mark.slow
def test_every_name_of_the_python_interface_leads_to_where_it_is_told(site: BuiltSite) -> None:
    page = site.pages[f"api/{PYTHON_API}.html"]
    found = {link.rpartition("#")[2] for link in page.links}
    names = [name for name in importlib.import_module(PYTHON_API).__all__ if not name.startswith("_")]
    assert len(names) > 10 and [name for name in names if name.lower() not in found] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [format_.NAME for format_ in FORMATS])
def test_every_layout_stands_there(name: str, site: BuiltSite) -> None:
    page = site.pages["formats.html"]
    layout = next(format_.LAYOUT for format_ in FORMATS if name == format_.NAME)
    assert name in page.anchors and " ".join(layout.split()) in site.text("formats.html")


@pytest.mark.parametrize("row", format_page.ROWS)
def test_a_layout_that_is_not_told_of_is_named(row: str) -> None:
    page = (DOCS / "formats.md").read_text(encoding="utf-8")
    section = page.index("### `llff`")
    broken = page[:section] + page[section:].replace(f"| {row} |", "| |", 1)
    with pytest.raises(format_page.Undocumented, match=f"lacks {row} of the layout llff"):
        format_page.with_layouts(broken)


def test_no_layout_is_told_of_that_is_not_read() -> None:
    sections = format_page.layout_sections((DOCS / "formats.md").read_text(encoding="utf-8"))
    assert list(sections) == [format_.NAME for format_ in FORMATS]


def test_every_kind_of_file_stands_there() -> None:
    page = (DOCS / "formats.md").read_text(encoding="utf-8")
    paths, meshes = page[page.index("## Camera paths") :], page[page.index("## Meshes, points") :]
    for suffix in (*path_files._READERS, *WRITTEN_SUFFIXES):
        assert f"`{suffix}`" in paths
    for name, form in PATH_FORMATS.items():
        assert f"| `{name}` | {', '.join(f'`{suffix}`' for suffix in form.suffixes)}" in paths
    for suffix in (*MESH_SUFFIXES, *READ_SUFFIXES):
        assert f"`{suffix}`" in meshes
    videos = (DOCS / "videos.md").read_text(encoding="utf-8")
    assert all(f"`{suffix}`" in videos for suffix in VIDEO_SUFFIXES)


@pytest.mark.parametrize(
    "engine", [each for each in OWN if isinstance(each, ReadsUpstream)], ids=lambda engine: engine.name
)
def test_the_authors_files_of_every_method_stand_there(engine: AnyEngine) -> None:
    page = (DOCS / "checkpoints.md").read_text(encoding="utf-8")
    assert f"\n## {engine.title}\n" in page


def test_the_glossary_leads_to_files_that_are_there() -> None:
    named = re.findall(r"`((?:app|engines)/[\w/.]+)`", (DOCS / "glossary.md").read_text(encoding="utf-8"))
    assert len(named) > 50
    # A method may be taken out with its folder.
    here = [name for name in named if ROOT.joinpath(*Path(name).parts[:2]).exists() or name.startswith("app/")]
    assert [name for name in here if not (ROOT / name).exists()] == []


def test_a_link_that_leads_off_the_site_is_named() -> None:
    targets = repository_pages()
    assert on_the_site("docs/gpu.md", "[a](scale.md#x) [b](../README.md)", targets) == "[a](scale.md#x) [b](index.md)\n"
    assert on_the_site("README.md", "`[a](b)`\n```\n[a](b)\n```\n".replace("`[a](b)`\n", ""), targets).count("(b)") == 1
    with pytest.raises(LostLink, match=r"docs/gpu\.md: leads to missing\.md"):
        on_the_site("docs/gpu.md", "[a](missing.md)", targets)


def test_lost_links_and_requests_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a href="b.html#there">1</a><a href="b.html#gone">2</a><a href="c.html">3</a>'
        '<script src="https://cdn.example/a.js"></script><a href="https://example.org">4</a>'
    )
    (tmp_path / "b.html").write_text('<p id="there">')
    (tmp_path / "a.css").write_text('@font-face { src: url("https://fonts.example/a.woff2") }')
    site = read_site(tmp_path)
    assert lost_links(site) == ["a.html: b.html#gone", "a.html: c.html"]
    assert asked_of_the_network(site) == ["a.html: https://cdn.example/a.js", 'a.css: url("http']


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ["[a](#gone)", "[a](gone.md)", "[a](other.md#gone)", "![a](gone.png)"])
def test_a_warning_fails_the_build(wrong: str, tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="docs/requirements.txt is not installed")
    settings = yaml.safe_load(SETTINGS.read_text(encoding="utf-8"))
    settings |= {"nav": [{"Start": "index.md"}, {"Other": "other.md"}], "extra_css": [], "extra": {}, "plugins": []}
    (tmp_path / "mkdocs.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "other.md").write_text("# There\n", encoding="utf-8")
    for text, code in (("[a](other.md#there)", 0), (wrong, 1)):
        (tmp_path / "pages" / "index.md").write_text(f"# Start\n\n{text}\n", encoding="utf-8")
        built = run_mkdocs(tmp_path / "mkdocs.yml", tmp_path / "out")
        assert built.returncode == code and ("gone" in built.stderr) == bool(code)


def test_its_modules_keep_the_house() -> None:
    modules = read_modules("docs")
    assert len(modules) > 8
    rules = (prints_and_asserts, missing_docstrings, too_long)
    assert [problem for module in modules for rule in rules for problem in rule(module)] == []
