"""Going back in a warehouse: readers see an earlier promotion again, and nothing is built."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

from buck.errors import BuckError, ConfigError
from buck.flow.building import workspace
from buck.flow.lake_access import open_lake
from buck.flow.landing import new_load_id
from buck.flow.promotion_side import choose_target
from buck.ledger import RunRecorder
from buck.project import Project
from buck.records.promotion import Promotion
from buck.records.run import Status


def roll_back_promotion(
    project: Project, target: str | None, to: int | None = None, *, reason: str = ""
) -> Promotion:
    """Let readers of a warehouse see an earlier promotion; all marts in one step.

    Args:
        project: The project.
        target: A target of profiles.yml, or None for the one of a named environment.
        to: The promotion's number; the one that was current before if None.
        reason: Why; kept in the ledger.

    Raises:
        ConfigError: the promotion is not kept there, or there is none before.
        WarehouseError: the warehouse refused; readers see what they saw.
        WarehouseLocked: a promotion is under way.
    """
    from buck.transform import read_target
    from buck.warehouses import open_promotions, open_warehouse, require_promotable

    target = choose_target(project, target)
    space = workspace(project, project.as_of(), target=target)
    settings = read_target(space, env=project.variables)
    require_promotable(target, settings)
    with closing(open_warehouse(target, settings)) as warehouse:
        promotions = open_promotions(warehouse, prefix=project.settings.warehouse.schema_prefix)
        kept, current = promotions.promotions(), promotions.current()
        if current is None:
            raise ConfigError(
                f"nothing was promoted to {target} yet", hint=f"buck promote --target {target}"
            )
        wanted = to if to is not None else current.previous
        chosen = next((one for one in kept if one.number == wanted), None)
        if chosen is None:
            found = ", ".join(one.id for one in kept)
            what = "no promotion before the current one" if wanted is None else f"{wanted:06d}"
            raise ConfigError(f"{what} is not kept in {target}", hint=f"--to one of {found}")
        if chosen.number == current.number:
            return current
        recorder = RunRecorder(
            open_lake(project).storage,
            new_load_id(datetime.now(UTC)),
            pipeline=f"rollback {target}",
        )
        recorder.start(environment=project.environment, to=chosen.id, reason=reason)
        try:
            promotions.point_to(chosen)
        except BuckError as exc:
            recorder.finish(Status.FAILED, error=exc.what)
            raise
        recorder.add("rolled_back", "ok", before=current.id, promotion=chosen.id, reason=reason)
        recorder.finish(Status.OK, promotion=chosen.id)
        return chosen
