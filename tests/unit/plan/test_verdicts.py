"""Every field of an object has one verdict."""

from syncd.model.desired import Skip
from syncd.model.links import Link
from syncd.model.objects import Department, Kind, User
from syncd.plan.rules import Policy
from syncd.plan.values import Action, Change, Conflict, ConflictKind, Reason
from syncd.plan.verdicts import Case, FieldVerdict, Verdict, verdicts
from tests.kit.planning import operation

REPORTING = Policy(report_drift=frozenset({"phone"}))
PHONE = "13800000001"
WRITTEN = Link(Kind.USER, "ldap", "k", "P", written=User("li", "李", PHONE), kept={"phone": "138"})


def user(phone: str | None, name: str = "李") -> User:
    """Return a user with this phone."""
    return User("li", name, phone)


def skip(reason: str) -> Skip:
    """Return a finding about the phone."""
    return Skip(Kind.USER, "k", "uid=li", reason, f"uid=li: phone: {reason}", "phone")


def conflict(field: str) -> Conflict:
    """Return a conflict over a field."""
    return Conflict(ConflictKind.DUPLICATE_VALUE, ("k",), field, "x", f"{field} cannot be given")


def of_phone(**case: object) -> FieldVerdict:
    """Judge a phone that is wanted and not there, unless the case says otherwise."""
    whole = {"kind": Kind.USER, "policy": Policy(), "wanted": user(PHONE), "shadow": user(""), **case}
    return next(one for one in verdicts(Case(**whole)) if one.field == "phone")  # type: ignore[arg-type]


CHANGED = operation(Action.UPDATE, Reason.DIRECTORY_CHANGED, phone=Change("", PHONE))
LENT = operation(Action.UPDATE, Reason.TEMPORARY, phone=Change("", "~"))
GONE = operation(Action.REMOVE, Reason.LEFT, phone=Change(PHONE, None))


CASES: tuple[tuple[dict[str, object], Verdict, str], ...] = (
    ({"shadow": user(PHONE)}, Verdict.EQUAL, ""),
    ({"wanted": user(""), "shadow": user(None)}, Verdict.EQUAL, ""),
    ({"operations": (CHANGED,)}, Verdict.CHANGES, "will be written (directory_changed)"),
    ({"operations": (LENT, CHANGED)}, Verdict.CHANGES, "will be written (directory_changed)"),
    ({"wanted": None, "operations": (GONE,)}, Verdict.CHANGES, "goes with the removal"),
    ({"shadow": user("138"), "link": WRITTEN}, Verdict.PLATFORM_FORM, "makes of it (cut)"),
    ({"link": WRITTEN, "policy": REPORTING}, Verdict.DRIFT_REPORTED, 'policy.on_drift = "report"'),
    ({"skipped": (skip("contended"),)}, Verdict.CONTENDED, "uid=li: phone: contended"),
    ({"wanted": user(None)}, Verdict.UNMAPPED, "not ours: [mapping.user] leaves it empty"),
    ({"wanted": user(None), "skipped": (skip("too_long"),)}, Verdict.UNMAPPABLE, "uid=li: phone: too_long"),
    ({"wanted": user(""), "skipped": (skip("not_ours"),)}, Verdict.NOT_OURS, "uid=li: phone: not_ours"),
    ({"skipped": (skip("removed_on_platform"),)}, Verdict.LEFT_ALONE, "uid=li: phone: removed_on_platform"),
    ({"conflicts": (conflict("phone"),)}, Verdict.CONFLICT, "phone cannot be given"),
    ({"conflicts": (conflict("account, phone"),)}, Verdict.CONFLICT, "account, phone cannot be given"),
    ({"conflicts": (conflict("account"),)}, Verdict.WAITS, "left until what stands in the way"),
    ({"untouchable": frozenset({"phone"})}, Verdict.OUT_OF_REACH, "never changed"),
    ({"wanted": None, "shadow": user(PHONE)}, Verdict.NOT_ASKED, "no entry says what it should be"),
    ({"shadow": None}, Verdict.WAITS, "left until what stands in the way"),
)


def test_each_field_has_the_first_verdict_that_holds() -> None:
    """Each field has the first verdict that holds, and the message tells why."""
    judged = [(case, verdict, words, of_phone(**case)) for case, verdict, words in CASES]
    wrong = [
        (case, found)
        for case, verdict, words, found in judged
        if found.verdict is not verdict or words not in found.message
    ]
    assert wrong == []


def test_both_values_stand_beside_the_verdict() -> None:
    """The desired and the shown value stand beside the verdict, and no value differs from an empty one."""
    assert of_phone(shadow=None).shadow is None
    assert of_phone(wanted=None).desired is None
    assert (of_phone().desired, of_phone().shadow) == (PHONE, "")


def test_the_fields_stand_in_the_order_of_the_mapping() -> None:
    """The verdicts stand in the order of the mapping's fields, for departments and for users."""
    fields = Case(Kind.DEPARTMENT, Policy(), wanted=Department("销售", "D"), shadow=Department("销售", "D"))
    assert [(one.field, one.verdict) for one in verdicts(fields)] == [("name", "equal"), ("parent", "equal")]
    assert [one.field for one in verdicts(Case(Kind.USER, Policy()))] == [
        *("account", "name", "phone", "email", "position", "memo", "department")
    ]
