"""Text that every format can carry: names of third parties and lists come from outside, and may hold anything. Pure.

Escaping is each format's own business. Here goes only what no format may hold: characters that XML forbids, and those
that turn the order of letters around, with which a name could be made to look like another.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]"
)


def text(value: str) -> str:
    r"""
    >>> text("a\x00b\u202ec\td\r\n")
    'a\ufffdb\ufffdc\td\n'
    """
    return _FORBIDDEN.sub("\ufffd", value.replace("\r\n", "\n"))


def cleaned[T](value: T) -> T:
    """The same data with every text in it made plain."""
    return _cleaned(value)  # type: ignore[no-any-return]


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, tuple):
        return tuple(_cleaned(one) for one in value)
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(one) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _cleaned(getattr(value, one.name)) for one in fields(value)})
    return value
