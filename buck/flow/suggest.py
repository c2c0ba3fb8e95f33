"""Proposing checks for a table from what it holds."""

from __future__ import annotations

import difflib

from buck.engine import connect
from buck.errors import ConfigError, LakeError
from buck.flow.building import workspace
from buck.flow.personal import personal_columns
from buck.names import TableRef
from buck.project import Project


def suggest_for(project: Project, model: str) -> str:
    """A SodaCL file for a model's candidate, to be reviewed by a person.

    Raises:
        LakeError: there are no candidates.
        LakeLocked: a run has them.
        ConfigError: there is no such model.
    """
    from buck.quality import profile, suggest_checks
    from buck.transform import ensure_parsed
    from buck.transform import models as read_models

    if not project.build_database.exists():
        raise LakeError("there are no candidates to look at", hint="buck run")
    space = workspace(project, project.as_of())
    ensure_parsed(space)
    known = {m.name: m for m in read_models(space.target_path)}
    name = model.rpartition(".")[2]
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise ConfigError(
            f"there is no model {model!r}",
            hint=f"did you mean {near[0]}?" if near else "see `buck dbt ls`",
        )
    facts = known[name]
    table = TableRef(facts.schema, facts.name)
    con = connect(project.build_database, work=project.work, read_only=True)
    try:
        columns = profile(con, table)
    finally:
        con.close()
    return suggest_checks(columns, table, owner=facts.owner, personal=personal_columns(project))
