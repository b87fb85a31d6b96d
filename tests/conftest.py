"""What all tests share: one thread, settings of their own, the authors' fixtures, a virtual display."""

from __future__ import annotations

import gc
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.counted_lines import RUN_LINES
from tests.two_ranks import TwoRanks

REPOSITORY = Path(__file__).resolve().parent.parent

# Before torch is imported anywhere: on a small machine one thread makes these small tensors several times faster.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Two small methods, installed as a package's are: what the tests learn and draw where any method will do. Processes
# that a test begins find them, too.
PLUGIN = REPOSITORY / "tests" / "plugin"
# `vantage`, as an installed package has it.
PYTHON = REPOSITORY / "app" / "python"
sys.path[:0] = [str(PLUGIN), str(PYTHON)]
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(PLUGIN), str(PYTHON), os.environ.get("PYTHONPATH"))))

DESKTOPS = ("XDG_CURRENT_DESKTOP", "KDE_FULL_SESSION", "QT_QPA_PLATFORMTHEME", "QT_STYLE_OVERRIDE", "QT_SCALE_FACTOR")
"""What Qt knows a desktop by, whose fonts and colours it takes."""
WINDOW_FIXTURES = {"qapp", "qtbot"}
_virtual_display: subprocess.Popen[bytes] | None = None


def pytest_configure() -> None:
    """Lets Ctrl+C be heard, here and in processes that tests begin; lets files stay in memory.

    What a shell begins in the background ignores it, and so does all that it begins in turn.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Thousands of small files are written, each waited for until it is on the disk: these need outlive no power cut.
    os.fsync = lambda fd: None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Gives window tests a display, or skips them with the reason; of several processes each begins what takes long."""
    if hasattr(config, "workerinput"):
        # A file is one process's: a long one that is begun last is waited for by the others.
        long = {item.path for item in items if item.get_closest_marker("slow") is not None}
        items.sort(key=lambda item: item.path not in long)
    window_tests = [item for item in items if _needs_display(item)]
    if not window_tests or _start_display():
        return
    reason = "no display: install Xvfb (apt-get install xvfb), or set DISPLAY"
    for item in window_tests:
        item.add_marker(pytest.mark.skip(reason=reason))


def pytest_collection_finish() -> None:
    """Leaves what was imported out of each look for garbage, as the program does: closing a scene has one."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Ends the virtual display."""
    if _virtual_display is not None:
        _virtual_display.terminate()
        _virtual_display.wait()


def _needs_display(item: pytest.Item) -> bool:
    in_window_folder = Path(__file__).parent / "app" / "gui" in item.path.parents
    return in_window_folder or bool(WINDOW_FIXTURES & set(getattr(item, "fixturenames", ())))


def _start_display() -> bool:
    """Whether there is now a display to open windows on.

    A virtual one even where there is a real one: nobody's mouse moves over it, and its size is known.
    `VANTAGE_TEST_DISPLAY=:0` shows the tests on that display instead.
    """
    global _virtual_display
    if not sys.platform.startswith("linux"):
        return True
    wanted = os.environ.get("VANTAGE_TEST_DISPLAY")
    if wanted:
        os.environ["DISPLAY"] = wanted
        return True
    if shutil.which("Xvfb") is None:
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if _virtual_display is None:
        read_end, write_end = os.pipe()
        # Xvfb chooses a free display and writes its number once it takes connections: no guessing, no waiting.
        _virtual_display = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1920x1080x24", "-nolisten", "tcp", "-noreset"],
            pass_fds=[write_end],
            stderr=subprocess.DEVNULL,
        )
        os.close(write_end)
        with os.fdopen(read_end) as numbers:
            number = numbers.readline().strip()
        if not number:
            return False
        os.environ.update(DISPLAY=f":{number}", QT_QPA_PLATFORM="xcb", LIBGL_ALWAYS_SOFTWARE="1")
        # What is written in a window is as large here as anywhere.
        os.environ.update(FONTCONFIG_FILE=str(REPOSITORY / "tests" / "fonts.conf"), QT_FONT_DPI="96")
        for name in ("WAYLAND_DISPLAY", "XAUTHORITY", *DESKTOPS):
            os.environ.pop(name, None)
    return True


@pytest.fixture(autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for settings and recent files, so that no test sees or changes the user's."""
    folder = tmp_path_factory.mktemp("settings")
    monkeypatch.setenv("VANTAGE_CONFIG_DIR", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def same_chance() -> None:
    """Begins each test at the same place of the global generators, whatever ran before it in the same process."""
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.manual_seed(0)


@pytest.fixture(scope="module")
def uncounted() -> Iterator[None]:
    """Counts no lines meanwhile: for tests that say little of the lines they run."""
    yield from counting_none()


def counting_none() -> Iterator[None]:
    """Forgets the lines that are run before it is asked again."""
    before = {path: set(lines) for path, lines in RUN_LINES.items()}
    yield
    for path, lines in RUN_LINES.items():
        for line in lines.keys() - before.get(path, ()):
            del lines[line]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with `golden/` (made with the authors' code) and `data/`; skips where it is absent."""
    named = os.environ.get("VANTAGE_SHARED")
    folder = Path(named) if named else REPOSITORY.parent / "shared"
    if not (folder / "golden").is_dir():
        pytest.skip(f"the authors' fixtures are not at {folder} (set VANTAGE_SHARED)")
    return folder


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DeepVoxels folder to train on: 6 training, 2 validation and 1 test views of 128x128. Not to be changed."""
    from app.synthetic.sample import deepvoxels_sample, write_sample

    folder = tmp_path_factory.mktemp("photographs")
    write_sample(folder, deepvoxels_sample(0, 128, 6, 2, 1), samples=1)
    return folder


@pytest.fixture(scope="session")
def two_ranks() -> Iterator[TwoRanks]:
    """Two processes that learn or draw together."""
    ranks = TwoRanks()
    yield ranks
    ranks.end()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Half as many again as there are cores: tests that wait, for a window or another process, leave one free."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(max(2, cores * 3 // 2), 8)
