"""The published marts beside the sandbox's truth, to the minor unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from buck.flow.reading import run_query
from buck.project import Project
from buck.records.demo import RevenueTie

FIGURES = {
    "gross": "gross_amount_minor",
    "refunds": "refunds_minor",
    "net": "net_amount_minor",
    "refunds_cash": "refunds_cash_minor",
    "net_cash": "net_cash_minor",
}
"""The truth's name of a figure, and the column of `finance.agg_monthly_revenue`."""


def tie_revenue(project: Project, truth: Mapping[str, Any]) -> tuple[RevenueTie, ...]:
    """Every month's revenue figures per currency, marts against truth; one tie a currency."""
    columns = ", ".join(FIGURES.values())
    _, rows = run_query(
        project,
        f"select strftime(revenue_month, '%Y-%m'), currency, {columns} "
        "from finance.agg_monthly_revenue",
        "published",
    )
    marts = {
        (month, currency): dict(zip(FIGURES, map(int, values), strict=True))
        for month, currency, *values in rows
    }
    real = {
        (entry["period"], entry["currency"]): {name: int(entry[name]) for name in FIGURES}
        for entry in truth["by_month"]
    }
    zero = dict.fromkeys(FIGURES, 0)
    per_currency: dict[str, list[str]] = defaultdict(list)
    for key in sorted(set(marts) | set(real)):
        per_currency[key[1]].append(key[0])
    return tuple(
        RevenueTie(
            currency=currency,
            exponent=int(truth["exponents"][currency]),
            marts=_total(marts, currency),
            truth=_total(real, currency),
            months=len(months),
            differences=tuple(
                f"{month} {currency} {name}: marts {got[name]}, truth {want[name]}"
                for month in months
                for got, want in [
                    (marts.get((month, currency), zero), real.get((month, currency), zero))
                ]
                for name in FIGURES
                if got[name] != want[name]
            ),
        )
        for currency, months in sorted(per_currency.items())
    )


def _total(found: Mapping[tuple[str, str], Mapping[str, int]], currency: str) -> dict[str, int]:
    own = [figures for (_, c), figures in found.items() if c == currency]
    return {name: sum(figures[name] for figures in own) for name in FIGURES}
