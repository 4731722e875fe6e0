"""The rules of `[mapping]`, compiled once."""

from collections.abc import Callable, Mapping

import msgspec

from syncd.mapping.faces import NO_FACES, FaceRule, face_rule
from syncd.mapping.templates import Facts, Template

PARENT = "@parent"
PATH = "@path:"
AUTO = "@auto"
PRESENCE_ATTRIBUTES = frozenset({"useraccountcontrol", "accountexpires", "nsaccountlock", "pwdaccountlockedtime"})
Spec = str | tuple[str, ...]


class UserRules(msgspec.Struct, frozen=True):
    """`[mapping.user]`: an attribute, a tuple of fall-backs, or a template for each field; `""` is not ours."""

    account: Spec = "uid"
    name: Spec = ("displayName", "cn")
    phone: Spec = "mobile"
    email: Spec = "mail"
    position: Spec = "title"
    memo: Spec = ""
    department: Spec = PARENT
    path_separator: str = "/"
    when: str = ""
    enabled: str = AUTO
    face: str = ""


class DepartmentRules(msgspec.Struct, frozen=True):
    """`[mapping.department]`."""

    name: Spec = "ou"
    parent: Spec = PARENT


class SourceRules(msgspec.Struct, frozen=True):
    """The rules that hold for one source."""

    user: UserRules = UserRules()
    department: DepartmentRules = DepartmentRules()


class Rule:
    """One compiled rule: the text of a field, from the first of its alternatives that gives any."""

    def __init__(self, spec: Spec) -> None:
        specs = (spec,) if isinstance(spec, str) else spec
        self.is_ours = any(specs)
        self._alternatives = [_alternative(one) for one in specs if one]

    def text(self, facts: Facts) -> str:
        """Give the field's text, or empty text; raises `Unmappable`."""
        return next((text for read, _ in self._alternatives if (text := read(facts).strip())), "")

    def attributes(self) -> frozenset[str]:
        """Give the names of the attributes that it reads."""
        return frozenset[str]().union(*(names for _, names in self._alternatives))


def _alternative(spec: str) -> tuple[Callable[[Facts], str], frozenset[str]]:
    if "{{" in spec or "{%" in spec:
        template = Template(spec)
        return template.text, template.attributes()
    return (lambda facts: facts[spec]), frozenset({spec})


class Compiled:
    """All rules of one source, compiled; raises `ConfigurationError` where a template cannot be read."""

    def __init__(self, rules: SourceRules) -> None:
        user, department = rules.user, rules.department
        self.rules = rules
        self.fields = {name: Rule(getattr(user, name)) for name in ("phone", "email", "position", "memo")}
        self.account, self.name = Rule(user.account), Rule(user.name)
        self.when = Rule(user.when) if user.when else None
        self.enabled = Rule(user.enabled) if user.enabled != AUTO else None
        self.path_attribute, self.path_separator = _path_attribute(user.department), user.path_separator
        self.user_department = _unless_special(user.department)
        self.face: FaceRule = face_rule(user.face) if user.face else NO_FACES
        self.department_name = Rule(department.name)
        self.department_parent = _unless_special(department.parent)

    def user_attributes(self) -> frozenset[str]:
        """Give the attributes that the mapping of users reads; pictures themselves are read apart."""
        reads = self.user_reads() | ({"face": frozenset[str]()} if self.face.is_picture else {})
        own = frozenset[str]().union(*reads.values())
        return own if self.enabled else own | PRESENCE_ATTRIBUTES

    def department_attributes(self) -> frozenset[str]:
        """Give the attributes that the mapping of departments reads."""
        return frozenset[str]().union(*self.department_reads().values())

    def user_reads(self) -> dict[str, frozenset[str]]:
        """Give the attributes that each field of users reads by its own rule, by the key in `[mapping.user]`."""
        rules = {"account": self.account, "name": self.name, **self.fields, "when": self.when, "enabled": self.enabled}
        path = frozenset({self.path_attribute} if self.path_attribute else ())
        department = path or _reads_of(self.user_department)
        return _reads(rules) | {"department": department, "face": self.face.attributes()}

    def department_reads(self) -> dict[str, frozenset[str]]:
        """Give the attributes that each field of departments reads, by the key in `[mapping.department]`."""
        return _reads({"name": self.department_name, "parent": self.department_parent})


def _unless_special(spec: Spec) -> Rule | None:
    """Give the rule of an attribute that names a department; nothing where the tree or a path says it."""
    return None if spec == PARENT or _path_attribute(spec) else Rule(spec)


def _path_attribute(spec: Spec) -> str:
    return spec.removeprefix(PATH).strip() if isinstance(spec, str) and spec.startswith(PATH) else ""


def _reads(rules: Mapping[str, Rule | None]) -> dict[str, frozenset[str]]:
    return {field: _reads_of(rule) for field, rule in rules.items()}


def _reads_of(rule: Rule | None) -> frozenset[str]:
    return rule.attributes() if rule else frozenset()
