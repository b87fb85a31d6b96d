"""The log file: what is in it, how large it gets, and that nobody is disturbed by it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from app import __version__, cli
from app.diagnostics import log_file
from app.diagnostics.log_file import FILE_NAME, KEPT, last_lines, log_folder, log_path, logged
from engines.core.errors import UserError
from tests.engines.core.examples import no_room_beyond

ROOT = Path(__file__).resolve().parents[3]


def test_a_run_writes_what_it_is_what_it_did_and_how_it_ended(capfd: pytest.CaptureFixture[str]) -> None:
    with logged("info", ["a scene.pth", "--json"]):
        logging.getLogger("app.viewing.opening").info("opened %s", "a scene.pth")
        logging.getLogger("engines.core.files").warning("a disk is slow")
    lines = last_lines(10)
    assert f"Vantage {__version__}: info 'a scene.pth' --json" in lines[0]
    assert "INFO app.viewing.opening: opened a scene.pth" in lines[1] and "WARNING" in lines[2]
    assert "info ended after" in lines[3] and len(lines) == 4
    assert capfd.readouterr() == ("", "")


def test_the_users_mistakes_are_a_line_and_faults_a_traceback() -> None:
    with pytest.raises(UserError), logged("info", []):
        raise UserError("x.pth: no such file")
    assert last_lines(1)[0].endswith("ERROR app.diagnostics.log_file: info: x.pth: no such file")
    with pytest.raises(ZeroDivisionError), logged("render", []):
        _ = 1 // 0
    assert "render failed" in "\n".join(last_lines(12)) and last_lines(1) == [
        "ZeroDivisionError: integer division or modulo by zero"
    ]
    with pytest.raises(KeyboardInterrupt), logged("train", []):
        raise KeyboardInterrupt
    assert last_lines(1)[0].endswith("train was stopped (KeyboardInterrupt)")


def test_warnings_are_written_and_still_shown() -> None:
    shown: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *rest, **more: shown.append(str(message))
        with logged("view", []):
            warnings.warn("this is old", DeprecationWarning, stacklevel=1)
    assert shown == ["this is old"]
    assert any("DeprecationWarning: this is old" in line for line in last_lines(5))


def test_afterwards_nothing_is_written_and_all_is_as_it_was() -> None:
    own = logging.getLogger("app")
    before = own.level, list(own.handlers), warnings.showwarning
    with logged("info", []):
        pass
    size = log_path().stat().st_size
    own.error("nobody writes this")
    assert log_path().stat().st_size == size
    assert (own.level, list(own.handlers), warnings.showwarning) == before


def test_the_files_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "MOST_BYTES", 2000)
    with logged("info", []):
        for number in range(400):
            logging.getLogger("app").info("line %d", number)
    files = sorted(path.name for path in log_folder().glob(f"{FILE_NAME}*"))
    assert files == [FILE_NAME, *(f"{FILE_NAME}.{number + 1}" for number in range(KEPT))]
    assert sum(path.stat().st_size for path in log_folder().iterdir()) < 2000 * (KEPT + 1) + 200
    # The newest are there, also where they begin in the file that was put aside.
    assert [line.split()[-1] for line in last_lines(30)[:-1]] == [str(number) for number in range(371, 400)]


def test_several_processes_write_the_same_file(own_settings: Path) -> None:
    code = (
        "import logging, sys; sys.path.insert(0, '.')\n"
        "from app.diagnostics import log_file\n"
        "log_file.MOST_BYTES, log_file.LOCK_S = 3000, 60\n"
        "with log_file.logged('info', []):\n"
        "    for number in range(40): logging.getLogger('app').info('%s line %d', sys.argv[1], number)\n"
    )
    begun = [subprocess.Popen([sys.executable, "-c", code, name], cwd=ROOT) for name in ("first", "second")]
    assert [process.wait(60) for process in begun] == [0, 0]
    lines = last_lines(30)
    # None is torn, and none was written into a file that another had put aside.
    assert len(lines) == 30 and all(line.split()[3] in ("INFO", "ERROR") for line in lines)
    assert all(path.stat().st_size <= 3000 for path in log_folder().iterdir())


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="rights of POSIX, which root has all of")
def test_a_home_that_cannot_be_written_is_no_reason_to_stop(own_settings: Path) -> None:
    own_settings.chmod(0o500)
    try:
        with logged("info", []):
            logging.getLogger("app").info("unheard")
    finally:
        own_settings.chmod(0o700)
    assert list(own_settings.iterdir()) == []


def test_a_file_in_the_folders_place_is_no_reason_to_stop(
    own_settings: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (own_settings / "log").write_text("")
    with logged("info", []):
        logging.getLogger("app").error("unheard")
    (own_settings / "log").unlink()
    log_path().mkdir(parents=True)
    with logged("info", []):
        logging.getLogger("app").info("unheard, too")
    assert capfd.readouterr() == ("", "") and last_lines(5) == []


@pytest.mark.parametrize("room", [0, 100, 300])
def test_a_full_disk_is_no_reason_to_stop(room: int, capfd: pytest.CaptureFixture[str]) -> None:
    with no_room_beyond(room), logged("info", []):
        for number in range(5):
            logging.getLogger("app").info("line %d", number)
    assert capfd.readouterr() == ("", "") and not list(log_folder().glob("run-*"))
    # Room again.
    with logged("info", []):
        pass
    assert "info ended" in last_lines(1)[0]


def test_a_command_is_logged_and_says_no_more_for_it(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["info", "missing.pth"]) == 1
    assert capfd.readouterr() == ("", "vantage: missing.pth: no such file\n")
    assert [line.partition("log_file: ")[2] for line in last_lines(2)] == [
        f"Vantage {__version__}: info missing.pth",
        "info: missing.pth: no such file",
    ]


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", "XDG_STATE_HOME", "there/vantage/log"),
        ("linux", "", ".local/state/vantage/log"),
        ("darwin", "", "Library/Logs/Vantage"),
        ("win32", "LOCALAPPDATA", "there/Vantage/Log"),
    ],
)
def test_the_folder_is_where_the_platform_keeps_logs(
    platform: str, variable: str, expected: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("VANTAGE_CONFIG_DIR", "XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("HOME", str(tmp_path))
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / "there"))
    assert log_folder() == tmp_path / expected
