"""What a new file in `pipelines/` says, and what it needs in `.buck.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["stripe", "salesforce", "postgres", "rest", "files"]


@dataclass(frozen=True, slots=True)
class Template:
    """A pipeline file with `NAME` and `PREFIX` (its variables' first part) to fill in."""

    type: str
    options: Mapping[str, str]
    text: str

    def file(self, name: str) -> str:
        """The Python file for a source of this name."""
        return self._filled(self.text, name)

    def section(self, name: str, *, indent: str) -> str:
        """The source's lines for `.buck.yml`, to stand below `sources:`."""
        lines = [f"{name}:", f"{indent}type: {self.type}", f"{indent}options:"]
        lines += [f"{indent * 2}{key}: {value}" for key, value in self.options.items()]
        return self._filled("".join(f"{indent}{line}\n" for line in lines), name)

    def variables(self, name: str) -> list[str]:
        """The variables that hold the source's settings."""
        filled = [self._filled(value, name) for value in self.options.values()]
        return [v.strip('"{} ') for v in filled if v.startswith('"{{') and "|" not in v]

    @staticmethod
    def _filled(text: str, name: str) -> str:
        return text.replace("PREFIX", name.upper()).replace("NAME", name)


_STRIPE = '''"""Stripe: customers, billing and payments, landed as raw_NAME_* tables."""

from __future__ import annotations

import dlt
from dlt.sources import DltSource

import buck
from buck.sources import stripe

TABLES = stripe.DEFAULT_TABLES  # or any of stripe.ALL_TABLES


@dlt.source(name="NAME", section="NAME")
def source(api_key: str = dlt.secrets.value) -> DltSource:
    """Everything at first; afterwards what Stripe's events say has changed, fetched afresh."""
    return stripe.source(api_key=api_key, tables=TABLES)


if __name__ == "__main__":
    buck.land(__file__)
'''

_SALESFORCE = '''"""Salesforce: people, deals and campaigns, landed as raw_NAME_* tables."""

from __future__ import annotations

import dlt
from dlt.sources import DltSource

import buck
from buck.sources import salesforce

TABLES = salesforce.TABLES


@dlt.source(name="NAME", section="NAME")
def source(
    login_url: str = dlt.config.value,
    client_id: str = dlt.secrets.value,
    client_secret: str = dlt.secrets.value,
) -> DltSource:
    """Everything at first; afterwards what SystemModstamp says has changed."""
    return salesforce.source(login_url=login_url, client_id=client_id, client_secret=client_secret)


if __name__ == "__main__":
    buck.land(__file__)
'''

_POSTGRES = '''"""A PostgreSQL database, landed as raw_NAME_* tables."""

from __future__ import annotations

import dlt
from dlt.extract import DltResource

import buck
from buck.sources import postgres

TABLES = (
    postgres.table("users", source="NAME", cursor="updated_at", personal=("email",), subject="id"),
)


@dlt.source(name="NAME", section="NAME")
def source(url: str = dlt.secrets.value) -> list[DltResource]:
    """What changed since the last load, and a tombstone for every row that is gone."""
    return postgres.resources(url, tables=TABLES)


if __name__ == "__main__":
    buck.land(__file__)
'''

_REST = '''"""A JSON API, landed as raw_NAME_* tables."""

from __future__ import annotations

import dlt
from dlt.extract import DltResource

import buck
from buck.sources import rest

TABLES = (
    rest.table(
        "tickets",
        source="NAME",
        data_selector="data",  # where the records are in the answer
        columns={"id": "bigint"},  # anything else arrives as text
        since=rest.since("updated_at", param="updated_since"),
    ),
)


@dlt.source(name="NAME", section="NAME")
def source(url: str = dlt.config.value, token: str = dlt.secrets.value) -> list[DltResource]:
    """Everything at first, afterwards what is new."""
    return rest.resources(url, tables=TABLES, auth={"type": "bearer", "token": token})


if __name__ == "__main__":
    buck.land(__file__)
'''

_FILES = '''"""Files that others put into a folder or a bucket, landed as raw_NAME_* tables."""

from __future__ import annotations

import dlt
from dlt.extract import DltResource

import buck
from buck.sources import files

TABLES = (
    files.table("targets", source="NAME", path="targets/*.csv"),
)


@dlt.source(name="NAME", section="NAME")
def source(address: str = dlt.config.value) -> list[DltResource]:
    """New and changed files."""
    return files.resources(address, tables=TABLES)


if __name__ == "__main__":
    buck.land(__file__)
'''

TEMPLATES: Mapping[Kind, Template] = {
    "stripe": Template("api", {"api_key": '"{{ PREFIX_API_KEY }}"'}, _STRIPE),
    "salesforce": Template(
        "api",
        {
            "login_url": '"{{ PREFIX_LOGIN_URL }}"',
            "client_id": '"{{ PREFIX_CLIENT_ID }}"',
            "client_secret": '"{{ PREFIX_CLIENT_SECRET }}"',
        },
        _SALESFORCE,
    ),
    "postgres": Template("database", {"url": '"{{ PREFIX_DATABASE_URL }}"'}, _POSTGRES),
    "rest": Template("api", {"url": '"{{ PREFIX_URL }}"', "token": '"{{ PREFIX_TOKEN }}"'}, _REST),
    "files": Template("files", {"address": "./data"}, _FILES),
}
