"""WATCH: from a browser's traffic to a finding. Meets `analysis` only in the database."""

import os

# mitmproxy and ssl write the keys of every connection to the file that these name, from the moment they are imported.
for _variable in ("SSLKEYLOGFILE", "MITMPROXY_SSLKEYLOGFILE"):
    os.environ.pop(_variable, None)
