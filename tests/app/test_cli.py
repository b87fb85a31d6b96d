"""Which command runs, what is imported for it, and what each ending looks like."""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from app import __version__, cli
from engines.core.errors import Cancelled, UserError

ROOT = Path(__file__).resolve().parent.parent.parent


def put_command(monkeypatch: pytest.MonkeyPatch, name: str, run: Callable[[argparse.Namespace], int]) -> None:
    """In place of a command: one that takes any checkpoint and `--data`."""

    def add_arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("checkpoint", nargs="?")
        parser.add_argument("--data")

    module = ModuleType(f"app.commands.{name}")
    vars(module).update(add_arguments=add_arguments, run=run)
    monkeypatch.setitem(sys.modules, f"app.commands.{name}", module)


@pytest.mark.parametrize(
    ("words", "command", "checkpoint", "data"),
    [
        ([], "view", None, None),
        (["view"], "view", None, None),
        (["scene.safetensors"], "view", "scene.safetensors", None),
        (["--data", "folder"], "view", None, "folder"),
        (["scene.safetensors", "--data", "folder"], "view", "scene.safetensors", "folder"),
        (["view", "info"], "view", "info", None),
        (["info", "scene.pth"], "info", "scene.pth", None),
    ],
)
def test_the_command_is_chosen(
    monkeypatch: pytest.MonkeyPatch, words: list[str], command: str, checkpoint: str | None, data: str | None
) -> None:
    ran: list[tuple[str, str | None, str | None]] = []

    def note(name: str, arguments: argparse.Namespace) -> int:
        ran.append((name, arguments.checkpoint, arguments.data))
        return 0

    for name in ("view", "info"):
        put_command(monkeypatch, name, partial(note, name))
    assert cli.main(words) == 0
    assert ran == [(command, checkpoint, data)]


def fail_with(error: BaseException) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        raise error

    return run


class OutOfMemoryError(RuntimeError):
    """Named like torch's."""


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UserError("a.pth: no such\n  file"), 1, "vantage: a.pth: no such file\n"),
        (KeyboardInterrupt(), 130, "stopped\n"),
        (Cancelled(), 130, "stopped\n"),
        (MemoryError(), 1, "vantage: out of memory; use a smaller --size, or a machine with more\n"),
        (OutOfMemoryError("CUDA"), 1, "vantage: out of memory on the device; use a smaller --size, or --device cpu\n"),
        (
            ModuleNotFoundError("No module named 'tqdm'", name="tqdm"),
            1,
            "vantage: tqdm is not installed; start with ./vantage, or pip install -r requirements.txt\n",
        ),
    ],
)
def test_endings_are_one_line_and_a_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, line: str
) -> None:
    put_command(monkeypatch, "info", fail_with(error))
    assert cli.main(["info"]) == code
    assert capsys.readouterr() == ("", line)


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), ModuleNotFoundError("gone", name="app.gone")])
def test_a_bug_shows_where_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    put_command(monkeypatch, "info", fail_with(error))
    assert cli.main(["info"]) == 70
    output = capsys.readouterr()
    assert "Traceback" in output.err and "report" in output.err and output.out == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["info", "a", "--nonsense"], "main.py info: unrecognized arguments: --nonsense (main.py info --help)\n"),
        (["rendr", "x"], "main.py: rendr: no such file, and no command; did you mean render?\n"),
        (["zzz"], f"main.py: zzz: no such file, and no command; the commands are {', '.join(cli.COMMANDS)}\n"),
    ],
)
def test_usage_errors_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    put_command(monkeypatch, "info", lambda _: 0)
    assert cli.main(words) == 2
    assert capsys.readouterr() == ("", message)


def test_an_installed_program_is_called_by_its_own_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/vantage", "info"])
    assert cli.main(["info", "a", "--nonsense"]) == 2
    assert capsys.readouterr().err == "vantage info: unrecognized arguments: --nonsense (vantage info --help)\n"
    assert cli.main(["--help"]) == 0 and "main.py" not in capsys.readouterr().out.replace("what main.py does", "")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--help"], ["-h"], ["help"]):
        assert cli.main(words) == 0
        output = capsys.readouterr().out
        assert all(name in output for name in cli.COMMANDS)


def test_version_is_the_projects(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"vantage {__version__}\n"


def test_every_command_is_a_module_with_help(capsys: pytest.CaptureFixture[str]) -> None:
    for name in cli.COMMANDS:
        assert cli.main([name, "--help"]) == 0, name
        assert f"main.py {name}" in capsys.readouterr().out


def run_main(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "main.py", *words], cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_nothing_heavy_is_imported_for_help_or_by_other_commands() -> None:
    code = (
        "import sys; from app import cli; cli.main({words!r});"
        "sys.stderr.write('loaded: ' + ' '.join(n for n in {names!r} if n in sys.modules))"
    )
    heavy = ["torch", "PyQt5", "vispy", "imageio_ffmpeg", "tensorboard"]
    for words, loaded in ((["--help"], ""), (["--version"], ""), (["info", "missing.pth"], "torch")):
        command = [sys.executable, "-c", code.format(words=words, names=heavy)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.stderr.splitlines()[-1] == f"loaded: {loaded}"


def test_garbage_is_collected_again_once_all_is_imported() -> None:
    gc.disable()
    try:
        assert cli.main(["engine"]) == 0
        assert gc.isenabled() and gc.get_freeze_count() > 0
    finally:
        gc.enable()
        gc.unfreeze()


def test_a_missing_checkpoint_is_one_line() -> None:
    done = run_main("info", "missing.pth")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "vantage: missing.pth: no such file\n")


def test_a_reader_that_goes_away_is_no_error() -> None:
    code = "import sys; sys.path.insert(0, '.'); from app import cli; sys.exit(cli.main(['--help']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 141


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "expected", "said"), [(signal.SIGINT, 130, "stopped\n"), (signal.SIGTERM, 143, "")])
def test_signals_unwind(number: signal.Signals, expected: int, said: str, tmp_path: Path) -> None:
    """A command that is half-way through a file removes it, whichever signal comes."""
    code = (
        "import sys, time, types; from pathlib import Path\n"
        "from app import cli; from engines.core.files import replacing\n"
        "def run(arguments):\n"
        f"    with replacing(Path({str(tmp_path / 'out.txt')!r})) as temporary:\n"
        "        print('begun', flush=True); time.sleep(60)\n"
        "module = types.ModuleType('app.commands.info')\n"
        "module.add_arguments, module.run = lambda parser: None, run\n"
        "sys.modules['app.commands.info'] = module\n"
        "sys.exit(cli.main(['info']))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == "begun\n"
        assert list(tmp_path.iterdir())
        process.send_signal(number)
        assert process.wait(timeout=60) == expected
        assert process.stderr.read() == said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("first", [True, False])
def test_what_is_done_in_one_process_is_refused_to_several_and_said_once(
    first: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    begun_by_torchrun(monkeypatch)
    monkeypatch.setattr("engines.core.distributed.reports_first", lambda: first)
    assert cli.main(["info", "scene.pth"]) == 1
    told = capfd.readouterr()
    line = "vantage: info works in one process: leave torchrun out, which is for train, render, evaluate\n"
    assert (told.out, told.err) == ("", line if first else "")


def begun_by_torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the second of two processes."""
    for name, value in (("RANK", "1"), ("WORLD_SIZE", "2"), ("MASTER_ADDR", "127.0.0.1"), ("MASTER_PORT", "1")):
        monkeypatch.setenv(name, value)


def test_one_of_several_processes_ends_without_taking_its_interpreter_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    monkeypatch.setattr(atexit, "_run_exitfuncs", lambda: done.append("endings"))
    monkeypatch.setattr(os, "_exit", done.append)
    with pytest.raises(SystemExit) as alone:
        cli.leave(3)
    assert alone.value.code == 3 and done == []
    begun_by_torchrun(monkeypatch)
    with pytest.raises(SystemExit):
        cli.leave(3)
    assert done == ["endings", 3]


def test_a_path_that_cannot_even_be_looked_at_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["info", "x" * 300 + ".pth"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "too long" in error


def test_where_cores_are_shared_torch_leaves_them_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str | None] = []

    def tell(_: argparse.Namespace) -> int:
        told.append(os.environ.get("GOMP_SPINCOUNT"))
        return 0

    for name in ("info", "view", "render"):
        monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
        put_command(monkeypatch, name, tell)
        assert cli.main([name]) == 0
    assert told == [None, cli.SPINS, cli.SPINS]
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    assert cli.main([]) == 0
    assert told[-1] == "7"
