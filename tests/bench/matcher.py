"""The matcher on EasyPrivacy: seconds to load, memory, microseconds per check. A report, not a test.

    python -m tests.bench.matcher [--list FILE.txt.gz] [--rounds 7] [--requests 3000]

Each round of loading is a process of its own, so that memory is what the list really costs. Requests are made up here:
one in four names something of the list, the others are what pages of libraries and publishers load anyway.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

from blocklists.matcher import Matcher, Request
from blocklists.rules import Parsed, parse

EASYPRIVACY = Path(__file__).parents[3] / "shared" / "lists" / "easylist" / "easyprivacy-20260714.txt.gz"
KINDS = ("script", "image", "connect", "style", "font", "frame")
HOSTS = (
    "cdn.publisher.example",
    "www.catalog.example",
    "static.press.example",
    "img.covers.example",
    "api.discovery.example",
)
PATHS = (
    "/assets/app.{n}.min.js",
    "/api/v2/search?q=history+of+printing&page={n}&sort=relevance&facets=format%3Abook",
    "/covers/isbn/97801406{n}/large.jpg",
    "/wp-content/plugins/catalog/js/reader.js?ver=6.{n}",
    "/fonts/source-serif/{n}.woff2",
    "/doi/full/10.1000/journal.{n}?journalCode=abc&download=true",
    "/images/logo.svg",
    "/record/{n}/similar?limit=20&callback=render&session=8f1c2d3e4a5b6c7d8e9f",
)


def load(path: Path) -> tuple[Parsed, Matcher]:
    parsed = parse(gzip.decompress(path.read_bytes()).decode(), path.name)
    return parsed, Matcher([parsed])


def resident() -> float:
    """Megabytes of this process in memory (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def one_load(path: Path) -> tuple[float, float]:
    text = gzip.decompress(path.read_bytes()).decode()
    parse("||a.test^\n/b$script\n", "warm").rule(0)
    gc.collect()
    before, start = resident(), time.perf_counter()
    parsed = parse(text, path.name)
    matcher = Matcher([parsed])
    seconds = time.perf_counter() - start
    del text
    gc.collect()
    # The parsed list keeps the text, which was there before: it is part of the cost.
    return seconds, resident() - before + (len(parsed.text) / 1e6 if matcher else 0)


def requests(parsed: Parsed, count: int, seed: int = 3) -> list[Request]:
    rng = random.Random(seed)
    listed = list(parsed.indexes[False, False].plain)
    made = []
    for n in range(count):
        host = rng.choice(listed) if n % 4 == 0 else rng.choice(HOSTS)
        made.append(
            Request(
                f"https://{host}{rng.choice(PATHS).format(n=rng.randrange(1000, 99999))}",
                host,
                "library.example",
                rng.choice(KINDS),
                n % 3 != 0,
            )
        )
    return made


def check_times(matcher: Matcher, made: list[Request]) -> list[float]:
    for request in made:  # the first time, a rule that is near is read; a proxy is soon past that
        matcher.check(request)
    times = []
    for request in made:
        start = time.perf_counter()
        matcher.check(request)
        times.append((time.perf_counter() - start) * 1e6)
    return sorted(times)


def main() -> None:
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("--list", type=Path, default=EASYPRIVACY)
    reader.add_argument("--rounds", type=int, default=7)
    reader.add_argument("--requests", type=int, default=3000)
    reader.add_argument("--one", action="store_true", help="one round of loading, for the rounds themselves")
    given = reader.parse_args()
    if not given.list.is_file():
        sys.exit(f"{given.list} is not there: give a list with --list")
    if given.one:
        print(*one_load(given.list))
        return
    command = [sys.executable, "-m", "tests.bench.matcher", "--one", "--list", str(given.list)]
    rounds = [
        tuple(
            map(float, subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.split())
        )
        for _ in range(given.rounds)
    ]
    parsed, matcher = load(given.list)
    first = requests(parsed, given.requests)
    cold = time.perf_counter()
    blocked = sum(matcher.check(request).blocked for request in first)
    cold = (time.perf_counter() - cold) / len(first) * 1e6
    times = check_times(matcher, first)
    print(f"{given.list.name}: {parsed.read} rules, {parsed.skipped.total()} skipped")
    seconds = [one[0] for one in rounds]
    print(
        f"load    median {statistics.median(seconds):.3f} s  (fastest {min(seconds):.3f}, slowest {max(seconds):.3f})"
    )
    print(f"memory  median {statistics.median(one[1] for one in rounds):.1f} MB")
    print(
        f"check   median {statistics.median(times):.1f} us, 95 % below {times[len(times) * 95 // 100]:.1f} us, "
        f"first time on average {cold:.1f} us ({blocked} of {len(first)} named)"
    )


if __name__ == "__main__":
    main()
