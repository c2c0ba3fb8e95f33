"""Buck: a local-first lakehouse. Land exactly once, model with dbt, check, and publish what passes.

import buck

marts = buck.open()                       # the published snapshot, pinned
marts.table("finance.fct_payments").polars()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from buck.flow.reading import Published

__all__ = ["land", "open"]


def open(project: str | Path | None = None, *, environment: str | None = None) -> Published:
    """The published marts of a project, pinned to the snapshot that is current now.

    Args:
        project: The project's folder or one below it; the working directory if not given.
        environment: The environment of `.buck.yml`; `BUCK_ENV` or dev if not given.

    Raises:
        ConfigError: there is no project.
        LakeError: nothing was published yet.
    """
    from pathlib import Path

    from buck.flow.reading import open_published
    from buck.project import open_project

    return open_published(open_project(Path(project or Path.cwd()), environment=environment))


def land(pipeline_file: str | Path, *, environment: str | None = None) -> dict[str, Any]:
    """Land one source, for the last line of a file in `pipelines/`.

    The rows go through the same landing as in `buck run`, recorded in the ledger; nothing is built.
    In a file that is run as a program it also says what came, and ends with Buck's exit codes.

    Args:
        pipeline_file: The file itself, `__file__`.
        environment: See `open`.
    """
    import sys

    if getattr(sys.modules["__main__"], "__file__", None) == str(pipeline_file):
        from buck.cli.land import land_script

        return land_script(pipeline_file, environment=environment)
    from buck.flow.land import land_file

    return land_file(pipeline_file, environment=environment)
