"""After any calls, the indexes say what a recount of the tables says."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.sandbox.company import Company, Kind, Rejected
from syncd.sandbox.quirks import Quirks
from syncd.sandbox.registry import Registry
from syncd.testing.stocked import BEGIN, HOUR, stocked

IDS = st.sampled_from(["1", "U", "V", "W", "D", "E", "F", "R", "S", "M", "N", "Q"])
TEXTS = st.sampled_from(["", "a", "A", " a", "b", "1", "ｂ"])
LISTS = st.lists(IDS, max_size=3)
PEOPLE = st.lists(st.fixed_dictionaries({"userId": st.sampled_from(["", "1", "U", "V"])}), max_size=3)
ARGUMENTS = st.fixed_dictionaries(
    {"createdId": st.just("1"), "speaker": st.just("s"), "subject": st.just("s")},
    optional={
        **dict.fromkeys(("id", "userId", "deptId", "roomId", "meetingId"), IDS),
        **dict.fromkeys(("departmentId", "parentId"), st.one_of(IDS, st.sampled_from(["", "0"]))),
        **dict.fromkeys(("name", "account", "phone", "email"), TEXTS),
        "userIds": LISTS,
        "attendances": PEOPLE,
        "beginTime": st.sampled_from([BEGIN - HOUR, BEGIN]),
        "endTime": st.sampled_from([BEGIN + HOUR]),
    },
)
CALLS = sorted(stocked().calls)
QUIRKS = st.sampled_from(
    [
        Quirks(),
        Quirks(trimmed=("account", "phone"), ignores_ids=True),
        Quirks(existing_id="answered", department_names="unique", case_matters=True, width_folded=("email",)),
        Quirks(used_objects="refused", removed_ids="refused", mail_code=None, empty_ignored=("name", "phone")),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(CALLS), ARGUMENTS), max_size=25), QUIRKS)
def test_indexes_agree_with_a_recount(calls: list[tuple[str, dict[str, Any]]], quirks: Quirks) -> None:
    """After any calls every index equals a recount of its table, and no reference leads to nothing."""
    company = stocked()
    company.quirks = quirks
    for call, arguments in calls:
        try:
            company.calls[call](arguments)
        except Rejected:
            continue
    recounted = Registry(company.clock, company.state, quirks)
    for kind, indexes in company.registry.indexes.items():
        for index, fresh in zip(indexes, recounted.indexes[kind], strict=True):
            assert index.all() == fresh.all()
    check_references(company)


def check_references(company: Company) -> None:
    """Fail where a department or a user in a room is not there, or a tree has a cycle."""
    state = company.state
    for one in (*state.users.values(), *state.rooms.values()):
        assert one["departmentId"] == "" or one["departmentId"] in state.departments
    for room in state.rooms.values():
        assert set(room["userIds"]) <= set(state.users)
    for department in state.departments.values():
        above, steps = department["parentId"], 0
        while above:
            above, steps = state.departments[above]["parentId"], steps + 1
            assert steps <= len(state.departments)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(CALLS), ARGUMENTS), min_size=1, max_size=12), st.data())
def test_a_table_can_be_seen_as_it_was(calls: list[tuple[str, dict[str, Any]]], data: st.DataObject) -> None:
    """A table can be seen as it was before each change, however many changes came after."""
    company = stocked()
    registry = company.registry
    kind = data.draw(st.sampled_from(list(Kind)))
    history = [dict(registry.tables[kind])]
    company.observe(lambda of, _action, _record: history.append(dict(registry.tables[kind])) if of is kind else None)
    for call, arguments in calls:
        try:
            company.calls[call](arguments)
        except Rejected:
            continue
    for changes, table in enumerate(reversed(history)):
        assert {one["id"]: one for one in registry.as_it_was(kind, changes=changes)} == table
