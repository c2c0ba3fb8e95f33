"""Errors in Stripe's shape."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson

_DOCS = "https://docs.stripe.com/error-codes"
_BY_STATUS: dict[int, tuple[str, str, str | None]] = {
    HTTPStatus.TOO_MANY_REQUESTS: (
        "invalid_request_error", "Request rate limit exceeded.", "rate_limit"
    ),
    HTTPStatus.CONFLICT: (
        "invalid_request_error", "This object cannot be accessed right now.", "lock_timeout"
    ),
    HTTPStatus.UNAUTHORIZED: ("invalid_request_error", "Invalid API Key provided.", None),
    HTTPStatus.FORBIDDEN: ("invalid_request_error", "The provided key lacks permission.", None),
}  # fmt: skip


class Refusal(Exception):
    """Ends a request with an error answer; caught by the server alone."""

    def __init__(
        self, status: int, message: str, *, code: str | None = None, param: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = make_error(message, code=code, param=param)


def make_error(
    message: str,
    *,
    type_: str = "invalid_request_error",
    code: str | None = None,
    param: str | None = None,
) -> bytes:
    """An error's JSON body."""
    error: dict[str, Any] = {"message": message, "type": type_}
    if code is not None:
        error |= {"code": code, "doc_url": f"{_DOCS}/{code.replace('_', '-')}"}
    if param is not None:
        error["param"] = param
    return orjson.dumps({"error": error}, option=orjson.OPT_INDENT_2)


def error_of_status(status: int) -> bytes:
    """The body that goes with a bare status."""
    type_, message, code = _BY_STATUS.get(
        status, ("api_error", "An unknown error occurred on our side.", None)
    )
    return make_error(message, type_=type_, code=code)


def missing(kind: str, id_: str, *, param: str = "id") -> Refusal:
    """There is no object with this id."""
    status = HTTPStatus.NOT_FOUND if param == "id" else HTTPStatus.BAD_REQUEST
    return Refusal(status, f"No such {kind}: '{id_}'", code="resource_missing", param=param)
