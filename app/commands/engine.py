"""`main.py engine`: the methods that are here and what they can; or whether one does what the program relies on."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from app.commands.console import write_json, write_table
from app.conformance.running import CheckOutcome, conform
from engines.core.config import parse_settings
from engines.core.contract import abilities_of
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.registry import all_engines, failed_engines, find_engine, origins


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("name", nargs="?", metavar="NAME", help=(
        "the method to try: that it begins, repeats, resumes, draws and stops as the program relies on "
        "(default: list all)"
    ))  # fmt: skip
    parser.add_argument("--data", type=Path, metavar="FOLDER", help=(
        "what it is tried on (default: small scenes that are made for it)"
    ))  # fmt: skip
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings", help=(
        "an option of its training, over those that its Config names for a trial; may be repeated"
    ))  # fmt: skip
    parser.add_argument("--only", default="", metavar="CHECK", help=(
        "words of a check's line, such as resume or 'bit for bit': only those are tried"
    ))  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")


def run(arguments: argparse.Namespace) -> int:
    """Lists the methods, or tries one and prints a line for each check.

    Raises:
        UserError: there is no such method, it can't be used, or a check failed.
    """
    if arguments.name is None:
        if arguments.data is not None or arguments.settings or arguments.only:
            raise UserError("--data, --set and --only: which method is to be tried? name it")
        _list(arguments.json)
        return 0
    engine = find_engine(arguments.name)
    samples = [open_dataset(arguments.data)] if arguments.data is not None else None
    outcomes = conform(
        engine,
        samples,
        parse_settings(arguments.settings),
        _show if not arguments.json else _keep_quiet,
        arguments.only,
    )
    untried = sum(outcome.state == "not tried" for outcome in outcomes)
    if untried and not arguments.json:
        sys.stdout.write(f"{'not tried':<9}  {untried} checks more, of what could not be made\n")
    if arguments.json:
        write_json({"engine": engine.name, "checks": [vars(outcome) for outcome in outcomes]})
    if failed := [outcome for outcome in outcomes if outcome.state == "FAILED"]:
        names = ", ".join(dict.fromkeys(outcome.member for outcome in failed))
        raise UserError(f"{engine.name}: {len(failed)} of {len(outcomes)} checks failed, of {names}; the lines say why")
    return 0


def _show(outcome: CheckOutcome) -> None:
    # What is not tried hides the reason, and is counted in the end.
    if outcome.state != "not tried":
        sys.stdout.write(outcome.line + "\n")
        sys.stdout.flush()


def _keep_quiet(outcome: CheckOutcome) -> None:
    """All are written together."""


def _list(as_json: bool) -> None:
    known = {
        name: {"title": engine.title, "from": origins()[name].text, "abilities": abilities_of(engine)}
        for name, engine in all_engines().items()
    }
    if as_json:
        write_json({"engines": known, "failed": dict(failed_engines())})
        return
    rows: list[tuple[str, str]] = []
    for name, facts in known.items():
        rows += [(name, f"{facts['title']} ({facts['from']})"), ("", _sentence(facts["abilities"]))]
    write_table([*rows, *((name, f"can't be used: {reason}") for name, reason in failed_engines().items())])


def _sentence(abilities: Any) -> str:
    return ", ".join(abilities) or "nothing besides what every method does"
