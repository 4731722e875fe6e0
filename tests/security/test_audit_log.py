"""What people decided is recorded with it, in a chain in which every change, gap and fork shows."""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from syncd.app.auditing import Head, Outlet, prove
from syncd.app.pruning import Retention, prune
from syncd.errors import ConfigurationError
from syncd.model.actors import Actor
from syncd.model.audit import AuditAction, AuditEntry, AuditRecord
from syncd.shadow.schema import upgrade
from syncd.shadow.store import Store, open_store
from syncd.testing.company import Company, key_of
from tests.kit.installation.site import Site

ANNA = Actor("anna", 1001, "host", person="anna")
IN_GRACE = '[policy]\non_configuration = "apply"\n[limits]\nremove = {}\n'
DAY = 86400.0


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Yield an empty, open store, once for each database."""
    upgrade(store_url)
    opened = open_store(store_url)
    yield opened
    opened.close()


def filled(store: Store, count: int = 5) -> list[AuditRecord]:
    """Append some records, each in a transaction of its own, a day apart."""
    made: list[AuditRecord] = []
    for number in range(count):
        with store.unit_of_work() as work:
            entry = AuditEntry(AuditAction.KEPT, {"kind": "user"}, {"key": f"k{number}", "reason": "家"})
            made += work.audit.append(number * DAY, ANNA, (entry,))
            work.commit()
    return made


def changed(store: Store, *statements: str) -> None:
    """Let somebody who can write the database change it, past the program."""
    with store.unit_of_work() as work:
        for statement in statements:
            work._connection.exec_driver_sql(statement)  # noqa: SLF001 - past the program
        work.commit()


def fault(store: Store, *heads: Head) -> tuple[int, str] | None:
    """Return the number and the code of the first fault."""
    found = prove(store, heads).fault
    return (found.number, found.code) if found else None


def test_a_chain_that_nobody_touched_is_whole(store: Store) -> None:
    """Records that are as they were written are whole, and their head is the last one's."""
    assert prove(store, ()).head is None
    last = filled(store)[-1]
    proof = prove(store, (Head(3, filled_hash(store, 3)),))
    assert (proof.fault, proof.count, proof.head) == (None, 5, Head(last.number, last.hash))


def filled_hash(store: Store, number: int) -> str:
    """Return the hash of a record."""
    with store.reading() as work:
        return next(work.audit.after(number - 1)).hash


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE audit SET record = replace(record, 'anna', 'bert') WHERE number = 3", (3, "changed")),
        ("UPDATE audit SET record = 'nonsense' WHERE number = 3", (3, "changed")),
        ("UPDATE audit SET at = at + 5 WHERE number = 2", (2, "changed")),
        ("UPDATE audit SET personal = replace(personal, 'k1', 'k9') WHERE number = 2", (2, "changed")),
        ("UPDATE audit SET personal = '' WHERE number = 2", (2, "changed")),
        ("UPDATE audit SET personal = NULL WHERE number = 2", (2, "taken_out")),
        ("UPDATE audit SET hash = replace(hash, substr(hash, 1, 4), 'ffff') WHERE number = 4", (4, "changed")),
        ("DELETE FROM audit WHERE number = 3", (3, "missing")),
        ("DELETE FROM audit WHERE number = 1", (1, "missing")),
        ("DELETE FROM audit WHERE number <= 3", (3, "missing")),
        ("DELETE FROM audit WHERE number = 5", (5, "cut")),
        ("DELETE FROM audit", (1, "cut")),
        ("UPDATE audit SET number = number + 1 WHERE number = 5", (5, "missing")),
    ],
)
def test_every_change_shows_with_the_first_record_that_does_not_fit(
    store: Store, statement: str, found: tuple[int, str]
) -> None:
    """Whatever is changed, taken out, moved or cut is named by its number."""
    filled(store)
    changed(store, statement)
    assert fault(store) == found


def test_a_log_that_was_written_anew_shows_to_whoever_kept_a_head(store: Store) -> None:
    """Who rewrites all of it, and the store's own note too, is betrayed by a head that was sent out before."""
    kept = filled(store)[-1]
    changed(store, "DELETE FROM audit", "DELETE FROM facts WHERE name = 'audit.head'")
    assert fault(store) is None, "nothing in the store betrays it"
    assert fault(store, Head(kept.number, kept.hash)) == (1, "cut")
    filled(store)
    assert fault(store) is None
    assert fault(store, Head(kept.number, kept.hash)) == (5, "another")


def test_a_store_put_back_is_shorter_than_it_was(store: Store) -> None:
    """An end that was cut together with the note of it shows by a later head."""
    made = filled(store)
    changed(store, "DELETE FROM audit WHERE number > 3")
    with store.unit_of_work() as work:
        work.facts.put({"audit.head": f"{made[2].number}:{made[2].hash}"})
        work.commit()
    assert fault(store) is None
    assert fault(store, Head(5, made[4].hash)) == (4, "cut")


def test_pruning_keeps_an_anchor_in_the_chain(store: Store) -> None:
    """What is older than the retention goes, the rest is whole, and its beginning cannot be cut further unseen."""
    made = filled(store)
    assert prune(store, Retention(None, None, audit=2.5 * DAY), 5 * DAY).records == 3
    proof = prove(store, (Head(5, made[4].hash),))
    assert (proof.fault, proof.first, proof.count) == (None, 4, 3)
    assert fault(store, Head(2, made[1].hash)) == (2, "before")
    assert prune(store, Retention(None, None, audit=2.5 * DAY), 5 * DAY).records == 0
    assert prune(store, Retention(None, None, audit=DAY), 9 * DAY).records == 3
    assert prove(store, ()).fault is None
    assert prune(store, Retention(None, None, audit=DAY), 20 * DAY).records == 0, "nothing but the anchor is old"
    filled(store, 2)
    changed(store, "DELETE FROM audit WHERE number = (SELECT min(number) FROM audit)")
    assert fault(store) is not None


def test_writers_at_once_make_one_chain(store_url: str) -> None:
    """Many who write at the same time, in processes or threads of their own, make one chain without a gap or a fork."""
    upgrade(store_url)
    each, writers, failed = 10, 6, []

    def write(number: int) -> None:
        store = open_store(store_url)
        try:
            for turn in range(each):
                with store.unit_of_work() as work:
                    work.facts.put({f"fact.{number}": str(turn), "shared": str(number)})
                    work.audit.append(float(turn), ANNA, [AuditEntry(AuditAction.KEPT), AuditEntry(AuditAction.LET_GO)])
                    work.commit()
        except Exception as error:  # noqa: BLE001 - told by the assertion
            failed.append(error)
        finally:
            store.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    store = open_store(store_url)
    proof = prove(store, ())
    store.close()
    assert (failed, proof.fault, proof.count) == ([], None, 2 * each * writers)


def test_a_second_record_after_the_same_one_does_not_get_in(store: Store) -> None:
    """The database itself refuses a fork, whatever program writes it."""
    filled(store, 2)
    with pytest.raises(Exception, match=r"(?i)unique|constraint"):
        changed(store, "INSERT INTO audit SELECT 9, at, previous, 'x', record, personal FROM audit WHERE number = 2")


def test_what_is_undone_is_not_recorded(store: Store) -> None:
    """A record and what it tells of are one transaction."""
    with store.unit_of_work() as work:
        work.facts.put({"decided": "yes"})
        work.audit.append(1.0, ANNA, (AuditEntry(AuditAction.KEPT),))
    with store.reading() as work:
        assert work.audit.head() is None
        assert work.facts.all() == {}


def test_what_could_not_be_handed_over_is_handed_over_later(store: Store) -> None:
    """Each record leaves the machine in its order; one that nobody took is given again."""
    filled(store, 3)
    taken: list[int] = []
    takes = True

    def give(records: tuple[AuditRecord, ...]) -> None:
        if not takes:
            raise ConfigurationError("nobody is there")
        taken.extend(one.number for one in records)

    outlet = Outlet(store, "given", give)
    outlet.flow()
    takes = False
    filled(store, 2)
    with pytest.raises(ConfigurationError):
        outlet.flow()
    takes = True
    outlet.flow()
    Outlet(store, "given", give).flow()
    assert taken == [1, 2, 3, 4, 5]


def actions(site: Site) -> list[dict[str, Any]]:
    """Return what the log has."""
    return [json.loads(line) for line in site.run("audit", "list", "--json").out.splitlines()]


def leave(site: Site, company: Company, *keys: str) -> None:
    """Let people leave the directory, and begin their grace."""
    left = {key: person for key, person in company.people.items() if key not in keys}
    site.employ(msgspec.structs.replace(company, people=left))
    assert site.run("reconcile").code == 0


def test_every_decision_is_recorded_with_who_what_and_why(site: Site, company: Company) -> None:
    """Approvals, revokes, keeps, let-gos, unlinks, links, reverts, passwords and rebinds stand in the log."""
    site.configure(tail=IN_GRACE.replace("apply", "hold"), platform='handover = "handover.csv"\n')
    site.employ(company)
    assert site.run("reconcile").code == 3
    first = site.fingerprint()
    for _ in range(2):
        assert site.run("approve", first, "--reason", "looked at").code == 0
        assert site.run("approve", "--revoke", first).code == 0
    assert site.run("approve", first, "--reason", "第一次").code == 0
    assert site.run("reconcile").code == 0
    one, two, three = (key_of("person", number) for number in (1, 2, 3))
    leave(site, company, one, two)
    assert site.run("keep", one, "--reason", "parental leave").code == 0
    assert site.run("let-go", two).code == 0
    assert site.run("password", three).code == 0
    assert site.run("unlink", three).code == 0
    assert site.run("link", "--by", "account").code == 0
    run = site.run("history", "--json").json[0]["run"]
    assert site.run("revert", run, "--yes", "--reason", "too early").code in (0, 3)
    found = actions(site)
    told = [str(each["action"]) for each in found]
    assert told[0] == "configuration_changed"
    assert told.count("approved") == 3
    assert told[1:6] == ["approved", "revoked", "approved", "revoked", "approved"]
    assert told[6:] == ["kept", "let_go", "password_given", "unlinked", "linked", "reverted"]
    kept = next(each for each in found if each["action"] == "kept")
    assert kept["personal"]["reason"] == "parental leave"
    assert kept["personal"]["key"] == one
    assert company.people[one].name not in json.dumps(found, ensure_ascii=False), "no names"
    assert {each["actor"]["user"] for each in found} == {found[0]["actor"]["user"]}
    assert site.run("audit", "verify").code == 0
    text = site.run("audit", "list").out
    assert "parental leave" in text
    assert site.run("audit", "list", "--since", "2999-01-01").out.strip() == "no record"
    assert site.run("audit", "list", "--since", "yesterday").code == 1


def test_verify_says_which_record_and_when(site: Site, company: Company) -> None:
    """`audit verify` ends with 1 and names the first record that does not fit; else it prints a head."""
    site.employ(company)
    assert site.settle().code == 0
    whole = site.run("audit", "verify", "--json").json
    assert whole["whole"] is True
    assert whole["head"] in site.run("audit", "verify").out
    assert site.run("audit", "verify", "--head", whole["head"]).code == 0
    assert site.run("audit", "verify", "--head", "17").code == 1
    later = f"{whole['records'] + 1}:{'a' * 64}"
    assert site.run("audit", "verify", "--head", later).code == 1
    path = site.folder / "syncd.db"
    with sqlite3.connect(path) as store:
        store.execute("UPDATE audit SET record = replace(record, 'approved', 'revoked!') WHERE number = 2")
    store.close()
    broken = site.run("audit", "verify")
    assert broken.code == 1
    assert "Record 2 of 20" in broken.out
    assert site.run("audit", "verify", "--json").json["fault"]["code"] == "changed"
    with sqlite3.connect(path) as store:
        store.execute("UPDATE audit SET record = 'nonsense', personal = '[' WHERE number = 1")
    store.close()
    assert "is not what was written" in site.run("audit", "list").out
    assert actions(site)[0]["action"] == "unreadable"


def test_who_is_forgotten_is_forgotten_here_too(site: Site, company: Company) -> None:
    """`forget` takes key, id and reason of somebody out of the log, which stays whole."""
    site.configure(tail=IN_GRACE.replace("[limits]", 'remove_after = "1d"\n[limits]'))
    site.employ(company)
    assert site.settle().code == 0
    key = key_of("person", 1)
    account = company.people[key].account
    leave(site, company, key)
    assert site.run("keep", account, "--reason", f"{account} asked for it").code == 0
    assert site.run("let-go", account).code == 0
    assert site.run("reconcile").code == 0
    platform_id = next(each["personal"]["platform_id"] for each in actions(site) if each["action"] == "kept")
    assert site.run("forget", key, "--yes").code == 0
    files = b"".join(each.read_bytes() for each in site.folder.glob("syncd.db*"))
    assert not [each for each in (key, account, platform_id) if each.encode() in files]
    assert [each["personal"] for each in actions(site) if each["action"] in ("kept", "let_go")] == [None, None]
    assert site.run("audit", "verify").code == 0


def test_changed_keys_are_named_and_no_secret_is_kept(site: Site, company: Company) -> None:
    """A changed configuration is recorded by the names of its keys; no value of a secret can be tried by the store."""
    site.employ(company)
    assert site.run("reconcile").code == 3
    tail = '[mapping.user]\nposition = ""\n[limits]\nremove = {}\n'
    site.configure(tail=tail)
    assert site.run("reconcile").code == 3
    assert site.run("reconcile").code == 3
    for token in ("geheim-1", "geheim-2"):
        aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
        site.configure(tail=f'{tail}[platform.callback]\ntoken = "{token}"\naes_key = "{aes_key}"\n')
        assert site.run("reconcile").code == 3
    keys = [each["details"]["keys"] for each in actions(site) if each["action"] == "configuration_changed"]
    assert keys == [
        [],
        ["limits.remove.at_least", "limits.remove.count", "limits.remove.percent", "mapping.user.position"],
        ["platform.callback.aes_key", "platform.callback.token"],
        ["platform.callback.token"],
    ]
    files = b"".join(each.read_bytes() for each in site.folder.glob("syncd.db*"))
    for secret in (b"geheim-1", b"geheim-2", b"sandbox-secret"):
        assert secret not in files
        for plain in (secret, b'"' + secret + b'"', b"platform.callback.token\0" + secret):
            assert hashlib.sha256(plain).hexdigest()[:16].encode() not in files
