"""The driver of `pipelines/`: find a source's file, run it with dlt, hand its rows to the lake."""

from buck.pipelines.committing import Lander
from buck.pipelines.module import SUFFIX, SourceModule, find_modules, load_module
from buck.pipelines.replay import parse_held, replay_spec
from buck.pipelines.run import preload, run_source

__all__ = [
    "SUFFIX",
    "Lander",
    "SourceModule",
    "find_modules",
    "load_module",
    "parse_held",
    "preload",
    "replay_spec",
    "run_source",
]
