"""What a server says of itself decides which referrals hide nobody and what a catalogue lacks."""

import pytest

from syncd.directory.ldap_server import Server, catalogue_doubt, hiding, place_of

DOMAIN = "DC=corp,DC=example,DC=com"
CONTROLLER = Server(DOMAIN, is_active_directory=True, configuration=f"CN=Configuration,{DOMAIN}")
OTHER = Server("dc=corp,dc=example,dc=com")


@pytest.mark.parametrize(
    "place",
    [
        f"CN=Configuration,{DOMAIN}",
        f"CN=Schema,CN=Configuration,{DOMAIN}",
        f"DC=ForestDnsZones,{DOMAIN}",
        f"dc=domaindnszones,{DOMAIN.lower()}",
        f"DC=DomainDnsZones,{DOMAIN}?sub?(cn=x)",
        f"CN=Configuration,{DOMAIN}".replace("=", "%3D").replace(",", "%2c"),
    ],
)
def test_places_of_active_directory_without_people_hide_nobody(place: str) -> None:
    """Referrals to places of Active Directory without people hide nobody on a domain controller, and only there."""
    url = f"ldaps://dc1.corp.example.com/{place}"
    assert hiding(CONTROLLER, [url], ()) == []
    assert hiding(OTHER, [url], ()) == [url]


@pytest.mark.parametrize(
    "place", ["", f"DC=child,{DOMAIN}", f"DC=Apps,{DOMAIN}", f"OU=DomainDnsZones,{DOMAIN}", "no dn"]
)
def test_every_other_place_may_have_people(place: str) -> None:
    """A referral to any other place may hide people, and is named once."""
    url = f"ldap://dc2.corp.example.com/{place}"
    assert hiding(CONTROLLER, [url, url], (f"OU=People,{DOMAIN}",)) == [url]


def test_an_excluded_place_hides_nobody_who_is_meant() -> None:
    """A referral to an excluded place, or one below it, hides nobody; one above it does."""
    below = f"ldap://x/OU=A,DC=child,{DOMAIN}"
    assert hiding(OTHER, [below, f"ldap://x/DC=child,{DOMAIN}"], (f"dc=child, {DOMAIN}",)) == []
    assert hiding(OTHER, [f"ldap://x/{DOMAIN}"], (f"dc=child,{DOMAIN}",)) == [f"ldap://x/{DOMAIN}"]


@pytest.mark.parametrize("url", ["ldap://dc9.example.org", "ldap://dc9.example.org/no%20dn", "ldap://["])
def test_a_referral_without_a_place_can_be_excluded_by_its_url(url: str) -> None:
    """A referral whose URL names no place hides nobody who is meant once `exclude` names that URL."""
    assert hiding(OTHER, [url], (f"dc=child,{DOMAIN}",)) == [url]
    assert hiding(OTHER, [url], (f"dc=child,{DOMAIN}", url)) == []


def test_a_referral_that_cannot_be_read_is_a_referral_to_anywhere() -> None:
    """A referral whose address or place cannot be read counts as one to anywhere."""
    assert place_of("ldap://[x/dc=y") == ()
    assert place_of("ldap://x/%ff%fe") == ()
    assert place_of("ldap://x/dc=y") == ("dc=y",)


@pytest.mark.parametrize(
    ("url", "attributes", "absent"),
    [
        ("ldap://dc1:3268", ("mail", "mobile"), "mobile"),
        ("ldaps://dc1:3269", ("Title", "sAMAccountName", "thumbnailPhoto"), "Title, thumbnailPhoto"),
        ("ldaps://dc1:3269", ("accountExpires", "userAccountControl", "objectGUID", "entryUUID", "displayName"), ""),
        ("ldaps://dc1", ("mobile",), ""),
        ("ldaps://dc1:636", ("mobile",), ""),
    ],
)
def test_a_catalogue_is_doubted_for_what_it_does_not_hold(url: str, attributes: tuple[str, ...], absent: str) -> None:
    """A catalogue of Active Directory, and no other server, is doubted for attributes that it does not hold."""
    doubt = catalogue_doubt(CONTROLLER, url, attributes)
    assert (f"; {absent} may look empty" in doubt) if absent else not doubt
    assert not catalogue_doubt(OTHER, url, attributes)
