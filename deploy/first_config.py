"""`carrel init`: a first carrel.toml with every key explained. Pure text, and one place that writes it."""

from __future__ import annotations

from pathlib import Path

TEXT = """\
# Carrel's configuration. Lines that begin with "#" show the default; remove the "#" to change it.
# After a change: restart Carrel. If you changed a site's domains, Carrel says what to do about the certificate.

[library]
name = "Anytown Public Library"          # shown to patrons
contact = "privacy@anytown.example"      # whom patrons may ask

[proxy]
# listen = "127.0.0.1:8080"              # where browsers find the proxy; "0.0.0.0:8080" for other computers
# clients = ["127.0.0.0/8", "::1/128"]   # networks of the public computers; anyone else gets 403
# destinations = []                      # private networks that patrons may reach through the proxy
# connect_ports = [443]                  # ports of secure connections
# upstream = ""                          # "http://filter.example:3128": the content filter stays in the path
# trust = ""                             # PEM file with further authorities for connections to sites (the filter's)
# on_failure = "closed"                  # what the PAC file says when Carrel is down: closed | upstream | direct
# hosts = {}                             # { "catalog.anytown.example" = "10.0.0.5" }: names not looked up in DNS
# uncloak = true                         # look up which companies stand behind the sites' own names in DNS

[protect]
# mode = "observe"
# gpc = true                             # tell sites "do not sell or share" (Sec-GPC: 1)
# lookalikes = "count"                   # hosts that imitate a site's name: "count" or "block"

[privacy]
# k = 10                                 # a day is shown only if it has this many page loads of the site
# rare = 3                               # an unlisted third party is named only after this many page loads
# days_kept = 90
# months_kept = 36

[dashboard]
# listen = "127.0.0.1:8001"              # beyond this computer only with a password
# password_hash = ""                     # made by: carrel dashboard --hash-password

[data]
# dir = "~/.local/share/carrel"          # database and certificates

[directory]
# use = true                             # watch the vendors of the shipped directory too

# Your own sites. Each host belongs to one site; a domain covers every host below it.
[[site]]
id = "catalog"
name = "Anytown catalog"
kind = "catalog"                         # catalog | vendor | library
domains = ["catalog.anytown.example"]
# sections = { search = ["/search*"], account = ["/user/*"] }
# permitted = []                         # third parties that the contract allows
# disclosed = []                         # third parties that the vendor names in its documents
"""


class InitError(ValueError):
    """Why no configuration was written, in one line."""


def write(file: Path, further: str = "") -> str:
    """Write TEXT, and `further` behind it, to `file`, never over an existing one. Returns what to tell the user."""
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(TEXT + ("\n" + further if further else ""))
    except FileExistsError:
        raise InitError(f"{file}: exists already and was left as it is; name another file") from None
    except OSError as error:
        raise InitError(f"{file}: cannot be written ({error.strerror}); name another place") from None
    return f"wrote {file}\nnext step: edit [library] and [[site]] in it, then run: carrel up --config {file}"
