#!/bin/sh
# Installs what the browser tests drive, where it is missing and we may. Nothing to install is no error: tests say what they skip.
# On a build machine (CI set) a missing browser is an error: there, a skipped test would pass for a passed one.
set -eu

missing() {
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || echo chromium
    command -v firefox-esr >/dev/null || command -v firefox >/dev/null || echo firefox-esr
    command -v certutil >/dev/null || echo libnss3-tools
}

# Further real parts; what is missing of them is skipped with a word: PAC files, content filter, units, pictures of PDFs.
further() {
    command -v node >/dev/null || command -v nodejs >/dev/null || echo nodejs
    command -v squid >/dev/null || [ -x /usr/sbin/squid ] || echo squid-openssl
    command -v systemd-analyze >/dev/null || echo systemd
    command -v pdftoppm >/dev/null || echo poppler-utils
    ldconfig -p 2>/dev/null | grep -q libpangoft2 || echo libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
}

if [ -n "$(missing)$(further)" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2046  # one word per package
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $(missing) $(further) || true
fi
if [ -n "$(missing)" ]; then
    echo "browsers: missing" $(missing) "- install them (as root: apt install" $(missing)")" >&2
    [ -z "${CI:-}" ] || exit 1
fi
