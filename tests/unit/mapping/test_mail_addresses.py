"""A text holds one mail address, none, or several, and only one address is ever written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.mapping.facts import Unmappable
from syncd.mapping.mail_addresses import mail_address


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        (" Ann.Lee@Example.COM ", "Ann.Lee@example.com"),
        ("Wang <a@x.org>", "a@x.org"),
        ("<a@x.org>", "a@x.org"),
        ('"Wang, Li" <a@X.org>', "a@x.org"),
        ('"a@x.org" <a@x.org>', "a@x.org"),
        ("a@x.org (Wang Li)", "a@x.org"),
        ("'a@x.org'", "a@x.org"),
        ("mailto:a@x.org", "a@x.org"),
        ("SMTP:a@x.org", "a@x.org"),
        ("a@x.org;", "a@x.org"),
        ("a@x.org; A@x.org", "a@x.org"),
        ("a @ x. org", "a@x.org"),
        ("\uff41\uff20\uff58\uff0e\uff4f\uff52\uff47", "a@x.org"),
        ("a@x\u3002org", "a@x.org"),
        ("o'brien@x.org", "o'brien@x.org"),
        ("a..b.@x.org", "a..b.@x.org"),
        ("\u738b@\u4f8b\u5b50.cn", "\u738b@\u4f8b\u5b50.cn"),
        ('"a b"@x.org', '"a b"@x.org'),
        ("a@[192.0.2.1]", "a@[192.0.2.1]"),
        ("a@localhost", "a@localhost"),
        (" \n", ""),
        ("", ""),
    ],
)
def test_one_address_has_one_form(raw: str, form: str) -> None:
    """The one address of a text is found beside a name and in full-width letters; its mailbox stays as written."""
    assert mail_address(raw) == form


@pytest.mark.parametrize(
    "raw",
    [
        "a@x.org;b@x.org",
        "a@x.org, b@x.org",
        "a@x.org b@x.org",
        "a@x.org\nb@x.org",
        "a@x.org/b@x.org",
        "a@x.org|b@x.org",
        "a@x.org\uff1bb@x.org",
        "Wang <a@x.org>, Li <b@x.org>",
        "Wang <a@x.org>, b@x.org",
        '"b@x.org" <a@x.org>',
    ],
)
def test_several_addresses_are_no_address(raw: str) -> None:
    """Two addresses in one text are never joined to one."""
    with pytest.raises(Unmappable, match="several mail addresses") as caught:
        mail_address(raw)
    assert caught.value.reason == "several_in_one"


@pytest.mark.parametrize(
    "raw",
    [
        "none",
        "john smith@x.org",
        "see a@x.org please",
        "a@",
        "@x.org",
        "a@@x.org",
        "w***g@x.org",
        "Wang <a>",
        "a@x..org",
    ],
)
def test_what_is_no_address_is_named(raw: str) -> None:
    """A text that is no address is named and never written."""
    with pytest.raises(Unmappable, match="no mail address") as caught:
        mail_address(raw)
    assert caught.value.reason == "not_a_mail"


@settings(deadline=None)
@given(st.text(st.sampled_from("ab@.<>;, \n\"'()\uff20\uff41"), max_size=20))
def test_a_form_of_an_address_is_its_own_form(value: str) -> None:
    """The normal form of an address is its own normal form (I1)."""
    try:
        form = mail_address(value)
    except Unmappable:
        return
    assert mail_address(form) == form
