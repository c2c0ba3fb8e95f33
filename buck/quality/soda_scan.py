"""A soda-core scan whose clock is the run's `as_of`.

Importing this module imports soda-core: `soda_library.load_soda` goes first.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from soda.sampler.sampler import Sampler
from soda.scan import Scan

_NOW = "NOW"


class AsOfScan(Scan):  # type: ignore[misc]
    """One scan of one schema."""

    def __init__(self, as_of: datetime) -> None:
        super().__init__()
        self._as_of_text = as_of.isoformat()
        self._data_timestamp = as_of
        self.add_variables({_NOW: self._as_of_text})
        self.disable_telemetry()

    def get_variable(self, variable_name: str, default_value: str | None = None) -> str | None:
        """A variable's value; soda-core would let an environment variable NOW win over ours."""
        if variable_name == _NOW:
            return self._as_of_text
        found: str | None = super().get_variable(variable_name, default_value)
        return found

    def add_data_source(self, name: str, properties: dict[str, Any]) -> None:
        """Declare where the checks run."""
        self._configuration.data_source_properties_by_name[name] = properties

    def keep_samples(self, sampler: Sampler) -> None:
        """Give failing rows to `sampler`, as many as it wants."""
        self.sampler = sampler
        self._configuration.samples_limit = sampler.limit

    def take_errors(self) -> list[Any]:
        """The errors logged so far; later calls give only newer ones."""
        taken = self.get_error_logs()
        self._logs.logs = [log for log in self._logs.logs if log not in taken]
        return list(taken)

    @property
    def checks(self) -> list[Any]:
        """Every check of the files, in their order."""
        return list(self._checks)

    @property
    def queries(self) -> list[Any]:
        """Every query that ran."""
        return list(self._queries)
