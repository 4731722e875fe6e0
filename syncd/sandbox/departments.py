"""The rules for departments (Open API, departments)."""

from syncd.sandbox.arguments import Arguments, Record, Rejected, invalid, optional, place, required, text
from syncd.sandbox.forms import kept
from syncd.sandbox.registry import Action, Kind, Registry, named
from syncd.wire.codes import Code


class Departments:
    """They form a tree; one that holds anything cannot be removed."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def list_all(self) -> list[Record]:
        """Answer `dept/list`."""
        return list(self._registry.state.departments.values())

    def get(self, arguments: Arguments) -> Record:
        """Answer `dept/get`."""
        return self.known(required(arguments, "deptId"))

    def add(self, arguments: Arguments) -> Record:
        """Answer `dept/add`."""
        name, parent = self._name(required(arguments, "name")), place(arguments, "parentId") or ""
        if (there := self._registry.existing(Kind.DEPARTMENT, arguments)) is not None:
            return there
        department_id = self._registry.new_id(Kind.DEPARTMENT, arguments)
        self._check(department_id, name, parent)
        made = {"id": department_id, "name": name, "parentId": parent, "createdTime": self._registry.now()}
        return self._registry.write(Kind.DEPARTMENT, Action.ADD, made)

    def update(self, arguments: Arguments) -> Record:
        """Answer `dept/update`; what is absent or null stays."""
        department = self.known(required(arguments, "id"))
        name, parent = text(arguments, "name"), place(arguments, "parentId")
        if name is None or (name == "" and "name" in self._registry.quirks.empty_ignored):
            name = department["name"]
        else:
            name = self._name(name)
        parent = department["parentId"] if parent is None else parent
        self._check(department["id"], name, parent)
        return self._registry.write(Kind.DEPARTMENT, Action.UPDATE, {**department, "name": name, "parentId": parent})

    def remove(self, arguments: Arguments) -> None:
        """Answer `dept/remove`; one that holds users, departments or rooms cannot be removed.

        The id is optional in the document, and without it nothing happens.
        """
        if not (department_id := optional(arguments, "deptId")):
            return
        department = self.known(department_id)
        registry = self._registry
        if any(one.of(department["id"]) for one in (registry.users_in, registry.departments_in, registry.rooms_in)):
            raise invalid("the department is not empty")
        registry.remove(Kind.DEPARTMENT, department)

    def known(self, department_id: str) -> Record:
        """Give a department; raises `Rejected` where there is none."""
        department = self._registry.found(Kind.DEPARTMENT, department_id)
        if department is None:
            raise Rejected(Code.DEPARTMENT_MISSING)
        return department

    def _name(self, given: str) -> str:
        name = kept(self._registry.quirks, {"name": given})["name"]
        if not name.strip():
            raise invalid("name is empty")
        return name

    def _check(self, department_id: str, name: str, parent: str) -> None:
        above = parent
        while above:
            if above == department_id:
                raise invalid("a department cannot stand below itself")
            above = self.known(above)["parentId"]
        holders = self._registry.departments_named.of(named(parent, name))
        if self._registry.quirks.department_names == "unique" and any(one != department_id for one in holders):
            raise invalid("the name is taken under this parent")
