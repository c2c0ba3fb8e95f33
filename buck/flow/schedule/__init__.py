"""Starting pipelines when they are due, on this machine and by itself."""

from buck.flow.schedule.clock import Clock, WallClock
from buck.flow.schedule.launching import run_command
from buck.flow.schedule.pausing import pause, read_paused, resume
from buck.flow.schedule.planning import describe_missed
from buck.flow.schedule.reading import (
    PipelineSchedule,
    ScheduleStatus,
    is_scheduling,
    next_due,
    read_next,
    read_schedule,
    stop_scheduler,
)
from buck.flow.schedule.scheduler import Notice, Scheduler

__all__ = [
    "Clock",
    "Notice",
    "PipelineSchedule",
    "ScheduleStatus",
    "Scheduler",
    "WallClock",
    "describe_missed",
    "is_scheduling",
    "next_due",
    "pause",
    "read_next",
    "read_paused",
    "read_schedule",
    "resume",
    "run_command",
    "stop_scheduler",
]
