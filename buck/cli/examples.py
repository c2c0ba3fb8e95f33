"""Examples below the help of every command; a house test holds each against the command's options.

They are kept together because one reads like the next, and a command's own file says what it does.
"""

from __future__ import annotations

from collections.abc import Mapping

import typer

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "run": ("buck run", "buck run stripe_daily --continue", "buck run --full-refresh"),
    "backfill": (
        "buck backfill stripe_daily --start 2026-01-01 --end 2026-02-01",
        "buck backfill stripe_daily --start 2026-01-01 --end 2026-02-01 --parallel 4",
        "buck backfill stripe_daily --start 2026-01-01 --end 2026-02-01 --grid",
    ),
    "backup": ("buck backup --to /mnt/backups", "buck backup --to s3://bucket/backups --keep 14"),
    "restore": ("buck restore /mnt/backups --list", "buck restore /mnt/backups --replace"),
    "ci": ("buck ci --sandbox --base origin/main",),
    "dbt": ("buck dbt run --select staging", "buck dbt test --select fct_payments"),
    "demo": ("buck demo", "buck demo --customers 200"),
    "dev": ("buck dev", "buck dev fct_payments --once"),
    "diff": (
        "buck diff published candidates",
        "buck diff git:main git:HEAD --output markdown",
    ),
    "doctor": ("buck doctor", "buck doctor --config", "buck doctor --target snowflake"),
    "explain": ("buck explain fct_payments", "buck explain net_revenue"),
    "help": ("buck help", "buck help lake du"),
    "init": (
        "buck init shop",
        "buck init shop --sources stripe,postgres --lake s3://bucket/shop",
        "buck init shop --dbt ../models",
        "buck init --add salesforce",
    ),
    "portability": ("buck portability", "buck portability marts.finance --target bigquery"),
    "promote": (
        "buck promote --target postgres --plan",
        "buck promote --target postgres --yes",
        "buck promote --target redshift --plan --to load",
    ),
    "promote verify": ("buck promote verify postgres/000001",),
    "promote verify-account": ("buck promote verify-account --target bigquery",),
    "publish": ("buck publish", 'buck publish --approve-as ana --reason "checked by hand"'),
    "query": (
        'buck query "from finance.fct_payments limit 5"',
        "buck query --metric net_revenue --by currency --grain month",
        'buck query --candidate "select count(*) from finance.fct_payments"',
    ),
    "shell": ("buck shell", "buck shell --raw"),
    "rebuild": ("buck rebuild 000003", "buck rebuild 000003 --from-git"),
    "reconcile": ("buck reconcile stripe", "buck reconcile stripe --table charges --repair"),
    "reproduce": ("buck reproduce 20261128T0600",),
    "rollback": ("buck rollback", 'buck rollback --to 000002 --reason "wrong rates"'),
    "snapshots": ("buck snapshots", "buck snapshots --json"),
    "trace": ("buck trace app.users 7",),
    "alerts list": ("buck alerts list",),
    "alerts test": ("buck alerts test", "buck alerts test --owner finance"),
    "config show": ("buck config show lake.root", "buck config show --changed"),
    "config validate": ("buck config validate", "buck --env prod config validate"),
    "freshness check": ("buck freshness check --threshold 2h",),
    "lake ls": ("buck lake ls", "buck lake ls --json"),
    "lake history": ("buck lake history stripe.charges",),
    "lake cost": ("buck lake cost --days 30",),
    "lake verify": ("buck lake verify", "buck lake verify --quick"),
    "lake export": (
        "buck lake export finance.fct_payments --to payments.parquet",
        "buck lake export finance.fct_payments --to payments.csv --format csv",
    ),
    "lake du": ("buck lake du --days 30",),
    "lake compact": ("buck lake compact --dry-run", "buck lake compact stripe.charges"),
    "lake vacuum": ("buck lake vacuum", "buck lake vacuum --yes"),
    "lake migrate": ("buck lake migrate", "buck lake migrate --yes"),
    "ops build": ("buck ops build",),
    "pipeline run": (
        "buck pipeline run stripe_daily",
        "buck pipeline run sales_pipeline --full-refresh",
    ),
    "pipeline status": ("buck pipeline status --limit 5",),
    "pipeline list": ("buck pipeline list",),
    "pipeline new": ("buck pipeline new shop --from postgres",),
    "pipeline show": ("buck pipeline show stripe_daily",),
    "pipeline cancel": ("buck pipeline cancel stripe_daily",),
    "pipeline pause": ("buck pipeline pause stripe_daily",),
    "pipeline resume": ("buck pipeline resume stripe_daily",),
    "pipeline logs": (
        "buck pipeline logs stripe_daily --date 2026-01-15",
        "buck pipeline logs stripe_daily --since 2h --follow",
    ),
    "pipeline step": (
        "buck pipeline step customer_360 land stripe",
        "buck pipeline step customer_360 publish",
    ),
    "quality check": ("buck quality check fct_payments", "buck quality check --layer marts"),
    "quality prove": ("buck quality prove fct_payments --min-score 0.8",),
    "quality explain": ('buck quality explain "charged twice"',),
    "quality report": ("buck quality report --format html --open",),
    "quality suggest": ("buck quality suggest int_users_enriched",),
    "quarantine list": ("buck quarantine list --source stripe",),
    "quarantine show": ("buck quarantine show ID",),
    "quarantine replay": (
        "buck quarantine replay ID",
        "buck quarantine replay --all --source stripe",
    ),
    "quarantine release": ('buck quarantine release ID --reason "is right after all"',),
    "quarantine drop": ('buck quarantine drop ID --reason "a test account"',),
    "sandbox up": ("buck sandbox up", "buck sandbox up --customers 200 --days 90"),
    "sandbox advance": ("buck sandbox advance --days 7",),
    "sandbox status": ("buck sandbox status",),
    "sandbox truth": ("buck sandbox truth",),
    "sandbox spoil": ("buck sandbox spoil duplicates",),
    "sandbox heal": ("buck sandbox heal",),
    "sandbox bulk": ("buck sandbox bulk --payments 1000000",),
    "sandbox fault": (
        """buck sandbox fault stripe '{"status": 429, "times": 3}'""",
        "buck sandbox fault stripe --clear",
    ),
    "sandbox down": ("buck sandbox down", "buck sandbox down --forget"),
    "schedule start": ("buck schedule start",),
    "schedule status": ("buck schedule status",),
    "schedule next": ("buck schedule next --limit 5",),
    "schedule stop": ("buck schedule stop --wait 60",),
    "warehouse external": (
        "buck warehouse external snowflake",
        "buck warehouse external redshift --to external",
    ),
    "warehouse load": ("buck warehouse load postgres --dry-run",),
}


def add_examples(app: typer.Typer, path: tuple[str, ...] = ()) -> None:
    """Put its examples below the help of every command of an application."""
    for command in app.registered_commands:
        command.epilog = _epilog((*path, command.name or ""))
    for group in app.registered_groups:
        if group.typer_instance is not None:
            own = (*path, str(group.name))
            group.epilog = _epilog(own)
            add_examples(group.typer_instance, own)


def _epilog(path: tuple[str, ...]) -> str | None:
    lines = EXAMPLES.get(" ".join(path))
    # \b: lines stay as they are.
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)]) if lines else None
