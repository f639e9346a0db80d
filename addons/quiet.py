"""What may be said aloud, and that nothing else is: log lines, tracebacks, core dumps (DESIGN, section 6).

Libraries put addresses and names into their messages. None of those reach a handler: a foreign record or exception
becomes a fixed message with its type and the place in the code, which hold nothing of a patron.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import resource
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

log = logging.getLogger("carrel")

_PR_SET_DUMPABLE = 4


class _Foreign(logging.Filter):
    """Lets our own records pass; of a foreign error it leaves type and place only, at most LIMIT times."""

    LIMIT = 20

    def __init__(self) -> None:
        super().__init__()
        self._said = 0

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] == "carrel":
            record.exc_info = record.exc_text = record.stack_info = None
            return True
        # What libraries call an error without an exception is a browser's or a site's doing, told with its name.
        kind, _, trace = record.exc_info or (None, None, None)
        if kind is None or record.levelno < logging.ERROR or self._said >= self.LIMIT:
            return False
        self._said += 1
        record.msg, record.args = "internal error: %s", (described(kind, trace),)
        record.exc_info = record.exc_text = record.stack_info = None
        return True


def described(kind: type[BaseException], trace: TracebackType | None) -> str:
    """Type and innermost place of an exception; never its text."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return kind.__name__
    return f"{kind.__name__} at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


def install(stream: Any = None) -> None:
    """Send our fixed messages to `stream` (standard error), and silence everything that could hold more."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    handler.addFilter(_Foreign())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.ERROR)
    log.setLevel(logging.INFO)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a handler that fails would print the record

    def on_uncaught(kind: type[BaseException], value: BaseException, trace: TracebackType | None) -> None:
        # A hook that fails makes Python print both exceptions in full.
        with contextlib.suppress(Exception):
            if not issubclass(kind, KeyboardInterrupt):
                log.error("stopped by an internal error: %s", described(kind, trace))

    sys.excepthook = on_uncaught
    threading.excepthook = lambda args: on_uncaught(
        args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
    )
    sys.unraisablehook = lambda args: None


def loop_handler(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An asyncio exception handler that keeps the exception's text to itself."""
    error = context.get("exception")
    if isinstance(error, ConnectionError | TimeoutError):
        return  # the other side went away: a browser's everyday life
    log.error("internal error: %s", described(type(error), error.__traceback__) if error else "in a callback")


def no_dumps() -> None:
    """No core file, and no other process of this user may read our memory (prctl(2), PR_SET_DUMPABLE)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
