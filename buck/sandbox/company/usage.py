"""What people do in the app: an append-only stream of events."""

from __future__ import annotations

from buck.sandbox.company.calendar import DAY_S, HOUR_S, MINUTE_S, day_start_s
from buck.sandbox.company.change import Record
from buck.sandbox.company.world import Person, World

_EVENTS = ("login", "search", "view_product", "invite_sent", "report_opened", "export")


class Usage:
    """Lets people use the app every day; people who buy more use it more."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.dice.stream("usage")
        world.agenda.plan(day_start_s(0) + 8 * HOUR_S + 20 * MINUTE_S, self._open_day)

    def _open_day(self, second: int) -> None:
        chance = self._chance
        for person in list(self._world.people):
            for _ in range(int(min(1.4, person.order_rate * 1.6) + chance.random())):
                self._world.agenda.plan(
                    second + chance.randrange(15 * HOUR_S),
                    lambda now, person=person: self._record(now, person),  # type: ignore[misc]
                )
        self._world.agenda.plan(second + DAY_S, self._open_day)

    def _record(self, second: int, person: Person) -> None:
        chance, journal = self._chance, self._world.journal
        event: Record = {
            "id": self._world.dice.serial("usage_events"),
            "user_id": person.user_id,
            "event_name": chance.choice(_EVENTS),
            "occurred_at": journal.at(second),
            "properties": {
                "device": chance.choice(("ios", "android", "web", None)),
                "duration_ms": chance.randrange(90_000),
                "query": chance.choice(("mug", "größe M", "ランプ", None)),
            },
        }
        journal.app(second, "usage_events", event)
        journal.tell(second, "usage", event["id"], of=person.key)
