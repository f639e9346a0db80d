"""`make bench`: everything that is measured here. Lists are measured where `shared/lists` is beside the checkout."""

from tests.bench import matcher, proxies

proxies.main()
matcher.main()
