"""The knowledge itself: who is found for a host, and how a wrong file is refused. Made-up entries only."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklists.owners import CuratedError, Evidence, Knowledge, load

VENDORS = """
version = "2026-11-24"
[[owner]]
name = "Group"
domains = ["brand.test", "measures.test"]
evidence = ["papers/group"]
[[product]]
id = "shelf"
name = "Shelf"
kind = "vendor"
vendor = "Brand"
owner = "Group"
domains = ["brand.test"]
own = ["d1.cloudfront.net"]
basis = "read"
evidence = ["page", "papers/shelf.txt"]
"""
TRACKERS = """
version = "2026-11-23"
[[service]]
name = "Watcher"
owner = "Watch Co"
category = "analytics"
domains = ["tracker.test", "watch.test"]
evidence = ["page"]
[[service]]
name = "Watcher sign-in"
owner = "Watch Co"
category = "sign-in"
domains = ["login.tracker.test"]
never_block = true
evidence = ["page"]
"""
LIBRARY_SERVICES = """
version = "2026-11-24"
[[service]]
name = "Covers"
owner = "Brand"
category = "covers and enrichment"
domains = ["covers.test"]
note = "ISBN in the address"
evidence = ["page"]
"""
EVIDENCE = """
version = "2026-11-24"
[[evidence]]
id = "page"
title = "A page"
address = "https://page.example/hosts/"
read = "2026-11-24"
[[evidence]]
id = "papers"
title = "Papers"
address = "https://papers.example/"
read = "2025-01-31"
parts = true
"""
SHIPPED = load()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "vendors.toml").write_text(VENDORS)
    (tmp_path / "trackers.toml").write_text(TRACKERS)
    (tmp_path / "library-services.toml").write_text(LIBRARY_SERVICES)
    (tmp_path / "evidence.toml").write_text(EVIDENCE)
    return tmp_path


@pytest.fixture
def knowledge(folder: Path) -> Knowledge:
    return load(folder)


@pytest.mark.parametrize(
    ("host", "found"),
    [
        pytest.param("tracker.test", ("Watcher", "tracker.test"), id="the entry itself"),
        pytest.param("a.b.tracker.test", ("Watcher", "tracker.test"), id="far below an entry"),
        pytest.param("login.tracker.test", ("Watcher sign-in", "login.tracker.test"), id="the longer entry"),
        pytest.param("eu.login.tracker.test", ("Watcher sign-in", "login.tracker.test"), id="below the longer entry"),
        pytest.param("xlogin.tracker.test", ("Watcher", "tracker.test"), id="beside the longer entry"),
        pytest.param("Tracker.TEST.", ("Watcher", "tracker.test"), id="capitals and final dot"),
        pytest.param("covers.test", ("Covers", "covers.test"), id="from the other list"),
        pytest.param("nottracker.test", None, id="only the same letters"),
        pytest.param("tracker.test.example", None, id="entry in front"),
        pytest.param("test", None, id="above an entry"),
        pytest.param("", None, id="empty"),
        pytest.param("a." * 200 + "tracker.test", None, id="longer than a host name"),
    ],
)
def test_the_longest_matching_entry_names_the_service(
    knowledge: Knowledge, host: str, found: tuple[str, str] | None
) -> None:
    match = knowledge.service_of(host)
    assert (match and (match[0].name, match[1])) == found


@given(st.text() | st.text(alphabet=".abctes") | st.lists(st.text()).map(".".join))
def test_any_text_may_be_asked_about(host: str) -> None:
    match = SHIPPED.service_of(host)
    assert match is None or host.lower().removesuffix(".").endswith(match[1])
    assert isinstance(SHIPPED.owner_of(host), str)


@pytest.mark.parametrize(
    ("host", "owner", "group"),
    [
        pytest.param("a.tracker.test", "Watch Co", "Watch Co", id="service of a company without group"),
        pytest.param("covers.test", "Brand", "Group", id="service of a brand"),
        pytest.param("www.brand.test", "Group", "Group", id="product"),
        pytest.param("d1.cloudfront.net", "Group", "Group", id="product's own host in a cloud"),
        pytest.param("d2.cloudfront.net", "", "", id="somebody else's host in the same cloud"),
        pytest.param("x.measures.test", "Group", "Group", id="domain of the group only"),
        pytest.param("unknown.test", "", "", id="nobody we know"),
    ],
)
def test_the_company_and_its_group_are_found(knowledge: Knowledge, host: str, owner: str, group: str) -> None:
    assert (knowledge.owner_of(host), knowledge.group_of(knowledge.owner_of(host))) == (owner, group)


def test_each_file_is_a_ruleset_with_its_hash(knowledge: Knowledge, folder: Path) -> None:
    assert [(r.name, r.version, r.rules, r.skipped) for r in knowledge.rulesets] == [
        ("vendors", "2026-11-24", 4, 0),
        ("trackers", "2026-11-23", 3, 0),
        ("library-services", "2026-11-24", 1, 0),
    ]
    content = (folder / "trackers.toml").read_bytes()
    assert knowledge.ruleset("trackers").sha256 == hashlib.sha256(content).hexdigest()


def test_each_entry_says_where_it_was_looked_up(knowledge: Knowledge) -> None:
    page = Evidence("A page", "https://page.example/hosts/", "2026-11-24")
    assert [service.evidence for service in knowledge.services] == [(page,)] * 3
    assert [product.evidence for product in knowledge.products] == [
        (page, Evidence("Papers", "https://papers.example/shelf.txt", "2025-01-31")),
    ]
    assert knowledge.evidence_of_group("Group") == (Evidence("Papers", "https://papers.example/group", "2025-01-31"),)
    assert knowledge.evidence_of_group("Watch Co") == ()


def test_optional_keys_have_plain_defaults(knowledge: Knowledge) -> None:
    watcher, sign_in, covers = knowledge.services
    assert (watcher.never_block, watcher.note, watcher.list) == (False, "", "trackers")
    assert sign_in.never_block
    assert (covers.note, covers.list) == ("ISBN in the address", "library-services")


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        pytest.param(
            "trackers", '"analytics"', '"spying"', "service 'Watcher': unknown category 'spying'", id="category"
        ),
        pytest.param(
            "trackers", 'category = "analytics"', "", "service 'Watcher': category is missing", id="no category"
        ),
        pytest.param("trackers", 'name = "Watcher"\n', "", "service 'number 1': name is missing", id="no name"),
        pytest.param("trackers", "never_block", "neverblock", "'Watcher sign-in': unknown key 'neverblock'", id="key"),
        pytest.param("trackers", "= true", "= 1", "never_block must be true or false", id="flag"),
        pytest.param("trackers", '"Watch Co"', "7", "'Watcher': owner must be text", id="number for text"),
        pytest.param("trackers", '["tracker.test", "watch.test"]', "[]", "domains must be a list", id="no domains"),
        pytest.param("trackers", '["login.tracker.test"]', '"x.test"', "domains must be a list", id="text for list"),
        pytest.param("trackers", '"watch.test"', "3", "domains: 3 is not text", id="number in list"),
        pytest.param("trackers", '"watch.test"', '"tracker.test"', "names a domain twice", id="twice in a service"),
        pytest.param("trackers", "login.tracker", "watch", "'watch.test' is already in service 'Watcher'", id="twice"),
        pytest.param("trackers", '"2026-11-23"', '"new"', "trackers.toml: version must be a date", id="version"),
        pytest.param("trackers", "[[service]]", "[[services]]", "trackers.toml: unknown key 'services'", id="table"),
        pytest.param("trackers", 'name = "Watcher"', "name =", "trackers.toml: Invalid value", id="not TOML"),
        pytest.param(
            "library-services",
            "covers.test",
            "tracker.test",
            "'tracker.test' is already in service 'Watcher' of trackers.toml",
            id="twice across files",
        ),
        pytest.param("vendors", "owner = ", "owners = ", "product 'shelf': unknown key 'owners'", id="product key"),
        pytest.param("vendors", 'id = "shelf"', 'id = "The Shelf"', "id takes lower-case letters", id="id"),
        pytest.param("vendors", '"vendor"', '"shop"', "unknown kind 'shop'", id="kind"),
        pytest.param("vendors", '"read"', '"memory"', "unknown basis 'memory'", id="basis"),
        pytest.param("vendors", 'owner = "Group"', 'owner = "Grop"', "'Grop' is neither the vendor nor", id="owner"),
        pytest.param("vendors", "measures.test", "tracker.test.", "is not a host name", id="owner's domain"),
        pytest.param("vendors", 'evidence = ["papers/group"]', "", "owner 'Group': evidence must be", id="no evidence"),
        pytest.param("trackers", '["page"]', "[]", "'Watcher': evidence must be a list of ids", id="empty evidence"),
        pytest.param("trackers", '["page"]', '"page"', "evidence must be a list of ids", id="text for evidence"),
        pytest.param("trackers", '["page"]', "[7]", "evidence must be a list of ids", id="number for evidence"),
        pytest.param("trackers", '["page"]', '["pages"]', "evidence 'pages' is not the id", id="unknown evidence"),
        pytest.param("vendors", '"page", ', '"papers/shelf.txt", ', "names a source twice", id="evidence twice"),
        pytest.param("vendors", '"page"', '"page/1"', "evidence 'page' is one document", id="part of a document"),
        pytest.param("vendors", '"papers/group"', '"papers"', "evidence 'papers' is a collection", id="no part"),
        pytest.param(
            "vendors", '"papers/group"', '"papers/../x"', "evidence 'papers' is a collection", id="up and out"
        ),
        pytest.param("vendors", '"papers/group"', '"papers/a b"', "evidence 'papers' is a collection", id="space"),
        pytest.param("evidence", '"page"', '"A page"', "the id takes lower-case letters", id="evidence id"),
        pytest.param("evidence", '"papers"', '"page"', "evidence 'page': the id is used twice", id="evidence id twice"),
        pytest.param("evidence", "https://page", "http://page", "must start with https://", id="address not https"),
        pytest.param("evidence", "page.example/hosts/", "page/hosts/", "must start with https://", id="no public name"),
        pytest.param(
            "evidence", "2025-01-31", "2026-11-25", "read must be a day such as '2026-11-24'", id="future day"
        ),
        pytest.param("evidence", "2025-01-31", "20250131", "read must be a day", id="day written otherwise"),
        pytest.param("evidence", "2025-01-31", "2025-02-31", "read must be a day", id="no such day"),
        pytest.param("evidence", "parts = true", "part = true", "unknown key 'part'", id="evidence key"),
    ],
)
def test_a_wrong_entry_is_refused_in_one_line(folder: Path, file: str, old: str, new: str, complaint: str) -> None:
    path = folder / f"{file}.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(CuratedError) as error:
        load(folder)
    assert complaint in str(error.value)
    assert str(error.value).startswith(f"{file}.toml: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("domain", "complaint"),
    [
        pytest.param("Watch.test", "must be lower case", id="upper case"),
        pytest.param("https://watch.test", "is not a host name", id="scheme"),
        pytest.param("watch.test/pixel", "is not a host name", id="path"),
        pytest.param("watch.test:443", "is not a host name", id="port"),
        pytest.param("*.watch.test", "is not a host name", id="wildcard"),
        pytest.param(".watch.test", "is not a host name", id="leading dot"),
        pytest.param("192.0.2.1", "is not a host name", id="address"),
        pytest.param("-watch.test", "is not a host name", id="leading hyphen"),
        pytest.param("bücher.test", "must be written in punycode", id="not punycode"),
        pytest.param("com", "is a public suffix", id="top-level domain"),
        pytest.param("co.uk", "is a public suffix", id="public suffix"),
        pytest.param("cloudfront.net", "is a public suffix", id="private suffix"),
        pytest.param("", "is not a host name", id="empty"),
    ],
)
def test_a_domain_that_is_no_single_owners_host_is_refused(folder: Path, domain: str, complaint: str) -> None:
    path = folder / "trackers.toml"
    path.write_text(path.read_text().replace("watch.test", domain))
    with pytest.raises(CuratedError, match=complaint):
        load(folder)


def test_punycode_is_taken(folder: Path) -> None:
    path = folder / "trackers.toml"
    path.write_text(path.read_text().replace("watch.test", "xn--bcher-kva.test"))
    assert load(folder).service_of("www.xn--bcher-kva.test")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param({}, "the id is used twice", id="id"),
        pytest.param({"shelf": "desk"}, "product 'desk': 'brand.test' is already in product 'shelf'", id="domain"),
        pytest.param(
            {"shelf": "desk", '"brand.test"': '"desk.test"', '"Group"': '"Brand"'},
            "vendor 'Brand' belongs to 'Group' elsewhere",
            id="owner of the same vendor",
        ),
    ],
)
def test_a_second_product_may_not_contradict_the_first(folder: Path, change: dict[str, str], complaint: str) -> None:
    second = VENDORS[VENDORS.index("[[product]]") :]
    for old, new in change.items():
        second = second.replace(old, new)
    (folder / "vendors.toml").write_text(VENDORS + second)
    with pytest.raises(CuratedError, match=complaint):
        load(folder)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        pytest.param("Other", "owner 'Other': 'measures.test' is already in owner 'Group'", id="domain"),
        pytest.param("Group", "owner 'Group': the name is used twice", id="name"),
    ],
)
def test_a_second_group_may_not_contradict_the_first(folder: Path, name: str, complaint: str) -> None:
    other = f'[[owner]]\nname = "{name}"\ndomains = ["measures.test"]\nevidence = ["page"]\n'
    (folder / "vendors.toml").write_text(VENDORS + other)
    with pytest.raises(CuratedError) as error:
        load(folder)
    assert complaint in str(error.value)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "trackers.toml").unlink()
    with pytest.raises(CuratedError, match=r"^trackers.toml: cannot be read: No such file"):
        load(folder)
