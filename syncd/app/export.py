"""The shadow with its links, object by object (DESIGN 4, export)."""

from collections.abc import Iterator
from typing import Any

import msgspec

from syncd.app.standing import state_of
from syncd.app.store_ports import Store
from syncd.model.objects import Department, Kind


def export_lines(store: Store, kinds: tuple[Kind, ...]) -> Iterator[dict[str, Any]]:
    """Give a line for every object of these kinds that the shadow holds or a link names."""
    with store.reading() as work:
        links = {(link.kind, link.platform_id): link for link in work.links.all()}
        for kind in kinds:
            for row in work.shadow.rows(kind):
                link = links.pop((kind, row.platform_id), None)
                yield {
                    "kind": str(kind),
                    "key": link.key if link else None,
                    "platform_id": row.platform_id,
                    "ownership": str(link.ownership) if link else "none",
                    "state": str(state_of(link)) if link else "unlinked",
                    "shadow": msgspec.structs.asdict(row.fields),
                    "shadow_as_of": row.as_of,
                    "shadow_origin": row.origin,
                }
        for (kind, platform_id), link in sorted(links.items()):
            if kind in kinds:
                yield {
                    "kind": str(kind),
                    "key": link.key,
                    "platform_id": platform_id,
                    "ownership": str(link.ownership),
                    "state": "absent",
                    "shadow": None,
                    "shadow_as_of": None,
                    "shadow_origin": None,
                }


def departments(store: Store) -> dict[str, Department]:
    """Give the departments that the shadow holds, by platform id."""
    with store.reading() as work:
        return {one.id: one.fields for one in work.shadow.departments()}


def department_names(store: Store) -> dict[str, str]:
    """Give the names of the departments that the shadow holds, by platform id."""
    return {platform_id: one.name for platform_id, one in departments(store).items()}
