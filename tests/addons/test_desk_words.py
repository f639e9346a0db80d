"""Languages: what is shipped is complete, what a library adds is checked before anything starts."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from addons.desk.words import SHIPPED, WordsError, chosen, languages
from deploy.demo.run import free_port
from tests.addons.program import Program

ENGLISH = (files("addons") / "words" / "en.toml").read_text("utf-8")
WELSH = ENGLISH.replace('code = "en"', 'code = "cy"').replace('name = "English"', 'name = "Cymraeg"')


def write(folder: Path, text: str, name: str = "cy.toml") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder


def test_shipped_languages_say_the_same_things_with_the_same_gaps(tmp_path: Path) -> None:
    for code in SHIPPED:
        text = (files("addons") / "words" / f"{code}.toml").read_text("utf-8")
        write(tmp_path, text, f"{code}.toml")
    assert [language.code for language in languages(tmp_path)] == list(SHIPPED)


def test_a_further_language_is_one_file(tmp_path: Path) -> None:
    found = languages(write(tmp_path, WELSH))
    assert [(language.code, language.name) for language in found] == [
        ("en", "English"), ("es", "Español"), ("cy", "Cymraeg"),
    ]  # fmt: skip
    assert chosen(found, "cy-GB, en;q=0.5").code == "cy"


def test_a_library_may_put_its_own_words_in_place_of_ours(tmp_path: Path) -> None:
    own = ENGLISH.replace("Your privacy at this computer", "Privacy at this terminal")
    assert languages(write(tmp_path, own))[0].say("home.title") == "Privacy at this terminal"


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        pytest.param('button = "Look it up"\n', "", "missing: look.button; copy", id="a missing text"),
        pytest.param('button = "Look it up"\n', 'buton = "x"\n', "missing: look.button", id="a misspelt key"),
        pytest.param("[look]\n", '[look]\nmore = "x"\n', "unknown: look.more; remove", id="an unknown key"),
        pytest.param('"Look it up"', '""', "look.button: is empty", id="an empty text"),
        pytest.param('"Look it up"', '["a"]', "look.button: write it as", id="a list for a text"),
        pytest.param("{library} wants", "{biblioteca} wants", r"home.lede: remove {biblioteca}", id="another gap"),
        pytest.param("{library} wants", "{library.x} wants", r"remove {library.x}", id="a gap that reads more"),
        pytest.param("{library} wants", "{library!r} wants", r"remove {library!r}", id="a conversion"),
        pytest.param("{library} wants", "{library:>999} wants", r"remove {library:>999}", id="a width"),
        pytest.param("{library} wants", "{library wants", "home.lede: remove {", id="half a brace"),
        pytest.param('direction = "ltr"', 'direction = "up"', 'write "ltr"', id="no direction"),
        pytest.param('code = "cy"', 'code = "../x"', "in small letters", id="no code"),
        pytest.param('code = "cy"', 'code = "r"', "in small letters", id="the reports' place"),
        pytest.param("[look]", "[look", "not valid TOML", id="no TOML"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, before: str, after: str, complaint: str) -> None:
    assert before in WELSH
    with pytest.raises(WordsError) as error:
        languages(write(tmp_path, WELSH.replace(before, after, 1)))
    text = str(error.value)
    assert text.startswith(f"{tmp_path / 'cy.toml'}: ")
    assert complaint in text
    assert "\n" not in text


def test_two_files_for_one_language_are_refused(tmp_path: Path) -> None:
    write(tmp_path, WELSH, "one.toml")
    with pytest.raises(WordsError, match="another file"):
        languages(write(tmp_path, WELSH, "two.toml"))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cy.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WordsError, match="UTF-8"):
        languages(tmp_path)


def test_no_sentence_is_the_same_in_both_languages() -> None:
    """What was forgotten in translating shows as the same words."""
    one, two = (tomllib.loads((files("addons") / "words" / f"{code}.toml").read_text("utf-8")) for code in SHIPPED)
    same = [f"{table}.{key}" for table, words in one.items() for key, text in words.items() if two[table][key] == text]
    assert same == ["language.direction"]


def test_carrel_does_not_start_with_half_a_language(tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    write(tmp_path / "words", WELSH.replace('button = "Look it up"\n', ""))
    port = free_port()
    configuration = f"""
[proxy]
listen = "127.0.0.1:{port}"
[desk]
languages = "{tmp_path / "words"}"
[data]
dir = "@DATA@"
[directory]
use = false
"""
    program = Program(tmp_path, configuration, ("127.0.0.1", port), wait=False)
    try:
        assert program.wait() == 1
        complaint = program.complaint().splitlines()
        assert len(complaint) == 1
        assert complaint[0].startswith(f"Error: {tmp_path / 'words' / 'cy.toml'}: missing: look.button; copy them")
        assert not (program.data / "carrel.db").exists()
    finally:
        program.kill()
