"""`carrel init` writes every key, and what it writes as a default is one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from addons import settings
from deploy import first_config

KEYS = [(section, key) for section, (_, keys) in settings._SECTIONS.items() for key in keys]
EXAMPLES = {"suffixes", "names"}
"""Written as examples, not as defaults."""


def lines_of(section: str) -> str:
    found = re.search(rf"^(?:# )?\[{section}\]\n(.*?)(?=^(?:# )?\[|\Z)", first_config.TEXT, re.DOTALL | re.MULTILINE)
    assert found, section
    return found[1]


@pytest.mark.parametrize(("section", "key"), KEYS, ids=[f"{section}.{key}" for section, key in KEYS])
def test_every_key_is_there_with_its_default(section: str, key: str) -> None:
    line = re.search(rf"^(# )?{key} = (.*)$", lines_of(section), re.MULTILINE)
    assert line, f"[{section}] {key} is missing"
    if line[1] and key not in EXAMPLES:
        stated = settings.parse(tomllib.loads(f"[{section}]\n{key} = {line[2]}"), None)
        assert getattr(stated, section) == getattr(settings.Settings(), section)


@pytest.mark.parametrize("key", sorted(set(settings._SITE)))
def test_every_key_of_a_site_is_there(key: str) -> None:
    site = first_config.TEXT.partition("[[site]]")[2]
    assert re.search(rf"^(# )?{key} = ", site, re.MULTILINE)


def test_the_file_can_be_used_as_it_is(tmp_path: Path) -> None:
    first_config.write(tmp_path / "carrel.toml")
    assert [site.id for site in settings.load(tmp_path / "carrel.toml").sites] == ["catalog"]
