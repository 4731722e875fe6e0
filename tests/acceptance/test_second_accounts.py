"""Nobody gets a second account beside the one that somebody typed."""

import pytest

from syncd.testing.company import Company, Person, key_of
from tests.kit.installation.settings import APPLY_AT_ONCE
from tests.kit.installation.site import Site

LAN = Person("zhoulan", "周岚", "13800000001", "lan@example.org", "", "")
NEW = Person("newcomer", "新人", "13800000002", "new@example.org", "", "")


@pytest.mark.parametrize("adopt", ["", "[adopt]\nuser = []\n", '[adopt]\nmode = "auto"\n'])
def test_a_joiner_whose_phone_and_mail_a_typed_user_holds_waits_for_a_link(site: Site, adopt: str) -> None:
    """A joiner whose phone and mail a typed user holds is not made, others are, and `link` makes them one."""
    site.configure(tail=APPLY_AT_ONCE + adopt)
    site.sandbox.company.add_user(
        {"id": "T1", "account": "zhou.lan", "name": "Lan", "phone": "13800000001", "email": "lan@example.org"}
    )
    site.employ(Company({}, {key_of("person", 1): LAN, key_of("person", 2): NEW}))
    plan = site.run("plan", "--json").json
    assert [(one["action"], one["name"]) for one in plan["operations"]] == [("create", "新人")]
    (asked,) = plan["conflicts"]
    assert asked["kind"] == "ambiguous_adoption"
    assert site.run("reconcile").code == 0
    assert sorted(site.shown) == ["newcomer", "zhou.lan"]
    assert site.run("link", *asked["keys"], "T1").code == 0
    assert site.run("reconcile").code == 0
    assert sorted(site.shown) == ["newcomer", "zhoulan"]
    assert site.run("plan", "--json").json["operations"] == []
