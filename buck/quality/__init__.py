"""The one door to Soda, the report that merges its answers with dbt's, and the gate."""

from buck.quality.anomalies import judge_nulls, judge_volume
from buck.quality.custom import (
    list_custom_checks,
    read_custom_check,
    read_custom_sql,
    run_custom_checks,
)
from buck.quality.default_checks import write_default_checks
from buck.quality.elsewhere import run_checks_elsewhere
from buck.quality.gate import approve, approve_as
from buck.quality.proving import Question, prove
from buck.quality.report import from_dbt, report
from buck.quality.scan import list_check_files, list_checked_tables, read_titles, run_checks
from buck.quality.soda_library import preload
from buck.quality.sodacl import (
    DIALECTS,
    Dialect,
    Rendered,
    SodaRule,
    find_tables,
    is_always_empty,
    read_rules,
    render,
    why_impossible,
)
from buck.quality.suggest import profile, suggest_checks

__all__ = [
    "DIALECTS",
    "Dialect",
    "Question",
    "Rendered",
    "SodaRule",
    "approve",
    "approve_as",
    "find_tables",
    "from_dbt",
    "is_always_empty",
    "judge_nulls",
    "judge_volume",
    "list_check_files",
    "list_checked_tables",
    "list_custom_checks",
    "preload",
    "profile",
    "prove",
    "read_custom_check",
    "read_custom_sql",
    "read_rules",
    "read_titles",
    "render",
    "report",
    "run_checks",
    "run_checks_elsewhere",
    "run_custom_checks",
    "suggest_checks",
    "why_impossible",
    "write_default_checks",
]
