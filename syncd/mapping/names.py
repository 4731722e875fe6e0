"""What an entry would be called, even where the mapping does not get so far: for those who ask about it by name."""

from syncd.mapping.facts import Facts, Unmappable
from syncd.mapping.rules import Compiled, Rule
from syncd.model.objects import Kind


def names(kind: Kind, facts: Facts, rules: Compiled) -> tuple[str, str]:
    """Give account and name as far as they can be told; departments and rooms have no account."""
    if kind is Kind.ROOM:
        return "", _text(rules.room.fields["name"], facts) if rules.room else ""
    if kind is Kind.DEPARTMENT:
        return "", _text(rules.department_name, facts)
    return _text(rules.account, facts), _text(rules.name, facts)


def _text(rule: Rule, facts: Facts) -> str:
    try:
        return rule.text(facts)
    except Unmappable:
        return ""
