"""The table of hosts that are useful and trackers at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocklists import mixed_hosts
from blocklists.curated_file import CuratedError
from blocklists.owners import load


def written(folder: Path, entry: str) -> Path:
    (folder / "mixed-hosts.toml").write_text(f'version = "2026-11-24"\n[[host]]\n{entry}\n')
    return folder


def test_the_shipped_table_names_hosts_that_the_lists_know() -> None:
    knowledge = load()
    table = mixed_hosts.load()
    assert {"www.google.com", "www.facebook.com", "www.linkedin.com"} <= table.keys()
    assert [host for host in table if knowledge.service_of(host) is None] == []


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        pytest.param('host = "A.test"\nuseful = ["/a"]', "lower case", id="host"),
        pytest.param('host = "a.test"\nuseful = []', "must be a list of paths", id="none"),
        pytest.param('host = "a.test"\nuseful = ["/"]', "must be a list of paths", id="everything"),
        pytest.param('host = "a.test"\nuseful = ["/a; script-src *"]', "must be a list of paths", id="policy"),
        pytest.param('host = "a.test"\nuseful = ["/a"]\nharmful = ["/b"]', "unknown key", id="key"),
    ],
)
def test_what_would_not_do_as_a_source_of_a_policy_is_refused(tmp_path: Path, entry: str, complaint: str) -> None:
    with pytest.raises(CuratedError, match=complaint):
        mixed_hosts.load(written(tmp_path, entry))
