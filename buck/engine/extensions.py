"""DuckDB's extensions from their wheels, so that nothing is downloaded at run time."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

EXTENSIONS = ("postgres_scanner",)


def install_extensions(folder: Path, platform: str, version: str) -> Path:
    """Lay the wheels' extension files out as DuckDB looks for them; idempotent.

    Args:
        folder: The extension directory to fill with links.
        platform: What `pragma platform` answers.
        version: DuckDB's version, without the leading v.
    """
    target = folder / f"v{version}" / platform
    target.mkdir(parents=True, exist_ok=True)
    for name in EXTENSIONS:
        link = target / f"{name}.duckdb_extension"
        file = _packaged_file(name, version)
        if file is None or (link.exists() and link.resolve() == file.resolve()):
            continue
        # Two processes may start at once: link under a name of our own, then rename over it.
        spare = target / f".{name}.{os.getpid()}"
        spare.unlink(missing_ok=True)
        spare.symlink_to(file)
        spare.replace(link)
    return folder


def _packaged_file(name: str, version: str) -> Path | None:
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(next(iter(spec.submodule_search_locations)))
    return next(iter(sorted(root.glob(f"extensions/v{version}/*.duckdb_extension"))), None)
