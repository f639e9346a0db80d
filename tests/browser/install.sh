#!/bin/sh
# Installs what the browser tests drive, where it is missing and we may. Nothing to install is no error: tests say what they skip.
# On a build machine (CI set) a missing browser is an error: there, a skipped test would pass for a passed one.
set -eu

missing() {
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || echo chromium
    command -v firefox-esr >/dev/null || command -v firefox >/dev/null || echo firefox-esr
    command -v certutil >/dev/null || echo libnss3-tools
}

if [ -n "$(missing)" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2046  # one word per package
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $(missing) || true
fi
if [ -n "$(missing)" ]; then
    echo "browsers: missing" $(missing) "- install them (as root: apt install" $(missing)")" >&2
    [ -z "${CI:-}" ] || exit 1
fi
