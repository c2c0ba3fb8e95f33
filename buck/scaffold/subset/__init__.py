"""A project with some of its sources: what can do without the others stays, the rest goes."""

from buck.scaffold.subset.asking import read_declared
from buck.scaffold.subset.choosing import Subset, choose
from buck.scaffold.subset.leaving_out import leave_out

__all__ = ["Subset", "choose", "leave_out", "read_declared"]
