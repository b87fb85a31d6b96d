"""`./vantage` lets its environment import the module `vantage`, wherever its folder is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
IMPORTS = "import vantage; print(vantage.__file__)"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the launcher and an environment in which all is installed, as the launcher marks it."""
    folder, venv = tmp_path / "a clone", tmp_path / "a clone" / ".venv"
    (folder / "app" / "python" / "vantage").mkdir(parents=True)
    (folder / "app" / "python" / "vantage" / "__init__.py").touch()
    for name in ("vantage", "requirements.txt", "constraints-cpu.txt"):
        shutil.copy(ROOT / name, folder)
    (folder / "main.py").write_text(IMPORTS)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (venv / "vantage-build").write_text("any\n")
    marked = f'cksum <"{folder}/requirements.txt"; readlink -f "{venv}/bin/python"'
    installed = subprocess.run(["sh", "-c", marked], check=True, capture_output=True, text=True).stdout
    (venv / "vantage-app").write_text(installed)
    return folder


def told(*words: str | Path, folder: Path) -> str:
    done = subprocess.run([str(word) for word in words], cwd=folder.parent, env={"PATH": "/usr/bin:/bin"},
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(shutil.which("readlink") is None, reason="the launcher marks by readlink what is installed")
def test_the_environment_knows_the_module_wherever_it_is(clone: Path) -> None:
    module = Path("app", "python", "vantage", "__init__.py")
    assert told(clone / "vantage", folder=clone) == str(clone / module)
    moved = clone.rename(clone.with_name("elsewhere"))
    python = moved / ".venv" / "bin" / "python"
    assert told(python, "-c", IMPORTS, folder=moved) == str(moved / module)
    assert told(moved / "vantage", folder=moved) == str(moved / module)
