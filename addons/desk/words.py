"""The languages of the patron's pages: one TOML file each, checked when Carrel starts. Knows no page and no request.

English and Spanish come with Carrel; a library adds others in the folder that carrel.toml names.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

SHIPPED = ("en", "es")
_NOT_TO_BE_TRANSLATED = frozenset({"language.code", "language.name", "language.direction"})
_RESERVED = frozenset({"r"})
"""First parts of the desk's addresses that are no language."""


class WordsError(ValueError):
    """A language file that cannot be used. One line: file, what is missing, what to do."""


@dataclass(frozen=True, slots=True)
class Language:
    code: str
    """As in HTTP and HTML (BCP 47), lower case; also the first part of the addresses of its pages."""
    name: str
    """In the language itself."""
    direction: str
    words: Mapping[str, str | tuple[str, ...]]

    def say(self, key: str, **values: object) -> str:
        """One sentence, filled in."""
        text = self.words[key]
        assert isinstance(text, str)
        return text.format(**values)

    def lines(self, key: str) -> tuple[str, ...]:
        """A list of sentences."""
        found = self.words[key]
        return (found,) if isinstance(found, str) else found

    def column(self, view: str, column: str) -> str:
        """What a column holds; its bare name where nobody has said it yet."""
        for key in (f"columns.{view}.{column}", f"columns.{column}"):
            if key in self.words:
                return self.say(key)
        return column

    def view(self, view: str) -> str:
        return self.say(f"views.{view}") if f"views.{view}" in self.words else view


def languages(folder: Path | None = None) -> tuple[Language, ...]:
    """The shipped languages, then those in `folder` by code; one of ours may be replaced there.

    Raises WordsError.
    """
    ours = files("addons") / "words"
    found = {code: _language(f"{code}.toml", (ours / f"{code}.toml").read_bytes(), None) for code in SHIPPED}
    for path in sorted(folder.glob("*.toml")) if folder else ():
        try:
            content = path.read_bytes()
        except OSError as error:
            raise WordsError(f"{path}: cannot be read ({error.strerror}); check its rights") from None
        language = _language(str(path), content, found[SHIPPED[0]])
        if language.code in found and language.code not in SHIPPED:
            raise WordsError(f'{path}: [language] code "{language.code}" is another file\'s, too; remove one of them')
        found[language.code] = language
    ordered = [*SHIPPED, *sorted(set(found) - set(SHIPPED))]
    return tuple(found[code] for code in ordered)


def chosen(known: Sequence[Language], accept: str) -> Language:
    """The language for an Accept-Language header (RFC 9110, 12.5.4); the first one if none fits.

    >>> one, two = (Language(code, "", "ltr", {}) for code in ("en", "es"))
    >>> [chosen((one, two), accept).code for accept in ("es-MX,es;q=0.9,en;q=0.8", "de, en;q=0.1", "es;q=0, *", "")]
    ['es', 'en', 'en', 'en']
    """
    wishes: list[tuple[float, str]] = []
    for part in accept[:1000].split(","):
        tag, _, quality = part.partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        wishes.append((weight, tag.strip().lower()))
    for weight, tag in sorted(wishes, key=lambda wish: -wish[0]):
        while tag and weight > 0:
            if found := next((language for language in known if language.code == tag), None):
                return found
            tag = tag.rpartition("-")[0]
    return known[0]


def _language(where: str, content: bytes, reference: Language | None) -> Language:
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise WordsError(f"{where}: is not UTF-8 text; save it again as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise WordsError(f"{where}: not valid TOML: {error}") from None
    words = dict(_flat(table))
    if reference:
        _check(where, words, reference.words)
    code, name, direction = (str(words.get(f"language.{key}", "")) for key in ("code", "name", "direction"))
    letters = code.replace("-", "")
    if not (letters.isascii() and letters.isalnum() and code == code.lower()) or code in _RESERVED:
        raise WordsError(f'{where}: [language] code: write the language\'s code in small letters, such as "vi"')
    if direction not in ("ltr", "rtl"):
        raise WordsError(f'{where}: [language] direction: write "ltr" (left to right) or "rtl" (right to left)')
    return Language(code, name, direction, words)


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        elif isinstance(value, list):
            yield above + key, tuple(str(entry) for entry in value)
        else:
            yield above + key, str(value)


def _check(where: str, words: Mapping[str, str | tuple[str, ...]], wanted: Mapping[str, str | tuple[str, ...]]) -> None:
    """Every sentence is there, is no other than ours, and asks for nothing that the program does not fill in."""
    if missing := [key for key in wanted if key not in words]:
        raise WordsError(f"{where}: missing: {', '.join(missing)}; copy them from Carrel's en.toml and translate them")
    if unknown := [key for key in words if key not in wanted]:
        raise WordsError(f"{where}: unknown: {', '.join(unknown)}; remove them")
    for key in wanted.keys() - _NOT_TO_BE_TRANSLATED:
        if isinstance(words[key], str) is not isinstance(wanted[key], str):
            raise WordsError(f"{where}: {key}: write it as in Carrel's en.toml: one text, or a list of texts")
        if not words[key]:
            raise WordsError(f"{where}: {key}: is empty; translate it")
        for text in _texts(words[key]):
            try:
                strange = _fields(text) - {field for ours in _texts(wanted[key]) for field in _fields(ours)}
            except ValueError:
                strange = {"{"}
            if strange:
                raise WordsError(f"{where}: {key}: remove {', '.join(sorted(strange))}: nothing is filled in there")


def _texts(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _fields(text: str) -> set[str]:
    """The words in braces, with whatever else stands in the braces: only the bare word is ours."""
    found = set()
    for _, name, form, conversion in string.Formatter().parse(text):
        if name is not None:
            found.add("{" + name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "") + "}")
    return found
