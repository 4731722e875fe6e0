"""What tells of one person is taken out of a plan, and what tells of others stays."""

import pytest

from syncd.model.desired import Skip
from syncd.model.objects import Kind
from syncd.plan.forgetting import FORGOTTEN, Person, document_without, is_forgotten, values_in, without_person
from syncd.plan.json_form import from_json, to_json
from syncd.plan.values import (
    Action,
    Change,
    Conflict,
    ConflictKind,
    Guard,
    Leaver,
    Operation,
    Plan,
    Reason,
    Unmanaged,
)

ID, OTHER = "A" * 32, "B" * 32
CHANGES = {"account": Change(None, "wang.fang"), "phone": Change("", "13800000000"), "name": Change(None, "王芳")}
THEIRS = Operation("1", Kind.USER, Action.CREATE, "k1", "ldap", ID, "uid=wang,dc=x", "王芳", CHANGES, Reason.NEW)
NAMESAKE = Operation("2", Kind.USER, Action.CREATE, "k2", "ldap", OTHER, "uid=w2,dc=x", "王芳", {}, Reason.NEW)
UNIT = Operation("3", Kind.DEPARTMENT, Action.CREATE, "k1", "ldap", "C" * 32, "ou=x", "k1", {}, Reason.NEW)
PLAN = Plan(
    "print",
    "2026-01-01T00:00:00Z",
    "sqlite",
    "1000",
    "conf",
    operations=(THEIRS, NAMESAKE, UNIT),
    conflicts=(Conflict(ConflictKind.DUPLICATE_VALUE, ("k1", "k2"), "phone", "13800000000", "13800000000: k1 and k2"),),
    skipped=(
        Skip(Kind.USER, "k1", "uid=wang,dc=x", "no_account", "uid=wang,dc=x has none"),
        Skip(Kind.USER, "k3", "uid=x", "held", "uid=wang,dc=x holds wang.fang; 138000000001 is another"),
    ),
    unmanaged=(Unmanaged(Kind.USER, ID, "wang.fang", "王芳"), Unmanaged(Kind.USER, OTHER, "w2", "王芳")),
    guards=(Guard("limits", "all", message="wang.fang among them"),),
    leaving=(Leaver(Kind.USER, "k1", ID, "wang.fang", "王芳", "2026", Reason.LEFT, None),),
)


@pytest.fixture
def person() -> Person:
    """Return who is to be forgotten, with what a plan shows to be theirs alone."""
    known = Person(frozenset({("ldap", "k1")}), frozenset({ID}), frozenset())
    return Person(known.identities, known.platform_ids, frozenset(filter(None, values_in(PLAN, known))))


def test_what_tells_of_a_person_goes_and_what_tells_of_others_stays(person: Person) -> None:
    """Their operation keeps its id alone, lists lose them, texts lose their values, and namesakes stay."""
    plan = without_person(PLAN, person)
    first, second, third = plan.operations
    assert (first.id, first.action, first.reason) == ("1", Action.CREATE, Reason.NEW)
    assert is_forgotten(first)
    assert (second, third) == (NAMESAKE, UNIT), "a department may have the same key, and somebody else the same name"
    assert [one.key for one in plan.skipped] == ["k3"]
    assert plan.skipped[0].message == f"{FORGOTTEN} holds {FORGOTTEN}; 138000000001 is another"
    assert [one.platform_id for one in plan.unmanaged] == [OTHER]
    assert plan.leaving == ()
    assert plan.conflicts[0].keys == (FORGOTTEN, "k2")
    assert plan.guards[0].message == f"{FORGOTTEN} among them"
    text = to_json(plan).decode()
    assert not [one for one in (ID, "uid=wang", "wang.fang", '13800000000"') if one in text]
    assert without_person(plan, person) == plan
    assert from_json(to_json(plan)) == plan


def test_a_plan_that_does_not_tell_of_a_person_is_the_same(person: Person) -> None:
    """A plan of others is left as it is."""
    others = Plan("print", "2026", "sqlite", "1000", "conf", operations=(NAMESAKE, UNIT))
    assert without_person(others, person) == others


def test_documents_lose_a_person_wherever_they_stand(person: Person) -> None:
    """Objects and ids of theirs go from lists of JSON, in either letter case, and the rest stays."""
    document = {
        "event_type": "user_update",
        "value": [{"id": ID.lower(), "name": "王芳"}, {"id": OTHER, "memo": "asks wang.fang", "n": 1}, ID, None],
    }
    assert document_without(document, person) == {
        "event_type": "user_update",
        "value": [{"id": OTHER, "memo": f"asks {FORGOTTEN}", "n": 1}, None],
    }
    assert document_without({"value": {"id": ID}}, person) == {"value": {}}
