"""The guide's pictures are made of the program as it is; each is on a page, and each on a page is made so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.demos import DEMO_FOLDER, FIRST, demo_scenes
from tests.pictures import album
from tests.pictures.conftest import Judge, MakeStage
from tests.pictures.contents import GUIDE_PICTURES
from tests.pictures.guide_states import GUIDE, IN_SUITE

DOCS = album.REPOSITORY / "docs"
LONGEST_S = 7200
NARROWEST_PX, WIDEST_PX = 480, 1280


@pytest.mark.timeout(LONGEST_S)
@pytest.mark.parametrize("walk", IN_SUITE if album.drawing_to() is None else GUIDE)
def test_the_guide_shows_the_window_as_it_is(walk: str, guide: MakeStage, judge: Judge) -> None:
    if demo_scenes()[:1] != (DEMO_FOLDER / f"{FIRST}.safetensors",):
        pytest.skip("the method of the first demo scene is not installed")
    with guide(GUIDE[walk].size_px) as hand:
        for name, reach in GUIDE[walk].states.items():
            judge(name, hand.picture(reach(hand)))
    judge.conclude()


def shown_by(page: Path) -> set[Path]:
    """The pictures on a page."""
    found = re.findall(r"!\[[^\]]+\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    return {(page.parent / place).resolve() for place in found}


def test_all_pictures_of_the_pages_are_made_of_the_program_and_all_that_are_made_are_shown() -> None:
    made = {album.stored_path(name) for name in GUIDE_PICTURES}
    of_pages = {path for path in made if path.parent == DOCS}
    pages = [album.REPOSITORY / "README.md", *DOCS.glob("*.md")]
    assert set(DOCS.glob("*.png")) == of_pages == set().union(*(shown_by(page) for page in pages))
    assert set(DEMO_FOLDER.glob("*.jpg")) == made - of_pages
    assert {path.stem for path in made - of_pages} == {path.stem for path in DEMO_FOLDER.glob("*.safetensors")}


def test_pictures_of_the_pages_are_as_large_as_a_page_has_room_for() -> None:
    for path in DOCS.glob("*.png"):
        height, width, _ = album.read(path).shape
        assert NARROWEST_PX <= width <= WIDEST_PX and height <= WIDEST_PX, path.name
        assert path.stat().st_size <= album.MOST_BYTES, path.name
