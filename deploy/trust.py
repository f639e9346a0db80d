"""Make a browser of one's own trust Carrel: certificate stores and profiles in folders that nobody else uses.

For trials, the demo and the doctor. A library's computers get their certificate by policy instead, and the browser
profile of whoever runs this program is never looked at: every function takes the folder to write in.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

Preference = bool | int | str


class TrustError(RuntimeError):
    """A certificate store could not be written; the text is one line and says what to do."""


def trust_in(database: Path, *roots: Path) -> None:
    """Let the NSS store in the folder `database` (made if need be) trust these certificates for web sites.

    The first is Carrel's own and gets that name in the browser's list, further ones are numbered.
    """
    database.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = f"sql:{database}"
    if not (database / "cert9.db").exists():
        _certutil("-N", "-d", store, "--empty-password")
    for number, root in enumerate(roots, 1):
        nickname = "Carrel" if number == 1 else f"Carrel {number}"
        _certutil("-A", "-d", store, "-t", "C,,", "-n", nickname, "-i", str(root))


def prepare_chromium(home: Path, *roots: Path) -> None:
    """Chromium started with HOME set to this folder trusts the certificates."""
    trust_in(home / ".pki" / "nssdb", *roots)


def prepare_firefox(
    profile: Path, *roots: Path, proxy: tuple[str, int], further: Mapping[str, Preference] | None = None
) -> None:
    """Firefox started with this profile trusts the certificates, uses the proxy, and is silent otherwise."""
    trust_in(profile, *roots)
    (profile / "user.js").write_text(user_js(*proxy, further), encoding="utf-8")


def user_js(host: str, port: int, further: Mapping[str, Preference] | None = None) -> str:
    """The preferences of a Firefox that sends everything, loopback included, to one proxy, and nothing of its own."""
    preferences: dict[str, Preference] = {
        "network.proxy.type": 1,
        "network.proxy.http": host,
        "network.proxy.http_port": port,
        "network.proxy.ssl": host,
        "network.proxy.ssl_port": port,
        "network.proxy.no_proxies_on": "",
        "network.proxy.allow_hijacking_localhost": True,
        "network.proxy.failover_direct": False,
        **_QUIET,
        **(further or {}),
    }
    return "".join(
        f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in sorted(preferences.items())
    )


# What Firefox would load for itself: without these, a page's traffic could not be told from the browser's.
_QUIET: dict[str, Preference] = {
    "app.normandy.enabled": False,
    "app.shield.optoutstudies.enabled": False,
    "app.update.auto": False,
    "app.update.enabled": False,
    "browser.aboutConfig.showWarning": False,
    "browser.aboutwelcome.enabled": False,
    "browser.contentblocking.category": "custom",
    "browser.discovery.enabled": False,
    "browser.newtabpage.activity-stream.feeds.system.topstories": False,
    "browser.newtabpage.enabled": False,
    "browser.places.speculativeConnect.enabled": False,
    "browser.region.network.url": "",
    "browser.region.update.enabled": False,
    "browser.safebrowsing.blockedURIs.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.provider.google4.updateURL": "",
    "browser.safebrowsing.provider.mozilla.updateURL": "",
    "browser.search.suggest.enabled": False,
    "browser.search.update": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "browser.topsites.contile.enabled": False,
    "browser.urlbar.suggest.searches": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.blocklist.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "geo.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "media.gmp-provider.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.prefetch-next": False,
    "network.trr.mode": 5,  # no DNS over HTTPS
    # Firefox's own blocking would hide from the page, and so from Carrel, what other browsers load.
    "privacy.trackingprotection.enabled": False,
    "privacy.trackingprotection.pbmode.enabled": False,
    "security.OCSP.enabled": 0,
    "security.certerrors.mitm.priming.enabled": False,
    "security.enterprise_roots.enabled": False,  # trust what is in this profile, nothing of the machine's
    "security.remote_settings.crlite_filters.enabled": False,
    "security.remote_settings.intermediates.enabled": False,
    "services.settings.server": "data:,#remote-settings-off",
    "signon.management.page.breach-alerts.enabled": False,
    "toolkit.telemetry.archive.enabled": False,
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "toolkit.telemetry.server": "",
    "toolkit.telemetry.unified": False,
}


def _certutil(*arguments: str) -> None:
    program = shutil.which("certutil")
    if program is None:
        raise TrustError("certutil is missing, it writes browsers' certificate stores: apt install libnss3-tools")
    try:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        raise TrustError(
            "certutil did not finish within a minute: end other programs that use the same profile"
        ) from None
    if done.returncode:
        complaint = " ".join(done.stderr.split()) or f"exit status {done.returncode}"
        raise TrustError(f"certutil could not write the certificate store: {complaint}")
