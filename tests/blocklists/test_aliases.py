"""Further names: every entry names something of the lists, and a wrong one is explained with its place."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from blocklists import aliases, owners
from blocklists.curated_file import CuratedError

KNOWLEDGE = owners.load()
NAMES = aliases.load(KNOWLEDGE)
FILE = tomllib.loads((files("blocklists") / "curated" / "aliases.toml").read_text("utf-8"))


def test_what_is_marked_is_a_name_that_would_be_looked_for() -> None:
    assert [word for word in FILE["ordinary"] if word not in {one.written for one in NAMES}] == []
    known = {service.name for service in KNOWLEDGE.services} | {service.owner for service in KNOWLEDGE.services}
    assert [word for word in FILE["silent"] if word not in known and word != "X"] == []


def test_the_entries_are_sorted_and_none_stands_twice() -> None:
    for names in (
        [entry["of"] for entry in FILE["alias"]],
        [entry["name"] for entry in FILE["category"]],
        FILE["ordinary"],
        FILE["silent"],
        *(entry["names"] for entry in FILE["alias"]),
    ):
        assert len(set(names)) == len(names)
    for names in ([entry["of"] for entry in FILE["alias"]], FILE["ordinary"], FILE["silent"]):
        assert sorted(names, key=str.casefold) == names


def test_one_name_names_one_service_only() -> None:
    services: dict[str, set[str]] = {}
    for one in NAMES:
        if one.what == "service":
            services.setdefault(one.written.casefold(), set()).add(one.name)
    assert {written: names for written, names in services.items() if len(names) > 1} == {}


def test_what_stands_in_brackets_is_a_name_of_its_own() -> None:
    written = {one.written for one in NAMES if one.name == "Piano Analytics (AT Internet)"}
    assert written == {"Piano Analytics", "AT Internet"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[alias]]\nof = "Nobody"\nnames = ["x"]', "alias 'Nobody': no service or owner"),
        ('[[alias]]\nof = "Hotjar"', "names must be a list"),
        ('[[alias]]\nof = "Hotjar"\nnames = ["x"]\nmore = 1', "unknown key 'more'"),
        ('[[category]]\nname = "spying"\nphrases = ["x"]', "unknown name 'spying'"),
        ("ordinary = [1]", "ordinary must be a list of texts"),
        ("words = []", "unknown key 'words'"),
    ],
)
def test_a_wrong_entry_is_explained(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "aliases.toml").write_text(f'version = "2026-11-24"\n{text}\n')
    with pytest.raises(CuratedError, match=said):
        aliases.load(KNOWLEDGE, tmp_path)
