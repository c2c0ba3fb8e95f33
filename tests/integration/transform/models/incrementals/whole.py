"""The whole project in one lake, built batch by batch; which of its tables a build has left as they were."""

from __future__ import annotations

import random

from buck.transform import models
from tests.integration.transform.models.incrementals.histories import batches_of, make_history
from tests.integration.transform.models.incrementals.proof import as_of, land


def grow(lake, batches, *, histories, seeds):
    """Build everything after each of some batches; seeds are those of the histories and of their order."""
    chance = random.Random(seeds[0])
    made = [make_history(chance) for _ in range(histories)]
    lake.build(as_of=as_of(0), command="seed")
    for number, batch in enumerate(batches_of(made, random.Random(seeds[1]), batches)):
        land(lake, batch, number)
        build(lake, number)
    return lake


def build(lake, number):
    """Everything, at the time of a batch."""
    lake.build(as_of=as_of(number), command="run")


def tables(lake):
    """The models that are tables, `schema.name`."""
    return [f"{m.schema}.{m.name}" for m in models(lake.parsed) if m.materialized == "table"]


def mark(lake):
    """Mark every table model; a table that takes the place of one has no mark."""
    with lake.connect() as con:
        for name in tables(lake):
            con.execute(f"comment on table {name} is 'as it was'")


def kept(lake):
    """The tables that are the ones that were marked."""
    rows = lake.query(
        "select schema_name || '.' || table_name from duckdb_tables() where comment = 'as it was'"
    )
    return {name for (name,) in rows}


def affected(lake, table):
    """The keys that the last build of an incremental model, `schema.name`, computed again."""
    return {key for (key,) in lake.query(f"select affected_key from {table}__affected")}
