"""`make bench`: everything that is measured here. Lists are measured where `shared/lists` is beside the checkout.

ARGS=--large B/carrel.db also asks the dashboard's pages on a database of 10 million `contact` rows, which is made there
(minutes, and 2 GB) if it is not there yet.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.bench import matcher, pages, proxies

reader = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="python -m tests.bench"
)
reader.add_argument("--large", type=Path, metavar="B/carrel.db")
given, rest = reader.parse_known_args()
sys.argv[1:] = rest  # which the others read
proxies.main()
matcher.main()
pages.bench(given.large)
