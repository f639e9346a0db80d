"""ChromeOS: what to set in Google's Admin console, and the certificate to upload there. Pure."""

from __future__ import annotations

from deploy.policies import ROOT_NAME, File, Terminal


def chromeos(terminal: Terminal) -> tuple[File, ...]:
    return (
        File(
            "chromeos.txt",
            _STEPS.format(root=ROOT_NAME, fingerprint=terminal.fingerprint, proxy=_proxy(terminal)),
            ("read it: these settings are made in Google's Admin console",),
            "the steps, in order",
        ),
        File(
            ROOT_NAME,
            terminal.root_pem,
            ("Admin console, as chromeos.txt says",),
            "the root certificate",
        ),
    )


def _proxy(terminal: Terminal) -> str:
    if terminal.pac_address:
        open_ = (
            ""
            if terminal.fails_open
            else """
   While that address does not answer, ChromeOS may go straight to the internet. Where a content filter must not be
   gone around, let the network refuse such connections."""
        )
        return f'"Always use the proxy auto-config specified below", with the address\n   {terminal.pac_address}{open_}'
    if terminal.rules.route == "all" and terminal.rules.on_failure == "closed":
        return f'"Always use the proxy specified below", with the address\n   {terminal.proxy}'
    return (
        '"Always use the proxy auto-config specified below".\n'
        "   It needs the PAC file at an address: set [desk] listen in carrel.toml, restart Carrel, and make this anew."
    )


_STEPS = """\
Carrel on ChromeOS
==================

All of it is set in the Admin console (admin.google.com) for the organizational unit of the public Chromebooks.
The names of menus change now and then; look for the words in quotes.

1. Certificate: Devices, Networks, "Certificates", "Add certificate": upload {root}, and tick
   "Chromebook" as a certificate authority. Its SHA-256 fingerprint is
   {fingerprint}

2. Proxy: Devices, Chrome, Settings, "Users & browsers", and the same again under "Managed guest sessions" if patrons
   use those: "Proxy mode":
   {proxy}

3. In the same places:
   "QUIC protocol": do not allow
   "DNS-over-HTTPS": disable
   "Network prediction": do not predict network actions
   "User management of installed CA certificates": disallow users from managing certificates

4. On a Chromebook: open chrome://policy, "Reload policies", then http://carrel.internal/.
"""
