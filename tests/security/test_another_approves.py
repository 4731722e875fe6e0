"""With `policy.approver = "other"` nobody approves alone what they brought about by the configuration."""

import json
import os
from typing import Any

import pytest

from syncd.testing.company import Company
from tests.kit.installation.site import Result, Site
from tests.kit.real_users import ALICE, BOB, CAROL, SERVICE, needs_root, run_called_by

pytestmark = needs_root

HOLDS = '[policy]\napprover = "other"\n'
NOBODY = 0


class Host:
    """An installation of a service's user, to which people come by sudo."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.configure(HOLDS)

    def configure(self, tail: str, owner: int = NOBODY, mode: int = 0o644) -> None:
        """Write the configuration, as root unless said."""
        self.site.configure(tail=tail)
        file = self.site.folder / "syncd.toml"
        file.chmod(mode)
        for one in self.site.folder.iterdir():
            os.chown(one, SERVICE, SERVICE)
        os.chown(self.site.folder, SERVICE, SERVICE)
        os.chown(file, owner, owner)

    def run(self, person: int, *arguments: str) -> Result:
        """Run a command as the service's user, called by a person, or by nobody, as a timer does."""
        return Result(run_called_by(person, SERVICE, arguments, self.site.folder))

    def held(self, person: int) -> str:
        """Let a run hold what the configuration causes; return its fingerprint."""
        assert self.run(person, "reconcile").code == 3
        (held,) = self.run(NOBODY, "status", "--json").json["held"]
        found: str = held["fingerprint"]
        return found

    def log(self) -> list[dict[str, Any]]:
        """Return the audit log."""
        return [json.loads(line) for line in self.run(NOBODY, "audit", "list", "--json").out.splitlines()]


@pytest.fixture
def host(site: Site, company: Company) -> Host:
    """Return an installation whose configuration wants another approver, and has a directory."""
    site.employ(company)
    return Host(site)


def refused(done: Result, words: str) -> None:
    """See that an approval was refused, in words."""
    assert (done.code, done.error) == (3, "approval_refused")
    assert words in done.fault


def test_who_brought_a_change_does_not_approve_it_and_somebody_else_does(host: Host, company: Company) -> None:
    """Alice, who had the changed configuration used first, is refused every way; Bob approves, and it is done."""
    fingerprint = host.held(ALICE)
    refused(host.run(ALICE, "approve", fingerprint), f"{ALICE} brought the configuration")
    refused(host.run(ALICE, "reconcile", "--approve", fingerprint), "somebody else has to approve")
    assert host.site.shown == {}
    assert host.run(NOBODY, "reconcile").code == 3
    assert host.run(BOB, "approve", fingerprint, "--reason", "looked at").code == 0
    assert host.run(NOBODY, "reconcile").code == 0
    assert host.site.shown == host.site.wanted(company)
    told = [(one["action"], one["actor"]["person"]) for one in host.log()]
    assert told == [("configuration_changed", str(ALICE)), ("approved", str(BOB))]


def test_nobody_knows_who_changed_it_so_two_approve(host: Host, company: Company) -> None:
    """Where a timer used it first and the file is root's, one approval is noted, the same one twice is not enough."""
    fingerprint = host.held(NOBODY)
    refused(host.run(ALICE, "approve", fingerprint), f"the approval of {ALICE} is noted, and one more person")
    refused(host.run(ALICE, "approve", fingerprint), "one more person")
    assert host.run(NOBODY, "reconcile").code == 3
    assert host.run(BOB, "approve", fingerprint).code == 0
    assert host.run(NOBODY, "reconcile").code == 0
    assert host.site.shown == host.site.wanted(company)
    assert [one["action"] for one in host.log()][-3:] == ["approved_first", "approved_first", "approved"]


def test_a_first_approval_can_be_taken_back(host: Host) -> None:
    """What the first of two approved and revoked counts no more."""
    fingerprint = host.held(NOBODY)
    refused(host.run(ALICE, "approve", fingerprint), "one more person")
    assert host.run(ALICE, "approve", "--revoke", fingerprint).code == 0
    refused(host.run(BOB, "approve", fingerprint), "one more person")


def test_the_owner_of_the_file_is_taken_for_the_one_who_changed_it(host: Host) -> None:
    """Where a timer used it first, a person who alone can write the file is who brought it; others may be anybody."""
    host.configure(HOLDS, owner=CAROL, mode=0o644)
    fingerprint = host.held(NOBODY)
    refused(host.run(CAROL, "approve", fingerprint), f"{CAROL} brought the configuration")
    assert host.run(ALICE, "approve", fingerprint).code == 0


def test_a_file_that_more_may_write_names_nobody(host: Host) -> None:
    """An owner beside whom a group may write is not taken for the one who changed it: two approve."""
    host.configure(HOLDS, owner=CAROL, mode=0o664)
    refused(host.run(ALICE, "approve", host.held(NOBODY)), "one more person")


def test_who_cannot_be_told_from_others_does_not_approve(host: Host) -> None:
    """Root and the service's own user are nobody's name, whatever SUDO_USER says."""
    fingerprint = host.held(ALICE)
    refused(host.run(NOBODY, "approve", fingerprint), "nobody knows who approves")
    forged = {"SUDO_USER": "bob", "LOGNAME": "bob", "USER": "bob"}
    done = Result(run_called_by(NOBODY, SERVICE, ("approve", fingerprint), host.site.folder, forged))
    refused(done, "nobody knows who approves")


def test_two_who_both_changed_it_approve_each_others(host: Host) -> None:
    """After Alice and Bob both changed it Carol may approve alone, or Alice and Bob together."""
    host.held(ALICE)
    host.configure(HOLDS + '[mapping.user]\nposition = ""\n')
    fingerprint = host.held(BOB)
    refused(host.run(ALICE, "approve", fingerprint), "both changed it")
    assert host.run(BOB, "approve", fingerprint).code == 0
    assert host.run(NOBODY, "reconcile").code == 0


def test_nobody_loosens_the_rule_for_their_own_change(host: Host) -> None:
    """Who writes `approver = "anyone"`, `on_configuration = "apply"` or other limits is bound by the rule of before."""
    fingerprint = host.held(ALICE)
    assert host.run(BOB, "approve", fingerprint).code == 0
    assert host.run(NOBODY, "reconcile").code == 0
    loose = '[policy]\non_configuration = "apply"\n[mapping.user]\nposition = ""\nmemo = "title"\n'
    for tail in (loose, HOLDS + '[limits]\nremove = {}\n[mapping.user]\nposition = ""\nmemo = "title"\n'):
        host.configure(tail)
        changed = host.held(ALICE)
        refused(host.run(ALICE, "approve", changed), f"{ALICE} brought the configuration")
    host.configure('[policy]\napprover = "other"\non_configuration = "apply"\n')
    assert "on_configuration" in host.run(ALICE, "reconcile").err


def test_what_the_configuration_did_not_cause_anybody_approves(host: Host, company: Company) -> None:
    """A plan that only limits hold is approved by whoever brought the configuration long ago."""
    host.configure(HOLDS + "[limits]\nremove = {count = 1}\n")
    assert host.run(BOB, "approve", host.held(ALICE)).code == 0
    assert host.run(NOBODY, "reconcile").code == 0
    left = dict(list(company.people.items())[5:])
    host.site.employ(Company(company.units, left))
    assert host.run(ALICE, "approve", host.held(NOBODY)).code == 0
