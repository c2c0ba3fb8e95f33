"""Authorised requests to one org."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from buck.errors import SourceChanged, SourceDenied, SourceError, SourceUnreachable
from buck.sources.http import Answer, AnswerUnusable, PatientClient
from buck.sources.salesforce.budget import USAGE_HEADER, ApiBudget
from buck.sources.salesforce.credentials import Credentials

API_VERSION = "62.0"
TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path, not a password


class ObjectDenied(SourceDenied):
    """One object is refused; others may still be readable with the same credentials.

    `code` is the org's word for it, such as INVALID_TYPE; empty where it gave none.
    """

    def __init__(self, what: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(what, hint=hint)
        self.code = code


class OrgSession:
    """An org as one integration user sees it, while inside `with`.

    A token is asked for when first needed, and once more whenever the org calls it expired. Safe
    to share between threads; the connections are closed when the last `with` is left.

    Args:
        open_client: Gives a client whose base address is the login address.
        credentials: Who asks.
        budget: Of requests; `/limits` is asked first, before anything else is.
        api_version: Like "62.0".
    """

    def __init__(
        self,
        open_client: Callable[[], PatientClient],
        credentials: Credentials,
        *,
        budget: ApiBudget | None = None,
        api_version: str = API_VERSION,
    ) -> None:
        self.root = f"/services/data/v{api_version}"
        self.budget = budget or ApiBudget()
        self._open_client = open_client
        self._credentials = credentials
        self._client: PatientClient | None = None
        self._users = 0
        self._token: tuple[str, str] | None = None
        self._asked_limits = False
        self._lock = threading.RLock()

    def __enter__(self) -> OrgSession:
        with self._lock:
            self._users += 1
            if self._client is None:
                self._client = self._open_client()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._client is not None:
                self._client.close()
                self._client = None

    def server_now(self) -> datetime:
        """The org's own time, as its latest answer said it; asks where there was none yet.

        Raises:
            SourceUnreachable: the org does not tell the time.
        """
        client = self._connected()
        if client.served_at is None:
            client.send("GET", "/services/data", endpoint="versions")
        served_at = client.served_at
        if served_at is None:
            raise SourceUnreachable(
                f"salesforce at {client.base_url} sent no Date header",
                hint="a proxy in between must let the Date header through",
            )
        return served_at

    def get(
        self,
        path: str,
        *,
        about: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        check: Callable[[Answer], object] | None = None,
    ) -> Answer:
        """The answer to a GET below the org's address.

        Args:
            path: Starting with a slash, like `{root}/limits`.
            about: What is being read, for messages; usually an object's name.
            params: Query parameters.
            headers: Further headers.
            check: Raises AnswerUnusable to have a successful answer asked for again.

        Raises:
            SourceUnreachable: no usable answer until patience ran out.
            BudgetSpent: the day's requests are used up.
            SourceDenied: the credentials are refused.
            ObjectDenied: a permission is missing, or the object is not there for the user.
            SourceChanged: the org does not know a field that describe listed.
        """
        return self.send("GET", path, about=about, params=params, headers=headers, check=check)

    def send(
        self,
        method: str,
        path: str,
        *,
        about: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: Any = None,
        check: Callable[[Answer], object] | None = None,
        repeatable: bool = True,
    ) -> Answer:
        """Like `get`, for any method and with a JSON body; asks once where not `repeatable`."""
        client = self._connected()
        self._count_on_budget()
        for attempt in (1, 2):
            token, instance_url = self._authorise()
            answer = client.send(
                method,
                instance_url + path,
                endpoint=about,
                params=params,
                headers={"Authorization": f"Bearer {token}", **(headers or {})},
                json=content,
                check=check,
                repeatable=repeatable,
            )
            if answer.status != 401:
                break
            self._forget(token)
            if attempt == 2:
                raise SourceDenied(
                    f"salesforce called a token expired right after giving it, reading {about}: "
                    f"{error_text(answer)}",
                    hint="check the session policies of the connected app and its user",
                )
        self.budget.read_header(answer.headers.get(USAGE_HEADER))
        if answer.status >= 300:
            if error_code(answer) == "REQUEST_LIMIT_EXCEEDED":
                raise self.budget.spend(f"salesforce takes no more requests: {error_text(answer)}")
            raise refusal(answer, about=about)
        return answer

    def _count_on_budget(self) -> None:
        """Ask for the limits once, before the first request, and stop where they are reached."""
        with self._lock:
            is_first, self._asked_limits = not self._asked_limits, True
        if is_first:
            try:
                limits = self.get(f"{self.root}/limits", about="limits", check=read_json)
                self.budget.read_limits(read_json(limits))
            except ObjectDenied:
                # A user may lack "View Setup and Configuration"; the answers' headers still count.
                pass
        self.budget.check()

    def _connected(self) -> PatientClient:
        if self._client is None:
            raise RuntimeError("an OrgSession works inside `with` only")
        return self._client

    def _authorise(self) -> tuple[str, str]:
        with self._lock:
            if self._token is None:
                self._token = self._ask_token()
            return self._token

    def _forget(self, token: str) -> None:
        with self._lock:
            # Another thread may have a newer one already.
            if self._token is not None and self._token[0] == token:
                self._token = None

    def _ask_token(self) -> tuple[str, str]:
        client = self._connected()
        form = self._credentials.form(audience=client.base_url, now_at=self.server_now())
        answer = client.send("POST", TOKEN_PATH, form=form, check=read_json)
        if answer.status != 200:
            raise SourceDenied(
                f"salesforce at {client.base_url} gave no token: {error_text(answer)}",
                hint="check client_id and its secret or key, and that the connected app allows "
                "this flow and has a user to run as",
            )
        granted = read_json(answer)
        return str(granted["access_token"]), str(granted["instance_url"]).rstrip("/")


def read_json(answer: Answer) -> Any:
    """The body as JSON with every number exact: fractions become decimals.

    Raises:
        AnswerUnusable: the body is not JSON.
    """
    try:
        return json.loads(answer.body, parse_float=Decimal)
    except ValueError as exc:
        raise AnswerUnusable(f"{len(answer.body)} bytes that are not JSON") from exc


def error_code(answer: Answer) -> str:
    """The code that a refusal carries, or ''."""
    return _error(answer)[0]


def error_text(answer: Answer) -> str:
    """Code and message of a refusal, shortened."""
    code, message = _error(answer)
    return " ".join(f"{code}: {message}".split())[:300]


def refusal(answer: Answer, *, about: str) -> SourceError:
    """The error that a refused request about an object means."""
    code, text = error_code(answer), error_text(answer)
    if code == "INVALID_QUERY_LOCATOR":
        return SourceUnreachable(
            f"salesforce stopped answering about {about}: {text}",
            hint="run again; the org keeps only so many queries open at once",
        )
    if code == "INVALID_FIELD":
        return SourceChanged(
            f"salesforce no longer knows a field of {about} that it described: {text}",
            hint="run again; the fields are described anew at every run",
        )
    return ObjectDenied(
        f"salesforce refused {about} with {answer.status}: {text}",
        hint=f'give the integration user "API Enabled" and read access to {about} and its fields, '
        f"or leave {about} out of `objects`",
        code=code,
    )


def _error(answer: Answer) -> tuple[str, str]:
    try:
        content = json.loads(answer.body)
    except ValueError:
        return "", f"status {answer.status}"
    if isinstance(content, list) and content and isinstance(content[0], dict):
        return str(content[0].get("errorCode", "")), str(content[0].get("message", ""))
    if isinstance(content, dict):
        return str(content.get("error", "")), str(content.get("error_description", ""))
    return "", f"status {answer.status}"
