"""What keeps a model from meaning the same on every engine, as facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One construct of one model that one engine reads differently, or not at all."""

    model: str
    file: str
    line: int
    """The line of `file` that a person would change, from 1."""
    engine: str
    hazard: str
    """A short name, such as `division`; a comment `-- portable: division` on the line allows it."""
    differs: str
    use: str

    def to_dict(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "model": self.model,
            "file": self.file,
            "line": self.line,
            "engine": self.engine,
            "hazard": self.hazard,
            "differs": self.differs,
            "use": self.use,
        }


@dataclass(frozen=True, slots=True)
class PortabilityReport:
    """What was compiled for which engines, and what was found, by file and line."""

    engines: tuple[str, ...]
    models: tuple[str, ...]
    statements: int
    """How many SQL texts were read: several per model where it is incremental or has hooks."""
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether every model means the same on every engine, as far as reading it can tell."""
        return not self.findings

    def to_dict(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "passed": self.passed,
            "engines": list(self.engines),
            "models": list(self.models),
            "statements": self.statements,
            "findings": [finding.to_dict() for finding in self.findings],
        }
