"""Whether the models mean the same on every engine: compiled, parsed and searched, offline."""

from buck.portability.checking import check_portability, compile_models
from buck.portability.engines import ENGINES, Engine
from buck.portability.project import DbtProject

__all__ = ["ENGINES", "DbtProject", "Engine", "check_portability", "compile_models"]
