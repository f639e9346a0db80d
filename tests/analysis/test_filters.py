"""What a page's address may choose, and what is said of what it cannot mean."""

from __future__ import annotations

from datetime import date

import pytest

from analysis import filters
from analysis.filters import Filters


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({}, Filters(), id="nothing"),
        pytest.param({"since": "", "kind": ""}, Filters(), id="an empty form"),
        pytest.param({"since": "2026-09", "until": "2026-11"}, Filters("2026-09-01", "2026-11-30"), id="months"),
        pytest.param({"since": "2026-09-02"}, Filters("2026-09-02"), id="a day"),
        pytest.param({"kind": "vendor", "category": "CDN"}, Filters(kind="vendor", category="CDN"), id="kind"),
    ],
)
def test_it_is_read_and_written_again(given: dict[str, str], expected: Filters) -> None:
    found = filters.read(given)
    assert found == expected
    written = dict(part.split("=") for part in found.query.removeprefix("?").split("&") if part)
    assert filters.read(written) == expected


@pytest.mark.parametrize(
    ("given", "word"),
    [
        pytest.param({"since": "2026-13"}, "not a day or month", id="no month"),
        pytest.param({"since": "x" * 5000}, "not a day or month", id="long"),
        pytest.param({"since": "2026-11", "until": "2026-09"}, "swap the two", id="ends before it begins"),
        pytest.param({"kind": "shop"}, "no kind of site", id="kind"),
        pytest.param({"category": "a\nb"}, "no category", id="category"),
    ],
)
def test_what_it_cannot_mean_is_said_in_one_line(given: dict[str, str], word: str) -> None:
    with pytest.raises(ValueError, match=word) as raised:
        filters.read(given)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 300
    assert filters.kept(given) == Filters()


def test_presets_keep_what_else_was_chosen() -> None:
    found = {one.name: one for one in filters.presets(Filters(kind="vendor"), date(2026, 1, 15))}
    assert found["Last month"].query == "?since=2025-12&until=2025-12&kind=vendor"
    assert found["Last three months"].query == "?since=2025-11&until=2026-01&kind=vendor"
    assert found["All"].query == "?kind=vendor"
    assert found["All"].current
