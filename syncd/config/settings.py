"""The whole configuration, and whether its sections fit together (DESIGN 4)."""

import re
from typing import Annotated

from pydantic import Field, model_validator

from syncd.config.mapping_settings import Mapping, Rule
from syncd.config.sections import (
    Admin,
    Adopt,
    Limits,
    Listener,
    Log,
    Notify,
    Platform,
    Policy,
    Retention,
    Schedule,
    Store,
)
from syncd.config.source_settings import Join, TableSource, TreeSource
from syncd.config.source_types import AnySource
from syncd.config.values import Table
from syncd.mapping.specs import no_such_source

_OF_A_SOURCE = re.compile(r"([A-Za-z_]\w*)\.([^\s./{}]+)")


class Settings(Table):
    """The whole configuration."""

    source: dict[Annotated[str, Field(pattern=r"^[a-z0-9_]+$")], AnySource] = Field(min_length=1)
    mapping: Mapping = Mapping()
    platform: Platform
    store: Store = Store()
    adopt: Adopt = Adopt()
    policy: Policy = Policy()
    limits: Limits = Limits()
    listener: Listener = Listener()
    admin: Admin = Admin()
    schedule: Schedule = Schedule()
    notify: Notify = Notify()
    retention: Retention = Retention()
    log: Log = Log()

    @property
    def authorities(self) -> dict[str, AnySource]:
        """Give the sources that decide who exists."""
        return {name: one for name, one in self.source.items() if one.role == "authority"}

    @property
    def joins(self) -> dict[str, Join]:
        """Give by what each enrich source is joined."""
        return {name: one.join for name, one in self.source.items() if one.join}

    @model_validator(mode="after")
    def _has_an_authority(self) -> "Settings":
        if not self.authorities:
            raise ValueError('source: no source has role = "authority", so nobody says who exists')
        return self

    @model_validator(mode="after")
    def _maps_what_is_required(self) -> "Settings":
        for name in self.authorities:
            mapping = self.mapping_of(name)
            for field in ("account", "name"):
                if not any(one for one in _alternatives(getattr(mapping.user, field))):
                    raise ValueError(f"mapping.user.{field} is empty; a user cannot do without {field}")
        return self

    @model_validator(mode="after")
    def _finds_departments(self) -> "Settings":
        for name, source in self.authorities.items():
            has_tables = isinstance(source, TableSource) and bool(source.users) and source.departments is not None
            if has_tables and self.mapping_of(name).user.department == "@parent":
                raise ValueError(
                    f'mapping.user.department is "@parent", but the rows of source {name} stand in no tree; '
                    "name the column with the key of the department"
                )
        return self

    @model_validator(mode="after")
    def _finds_rooms(self) -> "Settings":
        asked = [name for name, source in self.authorities.items() if source.rooms]
        if self.mapping.room is None:
            if asked:
                raise ValueError(
                    f"source {asked[0]} has rooms, and [mapping.room] does not say what they are; write it"
                )
            if any(source.mapping.room.model_fields_set for source in self.authorities.values()):
                raise ValueError("a source has mapping.room of its own, and [mapping.room] is not written; write it")
            return self
        if not asked:
            raise ValueError("[mapping.room] is written, and no source has rooms: write [source.NAME.rooms]")
        for name in asked:
            mapping = self.mapping_of(name).room
            if mapping is not None and not any(_alternatives(mapping.name)):
                raise ValueError("mapping.room.name is empty; a room cannot do without name")
            if mapping is not None and mapping.department == "@parent" and isinstance(self.source[name], TableSource):
                raise ValueError(
                    f'mapping.room.department is "@parent", but the rows of source {name} stand in no tree; '
                    "name the column with the key of the department"
                )
        return self

    @model_validator(mode="after")
    def _reads_of_sources_that_are_there(self) -> "Settings":
        # A column may have a point in its name; an attribute of a directory has none, unless it is an OID.
        for name, source in self.authorities.items():
            if isinstance(source, TreeSource):
                mapping = self.mapping_of(name)
                for field, spec in mapping.user.model_dump().items():
                    _check_sources(f"mapping.user.{field}", spec, tuple(self.joins))
                for field, spec in mapping.department.model_dump().items():
                    _check_sources(f"mapping.department.{field}", spec, ())
                for field, spec in (mapping.room.model_dump() if mapping.room else {}).items():
                    _check_sources(f"mapping.room.{field}", spec, tuple(self.joins))
        return self

    def written_mapping(self, source: str) -> frozenset[str]:
        """Give the keys of the mapping that somebody wrote, for all sources or this one, and those that must be there.

        A user cannot do without account and name, nor a department without a name, so their defaults count as written.
        """
        own = self.source[source].mapping
        user = {*self.mapping.user.model_fields_set, *own.user.model_dump(exclude_none=True), "account", "name"}
        unit = {*self.mapping.department.model_fields_set, *own.department.model_dump(exclude_none=True), "name"}
        written = {*(f"mapping.user.{one}" for one in user), *(f"mapping.department.{one}" for one in unit)}
        room = self.mapping.room.model_fields_set if self.mapping.room else set()
        places = {*room, *own.room.model_dump(exclude_none=True)}
        return frozenset(written | {f"mapping.room.{one}" for one in places})

    def mapping_of(self, source: str) -> Mapping:
        """Give the mapping of one source: its own keys over those for all."""
        own = self.source[source].mapping
        return Mapping(
            user=self.mapping.user.model_copy(update=own.user.model_dump(exclude_none=True)),
            department=self.mapping.department.model_copy(update=own.department.model_dump(exclude_none=True)),
            room=self.mapping.room and self.mapping.room.model_copy(update=own.room.model_dump(exclude_none=True)),
        )


def _alternatives(rule: Rule) -> tuple[str, ...]:
    return (rule,) if isinstance(rule, str) else rule


def _check_sources(key: str, rule: Rule, sources: tuple[str, ...]) -> None:
    for spec in _alternatives(rule):
        found = _OF_A_SOURCE.fullmatch(spec.strip())
        if found and found[1].lower() not in sources:
            raise ValueError(f"{key} reads {no_such_source(found[1], found[2], sources)}")
