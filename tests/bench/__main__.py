"""`make bench`: everything that is measured here."""

from tests.bench.proxies import main

main()
