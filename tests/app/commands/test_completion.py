"""Completion, by the shells themselves: the scripts are sourced, and asked what stands next."""

from __future__ import annotations

import os
import pty
import select
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from app import cli
from app.commands.completable import Completion, completions
from app.commands.completion import SHELLS

ROOT = Path(__file__).resolve().parents[3]
NEVER_S = 60.0


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The script of each shell."""
    folder = tmp_path_factory.mktemp("scripts")
    written = {}
    for shell in SHELLS:
        done = subprocess.run(
            [sys.executable, "-c", f"from app import cli; cli.main(['completion', {shell!r}])"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
        written[shell] = folder / f"vantage.{shell}"
        written[shell].write_text(done.stdout)
    return written


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder to complete in: files with spaces in their names, and a folder."""
    (tmp_path / "my scene.safetensors").write_text("")
    (tmp_path / "my photographs").mkdir()
    (tmp_path / "main.py").write_text("")
    return tmp_path


def need(shell: str) -> str:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"no {shell} here")
    return found


def in_bash(scripts: Mapping[str, Path], place: Path, *words: str) -> list[str]:
    """What bash offers for the last of the words, split as it splits them."""
    asked = (
        f"source {shlex.quote(str(scripts['bash']))}; complete -p vantage >/dev/null || exit 9\n"
        f"COMP_WORDS=({' '.join(map(shlex.quote, words))}); COMP_CWORD={len(words) - 1}\n"
        f"_vantage {shlex.quote(words[0])}; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    done = subprocess.run(
        [need("bash"), "--norc", "-c", asked], cwd=place, capture_output=True, text=True, check=True, timeout=NEVER_S
    )
    # Outside readline there is nothing that could quote file names.
    assert done.stderr in ("", "bash: line 3: compopt: not currently executing completion function\n")
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.slow
def test_bash_completes_commands_options_values_and_files(scripts: Mapping[str, Path], place: Path) -> None:
    def ask(*words: str) -> list[str]:
        return in_bash(scripts, place, *words)

    assert ask("vantage", "rend") == ["render"]
    assert set(cli.COMMANDS) < set(ask("vantage", "")) and "my scene.safetensors" in ask("vantage", "")
    assert ask("vantage", "render", "--fi") == ["--fit"]
    assert ask("vantage", "render", "x.pth", "--fit", "") == ["crop", "pad"]
    assert ask("vantage", "render", "x.pth", "--fit", "=", "p") == ["pad"]
    assert ask("vantage", "render", "x.pth", "--fit", "=") == ["crop", "pad"]
    assert ask("vantage", "render", "x.pth", "--fps", "") == []
    assert ask("vantage", "render", "--data", "my") == ["my photographs"]
    assert sorted(ask("vantage", "render", "my")) == ["my photographs", "my scene.safetensors"]
    assert ask("vantage", "render", "--path", "or") == ["orbit"]
    assert ask("vantage", "mesh", "--up", "-") == ["-x", "-y", "-z"]
    # The window's, where there is no command.
    assert "--device" in ask("vantage", "--d") and ask("vantage", "x.pth", "--device", "cu") == ["cuda"]
    assert "--supervised" not in ask("vantage", "train", "--")


@pytest.mark.slow
def test_the_launcher_is_completed_too_with_what_it_does_itself(scripts: Mapping[str, Path], place: Path) -> None:
    assert in_bash(scripts, place, "./vantage", "do") == ["doctor", "docs"]
    assert in_bash(scripts, place, "vantage", "do") == ["doctor"]


@pytest.mark.slow
@pytest.mark.parametrize("program", ["./vantage", "vantage", "/opt/vantage/vantage"])
def test_whoever_types_in_bash_gets_it(scripts: Mapping[str, Path], place: Path, program: str) -> None:
    typed = f"{program} undis\t x --ou\t my\\ ph\t"
    answer = typed_into([need("bash"), "--norc", "--noprofile", "-i"], scripts["bash"], place, typed, "photographs")
    assert "undistort  x --out  my\\ photographs/" in answer


@pytest.mark.slow
def test_whoever_types_in_zsh_gets_it(scripts: Mapping[str, Path], place: Path) -> None:
    program = [need("zsh"), "-f", "-i"]
    begin = "autoload -U compinit; compinit -u -D; "
    answer = typed_into(program, scripts["zsh"], place, "./vantage undis\t x --ou\t my\\ ph\t", "photographs", begin)
    assert "undistort" in answer and "--out" in answer
    answer = typed_into(program, scripts["zsh"], place, "vantage render x.pth --path orb\t", "orbit", begin)
    assert "--path orbit" in answer


def typed_into(shell: list[str], script: Path, place: Path, keys: str, until: str, begin: str = "") -> str:
    """What a terminal shows of a shell that has sourced the script, after keys were pressed."""
    environment = {**os.environ, "PS1": "$ ", "TERM": "dumb", "HOME": str(place), "HISTFILE": ""}
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(place)
        os.execve(shell[0], shell, environment)
    shown, sent, end = "", False, time.monotonic() + NEVER_S
    try:
        os.write(terminal, f"{begin}source {shlex.quote(str(script))}; echo sour''ced\n".encode())
        while time.monotonic() < end and not (sent and until in shown):
            if select.select([terminal], [], [], 1.0)[0]:
                shown += os.read(terminal, 4096).decode(errors="replace")
            if not sent and "sourced" in shown:
                shown, sent = "", True
                os.write(terminal, keys.encode())
    finally:
        os.close(terminal)
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    # zsh rings, and takes blanks back.
    return shown.replace("\a", "").replace(" \b", "")


@pytest.mark.slow
def test_fish_completes_commands_options_values_and_files(scripts: Mapping[str, Path], place: Path) -> None:
    fish = need("fish")

    def ask(line: str) -> list[str]:
        code = f"source {shlex.quote(str(scripts['fish']))}; complete -C {shlex.quote(line)}"
        environment = {**os.environ, "HOME": str(place)}
        done = subprocess.run(
            [fish, "--no-config", "-c", code],
            cwd=place,
            capture_output=True,
            text=True,
            timeout=NEVER_S,
            env=environment,
        )
        assert done.stderr == ""
        return [row.partition("\t")[0] for row in done.stdout.splitlines()]

    assert ask("vantage rend") == ["render"] and ask("./vantage rend") == ["render"]
    assert ask("vantage render x.pth --fit ") == ["crop", "pad"]
    assert ask("vantage render x.pth --fps ") == []
    assert ask("vantage render x.pth --fi") == ["--fit"]
    assert [name.rstrip("/") for name in ask("vantage render --data my")] == ["my photographs"]
    assert "my scene.safetensors" in ask("vantage info my")
    assert ask("vantage x.pth --device cu") == ["cuda"]


def test_what_can_be_completed_is_what_the_parsers_take() -> None:
    found = {name: {option for one in completions(name) for option in one.names} for name in cli.COMMANDS}
    assert {"--fit", "--path", "--out", "--help"} <= found["render"]
    by_name = {one.names[-1]: one for one in completions("render") if one.names}
    assert by_name["--fit"].values == ("crop", "pad") and not by_name["--fit"].is_flag
    assert by_name["--data"].files == "folders" and by_name["--out"].files == "files"
    assert completions("completion")[-1] == Completion((), "the shell that the script is for", False, SHELLS)


def test_a_shell_that_is_not_known_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", "tcsh"]) == 2
    assert capsys.readouterr().err.startswith("main.py completion: argument shell: invalid choice: 'tcsh'")
