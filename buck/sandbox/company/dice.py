"""All chance in the company: named random streams and the ids of the three systems."""

from __future__ import annotations

import uuid
from random import Random

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = tuple(_BASE62[n // 62 % 62] + _BASE62[n % 62] for n in range(4096))
_CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


class Dice:
    """Random streams that depend on the seed and their name alone.

    One stream per concern, so that drawing more in one place moves nothing in another.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._ids = self.stream("ids")
        self._serials: dict[str, int] = {}

    def stream(self, name: str) -> Random:
        """A stream of its own for one concern."""
        # A history has to be the same each time: secrets have no place here.
        return Random(f"{self._seed}/{name}")  # noqa: S311

    def stripe_id(self, prefix: str, *, length: int = 24) -> str:
        """An id such as `ch_3kQ…`."""
        return f"{prefix}_{self.token(length)}"

    def token(self, length: int) -> str:
        """Letters and digits without meaning; an even number of them."""
        # Twelve bits for two letters: ids are a fifth of all the work of simulating a day.
        bits, pairs = self._ids.getrandbits(length * 6), []
        for _ in range(length // 2):
            pairs.append(_PAIRS[bits & 0xFFF])
            bits >>= 12
        return "".join(pairs)

    def uuid(self) -> str:
        """A random UUID, as text."""
        return str(uuid.UUID(int=self._ids.getrandbits(128), version=4))

    def serial(self, name: str) -> int:
        """1, 2, 3, … per name."""
        self._serials[name] = self._serials.get(name, 0) + 1
        return self._serials[name]

    def salesforce_id(self, prefix: str) -> str:
        """An 18 character id: key prefix, serial, and the checksum of its upper-case letters."""
        number, digits = self.serial(f"salesforce/{prefix}") + 7_000, ""
        while number:
            number, rest = divmod(number, 62)
            digits = _BASE62[rest] + digits
        return salesforce_checked(f"{prefix}Qy00000{digits.rjust(5, '0')}"[:15])


def salesforce_checked(short_id: str) -> str:
    """A 15 character Salesforce id with its three check characters."""
    checks = ""
    for start in (0, 5, 10):
        bits = sum(1 << i for i, c in enumerate(short_id[start : start + 5]) if "A" <= c <= "Z")
        checks += _CHECKSUM[bits]
    return short_id + checks
