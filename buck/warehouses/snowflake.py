"""Snowflake as a warehouse: rows arrive as a Parquet file on an internal stage."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from buck.errors import AccessDenied, ConfigError, WarehouseError
from buck.names import TableRef
from buck.warehouses import snowflake_sql
from buck.warehouses.warehouse import Capabilities

if TYPE_CHECKING:
    from buck.engine import Rows

_OWN: Final = (".snowflakecomputing.com", ".snowflakecomputing.cn")
_PATIENCE_S: Final = 60


@dataclass(slots=True)
class SnowflakeWarehouse:
    """A database of Snowflake, or an emulator of it."""

    name: str
    is_emulated: bool
    _connection: Any = field(repr=False)
    capabilities: Capabilities = field(
        default=Capabilities(atomic_replace=True, max_identifier_bytes=255), init=False
    )

    @classmethod
    def open(cls, target: str, settings: Mapping[str, object]) -> SnowflakeWarehouse:
        """Connect with a dbt target's settings.

        Raises:
            ConfigError: its package is not installed.
            AccessDenied: the user, the key or the role is wrong.
            WarehouseError: no answer.
        """
        try:
            from snowflake import connector
        except ModuleNotFoundError as exc:
            raise ConfigError(
                "Snowflake's connector is not installed",
                hint="pip install 'buck-lakehouse[snowflake]'",
            ) from exc
        host = str(settings.get("host") or "")
        wanted = ("account", "user", "role", "warehouse", "database", "schema")
        given = {key: settings[key] for key in (*wanted, "port", "protocol") if settings.get(key)}
        with _errors(f"Snowflake's account {settings.get('account')}"):
            connection = connector.connect(
                **given,
                **_login(settings),
                **({"host": host} if host else {}),
                login_timeout=_PATIENCE_S,
                # Instants in files are UTC; a column of its own zone is read in the session's.
                session_parameters={"TIMEZONE": "UTC"},
            )
        return cls(target, bool(host) and not host.endswith(_OWN), connection)

    def replace_table(self, schema: str, name: str, rows: Rows) -> int:
        """See `Warehouse.replace_table`: the new rows lie beside it until all are there."""
        table, spare = TableRef(schema, name), TableRef(schema, f"{name}__new")
        folder = uuid.uuid4().hex
        with (
            tempfile.TemporaryDirectory(prefix="buck-snowflake-") as place,
            _errors(f"{table} can't be loaded"),
        ):
            file = Path(place) / "rows.parquet"
            rows.write_parquet(file, items=snowflake_sql.written(rows.columns))
            for statement in (
                *snowflake_sql.prepare(spare, rows.columns),
                snowflake_sql.put(spare, file, folder=folder),
                snowflake_sql.copy(spare, file, folder=folder),
                *snowflake_sql.replace(table, spare),
            ):
                self._ask(statement)
            return int(self._ask(f"select count(*) from {snowflake_sql.table_name(table)}")[0][0])

    def close(self) -> None:
        """End the connection."""
        with suppress(OSError):
            self._connection.close()

    def _ask(self, statement: str) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            rows: list[tuple[Any, ...]] = cursor.execute(statement).fetchall()
            return rows


def _login(settings: Mapping[str, object]) -> dict[str, Any]:
    """A key pair, or what else profiles.yml says."""
    key = str(settings.get("private_key") or "")
    if key:
        return {"private_key": _der(key, str(settings.get("private_key_passphrase") or ""))}
    names = ("password", "authenticator", "token")
    return {name: settings[name] for name in names if settings.get(name)}


def _der(text: str, passphrase: str) -> bytes:
    """The key as the connector takes it, from the text of a PEM file."""
    from cryptography.hazmat.primitives import serialization

    # A variable on one line has its line ends written out.
    pem = text.replace("\\n", "\n").encode()
    try:
        key = serialization.load_pem_private_key(pem, passphrase.encode() or None)
    except (TypeError, ValueError) as exc:
        raise ConfigError(
            "DBT_ENV_SECRET_SNOWFLAKE_KEY is no private key, or its passphrase is another one",
            hint="the text of the .p8 file, and DBT_ENV_SECRET_SNOWFLAKE_PASSPHRASE if it has one",
        ) from exc
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@contextmanager
def _errors(what: str) -> Iterator[None]:
    """Say what Snowflake's connector says in Buck's words."""
    from snowflake.connector.errors import DatabaseError, Error, ForbiddenError

    try:
        yield
    except Error as exc:
        text = str(exc.msg or exc).strip().splitlines()
        said = " ".join(text[:2]) if text else type(exc).__name__
        is_login = isinstance(exc, ForbiddenError) or (
            type(exc) is DatabaseError and "login" in said.lower()
        )
        kind = AccessDenied if is_login else WarehouseError
        raise kind(f"{what}: {said}", hint="buck doctor --target snowflake") from exc
