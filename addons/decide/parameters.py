"""The parameter names that we know, by what they usually carry. Tables only.

A name may be repeated in a finding because it stands here; a name that a page made up never is. Lower case; a name
in brackets or behind a dot (`ud[em]`, `ep.search_term`) is also looked up by its last part.
"""

from __future__ import annotations

ADDRESS = frozenset(
    """
    dl dr dlr ref referer referrer refer referringurl ru url uri u l loc location locationurl href page page_url
    pageurl page_location page_referrer pagelocation pagereferrer purl docurl document_url documenturl doc_url
    _url currenturl current_url curl canonical canonical_url canonicalurl source_url sourceurl src_url siteurl
    site_url page_uri pageuri pagehref page_href topurl top_url top tpl tref burl link urlref url_ref action_name
    fullurl full_url originalurl request_url landing_url landingpage landing_page lp dp path pathname pagepath
    page_path pagename page_name pg p g r rf rl su if sharer shareurl share_url permalink target event_source_url
    $current_url $referrer $initial_referrer cu vurl
    """.split()
)
"""Where an address goes: of the page, or of the page before it."""

LOCATION = frozenset(
    """
    dl dr dlr ref referer referrer refer referringurl loc location locationurl page_url pageurl page_location
    page_referrer pagelocation pagereferrer purl docurl document_url documenturl doc_url currenturl current_url
    canonical canonical_url canonicalurl source_url sourceurl page_uri pageuri pagehref page_href topurl top_url
    tref burl urlref url_ref fullurl full_url originalurl landing_url landingpage landing_page event_source_url rl
    $current_url $referrer $initial_referrer cu r
    """.split()
)
"""Of these, the ones that hold nothing but the address of a page: another page of the same site counts too."""

PATHS = frozenset(
    "dp path pathname pagepath page_path page pg p g uri page_uri pageuri url u pagename page_name".split()
)
"""Where a path without its host is an address, however short."""

SEARCH = frozenset(
    """
    q query search searchterm searchterms search_term search_terms searchquery search_query searchstring
    search_string searchtext search_text searchkeyword search_keyword searchkeywords search_keywords searchfor
    keyword keywords kw kwd kws kwds term terms lookfor phrase qs qu querystring query_string queryterm query_term
    site_search sitesearch internal_search internal_search_term text st search_phrase userquery user_query usersearch
    """.split()
)
"""Where a third party takes search words."""

TITLES = frozenset(
    "dt title page_title pagetitle pt document_title documenttitle doctitle tl $title action_name ttl".split()
)
"""Where a third party takes the page's title, which repeats what was searched for."""

SEARCHED = frozenset(
    """
    q query search searchterm searchterms search_term search_terms searchquery search_query searchstring
    search_string searchtext search_text searchword searchwords searchkeyword searchkeywords searchfor searcharg
    search_phrase keyword keywords kw kwd term terms lookfor phrase qs qu bquery querystring query_string queryterm
    allfield s.q as_q ntt st stext bool allfields freetext fulltext searcharguments querytext userquery
    """.split()
)
"""A site's own search parameters, on whatever page they stand."""

SEARCHED_HERE = frozenset(
    """
    s k w text find name title author subject ti au su t1 any all words value criteria input pub contrib1 lookfor0
    lookfor1 lookfor0[] query1 q1 q0 term1 searchvalue string field1 fieldvalue topic heading index
    """.split()
)
"""More of a site's search parameters: too common elsewhere, so only in the search section."""

ISBN = frozenset("isbn isbns isbn10 isbn13 isbn_10 isbn_13 isbnlist bibkeys asin ean gtin".split())
ISSN = frozenset("issn issns eissn pissn issnl issn-l".split())
DOI = frozenset("doi dois rft_id doi_id article_doi citation_doi".split())
NUMBERED = frozenset("oclc oclcnum oclcno oclc_number oclcnumber pmid pmcid pubmed arxiv arxivid lccn".split())
UPC = frozenset("upc upcs ean gtin".split())
RECORD = frozenset(
    """
    id ids item itemid item_id record recordid record_id recid bib bibid bib_id bibnum bibno biblionumber docid
    doc_id documentid document_id titleid title_id workid work_id pii contentid content_id articleid article_id
    product productid product_id bookid book_id mediaid media_id resourceid resource_id an accessionnumber
    control_number controlnumber catkey ckey metadata_id manifestationid
    """.split()
)
"""Where the number of a record goes, on a site's item pages and at third parties."""

RECORD_ANYWHERE = frozenset(
    """
    recordid record_id recid bibid bib_id bibnum bibno biblionumber docid doc_id titleid title_id workid work_id pii
    articleid article_id bookid book_id accessionnumber controlnumber catkey ckey manifestationid
    """.split()
)
"""Of these, the ones that name a record on whatever page of a site."""

EMAIL = frozenset(
    """
    em e email e-mail e_mail mail useremail user_email user_mail customer_email emailaddress email_address
    ud[em] udff[em] user_data[em] login username user userid user_id uid contact_email subscriber_email
    """.split()
)
"""Where an e-mail address in plain text is a person's."""

HASHED_EMAIL = frozenset(
    """
    em ud[em] udff[em] user_data[em] eh emh hem hemail he hashedemail hashed_email email_hash emailhash em_hash
    email_sha256 email_sha1 email_md5 emailsha256 emailsha1 emailmd5 sha256_email sha1_email md5_email sha256email
    sha1email md5email sha256_email_address email_hashed emails email ehash pixel_em hashed_em
    """.split()
)
"""Where a value of the shape of a hash is a hashed e-mail address."""

CARD = frozenset(
    """
    card cardno card_no cardnum cardnumber card_number librarycard library_card librarycardnumber barcode
    patronbarcode patron_barcode userbarcode user_barcode patron patronid patron_id patronnumber borrower
    borrowernumber borrower_id borrowerid cardholder memberid member_id membernumber login username user userid
    user_id uid code user_name external_id ud[external_id] udff[external_id]
    """.split()
)

IDENTIFIER = frozenset(
    """
    cid _cid clientid client_id ga_client_id gacid ga_cid _ga ga gaid _gid fbp _fbp fbc _fbc uid userid user_id uuid2
    visitorid visitor_id vid visitor visitor_uuid _id anonymousid anonymous_id ajs_anonymous_id distinct_id
    $device_id deviceid device_id duid domain_userid networkuserid nuid tnuid mid d_mid mcmid aid d_uuid muid ttp
    _ttp scid _scid u_scid hubspotutk utk vi hsutk _pk_id tdid ttd_tdid uid2 id5id lidid liveramp_id idl puid
    partner_uid partneruid google_gid google_push buid bidswitch_uid external_id ud[external_id] udff[external_id]
    gclid dclid wbraid gbraid fbclid msclkid ttclid li_fat_id twclid _gl epik mc_eid _kx _hsenc cookie_id cookieid
    browser_id browserid machine_id fingerprint fp_id visitorguid guest_id guestid vmcid adid idfa ecid ga_vid
    sessionuser hjid amplitude_id amp_device_id heap_user_id bnc_fingerprint pixel_id_user muidn _uetvid uetvid
    """.split()
)
"""Where a long random value means: the same browser, or the same person, as before."""

KNOWN = frozenset().union(
    ADDRESS, SEARCH, SEARCHED, TITLES, ISBN, ISSN, DOI, NUMBERED, UPC, RECORD, EMAIL, HASHED_EMAIL, CARD, IDENTIFIER
)
"""Everything that a finding may name."""

COMMON = frozenset(
    """
    about account advanced all american analytics android anonymous article articles audiobook audiobooks author
    authors available basic between books browser canada catalog catalogue chrome click computer content contents
    cookie current database databases default desktop detail details digital download ebooks england english event
    events facebook false favorite firefox french general german global google headline health history image images
    index item items journal journals keyword large latest library libraries linux list local location magazine
    medium member mobile modern movies music name network new news newspaper newspapers number online options page
    pages pageview people popular portrait print privacy profile public publisher record recommended research
    results review reviews safari school science screen search section series service session share simple small
    source spanish standard status student students subject summary system teacher tablet title titles topic twitter
    undefined unknown update user video videos view visitor website windows women world youtube null true none other
    """.split()
)
"""Words that stand in ordinary addresses all the time: alone, they do not show that a search was passed on."""

STOP = frozenset("a an and at by de der des die el for from in la le les los of on or the to und und with".split())
"""Words that a tag may leave out of a search."""

ROLES = frozenset(
    """
    admin api contact contactus dev developer developers enquiries feedback hello help helpdesk info library mail
    marketing no-reply noreply office ops postmaster press privacy sales security service support team tech
    webmaster web
    """.split()
)
"""Mailboxes that belong to an office, not to a patron."""

POLITE = ("api.unpaywall.org", "api.crossref.org", "api.openalex.org", "eutils.ncbi.nlm.nih.gov")
"""These ask the *program's* author for an e-mail address."""
