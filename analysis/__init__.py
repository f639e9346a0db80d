"""The Datasette plugin: hooks only. What answers is in the rooms of `analysis.dashboard`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from datasette import hookimpl

from analysis import questions
from analysis.dashboard import alert_pages, decisions, detail_pages, errors, headers, pages, staff
from analysis.dashboard.metadata import DATABASE


@hookimpl(tryfirst=True)  # before Datasette's own front page
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Any]]]]:
    return [
        (r"^/$", pages.overview),
        (r"^/-/matrix$", pages.matrix),
        (r"^/-/sites/(?P<site>[^/]+)$", detail_pages.site),
        (r"^/-/sites/(?P<site>[^/]+)/report$", detail_pages.report),
        (r"^/-/third-parties$", pages.third_parties),
        (r"^/-/third-parties/(?P<domain>[^/]+)$", detail_pages.third_party),
        (r"^/-/coverage$", pages.coverage),
        (r"^/-/alerts$", alert_pages.alerts),
        (r"^/-/alerts\.atom$", alert_pages.feed),
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
def extra_template_vars(datasette: Any, request: Any) -> dict[str, Any]:
    return {
        "carrel_navigation": pages.navigation(datasette, request),
        "carrel_favicon": pages.favicon(datasette),
        "carrel_roles": staff.roles(datasette),
    }


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
