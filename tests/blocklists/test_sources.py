"""sources.toml: what is shipped, and how a wrong file is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocklists.sources import CuratedError, Source, load

SHIPPED = list(load())
ENTRY = """
[[list]]
name = "trackers-of-mine"
title = "Trackers of mine"
address = "https://lists.test/trackers.txt"
licence = "CC0-1.0"
terms = "https://lists.test/licence"
purpose = "tests"
"""


def written(folder: Path, text: str) -> Path:
    (folder / "sources.toml").write_text('version = "2026-11-24"\n' + text)
    return folder


def test_only_easyprivacy_is_fetched_unasked() -> None:
    assert [source.name for source in SHIPPED if source.default] == ["easyprivacy"]
    easyprivacy = load().named("easyprivacy")
    assert easyprivacy.address == "https://easylist.to/easylist/easyprivacy.txt"
    assert easyprivacy.licence == "GPL-3.0-or-later OR CC-BY-SA-3.0-or-later"


@pytest.mark.parametrize("source", SHIPPED, ids=lambda source: source.name)
def test_every_list_says_where_it_comes_from_and_under_which_terms(source: Source) -> None:
    assert source.address.startswith("https://")
    assert source.terms.startswith("https://")
    assert source.licence
    assert source.purpose
    assert source.name not in {"trackers", "library-services", "vendors"}  # these come with the program


def test_names_are_found_in_any_case() -> None:
    assert load().named("EasyPrivacy").title == "EasyPrivacy"


def test_an_unknown_name_gets_a_suggestion_and_all_names() -> None:
    with pytest.raises(
        ValueError, match=r'"easyprivcy" is not a list .*did you mean "easyprivacy"\?; known are .*easylist'
    ):
        load().named("easyprivcy")


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    (source,) = load(written(tmp_path, ENTRY))
    assert source.name == "trackers-of-mine"
    assert not source.default


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param('name = "trackers-of-mine"', 'name = "My list"', "up to 40 lower-case", id="name with a space"),
        pytest.param('name = "trackers-of-mine"', 'name = "../etc"', "up to 40 lower-case", id="name that climbs"),
        pytest.param('name = "trackers-of-mine"', 'name = "tracker.test"', "up to 40 lower-case", id="name with a dot"),
        pytest.param('licence = "CC0-1.0"\n', "", "licence is missing", id="no licence"),
        pytest.param("https://lists.test/t", "http://lists.test/t", 'address must .*"https://"', id="http"),
        pytest.param("https://lists.test/t", "https://me:pw@lists.test/t", "address must", id="password in address"),
        pytest.param("https://lists.test/t", "https://lists.test:x/t", "address must", id="port that is none"),
        pytest.param("https://lists.test/l", "file:///etc/l", "terms must", id="terms that are no web page"),
        pytest.param('purpose = "tests"', 'purpose = "tests"\nhash = "x"', "unknown key 'hash'", id="unknown key"),
        pytest.param(
            'purpose = "tests"', 'purpose = "tests"\ndefault = "yes"', "default must be", id="default as text"
        ),
    ],
)
def test_a_wrong_entry_is_refused_by_name(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in ENTRY
    with pytest.raises(CuratedError, match=rf"\Asources\.toml: list '.+': .*{words}"):
        load(written(tmp_path, ENTRY.replace(old, new)))


@pytest.mark.parametrize(
    ("second", "words"),
    [
        pytest.param(ENTRY.replace("/trackers.txt", "/b"), "the name is used twice", id="name"),
        pytest.param(ENTRY.replace("trackers-of-mine", "b"), "the address is used twice", id="address"),
    ],
)
def test_doubles_are_refused(tmp_path: Path, second: str, words: str) -> None:
    with pytest.raises(CuratedError, match=words):
        load(written(tmp_path, ENTRY + second))
