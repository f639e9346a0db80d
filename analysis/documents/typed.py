"""Frozen dataclasses as JSON, and back with every type checked. A new field of a dataclass needs nothing here.

Canonical: the same value gives the same bytes. Reading is strict, since the text may come from a stranger: no unknown
name, no number for a word, no word for a list. A name that is absent takes its default, if it has one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, NoReturn, get_args, get_origin

from cattrs import Converter, transform_error
from cattrs.errors import BaseValidationError
from cattrs.strategies import configure_union_passthrough


class TypedError(ValueError):
    """The text does not fit. One line: where, and why."""


def write(value: object) -> bytes:
    plain = _converter().unstructure(value)
    return (json.dumps(plain, ensure_ascii=True, allow_nan=False, indent=1, sort_keys=True) + "\n").encode()


def read[T](content: bytes, kind: type[T]) -> T:
    try:
        return _converter().structure(json.loads(content.decode("ascii"), parse_constant=_refuse), kind)
    except BaseValidationError as error:
        first = transform_error(error, path="it")[0]
        raise TypedError(" ".join(first.split())[:200]) from None
    except RecursionError:
        raise TypedError("is nested too deeply") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise TypedError(" ".join(str(error).split())[:200] or type(error).__name__) from None


@cache
def _converter() -> Converter:
    made = Converter(forbid_extra_keys=True)
    for kind in (str, int, float, bool):
        made.register_structure_hook(kind, _exactly)
    configure_union_passthrough(str | int | float | None, made)
    made.register_structure_hook_factory(_is_tuple, lambda kind: _from_list(made, kind))
    made.register_unstructure_hook_factory(_has_long_keys, lambda kind: _to_pairs(made, kind))
    made.register_structure_hook_factory(_has_long_keys, lambda kind: _from_pairs(made, kind))
    return made


def _exactly(value: Any, kind: Any) -> Any:
    """`True` is no number here."""
    if type(value) is not kind:
        raise TypeError(f"expected {kind.__name__}, not {type(value).__name__}")
    return value


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _from_list(made: Converter, kind: Any) -> Any:
    inner = get_args(kind)

    def structure(value: Any, _: Any) -> tuple[Any, ...]:
        if type(value) is not list:
            raise TypeError(f"expected a list, not {type(value).__name__}")
        if inner[1:] == (...,):
            return tuple(made.structure(one, inner[0]) for one in value)
        if len(value) != len(inner):
            raise ValueError(f"expected {len(inner)} values, not {len(value)}")
        return tuple(made.structure(one, of) for one, of in zip(value, inner, strict=True))

    return structure


def _has_long_keys(kind: Any) -> bool:
    """A mapping whose keys are no words: JSON has none, so it becomes a list of pairs."""
    origin, inner = get_origin(kind), get_args(kind)
    return origin in (dict, Mapping) and bool(inner) and inner[0] is not str


def _to_pairs(made: Converter, kind: Any) -> Any:
    key, of = get_args(kind)
    return lambda value: sorted([made.unstructure(k, key), made.unstructure(v, of)] for k, v in value.items())


def _from_pairs(made: Converter, kind: Any) -> Any:
    pairs: Any = tuple[tuple.__class_getitem__(get_args(kind)), ...]  # type: ignore[misc]  # put together at run time
    return lambda value, _: dict(made.structure(value, pairs))


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
