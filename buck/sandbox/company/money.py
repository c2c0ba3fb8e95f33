"""The currencies the company trades in: decimals, rates, fees. Integers of minor units only."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Currency:
    """One currency: its decimals, its price level, and what Stripe takes."""

    code: str
    exponent: int
    per_usd: Decimal
    step: int
    """Prices and partial refunds are multiples of this many minor units."""
    fixed_fee: int
    dispute_fee: int

    @property
    def scale(self) -> int:
        """Minor units of one whole."""
        return (1, 10, 100, 1000)[self.exponent]

    def price(self, usd_cents: int) -> int:
        """About the same price in this currency, in minor units, rounded to its step."""
        minor = Decimal(usd_cents) * self.per_usd * self.scale / 100
        return max(self.step, int(minor / self.step) * self.step)

    def fee(self, amount: int) -> int:
        """Stripe's fee for a payment: 2.9 % and a fixed part."""
        return amount * 29 // 1000 + self.fixed_fee

    def round_down(self, amount: int) -> int:
        """The amount down to the step, at least one step."""
        return max(self.step, amount // self.step * self.step)

    def decimal(self, minor: int) -> Decimal:
        """Minor units as an exact decimal with three places, as the app's database keeps it."""
        return (Decimal(minor) / self.scale).quantize(Decimal("0.001"))


CURRENCIES = {
    c.code: c
    for c in (
        Currency("usd", 2, Decimal("1"), 1, 30, 1500),
        Currency("eur", 2, Decimal("0.92"), 1, 25, 2000),
        Currency("gbp", 2, Decimal("0.79"), 1, 20, 2000),
        Currency("cad", 2, Decimal("1.37"), 1, 30, 1500),
        Currency("jpy", 0, Decimal("151"), 1, 0, 1300),
        # Stripe wants three-decimal amounts to end in zero.
        Currency("kwd", 3, Decimal("0.31"), 10, 100, 5000),
    )
}
