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
# nameserver = ""                        # "10.0.0.2:53": who is asked for them; "" for this computer's name servers
# route = "all"                          # what the PAC file sends through Carrel: all | sites

[protect]
# mode = "observe"                       # observe | block (trackers) | contract (all that `permitted` does not name)
# settle = 20                            # page loads of a site before "block" acts on its pages
# block_everywhere = false               # refuse hosts that do nothing but track, for all pages
# gpc = true                             # tell sites "do not sell or share" (Sec-GPC, DNT)
# trim_referrer = false                  # let sites' pages send others the site's name only, not the page's address
# lookalikes = "count"                   # hosts that imitate a site's name: "count" or "block"

[privacy]
# k = 10                                 # a day is shown only if it has this many page loads of the site
# rare = 3                               # an unlisted third party is named only after this many page loads
# days_kept = 90
# months_kept = 36
# opt_out = true                         # patrons can switch Carrel off for the computer they sit at
# consent = "opt-out"                    # "opt-in": nothing is opened or counted until a patron agrees

[desk]
# listen = ""                            # "10.0.0.5:8088": PAC file, certificate and sign for terminals without a proxy
# languages = ""                         # folder with further languages for the patrons' pages

[dashboard]
# listen = "127.0.0.1:8001"              # beyond this computer only with a password
# password_hash = ""                     # made by: carrel dashboard --hash-password; for those who also decide
# staff_password_hash = ""               # made in the same way; for those who only read
# public = ""                            # "127.0.0.1:8002": where `carrel dashboard --public` serves the public's page

[alerts]
# to = []                                # ["mailto://user:password@mail.example?to=it@anytown.example"]: see Apprise
# digest = "daily"                       # daily | weekly
# lists_days = 14                        # a list of trackers older than this is called old

# Your rewriting proxy (EZproxy and its kin), if you have one:
# [rewriting]
# suffixes = ["ezproxy.anytown.example"]
# names = {}                             # { "odd-name" = "www.vendor.example" }, where no rule tells

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
# clauses = {}                           # { "google-analytics.com" = "Licence 7.2" }: where the contract speaks of it
# mode = "block"                         # this site's own mode
# vendor = ""
# product = ""
# own = []                               # further domains with the vendor's own content
# owner = ""                             # the company behind it
# contract_from = 2026-07-01
# contract_until = 2027-06-30
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
