"""Every option of every engine has a label, a group and, where it is a quantity, a unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest

from engines.core.config import UNGROUPED, Options
from engines.registry import all_engines, find_engine

PLUG_INS = ("colour_grid", "colour_film")
"""Of the tests alone: they show what forms make of options of which nothing is said."""
ENGINES = sorted(set(all_engines()) - set(PLUG_INS))
KINDS = ("Config", "SceneOptions")


def unlabelled(kind: type[Options]) -> list[str]:
    """Fields that nothing but their names says something of, each with what is missing."""
    return sorted(_lacking(kind))


def _lacking(kind: type[Options]) -> Iterator[str]:
    labelled = {field for own in kind.__mro__ for field in own.__dict__.get("LABELS", {})}
    grouped = {field for heading, fields in kind.grouped().items() if heading != UNGROUPED for field in fields}
    for field, info in kind.model_fields.items():
        if field not in labelled:
            yield f"{field}: label"
        if field not in grouped:
            yield f"{field}: group"
        if is_quantity(info.annotation) and kind.unit(field) is None:
            yield f"{field}: unit"


def is_quantity(kind: Any) -> bool:
    """Whether values are numbers, or several of them."""
    if get_origin(kind) is Literal:
        return all(isinstance(value, int | float) for value in get_args(kind))
    return kind in (int, float) or any(is_quantity(part) for part in get_args(kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ENGINES)
def test_every_option_has_a_label_a_group_and_a_unit(name: str, kind: str) -> None:
    assert unlabelled(getattr(find_engine(name), kind)) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ENGINES)
def test_no_two_options_have_the_same_title(name: str, kind: str) -> None:
    options = getattr(find_engine(name), kind)
    titles = [options.title(field) for field in options.model_fields]
    assert len(set(titles)) == len(titles)


def test_what_is_missing_is_found() -> None:
    class Bare(Options):
        size: tuple[int, int] | None = None
        kind: Literal["a", "b"] = "a"
        side: Literal[3, 5] = 3

    found = ["kind: group", "kind: label", "side: group", "side: label", "side: unit"]
    assert unlabelled(Bare) == [*found, "size: group", "size: label", "size: unit"]
