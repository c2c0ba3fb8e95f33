"""Writing a user's first lines for them."""

from buck.scaffold.adopting import Adopted, adopt_project
from buck.scaffold.new_project import NewProject, write_project
from buck.scaffold.new_source import KINDS, NewSource, write_source

__all__ = [
    "KINDS",
    "Adopted",
    "NewProject",
    "NewSource",
    "adopt_project",
    "write_project",
    "write_source",
]
