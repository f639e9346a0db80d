"""The Datasette plugin: hooks only. Pages, questions and charts are in the modules that it names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from datasette import hookimpl

from analysis import decisions, errors, headers, pages, questions
from analysis.metadata import DATABASE


@hookimpl(tryfirst=True)  # before Datasette's own front page
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Any]]]]:
    return [
        (r"^/$", pages.overview),
        (r"^/-/matrix$", pages.matrix),
        (r"^/-/sites/(?P<site>[^/]+)$", pages.site),
        (r"^/-/third-parties$", pages.third_parties),
        (r"^/-/third-parties/(?P<domain>[^/]+)$", pages.third_party),
        (r"^/-/coverage$", pages.coverage),
        (r"^/-/allow$", decisions.allow),
        (r"^/-/allow/end$", decisions.end),
        (r"^/-/protect$", decisions.protect),
    ]


@hookimpl
def canned_queries(database: str) -> dict[str, dict[str, str]]:
    if database != DATABASE:
        return {}
    return {name: {"sql": one.sql, "title": one.asked} for name, one in questions.load().items()}


@hookimpl
def extra_css_urls(datasette: Any) -> list[str]:
    return [datasette.urls.static_plugins("carrel", "carrel.css")]


@hookimpl
def extra_template_vars(datasette: Any) -> dict[str, Any]:
    return {"carrel_navigation": pages.navigation(datasette), "carrel_favicon": pages.favicon(datasette)}


@hookimpl
def startup() -> None:
    errors.replace_datasettes_handler()


@hookimpl(tryfirst=True)
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Awaitable[Any]:
    return errors.answer(datasette, request, exception)


@hookimpl
def forbidden(datasette: Any, request: Any) -> Any:
    return pages.log_in(datasette, request)


@hookimpl
def asgi_wrapper() -> Callable[[headers.Application], headers.Application]:
    return headers.guard
