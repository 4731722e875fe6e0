"""The rules of `[mapping]`, compiled once."""

from collections.abc import Callable

import msgspec

from syncd.mapping.faces import NO_FACES, FaceRule, face_rule
from syncd.mapping.facts import Facts
from syncd.mapping.joining import joined_of, own_of
from syncd.mapping.normal_forms import visible
from syncd.mapping.specs import PARENT, PATH, Spec
from syncd.model.objects import Kind

AUTO = "@auto"
PRESENCE_ATTRIBUTES = frozenset({"useraccountcontrol", "accountexpires", "nsaccountlock", "pwdaccountlockedtime"})


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


class RoomRules(msgspec.Struct, frozen=True):
    """`[mapping.room]`; `""` is not ours. `department` and `users` name others by key, DN or account."""

    name: Spec = "name"
    department: Spec = ""
    address: Spec = ""
    memo: Spec = ""
    begin_time: Spec = ""
    end_time: Spec = ""
    capacity: Spec = ""
    size: Spec = ""
    longitude: Spec = ""
    latitude: Spec = ""
    radius: Spec = ""
    status: Spec = ""
    need_audit: Spec = ""
    permission: Spec = ""
    scene_image: Spec = ""
    users: Spec = ""
    separator: str = ";"


class SourceRules(msgspec.Struct, frozen=True):
    """The rules that hold for one source."""

    user: UserRules = UserRules()
    department: DepartmentRules = DepartmentRules()
    room: RoomRules | None = None


class Rule:
    """One compiled rule: the text of a field, from the first of its alternatives that gives any.

    `sources` names the enrich sources.
    """

    def __init__(self, spec: Spec, sources: frozenset[str] = frozenset()) -> None:
        specs = (spec,) if isinstance(spec, str) else spec
        self.is_ours = any(specs)
        self._sources = sources
        self._specs = tuple(filter(None, specs))
        self._alternatives = [_alternative(one, sources) for one in specs if one]

    def text(self, facts: Facts) -> str:
        """Give the field's text, or empty text; raises `Unmappable`."""
        return next((text for read, _ in self._alternatives if visible(text := read(facts)).strip()), "").strip()

    def texts(self, facts: Facts) -> tuple[str, ...]:
        """Give every value of the first alternative that gives any; raises `Unmappable` where a template fails."""
        found = (facts.values(one) if _is_attribute(one) else (self.text(facts),) for one in self._specs)
        return next((some for values in found if (some := tuple(filter(None, values)))), ())

    def alternatives(self) -> list[frozenset[tuple[str, str]]]:
        """Return what each of its alternatives reads: the enrich source, or `""` for the entry itself, and the name."""
        return [
            joined_of(names, self._sources) | {("", name) for name in own_of(names, self._sources)}
            for _, names in self._alternatives
        ]

    def attributes(self) -> frozenset[str]:
        """Give the names of the entry's own attributes that it reads."""
        return own_of(self._reads(), self._sources)

    def joined(self) -> frozenset[tuple[str, str]]:
        """Give what it reads of enrich sources: the source, and the attribute there."""
        return joined_of(self._reads(), self._sources)

    def _reads(self) -> frozenset[str]:
        return frozenset[str]().union(*(names for _, names in self._alternatives))


def _is_attribute(spec: str) -> bool:
    return "{{" not in spec and "{%" not in spec


def _alternative(spec: str, sources: frozenset[str]) -> tuple[Callable[[Facts], str], frozenset[str]]:
    if not _is_attribute(spec):
        from syncd.mapping.templates import Template  # noqa: PLC0415 - slow to load, often not needed

        template = Template(spec, sources)
        return template.text, template.attributes()
    return (lambda facts: facts[spec]), frozenset({spec})


class CompiledRoom:
    """The rules of rooms, compiled; `joined` names the enrich sources that any of them reads."""

    def __init__(self, rules: RoomRules, sources: frozenset[str] = frozenset()) -> None:
        named = {"department", "users", "separator"}
        fields = (name for name in rules.__struct_fields__ if name not in named)
        self.fields = {name: Rule(getattr(rules, name), sources) for name in fields}
        self.department = _unless_special(rules.department, sources)
        self.users, self.separator = Rule(rules.users, sources), rules.separator
        self.joined = frozenset(source for read in self.joins().values() for source, _ in read)

    def attributes(self) -> dict[str, frozenset[str]]:
        """Give the attributes of the entry itself that each field reads, by the key in `[mapping.room]`."""
        return {field: rule.attributes() for field, rule in self.rules().items()}

    def joins(self) -> dict[str, frozenset[tuple[str, str]]]:
        """Give what each field reads of enrich sources, by the key in `[mapping.room]`."""
        return {field: rule.joined() for field, rule in self.rules().items()}

    def rules(self) -> dict[str, Rule]:
        """Return the rule of each field, by the key in `[mapping.room]`."""
        own = {**self.fields, "users": self.users}
        return own | {"department": self.department} if self.department else own


class Compiled:
    """All rules of one source, compiled; raises `ConfigurationError` where a template cannot be read.

    `sources` names the enrich sources, from which the rules of users and rooms may read.
    """

    def __init__(self, rules: SourceRules, sources: frozenset[str] = frozenset()) -> None:
        user, department = rules.user, rules.department
        self.rules = rules
        self.fields = {name: Rule(getattr(user, name), sources) for name in ("phone", "email", "position", "memo")}
        self.account, self.name = Rule(user.account, sources), Rule(user.name, sources)
        self.when = Rule(user.when, sources) if user.when else None
        self.enabled = Rule(user.enabled, sources) if user.enabled != AUTO else None
        self.path_rule = Rule(path, sources) if (path := _path_attribute(user.department)) else None
        self.path_separator = user.path_separator
        self.user_department = _unless_special(user.department, sources)
        self.face: FaceRule = face_rule(user.face, sources) if user.face else NO_FACES
        self.department_name = Rule(department.name)
        self.department_parent = _unless_special(department.parent, frozenset())
        self.room = CompiledRoom(rules.room, sources) if rules.room else None
        joins = {field: frozenset(source for source, _ in read) for field, read in self.user_joins().items()}
        self.joined = frozenset[str]().union(*joins.values())
        self.joined_for_presence = joins["when"] | joins["enabled"]
        self.joined_for_being = self.joined_for_presence | joins["account"] | joins["name"]

    def attributes_of(self, kind: Kind) -> frozenset[str]:
        """Give all attributes that the rules of a kind read of the entry itself."""
        if kind is Kind.ROOM:
            return frozenset[str]().union(*self.room.attributes().values()) if self.room else frozenset()
        return self.user_attributes() if kind is Kind.USER else self.department_attributes()

    def user_attributes(self) -> frozenset[str]:
        """Give the attributes that the mapping of users reads; pictures themselves are read apart."""
        reads = self.user_reads() | ({"face": frozenset[str]()} if self.face.attribute else {})
        own = frozenset[str]().union(*reads.values())
        return own if self.enabled else own | PRESENCE_ATTRIBUTES

    def department_attributes(self) -> frozenset[str]:
        """Give the attributes that the mapping of departments reads."""
        return frozenset[str]().union(*self.department_reads().values())

    def user_reads(self) -> dict[str, frozenset[str]]:
        """Give the attributes that each field of users reads by its own rule, by the key in `[mapping.user]`."""
        own = {field: rule.attributes() if rule else frozenset() for field, rule in self.user_rules().items()}
        return own | {"face": self.face.attributes()}

    def user_joins(self) -> dict[str, frozenset[tuple[str, str]]]:
        """Give what each field of users reads of enrich sources, by the key in `[mapping.user]`."""
        joined = {field: rule.joined() if rule else frozenset() for field, rule in self.user_rules().items()}
        return joined | {"face": self.face.joined()}

    def room_joins(self) -> dict[str, frozenset[tuple[str, str]]]:
        """Give what each field of rooms reads of enrich sources, by the key in `[mapping.room]`."""
        return self.room.joins() if self.room else {}

    def department_reads(self) -> dict[str, frozenset[str]]:
        """Give the attributes that each field of departments reads, by the key in `[mapping.department]`."""
        parent = self.department_parent.attributes() if self.department_parent else frozenset[str]()
        return {"name": self.department_name.attributes(), "parent": parent}

    def department_rules(self) -> dict[str, Rule | None]:
        """Return the rule of each field of departments, by the key in `[mapping.department]`."""
        return {"name": self.department_name, "parent": self.department_parent}

    def user_rules(self) -> dict[str, Rule | None]:
        """Return the rule of each field of users but for faces, by the key in `[mapping.user]`."""
        return {
            "account": self.account,
            "name": self.name,
            **self.fields,
            "when": self.when,
            "enabled": self.enabled,
            "department": self.path_rule or self.user_department,
        }


def _unless_special(spec: Spec, sources: frozenset[str]) -> Rule | None:
    """Give the rule of an attribute that names a department; nothing where the tree or a path says it."""
    return None if spec == PARENT or _path_attribute(spec) else Rule(spec, sources)


def _path_attribute(spec: Spec) -> str:
    return spec.removeprefix(PATH).strip() if isinstance(spec, str) and spec.startswith(PATH) else ""
