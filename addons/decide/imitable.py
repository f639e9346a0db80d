"""The words, endings and hosts that speak for an imitation, or against it: what keeps the look-alikes precise."""

from __future__ import annotations


def _table(words: str) -> frozenset[str]:
    return frozenset(words.split())


PLAIN_WORDS = _table("""
    academic archive biblio boundless cambridge chronicle columbia communico discovery emerald endnote films flipster
    harvard learning library medici morningstar museum nature oreilly oxford princeton research scholastic science
    springer stanford surpass transparent valueline
""")
"""Names of sites that are also words, places or families: `nature.org` and `cambridge.example` imitate nobody."""

INNOCENT = _table("""
    activa britannia canopy embrace films minted newsbanks reworks scopes sprinter
""")
"""Variants that are somebody else's well-known name."""

WORDS = sorted(
    _table("""
    access account accounts activate auth billing confirm customer login logon mylogin password payment portal
    recover renew secure secured security signin sso unlock update user verification verify webmail
""")
)
"""Added to a name by those who want a patron to sign in there."""

CHEAP_ENDINGS = _table("""
    bid bond buzz cam cc cf cfd click cm cyou date download ga gdn gq icu loan lol men ml mov om party pw quest racing
    rest review sbs stream su tk top trade vip win work xyz zip
""")
"""Endings that are a slip of the finger away from .com, or that are mostly registered for abuse (Interisle's yearly
"Phishing Landscape", Spamhaus' "most abused TLDs"). Vendors do use .net, .org, .io and country endings."""

INSTITUTIONS = frozenset({"ac", "edu", "gob", "gouv", "gov", "govt", "int", "k12", "lib", "mil", "sch"})
"""Parts of public suffixes under which only checked institutions get a name."""

DOORS = frozenset({"www", "m", "login", "signin", "secure", "account", "accounts", "my", "auth"})
"""First labels that may stand before an imitated name."""

RELAYS = ("proxy", "ezp", "vpn", "openathens", "remotexs", ".bibl.", "e-bronnen", "sci-hub")
"""In the host names of access proxies, which carry the vendor's whole name in front of their own."""

GATEWAYS = ("lib", "bibl", "proxy", "school", "univ", "college", "uni-")
"""In the names of libraries and schools, which call their way to a product after it: `kanopy.anytownlibrary.org`."""

TENANT_HOLDERS = _table("""
    2o7.net adobe.com akadns.net akamai.net akamaiedge.net akamaihd.net akamaized.net altmetric.com amazonaws.com
    ampproject.org atlassian.net auth0.com azure.com azurewebsites.net bamboohr.com bandcamp.com bibliocommons.com
    bitbucket.org blogspot.com box.com breezy.hr canny.io chargebee.com cloudflare.net cloudfront.net craigslist.org
    cutestat.com demdex.net disqus.com ebscohost.com edgekey.net edgesuite.net everesttech.net
    eventbrite.com fandom.com fastly.net firebaseapp.com force.com freshdesk.com github.com gitlab.com
    google.com googleapis.com googleusercontent.com greenhouse.io happyfox.com helpscoutdocs.com helpshift.com
    herokuapp.com hs-sites.com hubspot.com hypestat.com icims.com impervadns.net incapdns.net
    sentry.io instructure.com intercom.help invisionapp.com ipaddress.com jobs.net kanopy.com lever.co
    libanswers.com libcal.com libguides.com list-manage.com marketo.com medium.com microsoftonline.com
    myshopify.com myworkdayjobs.com oclc.org okta.com omtrdc.net onelogin.com onmicrosoft.com openathens.net
    overdrive.com panopto.com pantheonsite.io patch.com pr.co prezly.com qualtrics.com recruitee.com salesforce.com
    salesforce-sites.com sharepoint.com shopify.com site.com slack.com smugmug.com statcounter.com statuspage.io
    substack.com successfactors.com surveymonkey.com taleo.net teamwork.com translate.goog trafficmanager.net
    trustpilot.com tumblr.com typeform.com uservoice.com vanillacommunity.com vercel.app vimeo.com
    visualstudio.com webex.com webflow.io wikidot.com wikipedia.org windows.net wistia.com wordpress.com workable.com
    worldcat.org wpengine.com zendesk.com zoom.us
""")
"""Companies that give each customer a host with the customer's name or whole domain in it: `overdrive.zendesk.com`."""
