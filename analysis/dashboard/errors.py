"""What a reader sees when something fails, and how little of it is written down.

Datasette prints the request, with the reader's address and the values of all variables, for every page that does not
exist. This handler takes its place: a page for the reader, and for the log the place in the program, nothing else.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from datasette.plugins import pm
from datasette.utils.asgi import Base400, Response
from datasette.views.base import DatasetteError

_log = logging.getLogger("carrel.dashboard")
_THEIRS = "datasette.handle_exception"

TITLES = {400: "This request was not understood", 403: "Not allowed", 404: "Not found"}


def replace_datasettes_handler() -> None:
    """All handlers are called even if the first has answered, so theirs must go for its printing to stop."""
    if pm.has_plugin(_THEIRS):
        pm.unregister(name=_THEIRS)


async def answer(datasette: Any, request: Any, exception: Exception) -> Any:
    title: str | None = None
    if isinstance(exception, Base400):
        status, message = exception.status, str(exception.args[0])
    elif isinstance(exception, DatasetteError):
        status, message, title = exception.status, exception.message, exception.title
    else:
        status, message = 500, "The dashboard failed on this page. The log of the dashboard says where in the program."
        _log.error("page failed: %s in %s", type(exception).__name__, _place(exception))
    if message == "404":
        message = "There is no such page."
    if str(request.path).split("?")[0].endswith(".json"):
        return Response.json({"ok": False, "error": message, "status": status, "title": title}, status=status)
    text = await datasette.render_template(
        "error.html", {"title": title or TITLES.get(status, "Something went wrong"), "error": message}, request=request
    )
    return Response.html(text, status=status)


def _place(exception: Exception) -> str:
    """File and line of the innermost frame; never the exception's text, which may quote what was asked."""
    trace = exception.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "an unknown place"
