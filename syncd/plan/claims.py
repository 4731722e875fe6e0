"""Values and holders: who may have an account, a phone, a mail (DESIGN 6, values and holders)."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

import msgspec

from syncd.model.desired import Presence
from syncd.model.links import Link
from syncd.model.objects import PlatformUser
from syncd.plan.differences import without
from syncd.plan.draft import UNIQUE_FIELDS, Comparable, Draft, draft_on, temporary, value_of
from syncd.plan.situation import Identity, Situation
from syncd.plan.values import Action, Change, Conflict, ConflictKind, Reason

Slot = tuple[Identity, str]


class Settled(msgspec.Struct, frozen=True):
    """Drafts that can all be carried out, and the conflicts that keep the others back.

    `replaced` has the leavers whose account a new key claims, with what else that one takes from them: they are neither
    removed nor locked, and give nothing up, of themselves.
    """

    drafts: list[Draft]
    conflicts: list[Conflict]
    replaced: Mapping[Identity, Mapping[str, Change]] = {}


class _Settlement:
    """The state of one settlement: what was lost, and who waits for whose value."""

    def __init__(
        self,
        situation: Situation,
        drafts: list[Draft],
        left: Mapping[Identity, Reason],
        comparable: Comparable,
        never_empty: frozenset[str],
    ) -> None:
        self.situation, self.left, self.comparable = situation, left, comparable
        self.never_empty = never_empty
        self.drafts = {(draft.source, draft.key): draft for draft in drafts}
        self.owners: dict[str, Identity] = {link.platform_id: one for one, link in situation.user_links.items()}
        self.lost: set[Slot] = set()
        self.queue: list[Slot] = []
        self.waiting: dict[Slot, list[tuple[Slot, str]]] = defaultdict(list)
        self.conflicts: list[Conflict] = []
        self.gives_way: dict[Identity, dict[str, Change]] = defaultdict(dict)
        self.takers: dict[Slot, Identity] = {}
        self.replaced: dict[Identity, Identity] = {}

    @cached_property
    def locators(self) -> Mapping[Identity, str]:
        """Give where entries stand; only a conflict asks."""
        return {(one.source, one.key): one.locator for one in self.situation.desired.users}

    def settle(self) -> Settled:
        """Judge every claim, then let each loss cost those who waited for the value."""
        for field in UNIQUE_FIELDS:
            holders = self._holders(field)
            claims = self._claims(field)
            for value in sorted(claims):
                self._judge(field, value, claims[value], holders.get(value))
        self._spread()
        replaced = {owner: self._taken_along(owner) for owner in self.replaced}
        return Settled(self._remaining(replaced), self.conflicts, replaced)

    def _holders(self, field: str) -> dict[str, PlatformUser]:
        users = self.situation.users.values()
        return {self.comparable(field, value): user for user in users if (value := value_of(user.fields, field))}

    def _claims(self, field: str) -> dict[str, list[Identity]]:
        """Give who wants each value: by the directory, whether or not it has to be written."""
        claims: dict[str, list[Identity]] = defaultdict(list)
        for one in self.situation.desired.users:
            value = value_of(one.fields, field)
            if value and one.presence is Presence.ACTIVE:
                claims[self.comparable(field, value)].append((one.source, one.key))
        return claims

    def _judge(self, field: str, value: str, claimants: list[Identity], holder: PlatformUser | None) -> None:
        owner = self.owners.get(holder.id) if holder else None
        if owner in claimants:
            rivals = [one for one in claimants if one != owner]
            self._lose_all(rivals, field, value, ConflictKind.DUPLICATE_VALUE, holder)
        elif len(claimants) > 1:
            self._lose_all(claimants, field, value, ConflictKind.DUPLICATE_VALUE, holder)
        elif holder is not None:
            self._judge_taker((claimants[0], field), value, holder, owner)

    def _judge_taker(self, taker: Slot, value: str, holder: PlatformUser, owner: Identity | None) -> None:
        """Judge a single claim on a value that somebody else holds."""
        identity, field = taker
        if not self._writes(taker):
            return
        if owner is None or self.situation.is_protected(holder):
            kind = (
                ConflictKind.HELD_BY_PROTECTED if self.situation.is_protected(holder) else ConflictKind.HELD_BY_UNLINKED
            )
            self._lose_all([identity], field, value, kind, holder)
        elif owner in self.left and field == "account":
            self.replaced[owner] = identity
            self.conflicts.append(self._conflict([identity, owner], field, value, ConflictKind.REPLACED, holder))
        elif owner in self.left:
            way = temporary(field, holder.id, self.never_empty)
            self.gives_way[owner][field] = Change(value_of(holder.fields, field), way)
            self.takers[owner, field] = identity
        elif self._writes((owner, field)):
            self.waiting[owner, field].append((taker, value))
        else:
            self._lose_all([identity], field, value, ConflictKind.DUPLICATE_VALUE, holder)

    def _writes(self, slot: Slot) -> bool:
        draft = self.drafts.get(slot[0])
        return draft is not None and slot[1] in draft.changes and slot not in self.lost

    def _lose_all(
        self, losers: list[Identity], field: str, value: str, kind: ConflictKind, holder: PlatformUser | None
    ) -> None:
        if not losers:
            return
        for one in losers:
            self._lose((one, field))
        self.conflicts.append(self._conflict(losers, field, value, kind, holder))

    def _lose(self, slot: Slot) -> None:
        """Take a field from a draft; without its account nothing of a user is written."""
        for field in UNIQUE_FIELDS if slot[1] == "account" else (slot[1],):
            if (slot[0], field) not in self.lost:
                self.lost.add((slot[0], field))
                self.queue.append((slot[0], field))

    def _spread(self) -> None:
        """Tell those who waited for a value that its holder keeps it after all."""
        while self.queue:
            slot = self.queue.pop()
            for taker, value in self.waiting.pop(slot, ()):
                holder = self.situation.users[self.situation.user_links[slot[0]].platform_id]
                self._lose_all([taker[0]], taker[1], value, ConflictKind.DUPLICATE_VALUE, holder)

    def _conflict(
        self, losers: list[Identity], field: str, value: str, kind: ConflictKind, holder: PlatformUser | None
    ) -> Conflict:
        names = " and ".join(self._locator(one) for one in losers)
        effect = _EFFECT.get(
            kind, "nothing of it is written" if field == "account" else f"its {field} is left as it is"
        )
        who = f"; {holder.fields.account} (id {holder.id}) holds it on the platform" if holder else ""
        return Conflict(
            kind=kind,
            keys=tuple(sorted(key for _, key in losers)),
            field=field,
            value=value,
            message=f"{names}: {field} {value} cannot be given{who}; {effect}. {_WAY_OUT[kind]}",
        )

    def _locator(self, identity: Identity) -> str:
        draft = self.drafts.get(identity)
        link: Link | None = self.situation.user_links.get(identity)
        return (
            (draft.locator if draft else "") or self.locators.get(identity) or (link.locator if link else identity[1])
        )

    def _taken_along(self, owner: Identity) -> dict[str, Change]:
        """Give what a replaced leaver gives up to the one who takes the account too."""
        taker = self.replaced[owner]
        return {field: change for field, change in self.gives_way[owner].items() if self.takers[owner, field] == taker}

    def _remaining(self, replaced: Mapping[Identity, Mapping[str, Change]]) -> list[Draft]:
        """Give the drafts less what was lost, and what leavers give way with of themselves."""
        drafts = []
        for identity, draft in self.drafts.items():
            gone = {field for field in UNIQUE_FIELDS if (identity, field) in self.lost}
            changes = without(draft.changes, gone)
            if "account" not in gone and (changes or draft.reason is Reason.RETURNED):
                drafts.append(msgspec.structs.replace(draft, changes=changes))
        for identity, changes in self.gives_way.items():
            if given := without(changes, replaced.get(identity, {})):
                drafts.append(self._way(identity, given))
        return drafts

    def _way(self, identity: Identity, changes: dict[str, Change]) -> Draft:
        link = self.situation.user_links[identity]
        name = self.situation.users[link.platform_id].fields.name
        return draft_on(link, name, Action.UPDATE, changes, Reason.GIVES_WAY)


_EFFECT = {ConflictKind.REPLACED: "neither is one removed nor the other made"}
_WAY_OUT = {
    ConflictKind.DUPLICATE_VALUE: "Give each entry a value of its own in the directory.",
    ConflictKind.HELD_BY_UNLINKED: "Link that user to the entry's key, or change the value on the platform.",
    ConflictKind.HELD_BY_PROTECTED: "That user is protected: change the value in the directory or on the platform.",
    ConflictKind.REPLACED: "The same person under a new key: syncd link KEY ID. Another person: approve this plan.",
}


def settle(
    situation: Situation,
    drafts: list[Draft],
    left: Mapping[Identity, Reason],
    comparable: Comparable,
    never_empty: frozenset[str],
) -> Settled:
    """Decide who gets each account, phone and mail; nothing grows faster than n log n.

    `never_empty` has the fields that the platform does not let become empty.
    """
    return _Settlement(situation, drafts, left, comparable, never_empty).settle()
