"""soda-core, imported late, with telemetry off and without the file it would write at home."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

DATA_SOURCE = "buck"
_PUBLISHED = "soda.data_sources.duckdb_data_source"
_CONFIG = Path(__file__).with_name("soda_config.yml")


def load_soda() -> str:
    """Import soda-core and give the type name under which it finds our DuckDB data source.

    Where the published soda-core-duckdb is installed it keeps its name, and ours takes another.
    """
    with warnings.catch_warnings():
        # soda-core 3.5 imports distutils, which Python 3.12 no longer has: setuptools brings it.
        warnings.simplefilter("ignore")
        import_module("setuptools")
        from soda.common.config_helper import ConfigHelper

        # Whoever comes first decides where soda reads its settings; later calls change nothing.
        ConfigHelper.get_instance(str(_CONFIG))
        from buck.quality import duckdb_data_source as ours
    kind = "duckdb" if _is_free(_PUBLISHED, ours) else "buckduckdb"
    sys.modules.setdefault(f"soda.data_sources.{kind}_data_source", ours)
    return kind


def preload() -> None:
    """Import soda-core, which takes a second or more; a thread can do that during other work."""
    load_soda()
    import_module("buck.quality.answers")


def _is_free(name: str, ours: object) -> bool:
    held = sys.modules.get(name)
    if held is not None:
        return held is ours
    try:
        return find_spec(name) is None
    except ModuleNotFoundError:
        return True


@contextmanager
def silence() -> Iterator[None]:
    """Keep soda's log records off the terminal; what matters in them becomes check results."""
    logger = logging.getLogger("soda")
    level, propagate = logger.level, logger.propagate
    logger.setLevel(logging.CRITICAL + 1)
    logger.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
        logger.propagate = propagate
