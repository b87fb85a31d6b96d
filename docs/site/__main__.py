"""`python -m docs.site OUT`: builds the site into the folder OUT, strictly, and without a network."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from docs.site.staging import stage

OUT = Path("out") / "docs"


def build(out: Path) -> int:
    """Builds the site; the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        built = run_mkdocs(stage(Path(folder)), out)
    if built.returncode == 0:
        sys.stdout.write(f"{out / 'index.html'}\n")
    else:
        sys.stderr.write(built.stderr)
    return built.returncode


def run_mkdocs(settings: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Has mkdocs build what a file of settings is about; every warning is an error."""
    # Not --quiet, with which warnings aren't even counted.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--clean"]
    command += ["--config-file", str(settings), "--site-dir", str(out.absolute())]
    # mkdocs-material tells of another program on each start otherwise.
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True)


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT))
