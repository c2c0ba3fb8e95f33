"""The errors this org answers with, in Salesforce's own shapes."""

from __future__ import annotations

from typing import Any

from buck.errors import SandboxError


class ApiRefusalError(SandboxError):
    """A request the REST API refuses: `[{"message": …, "errorCode": …}]` with a status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> list[dict[str, Any]]:
        """The answer's JSON."""
        return [{"message": self.message, "errorCode": self.code}]


class OAuthRefusalError(SandboxError):
    """A token request that is refused: `{"error": …, "error_description": …}`."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.status = status
        self.error = error
        self.description = description

    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        return {"error": self.error, "error_description": self.description}


def malformed(message: str) -> ApiRefusalError:
    """A query that is not SOQL, or not the part of SOQL this org speaks."""
    return ApiRefusalError(400, "MALFORMED_QUERY", message)


def invalid_field(message: str) -> ApiRefusalError:
    """A query that names a field the object lacks, or uses one in a way its type forbids."""
    return ApiRefusalError(400, "INVALID_FIELD", message)


def not_found(message: str = "The requested resource does not exist") -> ApiRefusalError:
    """A path, job, cursor or object that does not exist."""
    return ApiRefusalError(404, "NOT_FOUND", message)
