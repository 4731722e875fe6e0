"""Distinguished names are read as they are meant, also where cutting them by hand would go wrong."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ldap3.utils.dn import escape_rdn

from syncd.errors import SourceBroken
from syncd.model.dn import is_below, named_by, parent, parse, rdn_of, value_form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CN=Lee\\, Ann,OU=HR", "cn=lee\\2c ann , ou=hr"),
        ("cn=a+sn=b,dc=x", "SN=B + CN=A,DC=X"),
        ("ou=销售部,dc=x", "ou=\\e9\\94\\80\\e5\\94\\ae\\e9\\83\\a8,dc=x"),
        ("cn=two  spaces,dc=x", "cn=Two spaces,dc=x"),
        ("cn=ends\\ ,dc=x", "cn=ends,dc=x"),
        ("cn=#6869,dc=x", "cn=hi,dc=x"),
        ("cn=a;dc=x", "cn=a,dc=x"),
        ('cn="Lee, Ann+x;y",ou="hr"', "cn=Lee\\, Ann\\+x\\;y,ou=hr"),
        ('cn= "a \\"b\\" \\2c c" , dc=x', 'cn=a \\"b\\" \\, c,dc=x'),
        ('uid="p0"+cn="a",dc=x', "cn=a+uid=p0,dc=x"),
        ('cn="",dc=x', "cn=,dc=x"),
        ('cn=Ann "Nan\\, x,dc=x', 'cn=Ann \\"Nan\\, x,dc=x'),
        ('cn=a="b,dc=x', 'cn=a\\=\\"b,dc=x'),
        ("cn=#04024869,dc=x", "cn=Hi,dc=x"),
        ("cn=#0C06E78E8BE88AB3,dc=x", "cn=\u738b\u82b3,dc=x"),
        ("cn=#1E04738B82B3,dc=x", "cn=\u738b\u82b3,dc=x"),
        ("cn=#1E048B8282B3,dc=x", "cn=\u8b82\u82b3,dc=x"),
        ("cn=#130141,dc=x", "cn=a,dc=x"),
        ("cn=#04810141,dc=x", "cn=a,dc=x"),
        ("OID.2.5.4.3=a,dc=x", "2.5.4.3=a,dc=x"),
        ("my_type=a,dc=x", "MY_TYPE=A,dc=x"),
        ("cn=a=b,dc=x", "cn=a\\=b,dc=x"),
    ],
)
def test_two_ways_to_write_one_name_are_one(one: str, other: str) -> None:
    """Letter case, spaces, escapes and the order in an RDN do not make another DN (RFC 4514)."""
    assert parse(one) == parse(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cn=a\\+sn\\=b,dc=x", "cn=a+sn=b,dc=x"),
        ("cn=a\\,ou=b,dc=x", "cn=a,ou=b,dc=x"),
        ("cn=a\\\\,dc=x", "cn=a,dc=x"),
        ("cn=\\ff,dc=x", "cn=\\fe,dc=x"),
        ("cn=\\ff,dc=x", "cn=\\\\ff,dc=x"),
        ('cn=\\"a\\",dc=x', "cn=a,dc=x"),
        ("cn=\\#0401,dc=x", "cn=#040141,dc=x"),
    ],
)
def test_an_escaped_separator_is_text(one: str, other: str) -> None:
    """An escaped comma or plus is part of a name and does not cut the DN."""
    assert parse(one) != parse(other)


# OpenLDAP 2.5 holds the two of each pair as two entries.
TOLD_APART = [
    *(("Maß", "Mass"), ("ς", "σ"), ("İpek", "i̇pek"), ("ᾳ", "αι"), ("Ⅳ", "IV"), ("a\tb", "a b"), ("a\xadb", "ab")),
    *(("a\u200bb", "ab"), ("a\u200db", "ab"), ("ẞ", "ß"), ("ẞ", "ss"), ("I", "ı"), ("Ⓐ", "ⓐ"), ("ⅷ", "Ⅷ")),
]
# It refuses the second of each of these: there is such an entry.
MATCHED = [
    *(("a  b", "a b"), ("Ａ", "A"), ("é", "e\u0301"), ("ﬁ", "fi"), ("²", "2"), ("K", "k"), ("Å", "Å"), ("Σ", "σ")),
    *(("ſ", "s"), ("a\xa0b", "a b"), ("a\u3000b", "a b"), ("Ǆ", "ǆ"), ("ǅ", "ǆ"), ("①", "1"), ("㈱", "(株)")),
    *(("ｶ", "カ"), ("Ω", "ω"), ("Џ", "џ"), ("𐐀", "𐐨")),
]


def test_a_dn_folds_what_a_servers_own_matching_folds_and_no_more() -> None:
    """Names are equal where OpenLDAP finds them equal, and differ where it holds them as two entries."""

    def are_equal(one: str, other: str) -> bool:
        return parse(f"cn={escape_rdn(one)},dc=x") == parse(f"cn={escape_rdn(other)},dc=x")

    assert [pair for pair in TOLD_APART if are_equal(*pair)] == []
    assert [pair for pair in MATCHED if not are_equal(*pair)] == []


@pytest.mark.parametrize("bad", ["people", "cn=a,,dc=x", "cn=a\\", "cn=a\\zz", "cn=#6", "1x=a", "=a", "cn=a,people"])
def test_what_is_no_dn_is_named(bad: str) -> None:
    """A text that is no DN is refused, and the error shows it."""
    with pytest.raises(SourceBroken) as caught:
        parse(bad)
    assert f'the DN "{bad}"' in str(caught.value)


def test_a_dn_is_below_itself_and_its_ancestors_alone() -> None:
    """A DN is below itself and its ancestors, and not below `ou=people` where it ends in `ou=people2`."""
    people = parse("ou=people,dc=x")
    assert is_below(parse("uid=a, OU=People, dc=X"), people)
    assert is_below(people, people)
    assert not is_below(parse("uid=a,ou=people2,dc=x"), people)
    assert parent(people) == parse("dc=x")
    assert parse("") == ()


def test_a_dn_of_thousands_of_levels_is_read() -> None:
    """A DN with thousands of levels is read as any other, whichever of its levels was read before."""
    name = ",".join(f"ou={level}" for level in range(3000))
    assert len(parse(name)) == 3000
    assert parse(f"cn=x,{name}")[1:] == parse(name)


@settings(deadline=None)
@given(st.text(st.sampled_from('ab=,;+"\\#0f '), max_size=12))
def test_any_text_is_a_dn_or_refused(text: str) -> None:
    """Any text is read as a DN or refused, and the RDN of one is the beginning of the text."""
    try:
        path = parse(text)
    except SourceBroken:
        return
    assert bool(path) == bool(text.strip())
    assert text.strip().startswith(rdn_of(text))


@settings(deadline=None)
@given(st.text(min_size=1).filter(lambda text: text.strip() and "\0" not in text))
def test_any_name_survives_escaping(name: str) -> None:
    """Any name that is escaped is one RDN, and its parent is what follows."""
    path = parse(f"ou={escape_rdn(name)},dc=x")
    assert len(path) == 2
    assert parent(path) == parse("dc=x")


def test_an_rdn_tells_what_an_entry_is_named_by() -> None:
    """An RDN is read as the values it is made of, in the form that values of attributes are compared in."""
    name = "CN=Lee\\, A\\+B \\= C\\\\+uid=x,ou=hr"
    assert rdn_of(name) == "CN=Lee\\, A\\+B \\= C\\\\+uid=x"
    assert named_by(parse(name)) == {"cn": value_form("LEE, a+b  = c\\"), "uid": "x"}
    assert (named_by(()), rdn_of("")) == ({}, "")
