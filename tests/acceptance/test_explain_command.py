"""The tests run `explain` as its user does, for every kind of object, in text and in JSON."""

import json
from typing import Any

import pytest

from syncd.sandbox.quirks import changed
from syncd.testing.company import Company, Person, Unit
from tests.kit.installation.settings import APPLY_AT_ONCE
from tests.kit.installation.site import SECRET, SOURCE, Result, Site
from tests.kit.schema_checks import valid

ANNA = Person("anna", "安娜", "13800000001", "anna@example.com", "", "d")
BERT = Person("bert", "Bert", "13800000002", "", "", "")
UNITS = {"d": Unit("财务部")}


def employ(site: Site, **people: Person) -> None:
    """Write a directory with these people, by their keys."""
    site.employ(Company(UNITS, people))


def explained(site: Site, who: str) -> Any:  # noqa: ANN401 - JSON
    """Return the explanation as JSON that fulfils its schema."""
    result = site.run("explain", who, "--json")
    assert result.code == 0, result.err
    return valid(result.json, "explain.json")


def text(site: Site, who: str) -> str:
    """Return the explanation for people."""
    result = site.run("explain", who)
    assert result.code == 0, result.err
    return result.out


def reasons(document: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    """Return the findings' sentences by their reason."""
    return {finding["reason"]: finding["message"] for finding in document["findings"]}


@pytest.fixture
def settled(site: Site) -> Site:
    """Return an installation in which Anna and Bert have been created."""
    site.configure(tail=APPLY_AT_ONCE)
    employ(site, a=ANNA, b=BERT)
    assert site.run("reconcile").code == 0
    return site


def test_a_part_of_a_name_finds_the_only_one_or_names_all(site: Site) -> None:
    """A part of a name or account is enough where one has it, in any letter case; several are named with their keys."""
    site.configure(tail=APPLY_AT_ONCE)
    king = Person("wang.wei", "王伟", "", "", "", "d")
    queen = Person("wang.fang", "王芳", "", "", "", "d")
    employ(site, k=king, q=queen, a=ANNA)
    assert site.run("reconcile").code == 0
    assert explained(site, "芳") == explained(site, "FANG") == explained(site, "q")
    both = site.run("explain", "王")
    assert both.code == 1
    assert "王 is a part of the name of 2" in both.fault
    assert all(name in both.fault for name in ("王伟", "王芳", "key k", "key q"))
    assert site.run("unlink", "芳").code == 1, "what is changed is named as a whole"
    assert "no key, platform id" in site.run("explain", "赵").fault


def test_anybody_is_explained_by_whatever_tells_them_apart(settled: Site) -> None:
    """Key, account, DN, name and platform id of a person all give the same explanation."""
    first = explained(settled, "a")
    place = "uid=anna,ou=财务部,ou=people,dc=example,dc=com"
    for who in ("ANNA", place.upper().replace(",", ", "), "安娜", first["platform_id"]):
        assert explained(settled, who) == first
    assert (first["kind"], first["key"], first["source"], first["locator"]) == ("user", "a", "file", place)
    assert (first["ownership"], first["state"], first["operations"]) == ("created", "active", [])
    assert (first["entry"]["mobile"], first["desired"]["phone"]) == (["13800000001"], "13800000001")
    department = explained(settled, "财务部")
    assert (department["kind"], department["platform_id"]) == ("department", first["desired"]["department"])
    assert first["shadow"] == first["desired"] | {"memo": first["shadow"]["memo"]}
    assert first["shadow_as_of"] <= settled.run("history", "--json").json[0]["finished_at"]
    assert "nothing: the platform holds what the directory wants" in text(settled, "a")


def test_it_is_a_dry_look(settled: Site) -> None:
    """`explain` makes no writing call and changes nothing of what `status` says (I10)."""
    employ(settled, a=ANNA)
    before, calls = settled.run("status", "--json").json, list(settled.sandbox.calls)
    explained(settled, "b")
    assert settled.run("status", "--json").json == before
    assert settled.sandbox.calls == calls


def test_a_change_to_come_says_what_it_waits_for_and_what_holds_it(site: Site) -> None:
    """A change to come is explained with what holds it, what it waits for, and the command that approves it."""
    employ(site, a=ANNA)
    document = explained(site, "anna")
    (operation,) = document["operations"]
    assert (operation["action"], operation["reason"], operation["held_by"]) == ("create", "new", ["configuration"])
    assert (document["state"], document["ownership"], document["shadow"]) == ("absent", "none", None)
    assert document["platform_id"] == operation["platform_id"]
    assert "this is its first plan" in reasons(document)["held"]
    told = text(site, "anna")
    assert "    + create user 安娜  (new: the entry has no object on the platform yet)" in told
    assert "        waits for: create department 财务部, which is held by configuration" in told
    assert f"syncd reconcile --approve {site.fingerprint()}" in told
    assert "    no operation on it yet" in told


def test_each_field_is_told_with_its_rule_both_values_and_a_verdict(settled: Site) -> None:
    """Each field is explained with its rule, both values, and whether it will be written."""
    employ(settled, a=ANNA, b=Person("bert", "伯特", "13800000002", "", "", ""))
    told = text(settled, "bert")
    assert '    name: displayName, else cn -> "伯特"; platform "Bert": will be written (directory_changed)' in told
    assert '    phone: mobile -> "13800000002"; platform "13800000002": equal' in told
    assert "    department: @parent -> (root); platform (root): equal" in told
    assert "not ours: [mapping.user] leaves it empty" in told
    assert "    ~ update user 伯特  (directory_changed: " in told


def test_a_leaver_in_grace_is_told_since_when_and_until_when(settled: Site) -> None:
    """A leaver in grace is explained with the time of leaving, the policy and the time of removal."""
    employ(settled, b=BERT)
    assert settled.run("reconcile").code == 0
    document = explained(settled, "安娜")
    assert (document["state"], document["entry"], document["desired"]) == ("left", None, None)
    assert document["shadow"]["account"] == "anna"
    assert "left since 20" in reasons(document)["left"]
    assert 'policy.on_leaver = "keep"' in reasons(document)["left"]
    assert "removed by the first run after 20" in reasons(document)["left"]
    assert "    nothing: in grace, removed by the first run after 20" in text(settled, "安娜")


def test_who_was_removed_has_a_history_by_the_key(settled: Site) -> None:
    """The history of a person who was removed and created again shows both runs, newest first."""
    settled.configure(tail=APPLY_AT_ONCE + 'remove_after = "0d"\n')
    employ(settled, b=BERT)
    assert settled.run("reconcile").code == 0
    assert "is no key, platform id, account" in settled.run("explain", "安娜").fault
    employ(settled, a=ANNA, b=BERT)
    runs = [run["run"] for run in settled.run("history", "--json").json]
    history = explained(settled, "a")["history"]
    assert [(operation["run"], operation["action"], operation["outcome"]) for operation in history] == [
        (runs[0], "remove", "done"),
        (runs[1], "create", "done"),
    ]
    assert f"  run {runs[0]}  remove done" in text(settled, "a")
    assert len(settled.run("explain", "a", "-n", "1", "--json").json["history"]) == 1


def test_a_protected_user_is_told_as_such(site: Site) -> None:
    """A protected user is explained as one of whom nothing is ever changed (I3)."""
    site.configure(tail=APPLY_AT_ONCE + 'protected = ["anna"]\n')
    typed = site.sandbox.company.add_user({"name": "Somebody", "account": "anna"})["id"]
    employ(site, a=ANNA)
    assert site.run("reconcile").code == 0
    document = explained(site, "a")
    assert (document["ownership"], document["platform_id"], document["operations"]) == ("protected", typed, [])
    assert "never changed" in reasons(document)["out_of_reach"]
    assert "nothing of this user is ever changed" in reasons(document)["protected"]
    assert "    nothing: protected: nothing of this user is ever changed" in text(site, "a")
    assert explained(site, "1")["ownership"] == "protected"


def test_a_conflict_names_the_others(settled: Site) -> None:
    """A conflict is explained at the person who does not get the value and at the one who holds it."""
    employ(settled, a=ANNA, b=BERT, c=Person("cleo", "Cleo", ANNA.phone, "", "", ""))
    document = explained(settled, "cleo")
    assert "anna (id " in reasons(document)["duplicate_value"]
    assert document["operations"][0]["changes"].keys() >= {"account", "name"}
    assert "phone" not in document["operations"][0]["changes"]
    assert '    phone: mobile -> "13800000001"; platform nothing: uid=cleo' in text(settled, "cleo")
    assert "uid=cleo" in reasons(explained(settled, "anna"))["duplicate_value"]


def test_a_form_of_the_platforms_own_is_told(site: Site) -> None:
    """A value that the platform keeps in a form of its own is explained as such, and is no difference."""
    site.sandbox.quirks = changed(site.sandbox.quirks, {"digits_only": ["phone"]})
    site.configure(tail=APPLY_AT_ONCE)
    employ(site, b=Person("bert", "Bert", "+44 20 7946 0000", "", "", ""))
    assert site.run("reconcile").code == 0
    document = explained(site, "bert")
    assert (document["desired"]["phone"], document["shadow"]["phone"]) == ("+442079460000", "442079460000")
    assert "(digits only)" in reasons(document)["platform_form"]
    assert document["operations"] == []
    assert "what the platform makes of it (digits only)" in text(site, "bert")


def test_a_name_of_two_names_both_and_means_nobody(settled: Site) -> None:
    """A name that two people have ends `explain` with exit code 1 and one line with the keys of both."""
    employ(settled, a=ANNA, b=BERT, c=Person("anna.2", "安娜", "", "", "", ""))
    fault = settled.run("explain", "安娜")
    assert fault.code == 1
    assert "安娜 may mean 2" in fault.fault
    assert "key a" in fault.fault
    assert "key c" in fault.fault


def test_a_stranger_of_the_platform_is_told_as_nobodys(settled: Site) -> None:
    """A user without an entry is explained as linked to nobody, and nothing is planned for it."""
    typed = settled.sandbox.company.add_user({"name": "王芳", "account": "wang"})["id"]
    document = explained(settled, "wang")
    assert (document["ownership"], document["state"], document["key"]) == ("none", "unlinked", None)
    assert (document["entry"], document["desired"], document["shadow"]["name"]) == (None, None, "王芳")
    assert "syncd link KEY ID" in reasons(document)["no_entry"]
    assert "    nothing: no entry is linked to it" in text(settled, typed)


def test_who_is_left_out_is_found_by_account_and_told_why(site: Site) -> None:
    """An entry that is left out is found, and the explanation says whether scope, length or key is the reason."""
    when = SOURCE + "[mapping.user]\nwhen = \"{{ title != 'extern' }}\"\n"
    site.configure(source=when, tail=APPLY_AT_ONCE)
    out = Person("out", "外包", "", "", "extern", "")
    employ(site, a=ANNA, o=out, u=Person("long", "n" * 999, "", "", "", ""))
    scoped = explained(site, "外包")
    assert (scoped["state"], scoped["desired"], scoped["key"]) == ("absent", None, "o")
    assert "does not fulfil `when`" in reasons(scoped)["out_of_scope"]
    assert "by when: {{ title != 'extern' }}, enabled: @auto" in text(site, "out")
    assert "it has 999 characters" in reasons(explained(site, "long"))["too_long"]
    ldif = site.folder / "company.ldif"
    ldif.write_bytes(ldif.read_bytes().replace(b"entryUUID: o\n", b""))
    assert "has no value of entryUUID" in site.run("explain", "uid=out,ou=people,dc=example,dc=com").fault


def test_secrets_are_never_shown_and_pictures_are_sizes(settled: Site) -> None:
    """`explain` shows no password and nothing that passwords are made of, and pictures only as sizes (I8)."""
    settled.configure(tail=APPLY_AT_ONCE, platform='initial_password = "{{ employeeNumber }}-{{ sn }}"')
    ldif = settled.folder / "company.ldif"
    more = (
        b"userPassword: {SSHA}geheim\nemployeeNumber: E-4711\nsambaNTPassword: 0CB6948805F797BF\njpegPhoto:: /9j/4AAQ\n"
    )
    ldif.write_bytes(ldif.read_bytes().replace(b"uid: anna\n", b"uid: anna\n" + more))
    entry = explained(settled, "anna")["entry"]
    assert [entry[name] for name in ("userpassword", "employeenumber", "sambantpassword")] == [["(not shown)"]] * 3
    assert entry["jpegphoto"] == ["(6 bytes)"]
    for said in (text(settled, "anna"), json.dumps(entry)):
        assert not [secret for secret in ("geheim", "E-4711", "0CB69", SECRET) if secret in said]


def test_nobody_is_exit_1_with_the_reason(settled: Site) -> None:
    """A word that means nobody ends `explain` with exit code 1 and one line that says what was compared."""
    result: Result = settled.run("explain", "周一")
    assert result.code == 1
    assert result.fault == (
        "syncd: 周一 is no key, platform id, account, DN or name of anybody in the directory or the platform"
    )
    assert settled.run("explain", "b", "-n", "0").code == 1
