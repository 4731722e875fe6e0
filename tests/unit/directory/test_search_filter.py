"""Filters on entries of a file mean what they mean on a server."""

import pytest

from syncd.directory.search_filter import compiled
from syncd.errors import ConfigurationError

ANNA = {
    "objectclass": ("top", "inetOrgPerson"),
    "cn": ("Anna  Wang", "王安娜"),
    "age": ("41",),
    "useraccountcontrol": ("514",),
    "note": ("a*b",),
}


def test_a_filter_chooses_as_a_server_does() -> None:
    """A filter compares without letter case and inner spaces, and numbers as numbers, as a server does."""
    cases = [
        ("(objectClass=inetorgperson)", True),
        ("(CN=anna wang)", True),
        ("(cn=王安娜)", True),
        ("(cn=\\e7\\8e\\8b安娜)", True),
        ("(cn~=anna wang)", True),
        ("(cn=Anna*)", True),
        ("(cn=*w*g)", True),
        ("(cn=*x*)", False),
        ("(note=a\\2ab)", True),
        ("(note=a\\2ac)", False),
        ("(mail=*)", False),
        ("(!(mail=*))", True),
        ("(&(cn=*)(age>=9))", True),
        ("(&(cn=*)(age<=9))", False),
        ("(|(mail=*)(age<=41))", True),
        ("(note>=a)", True),
        ("(userAccountControl:1.2.840.113556.1.4.803:=2)", True),
        ("(userAccountControl:1.2.840.113556.1.4.803:=3)", False),
        ("(userAccountControl:1.2.840.113556.1.4.804:=3)", True),
        ("(cn:1.2.840.113556.1.4.804:=3)", False),
    ]
    wrong = [(text, fulfils) for text, fulfils in cases if compiled(text)(ANNA) is not fulfils]
    assert wrong == []


@pytest.mark.parametrize("text", ["(a=b", "a=b", "((a=b))", "()", "(cn:caseExactMatch:=x)"])
def test_what_is_not_a_filter_is_a_mistake_in_the_configuration(text: str) -> None:
    """A text that is no filter is a mistake in the configuration, and the message says so."""
    with pytest.raises(ConfigurationError, match=r"filter|matching rule"):
        compiled(text)
