"""Snowflake as a warehouse: rows arrive as a Parquet file on an internal stage."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from buck.errors import AccessDenied, ConfigError, WarehouseError
from buck.names import TableRef
from buck.warehouses import snowflake_sql
from buck.warehouses.snowflake_promotion_sql import objects_of
from buck.warehouses.snowflake_reading import write_rows
from buck.warehouses.warehouse import Capabilities

if TYPE_CHECKING:
    from buck.engine import Rows
    from buck.warehouses.snowflake_promotions import SnowflakePromotions

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

    @contextmanager
    def staged(self, table: TableRef, rows: Rows) -> Iterator[str]:
        """Rows lie on the session's stage; gives the statement that copies them into a table."""
        folder = uuid.uuid4().hex
        with tempfile.TemporaryDirectory(prefix="buck-snowflake-") as place:
            file = Path(place) / "rows.parquet"
            rows.write_parquet(file, items=snowflake_sql.written(rows.columns))
            self.ask(snowflake_sql.stage(table))
            self.ask(snowflake_sql.put(table, file, folder=folder))
            yield snowflake_sql.copy(table, file, folder=folder)

    def copied(self, copy: str) -> int:
        """Run a statement of `staged`, and say how many rows arrived."""
        # File, status, rows parsed, rows loaded; one column only if there was no file.
        return sum(int(row[3]) for row in self.ask(copy) if len(row) > 3)

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of one statement's answer.

        Raises:
            WarehouseError: Snowflake refused, in its own words.
        """
        with _errors("Snowflake says"):
            return self._ask(statement)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is asked inside happens as a whole or not at all; no DDL belongs there."""
        self.ask("begin transaction")
        try:
            yield
        except BaseException:
            with suppress(WarehouseError):
                self.ask("rollback")
            raise
        self.ask("commit")

    def relations(self, schema: str) -> Collection[str]:
        """See `Downloads.relations`; in lower case, as dbt names them."""
        return [str(name).lower() for name, _ in self.ask(objects_of(schema))]

    def download(self, table: TableRef, file: Path) -> Collection[str]:
        """See `Downloads.download`; no number of Snowflake's is too wide for Parquet."""
        query = f"select * from {snowflake_sql.table_name(table)}"
        with _errors(f"{table} can't be read"), self._connection.cursor() as cursor:
            write_rows(cursor.execute(query), file)
        return ()

    def promotions(self, prefix: str) -> SnowflakePromotions:
        """The record of what was promoted here under a prefix."""
        from buck.warehouses.snowflake_promotions import SnowflakePromotions

        return SnowflakePromotions(self, prefix)

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
