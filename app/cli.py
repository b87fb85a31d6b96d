"""The command line: picks a command, imports that one only, and turns what it raises into an exit code.

| code | when |
|---|---|
| 0 | the thing asked for is there |
| 1 | something the user can mend: one line on stderr |
| 2 | the command line is wrong: one line on stderr |
| 70 | a bug, of the program or of a method that was installed: the traceback on stderr |
| 130 | stopped by Ctrl+C (143: by SIGTERM, 141: nobody reads the output any more) |
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import difflib
import gc
import importlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, Protocol, cast

from app import __version__
from engines.core.errors import Cancelled, UserError

if TYPE_CHECKING:
    from app.method_faults import Fault

DEFAULT_COMMAND = "view"
CONSOLE_SCRIPT = "vantage"
COMMANDS: Mapping[str, str] = {
    "view": "open the window (what main.py does without a command)",
    "info": "say what a checkpoint is, what it needs and what is assumed; or what a data folder is and lacks",
    "render": "render a path of cameras into a video or a folder of images",
    "mesh": "make a coloured mesh of a scene: .ply, .obj or .glb",
    "poses": "find the cameras of photographs, or of a video",
    "undistort": "make photographs of pinholes out of those of fisheyes, with COLMAP's model of their lenses",
    "train": "train a scene on a data folder",
    "brush": "hand a data folder over to Brush, which trains Gaussians on graphics cards without CUDA, too",
    "evaluate": "compare a scene with photographs: PSNR, SSIM; or a mesh with another: Chamfer distance, IoU, F-score",
    "convert": "write a checkpoint as a scene file, or as the authors' code does",
    "clean": "write a scene of Gaussians without what is outside of a box, too faint, too large, or alone",
    "sample": "write a small synthetic scene, to try things on",
    "engine": "list the methods that are here, or try whether one does what the program relies on",
    "doctor": "say what of this machine the program finds, what is slow here and why, and what is missing",
    "completion": "write a script by which a shell completes commands, options and files",
    "bench": "measure time per frame and stage, and peak memory",
}
MAY_BEGIN_WITH_MINUS = ("--up", "--box", "--outside-box", "--sphere", "--outside-sphere")
"""Options of directions and places."""
DIVIDED = ("train", "render", "evaluate")
"""Commands that several processes do together, as `torchrun` begins them."""
SHARES_CORES = (DEFAULT_COMMAND, "render")
"""Commands that draw while something else of theirs wants the cores, too: the window, an encoder."""
SPINS = "3000"
"""How often GNU's OpenMP looks whether torch's other threads are done before it sleeps. By itself it looks for several
milliseconds, on a core that the window or another program needs, such as a training in the background: where one of two
cores is taken, a frame of the demo "toys" takes 1.1 to 2.7 s so and 0.4 s with this. On an idle machine frames take 3
to 15 % longer for it, very short ones half as long again (measured), and previews come a tenth sooner. The same
demo by `render`, beside programs that want three cores: 0.65 to 1.7 s a frame by itself, 0.24 to 0.44 with this."""

FAILED, USAGE, BUG, INTERRUPTED, BROKEN_PIPE, TERMINATED = 1, 2, 70, 130, 141, 143
RENAMED_OPTIONS: Mapping[str, Mapping[str, str]] = {
    "render": {"--buffers": "--channels"},
    "poses": {"--ordered": "--sequential"},
    "sample": {"--objects": "--instances"},
    "evaluate": {"--occupancies": "--occupancy-thresholds"},
    "convert": {"--viewing-only": "--inference-only"},
    "train": {"--engine": "--method"},
}
"""By command: options' deprecated names, which go on working, and what they are called now."""


class CommandModule(Protocol):
    """A module of `app/commands`."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declares the arguments."""
        ...

    def run(self, arguments: argparse.Namespace) -> int:
        """Does it; the exit code."""
        ...


class _Parser(argparse.ArgumentParser):
    """argparse with errors of one line."""

    def error(self, message: str) -> NoReturn:
        _complain(f"{self.prog}: {message} ({self.prog} --help)\n")
        raise SystemExit(USAGE)


class _Terminated(BaseException):
    """SIGTERM, raised so that files half-written are removed on the way out."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command line; the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not _among_others() or os.environ["RANK"] == "0":
        return _run(words)
    # Results, notes and progress are the first process's; the others are heard only when they fail.
    with (
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        return _run(words)


def leave(code: int) -> NoReturn:
    """Ends the process with it.

    One of several ends at once when its own endings have run: torch's threads let go of what the ranks told each other
    some time after that was told, and one that does so in an interpreter that is half gone aborts the process.
    """
    if _among_others():
        # What an ordinary end calls; its name is Python's own for those who end otherwise.
        atexit._run_exitfuncs()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _run(words: list[str]) -> int:
    try:
        code = _dispatch(words)
        # Here, not at exit: a reader that has gone away is noticed where it can be answered.
        sys.stdout.flush()
        if _among_others():
            from engines.core import distributed

            distributed.leave()
        return code
    except SystemExit as error:  # argparse, after --help or a usage error
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except UserError as error:
        return _say(str(error), FAILED)
    except (KeyboardInterrupt, Cancelled):
        _complain("stopped\n")
        return INTERRUPTED
    except _Terminated:
        return TERMINATED
    except BrokenPipeError:
        # Python would complain once more when it flushes stdout at exit.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("app", "engines"):
            return _bug(error)
        fault = _fault(error)
        if fault is not None and fault.package:
            return _say(f"{error.name} is not installed, which the method {fault.engine} needs", FAILED)
        return _say(f"{error.name} is not installed; start with ./vantage, or pip install -r requirements.txt", FAILED)
    except OSError as error:
        # A path that can't even be looked at: no permission, a name too long, a disk that fails.
        return _say(f"{error.filename}: {error.strerror}", FAILED) if error.filename else _bug(error)
    except MemoryError:
        return _say("out of memory; use a smaller --size, or a machine with more", FAILED)
    except Exception as error:
        # torch is not imported only to name its error.
        if type(error).__name__ == "OutOfMemoryError":
            return _say("out of memory on the device; use a smaller --size, or --device cpu", FAILED)
        if _is_loss_of_another(error):
            return _say(
                "another process of this command has ended, torchrun tells which; what was saved is whole", FAILED
            )
        return _bug(error)


def _say(message: str, code: int) -> int:
    _complain(f"vantage: {' '.join(message.split())}\n")
    return code


def _bug(error: Exception) -> int:
    fault = _fault(error)
    text = fault.text if fault is not None else "this is a bug; please report it with the lines above"
    _complain(f"{traceback.format_exc()}vantage: {text}\n")
    return BUG


def _fault(error: Exception) -> Fault | None:
    """Of a method's code; where no method was looked for there is none."""
    if "engines.registry" not in sys.modules:
        return None
    from app.method_faults import fault_of

    return fault_of(error)


def _among_others() -> bool:
    """Whether torchrun began this process and others for the same command."""
    if "RANK" not in os.environ:
        return False
    # Only then: it imports torch.
    from engines.core import distributed

    return distributed.launched() > 1


def _advise(line: str) -> None:
    """What would be better, on stderr; of several processes the first says it."""
    if os.environ.get("RANK", "0") == "0":
        sys.stderr.write(f"vantage: {line}\n")


def _complain(text: str) -> None:
    """What went wrong, on stderr; of several processes the one that first has something to say says it for all."""
    if not _among_others():
        sys.stderr.write(text)
        return
    from engines.core import distributed

    if distributed.reports_first():
        (sys.__stderr__ or sys.stderr).write(text)


def _is_loss_of_another(error: Exception) -> bool:
    if not _among_others():
        return False
    from engines.core import distributed

    return distributed.is_loss_of_another(error)


def _dispatch(words: list[str]) -> int:
    if words and words[0] in ("-h", "--help", "help"):
        sys.stdout.write(_help())
        return 0
    if words and words[0] in ("-V", "--version"):
        sys.stdout.write(f"vantage {__version__}\n")
        return 0
    if words and words[0] in COMMANDS:
        name, rest = words[0], words[1:]
    else:
        _refuse_misspelt(words)
        name, rest = DEFAULT_COMMAND, words
    if name not in DIVIDED and _among_others():
        raise UserError(f"{name} works in one process: leave torchrun out, which is for {', '.join(DIVIDED)}")
    if name in SHARES_CORES:
        # Before torch is imported, with that command.
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
    arguments = command_parser(name).parse_args(with_new_names(name, _joined(rest), _advise))
    _begin_collecting()
    # Here, as looking for locks takes a tenth of a second, which `--help` needs not.
    from app.diagnostics.log_file import logged

    # Not of several processes: to write down how one ended takes until torchrun ends it, and nobody hears why.
    log = contextlib.nullcontext() if _among_others() else logged(name, rest)
    with _terminable(), log:
        return _command(name).run(arguments)


def program() -> str:
    """What is typed to begin the program: `vantage` where pip installed it."""
    return CONSOLE_SCRIPT if Path(sys.argv[0]).stem == CONSOLE_SCRIPT else "main.py"


def command_parser(name: str) -> argparse.ArgumentParser:
    """The parser of a command's arguments; imports the command."""
    about = COMMANDS[name]
    parser = _Parser(prog=f"{program()} {name}", description=f"{about[0].upper()}{about[1:]}.")
    _command(name).add_arguments(parser)
    return parser


def _command(name: str) -> CommandModule:
    return cast(CommandModule, importlib.import_module(f"app.commands.{name}"))


def _begin_collecting() -> None:
    """Has garbage collected from here on, where `main.py` put it off, but not looked for among what is imported."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _joined(words: Sequence[str]) -> list[str]:
    """With `--up -y` as one word: argparse takes a direction, or a place, that begins with a minus for an option."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] in MAY_BEGIN_WITH_MINUS and not word.startswith("--"):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def with_new_names(command: str, words: Sequence[str], warn: Callable[[str], None]) -> list[str]:
    """The words of a command with its options' new names; `warn` is given a line for each old one, once."""
    renamed, said = RENAMED_OPTIONS.get(command, {}), set[str]()
    taken = list[str]()
    for word in words:
        option, equals, value = word.partition("=")
        new = renamed.get(option)
        if new is not None and option not in said:
            said.add(option)
            warn(f"{option} is called {new} now; the old name goes with version 1.0")
        taken.append(word if new is None else f"{new}{equals}{value}")
    return taken


def _refuse_misspelt(words: Sequence[str]) -> None:
    """A first word that is no option, no path and no command is taken for a misspelt command."""
    if not words or words[0].startswith("-") or Path(words[0]).exists():
        return
    if "." not in words[0] and os.sep not in words[0]:
        near = difflib.get_close_matches(words[0], COMMANDS, 1)
        hint = f"did you mean {near[0]}?" if near else f"the commands are {', '.join(COMMANDS)}"
        _complain(f"{program()}: {words[0]}: no such file, and no command; {hint}\n")
        raise SystemExit(USAGE)


def _help() -> str:
    width, called = max(map(len, COMMANDS)), program()
    lines = [f"  {name.ljust(width)}  {text}" for name, text in COMMANDS.items()]
    return (
        "Vantage: walk around in trained neural scenes.\n\n"
        f"usage: {called} [view] [CHECKPOINT] [--data FOLDER]\n"
        f"       {called} COMMAND ...\n\n" + "\n".join(lines) + "\n\n"
        f"{called} COMMAND --help lists a command's arguments; {called} --version tells the version.\n"
    )


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM unwinds like Ctrl+C does, while the block runs."""

    def terminate(number: int, frame: FrameType | None) -> None:
        raise _Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
