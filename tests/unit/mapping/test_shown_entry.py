"""An entry is shown without its secrets, and is called by what the mapping can tell."""

from syncd.mapping.facts import Facts
from syncd.mapping.names import names
from syncd.mapping.rules import Compiled, DepartmentRules, SourceRules, UserRules
from syncd.mapping.shown_entry import HIDDEN, LONGEST, Attributes, shown_entry
from syncd.model.objects import Kind

NONE: frozenset[str] = frozenset()
SECRETS = (
    *("userpassword", "userpassword;x-lang", "unicodepwd", "ntpwdhistory", "dbcspwd", "supplementalcredentials"),
    *("sambantpassword", "krbprincipalkey", "userpkcs12", "ipanthash", "mslaps-password", "ms-mcs-admpwd", "authtoken"),
    *("oathsecret", "ipatokenotpkey", "privatekey"),
)


def test_attributes_that_hold_secrets_are_named_and_not_shown() -> None:
    """Attributes that hold secrets are named, and their values are not shown (I8)."""
    wrong = [name for name in SECRETS if shown_entry({name: ("geheim", b"\xff")}, NONE, NONE) != {name: (HIDDEN,)}]
    assert wrong == []


def test_a_hashed_password_is_no_value_to_show_under_any_name() -> None:
    """A value that begins with a password scheme in braces is not shown, whatever its attribute (RFC 2307)."""
    assert shown_entry({"note": ("{SSHA}aGFsbG8=", "{x} y")}, NONE, NONE) == {"note": (HIDDEN, HIDDEN)}
    assert shown_entry({"note": ("{}", "a {b} c")}, NONE, NONE) == {"note": ("{}", "a {b} c")}


def test_what_tells_whether_an_account_is_enabled_is_shown() -> None:
    """An attribute that tells whether an account is locked is shown, though it sounds like a secret."""
    locked = {"pwdaccountlockedtime": ("000001010000Z",)}
    assert shown_entry(locked, NONE, NONE) == locked


def test_a_picture_in_base64_is_cut() -> None:
    """A text that is longer than any that a person reads is cut, and its length is told."""
    told = {"photo": (f"{'x' * LONGEST}… ({LONGEST + 1} characters)",)}
    assert shown_entry({"photo": ("x" * (LONGEST + 1),)}, NONE, NONE) == told
    assert shown_entry({"memo": ("x" * LONGEST,)}, NONE, NONE) == {"memo": ("x" * LONGEST,)}


def test_binary_values_are_sizes_and_names_are_in_order() -> None:
    """A binary value is shown as its size, and the attributes stand in the order of their names."""
    given: Attributes = {"title": ("经理",), "jpegphoto": (b"\xff\xd8\xff",), "cn": ("b", "a")}
    assert list(shown_entry(given, NONE, NONE).items()) == [
        ("cn", ("b", "a")),
        ("jpegphoto", ("(3 bytes)",)),
        ("title", ("经理",)),
    ]


def test_what_initial_passwords_are_made_of_is_not_shown() -> None:
    """What initial passwords are made of is hidden, and if nobody can tell, all that the mapping does not read."""
    given = {"uid": ("li",), "employeenumber": ("17",)}
    assert shown_entry(given, frozenset({"employeeNumber"}), NONE) == {"uid": ("li",), "employeenumber": (HIDDEN,)}
    assert shown_entry(given, frozenset({"*"}), frozenset({"UID"})) == {"uid": ("li",), "employeenumber": (HIDDEN,)}


def test_an_entry_is_called_by_its_account_and_name_as_far_as_they_can_be_told() -> None:
    """An entry is called by account and name as far as they can be mapped, and a department by its name."""
    rules = Compiled(SourceRules(UserRules(), DepartmentRules()))
    facts = Facts({"uid": ("li", "li2"), "cn": ("李",), "ou": ("销售",)}, "ldap", "2026-11-24")
    assert names(Kind.USER, facts, rules) == ("", "李")
    assert names(Kind.DEPARTMENT, facts, rules) == ("", "销售")
