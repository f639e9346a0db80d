"""A document as one HTML file with nothing outside it: style and charts are inside. Pure.

A library's own template runs in Jinja's sandbox, with everything escaped. It may extend "document.html".
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from jinja2 import BaseLoader, PackageLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from analysis.documents import drawing
from analysis.documents.model import Block, Document, DocumentError, Figure, Table


def render(document: Document, template: str | None = None) -> str:
    """`template`: the text of the library's own; None takes ours."""
    try:
        environment = _environment()
        page = environment.from_string(template) if template is not None else environment.get_template("document.html")
        return page.render(document=document, style=_style(document.one_page))
    except TemplateSyntaxError as error:
        raise DocumentError(f"the HTML template cannot be read, line {error.lineno}: {error.message}") from None
    except (SecurityError, TemplateError, TypeError, AttributeError) as error:
        raise DocumentError(f"the HTML template cannot be filled in: {' '.join(str(error).split())}") from None


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    loader: BaseLoader = PackageLoader("analysis.documents", "templates")
    environment = ImmutableSandboxedEnvironment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"draw": _draw, "kind_of": _kind_of, "widths": _widths}
    return environment


@cache
def _style(one_page: bool) -> Markup:
    folder = resources.files("analysis.documents") / "templates"
    names = ("document.css", "one_page.css") if one_page else ("document.css",)
    return Markup("".join((folder / name).read_text("utf-8") for name in names))  # noqa: S704  # our own files


def _draw(figure: Figure) -> Markup:
    return Markup(drawing.svg(figure))  # noqa: S704  # Vega escapes what it draws


def _kind_of(block: Block) -> str:
    return type(block).__name__


def _widths(table: Table) -> list[str]:
    whole = sum(column.weight for column in table.paper)
    return [f"{100 * column.weight / whole:.1f}" for column in table.paper]
