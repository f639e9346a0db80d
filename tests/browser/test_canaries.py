"""Nothing that a patron brought along is in anything that Carrel wrote: database, journal, certificates, output, home.

Searched before the program ended (journal and shared memory still there) and after.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.pages import ELSEWHERE, ELSEWHERE_ONLY
from tests.browser.visit import Visit


@pytest.mark.parametrize("when", ["while running", "afterwards"])
def test_no_canary_is_written(visit: Visit, when: str) -> None:
    folder = visit.while_running if when == "while running" else visit.carrel.written
    assert (folder / "data" / "carrel.db").exists()
    assert found(folder, visit.canary) == []


@pytest.mark.parametrize("when", ["while running", "afterwards"])
@pytest.mark.parametrize("name", [ELSEWHERE, *ELSEWHERE_ONLY])
def test_no_name_outside_the_sites_is_written(visit: Visit, name: str, when: str) -> None:
    folder = visit.while_running if when == "while running" else visit.carrel.written
    assert found(folder, name.removesuffix(".test")) == []


def test_no_browser_or_address_is_written(visit: Visit) -> None:
    database = visit.carrel.database
    for word in ("Mozilla/5.0", "HeadlessChrome", "Firefox/", "127.0.0.1"):
        assert [name for name in found(database.parent, word) if not name.startswith("ca/")] == []


def test_the_search_would_find_a_canary(visit: Visit, tmp_path: Path) -> None:
    for number, form in enumerate(forms(visit.canary)):
        (tmp_path / str(number)).write_bytes(b"before" + form + b"after")
    assert len(found(tmp_path, visit.canary)) == len(list(forms(visit.canary)))


def test_the_canary_did_go_past(visit: Visit) -> None:
    paths = [seen.path for seen in visit.seen]
    assert sum(visit.canary in path for path in paths) > 50


def found(folder: Path, text: str) -> list[str]:
    """Files below the folder that contain the text in any of its forms, in their content or in their name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    hits = [path for path in files if any(form in path.read_bytes() for form in forms(text)) or text in path.name]
    return [str(path.relative_to(folder)) for path in hits]


def forms(text: str) -> Iterator[bytes]:
    plain = text.encode()
    yield plain
    yield "".join(f"%{byte:02x}" for byte in plain).encode()
    yield "".join(f"%{byte:02X}" for byte in plain).encode()
    yield plain.replace(b"~", b"%7E").replace(b"-", b"%2D") + (b"" if b"~" in plain else b"%")
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    yield text.encode("utf-16-le")
    yield text.encode("utf-16-be")
    for shift in range(3):  # base64 of the text inside something longer, at each of three places in a group
        encoded = base64.b64encode(b"\0" * shift + plain).rstrip(b"=")
        inner = encoded[(0, 2, 3)[shift] : -1]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))
