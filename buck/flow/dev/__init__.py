"""The loop of a day: save a model, see within seconds what it changes."""

from buck.flow.dev.session import DevSession
from buck.flow.dev.watching import Watch
from buck.flow.dev.working import work_on

__all__ = ["DevSession", "Watch", "work_on"]
