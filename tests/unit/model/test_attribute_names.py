"""One attribute may have several names and an OID, and is found under each."""

import pytest

from syncd.model.attribute_names import bare_name, is_known, names_in, usual_name, values_of
from syncd.model.dn import parse
from syncd.model.keys import key_text


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("mobileTelephoneNumber", "mobile"),
        ("MOBILE", "mobiletelephonenumber"),
        ("rfc822Mailbox", "mail"),
        ("commonName", "cn"),
        ("2.5.4.3", "cn"),
        ("OID.2.5.4.3", "commonname"),
        ("cn", "2.5.4.3"),
        ("organizationalUnitName", "ou"),
        ("commonName;lang-de", "cn;lang-de"),
        ("badgeNumber", "badgenumber"),
    ],
)
def test_an_attribute_is_found_under_each_of_its_names(asked: str, answered: str) -> None:
    """What is asked for by one name is found where the server answers under another."""
    assert values_of({answered: ("x",), "sn": ("y",)}, asked) == ("x",)


def test_the_name_that_was_asked_for_goes_first() -> None:
    """Where an entry has a value under the very name, the values under other names do not count."""
    assert values_of({"cn": ("a",), "commonname": ("b",)}, "commonName") == ("b",)
    assert values_of({"street": ("a",)}, "streetAddress") == ()
    assert values_of({"cn": ("a",)}, "sn") == ()


def test_a_schema_tells_further_names() -> None:
    """Names and OIDs of a schema are read from its attribute types, also of those that have one name or none."""
    found = names_in(
        [
            "( 1.2.3 NAME ( 'badge' 'badgeNumber' ) DESC 'its NAME 'x' )",
            "( 1.2.4 NAME 'floor' SUP name )",
            "( 1.2.5 DESC 'without a NAME 'none'' )",
            "(1.2.6 NAME 'tight')",
            "nonsense",
        ]
    )
    assert found["badgenumber"] == found["1.2.3"] == ("badge", "badgenumber", "1.2.3")
    assert found["1.2.4"] == ("floor", "1.2.4")
    assert set(found) == {"badge", "badgenumber", "1.2.3", "floor", "1.2.4", "tight", "1.2.6"}
    assert values_of({"badge": ("7",)}, "1.2.3", {"1.2.3": "badge"}) == ("7",)


def test_what_stands_here_needs_no_schema() -> None:
    """Standard names and their OIDs are known, and others are not."""
    assert [is_known(name) for name in ("cn", "OID.2.5.4.3", "rfc822Mailbox;lang-de", "moblie")] == [
        True,
        True,
        True,
        False,
    ]
    assert (bare_name(" OID.2.5.4.3 "), usual_name("SurName"), usual_name("Moblie")) == ("2.5.4.3", "sn", "moblie")


def test_dns_and_keys_do_not_depend_on_the_name() -> None:
    """A DN is one DN by whatever names its types are written, and a key one key."""
    assert parse("commonName=A,OID.2.5.4.11=B,0.9.2342.19200300.100.1.25=x") == parse("cn=a,ou=b,dc=x")
    assert parse("cn=a,dc=x") != parse("sn=a,dc=x")
    assert key_text("1.3.6.1.1.16.4", "ABC") == key_text("entryUUID", "abc")
