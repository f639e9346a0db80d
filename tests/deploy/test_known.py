"""`carrel lists show DOMAIN` says from where a curated entry is known: address and day of what was read."""

from __future__ import annotations

from pathlib import Path

import pytest

from addons.settings import Settings, load
from deploy import known


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    path = tmp_path / "carrel.toml"
    path.write_text(
        f"""[data]
dir = "{tmp_path / "data"}"
[[site]]
id = "jstor"
name = "JSTOR, as our library writes it"
domains = ["jstor.org"]
"""
    )
    return load(path)


@pytest.mark.parametrize(
    ("domain", "evidence"),
    [
        pytest.param(
            "www.google-analytics.com",
            "evidence      third-party-web, entities: https://github.com/patrickhulce/third-party-web/",
            id="service",
        ),
        pytest.param("secure.syndetics.com", "rules/SyndeticS.com.xml  [read 2026-11-24]", id="part of a collection"),
        pytest.param(
            "secure.syndetics.com", "https://www.librarytechnology.org/document/26445", id="group of companies"
        ),
        pytest.param("psycnet.apa.org", "/stanzas/APA_PsycNET  [read 2026-11-24]", id="product"),
    ],
)
def test_the_evidence_of_an_entry_is_shown_with_address_and_day(settings: Settings, domain: str, evidence: str) -> None:
    assert evidence in known.about(settings, domain)


def test_a_site_of_the_configuration_needs_no_evidence(settings: Settings) -> None:
    shown = known.about(settings, "www.jstor.org")
    assert "JSTOR, as our library writes it" in shown
    assert "stanzas/JSTOR" not in shown


def test_a_name_that_nobody_knows_has_no_evidence(settings: Settings) -> None:
    assert "evidence" not in known.about(settings, "nobody.test")
