"""Whatever the inputs of a report become, they come back from JSON as they were."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.documents import typed
from analysis.documents.inputs import Extras


@pytest.mark.parametrize("name", [field.name for field in fields(Extras)])
def test_every_field_of_the_inputs_comes_back_as_it_was(name: str) -> None:
    @settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.from_type(Extras))
    def comes_back(extras: Extras) -> None:
        one = Extras(**{name: getattr(extras, name)})
        written = typed.write(one)
        again = typed.read(written, Extras)
        assert again == one
        assert typed.write(again) == written

    comes_back()


def test_words_that_are_no_text_come_back_too() -> None:
    one = Extras(prepared_by="a\x00\ud800\u2028é😀", signs=("", "{{ 7*7 }}"))
    assert typed.read(typed.write(one), Extras) == one
