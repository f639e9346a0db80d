"""Host names as lists write them, in the one form in which they are compared. Pure text; nothing is looked up."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["LONGEST_NAME", "below_entity", "normal_name", "suffixes"]

LONGEST_NAME: Final = 253
_NAME: Final = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")


def normal_name(text: str) -> str:
    """Lower case, ASCII (IDNA), no trailing dot; "" if it is no host name.

    >>> normal_name("Zähler.Example.")
    'xn--zhler-gra.example'
    """
    name = text.lower()
    if not name.isascii():
        if len(name) > LONGEST_NAME:
            return ""
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    name = name.removesuffix(".")
    return name if len(name) <= LONGEST_NAME and _NAME.fullmatch(name) else ""


def suffixes(name: str) -> tuple[str, ...]:
    """The name and every name above it, the most specific first. An IP address stands for itself alone.

    >>> suffixes("a.b.test")
    ('a.b.test', 'b.test', 'test')
    """
    if not name or len(name) > LONGEST_NAME:
        return ()
    if name[-1].isdigit() or ":" in name:
        return (name,)
    found = [name]
    at = name.find(".")
    while at >= 0:
        found.append(name[at + 1 :])
        at = name.find(".", at + 1)
    return tuple(found)


def below_entity(above: tuple[str, ...]) -> tuple[str, ...]:
    """For `domain=shop.*`: the suffixes with their public suffix replaced by `*`.

    The public suffix is taken to be the last label, or the last two where they look like `co.uk`: enough for the
    country versions of one name, for which lists use this, and it needs no further list.

    >>> below_entity(suffixes("www.shop.co.uk"))
    ('www.shop.*', 'shop.*')
    """
    if not above:
        return ()
    labels = above[0].split(".")
    public = 2 if len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3 else 1
    kept = labels[:-public]
    return tuple(".".join(kept[start:]) + ".*" for start in range(len(kept)))
