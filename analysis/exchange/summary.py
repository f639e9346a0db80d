"""Figures as JSON that two libraries can exchange, and read back from one that somebody sent. Pure.

What comes from elsewhere is believed in nothing: sizes, types and texts are checked here, without a parser of schemas.
exchange.schema.json beside this file says the same to other programs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from importlib import resources
from typing import Any, Final

from analysis import wording
from analysis.exchange import figures
from analysis.exchange.figures import Figures, Month, Product, ThirdParty

FORMAT: Final = 1
"""Grows when a reader of the former would misread the new."""
LARGEST: Final = 4_000_000
"""Bytes of a summary."""
MOST_PRODUCTS, MOST_MONTHS, MOST_NAMES, LONGEST, HIGHEST = 2_000, 240, 2_000, 200, 10**9
KINDS: Final = ("catalog", "vendor", "library")
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+")
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


class SummaryError(ValueError):
    """One line: what is wrong with a summary, and where."""


@dataclass(frozen=True, slots=True)
class Summary:
    library: str
    """'' where it is not named."""
    contact: str
    program_version: str
    month: str
    """In which it was made."""
    figures: Figures


def anonymous(summary: Summary, directory: Mapping[str, tuple[str, str]], own_names: Collection[str]) -> Summary:
    """Without what names the library, and coarser.

    `directory`: name and vendor of each product that everybody has under this id; other sites are left out, since
    a catalog's own name tells whose it is. `own_names`: the library's domains, which are nobody's third party here.
    """
    products = []
    for product in summary.figures.products:
        if product.kind != "vendor" or product.id not in directory:
            continue
        name, vendor = directory[product.id]
        months = tuple(_without(month, own_names) for month in product.months)
        products.append(replace(product, name=name, vendor=vendor, product=name, months=months))
    return replace(
        summary, library="", contact="", figures=replace(summary.figures, since="", products=tuple(products))
    )


def _without(month: Month, own_names: Collection[str]) -> Month:
    kept = tuple(
        replace(one, stopped=figures.count(one.stopped, 1))
        for one in month.third_parties
        if not any(_same(one.domain, own) for own in own_names)
    )
    return replace(month, page_loads=figures.count(month.page_loads, 1), third_parties=kept)


def _same(domain: str, own: str) -> bool:
    """Either lies below the other, or is it."""
    return domain == own or domain.endswith("." + own) or own.endswith("." + domain)


def render(summary: Summary) -> str:
    """
    >>> render(Summary("", "", "0.2.0", "2026-11", Figures("", (), ())))[:13]
    '{\\n "format": '
    """
    found = {
        "format": FORMAT,
        "schema": "exchange.schema.json",
        "program": {"name": "Carrel", "version": summary.program_version},
        "made_in": summary.month,
        "library": {"name": summary.library, "contact": summary.contact} if summary.library else None,
        "rule": {
            "fewest_page_loads": figures.FEWEST_LOADS,
            "fewest_to_be_named": figures.FEWEST_NAMED,
            "digits": figures.DIGITS,
            "percent_step": figures.STEP,
        },
        "lists": [{"name": name, "version": version} for name, version in summary.figures.lists],
        "since": summary.figures.since,
        "products": [asdict(product) for product in summary.figures.products],
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (resources.files("analysis.exchange") / "exchange.schema.json").read_text("utf-8")
    )
    return found


def read(content: bytes) -> Summary:
    """Raise SummaryError for anything that is not a summary of this format."""
    if len(content) > LARGEST:
        raise SummaryError(f"is larger than {LARGEST:,} bytes, so it is no summary")
    try:
        table = json.loads(content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        said = f": {error}" if isinstance(error, SummaryError) else ""
        raise SummaryError(f"is not JSON that can be read{said}") from None
    top = _table(table, "", "format schema program made_in library rule lists since products")
    if top["format"] != FORMAT or isinstance(top["format"], bool):
        raise SummaryError(f"format: is not {FORMAT}; read it with the version of Carrel that wrote it, or a newer one")
    program = _table(top["program"], "program", "name version")
    _table(top["rule"], "rule", "fewest_page_loads fewest_to_be_named digits percent_step")
    for name, least in (("fewest_page_loads", figures.FEWEST_LOADS), ("fewest_to_be_named", figures.FEWEST_NAMED)):
        if _whole(top["rule"][name], f"rule.{name}") < least:
            raise SummaryError(f"rule.{name}: is below {least}, so single visits might be read from it")
    library = top["library"] and _table(top["library"], "library", "name contact")
    products = _list(top["products"], "products", MOST_PRODUCTS, _product)
    if len({one.id for one in products}) < len(products):
        raise SummaryError("products: an id stands there twice")
    return Summary(
        library=_text(library["name"], "library.name") if library else "",
        contact=_text(library["contact"], "library.contact") if library else "",
        program_version=_text(program["version"], "program.version"),
        month=_month_of(top["made_in"], "made_in"),
        figures=Figures(
            since=_month_of(top["since"], "since") if top["since"] != "" else "",
            products=products,
            lists=_list(top["lists"], "lists", 100, _ruleset),
        ),
    )


def _ruleset(value: object, place: str) -> tuple[str, str]:
    table = _table(value, place, "name version")
    return _text(table["name"], f"{place}.name"), _text(table["version"], f"{place}.version")


def _product(value: object, place: str) -> Product:
    table = _table(value, place, "id name kind vendor product months")
    texts = {name: _text(table[name], f"{place}.{name}") for name in ("id", "name", "kind", "vendor", "product")}
    if texts["kind"] not in KINDS:
        raise SummaryError(f"{place}.kind: is none of {', '.join(KINDS)}")
    if not texts["id"] or not texts["product"]:
        raise SummaryError(f"{place}: has no id, or no product")
    months = _list(table["months"], f"{place}.months", MOST_MONTHS, _month)
    if not months or list(months) != sorted({one.month: one for one in months}.values(), key=lambda one: one.month):
        raise SummaryError(f"{place}.months: are none, or not each once and in order")
    return Product(**texts, months=months)


def _month(value: object, place: str) -> Month:
    table = _table(value, place, "month page_loads share third_parties")
    return Month(
        month=_month_of(table["month"], f"{place}.month"),
        page_loads=_whole(table["page_loads"], f"{place}.page_loads"),
        share=_whole(table["share"], f"{place}.share", 100),
        third_parties=_list(table["third_parties"], f"{place}.third_parties", MOST_NAMES, _third_party),
    )


def _third_party(value: object, place: str) -> ThirdParty:
    table = _table(value, place, "domain service owner category behind share received stopped")
    texts = {name: _text(table[name], f"{place}.{name}") for name in ("domain", "service", "owner", "category")}
    if not _DOMAIN.fullmatch(texts["domain"]):
        raise SummaryError(f"{place}.domain: is no domain")
    if not isinstance(table["behind"], bool):
        raise SummaryError(f"{place}.behind: is neither true nor false")
    if table["received"] not in ("", *wording.RUNGS):
        raise SummaryError(f"{place}.received: is no rung of the ladder")
    return ThirdParty(
        **texts,
        behind=table["behind"],
        share=_whole(table["share"], f"{place}.share", 100),
        received=table["received"],
        stopped=_whole(table["stopped"], f"{place}.stopped"),
    )


def _table(value: object, place: str, keys: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != set(keys.split()):
        raise SummaryError(f"{place or 'the file'}: is not a table of exactly {', '.join(keys.split())}")
    return value


def _list[T](value: object, place: str, most: int, each: Callable[[object, str], T]) -> tuple[T, ...]:
    if not isinstance(value, list) or len(value) > most:
        raise SummaryError(f"{place}: is not a list of at most {most:,}")
    return tuple(each(one, f"{place}[{number}]") for number, one in enumerate(value))


def _text(value: object, place: str) -> str:
    if not isinstance(value, str) or len(value) > LONGEST or _UNFIT.search(value):
        raise SummaryError(f"{place}: is not a text of at most {LONGEST} characters, all of which can be seen")
    return value


def _whole(value: object, place: str, most: int = HIGHEST) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise SummaryError(f"{place}: is not a whole number from 0 to {most:,}")
    return value


def _month_of(value: object, place: str) -> str:
    if not isinstance(value, str) or not _MONTH.fullmatch(value):
        raise SummaryError(f"{place}: is not a month such as 2026-10")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise SummaryError("a key stands there twice")
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise SummaryError(f"{name} is no number")
