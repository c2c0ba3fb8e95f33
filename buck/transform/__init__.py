"""The one door to dbt: what it built and what its tests found, as values."""

from buck.transform.adapters import EXTRAS, adapter_version, install_line, require_adapter
from buck.transform.asking import Reply, ask
from buck.transform.build import build, ensure_parsed, list_selected, passthrough
from buck.transform.compiled import DataTest, compile_tests, readers_of
from buck.transform.declared import Declared, declared
from buck.transform.failures import attach_failing_rows, count_rows, raise_for_models
from buck.transform.graph import (
    BUILT,
    ProjectGraph,
    key_columns,
    meta_of,
    names_of,
    parent_ids,
    read_graph,
)
from buck.transform.manifest import (
    exposures,
    float_digits,
    model_hashes,
    models,
    personal_names,
    steady_nodes,
)
from buck.transform.profile import project_variable, read_target, target_names
from buck.transform.semantics import read_semantics
from buck.transform.session import preload
from buck.transform.workspace import DbtCommand, DbtWorkspace

__all__ = [
    "BUILT",
    "EXTRAS",
    "DataTest",
    "DbtCommand",
    "DbtWorkspace",
    "Declared",
    "ProjectGraph",
    "Reply",
    "adapter_version",
    "ask",
    "attach_failing_rows",
    "build",
    "compile_tests",
    "declared",
    "count_rows",
    "ensure_parsed",
    "exposures",
    "float_digits",
    "install_line",
    "key_columns",
    "list_selected",
    "meta_of",
    "model_hashes",
    "models",
    "names_of",
    "parent_ids",
    "passthrough",
    "personal_names",
    "preload",
    "project_variable",
    "raise_for_models",
    "read_graph",
    "read_semantics",
    "read_target",
    "readers_of",
    "require_adapter",
    "steady_nodes",
    "target_names",
]
