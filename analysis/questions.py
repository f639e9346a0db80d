"""The questions in queries/*.sql, read once. One question per file; the first line asks it in words.

What several questions begin with stands in a file that begins with "_", and is put where a line names that file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

_SHARED = re.compile(r"^-- \w+: as in (_\w+\.sql)$", re.MULTILINE)
_PARAMETER = re.compile(r"(?<![:\w']):([a-z_]+)")


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    asked: str
    sql: str
    parameters: tuple[str, ...]

    def given(self, **values: str) -> dict[str, str]:
        """Every parameter of the query; those not named are '', which means "any"."""
        return {name: values.get(name, "") for name in self.parameters}


@cache
def load() -> Mapping[str, Question]:
    folder = resources.files("analysis") / "queries"
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".sql") and not entry.name.startswith("_"):
            text = _SHARED.sub(lambda named: (folder / named[1]).read_text("utf-8").strip(), entry.read_text("utf-8"))
            first, _, _ = text.partition("\n")
            asked = first.removeprefix("--").strip()
            name = entry.name.removesuffix(".sql")
            parameters = tuple(dict.fromkeys(_PARAMETER.findall(_without_comments(text))))
            found[name] = Question(name, asked, text.strip(), parameters)
    return MappingProxyType(found)


def question(name: str) -> Question:
    return load()[name]


def _without_comments(sql: str) -> str:
    return "\n".join(line for line in sql.splitlines() if not line.lstrip().startswith("--"))
