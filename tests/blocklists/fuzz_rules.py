"""Feed the parser and the matcher with what a coverage-guided fuzzer makes up. Run by hand, bounded:

    python -m tests.blocklists.fuzz_rules [-max_total_time=60]

Needs atheris. Any exception ends it and leaves the input in the current folder; a unit over five seconds counts as one.
"""

from __future__ import annotations

import sys


def try_one(data: bytes) -> None:
    from blocklists.matcher import Matcher, Request
    from blocklists.rules import parse

    text, _, url = data.decode("utf-8", "surrogateescape").rpartition("\x00")
    parsed = parse(text, "fuzz.txt")
    matcher = Matcher([parsed, parsed])
    host = url[8:24]
    for kind in ("script", "connect", "document"):
        matcher.check(Request(url, host, host[2:], kind, kind == "script"))
    for number in range(min(len(parsed.starts), 5)):
        line = parsed.rule(number).text
        # an address made of the rule itself comes nearest to it
        matcher.check(Request(f"https://{line.strip('|@^*/')}", "", "", "image", True))
        matcher.host_rule(line)


def main() -> None:
    import atheris  # type: ignore[import-untyped]

    with atheris.instrument_imports(include=["blocklists"]):
        import blocklists.matcher
        import blocklists.rules  # noqa: F401 -- instrumented while it is imported
    arguments = sys.argv if any("-max_total_time" in one for one in sys.argv) else [*sys.argv, "-max_total_time=60"]
    atheris.Setup([*arguments, "-timeout=5", "-max_len=4096"], try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
