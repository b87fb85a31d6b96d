"""`train --measure` in a process of its own, for the window."""

from __future__ import annotations

import threading

from app.training.runs.measure import Estimate
from app.training.runs.messages import Failed, Message
from app.training.runs.run_process import RunProcess
from app.training.runs.training_request import TrainingRequest
from engines.core.engine import Stop
from engines.core.errors import Cancelled, UserError
from engines.registry import find_engine

LOOK_S = 0.1


def measure_request(request: TrainingRequest, stop: Stop) -> Estimate:
    """How long `request` would take, and what it needs.

    Raises:
        UserError: why it can't even begin.
        Cancelled: `stop` said so.
    """
    heard: list[Message] = []
    ended = threading.Event()
    process = RunProcess(request, heard.append, ("--measure",))
    while not process.wait(LOOK_S):
        if stop() and not ended.is_set():
            ended.set()
            process.kill()
    if ended.is_set() or stop():
        raise Cancelled
    for message in heard:
        if isinstance(message, Failed) and message.killed:
            lower = ", ".join(find_engine(request.engine).Config.MEMORY)
            raise UserError(f"Trying a few steps was killed, most likely because memory ran out; lower {lower}.")
        if isinstance(message, Failed):
            raise UserError(message.text)
        if isinstance(message, Estimate):
            return message
    raise UserError(f"{request.out.name}: the measurement ended without a result")
