"""A lake in an S3 bucket."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from buck.errors import LakeDamaged, LakeError
from buck.records.access import S3Access

CONNECT_S = 10
REFUSED = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")


class BucketStorage:
    """A lake in an S3 bucket that honours conditional puts."""

    is_local = False

    def __init__(self, root: str, access: S3Access, cache: Path) -> None:
        self.root = root
        self.access = access
        # Two lakes have objects of one name: each has copies of its own.
        place = hashlib.sha256(f"{access.endpoint}|{root}".encode()).hexdigest()[:12]
        self.cache = cache / place
        self._fs: Any = None

    @property
    def fs(self) -> Any:
        """The s3fs file system, opened at first use."""
        if self._fs is None:
            import s3fs

            self._fs = s3fs.S3FileSystem(
                key=self.access.key_id or None,
                secret=self.access.secret or None,
                token=self.access.session_token or None,
                endpoint_url=self.access.endpoint or None,
                client_kwargs={"region_name": self.access.region},
                config_kwargs={"connect_timeout": CONNECT_S},
                use_listings_cache=False,
                skip_instance_cache=True,
            )
        return self._fs

    def url(self, name: str) -> str:
        """The `s3://` address."""
        return f"{self.root}/{name}"

    def read(self, name: str) -> bytes | None:
        """See `Storage`."""
        try:
            with _bucket_errors(self.url(name), "read"):
                return bytes(self.fs.cat_file(self.url(name)))
        except FileNotFoundError:
            return None

    def fetch(self, name: str) -> Path:
        """A cached copy: models read a raw file many times, the network carries it once."""
        local = self.cache / name
        if not local.exists():
            local.parent.mkdir(parents=True, exist_ok=True)
            spare = local.parent / f".spare-{uuid.uuid4().hex}"
            try:
                with _bucket_errors(self.url(name), "read"):
                    self.fs.get_file(self.url(name), str(spare))
                spare.replace(local)
            except FileNotFoundError as exc:
                raise LakeDamaged(f"{self.url(name)} is gone", hint="buck doctor") from exc
            finally:
                spare.unlink(missing_ok=True)
        return local

    def open(self, name: str) -> BinaryIO:
        """See `Storage`."""
        try:
            with _bucket_errors(self.url(name), "read"):
                return cast("BinaryIO", self.fs.open(self.url(name), "rb"))
        except FileNotFoundError as exc:
            raise LakeDamaged(f"{self.url(name)} is gone", hint="buck doctor") from exc

    def tail(self, name: str, size_bytes: int) -> bytes:
        """See `Storage`."""
        with _bucket_errors(self.url(name), "read"):
            return bytes(self.fs.tail(self.url(name), size_bytes))

    def write(self, name: str, payload: bytes) -> None:
        """See `Storage`."""
        with _bucket_errors(self.url(name), "written"):
            self.fs.pipe_file(self.url(name), payload)

    def create(self, name: str, payload: bytes | Path) -> bool:
        """See `Storage`; If-None-Match does it.

        A put that succeeded but whose answer was lost is repeated by the client and then finds its
        own object: that counts as put.
        """
        body = payload.read_bytes() if isinstance(payload, Path) else payload
        try:
            with _bucket_errors(self.url(name), "written"), _refusals():
                self.fs.pipe_file(self.url(name), body, mode="create")
        except FileExistsError:
            return self.read(name) == body
        return True

    def upload(self, file: Path, name: str, *, move: bool = False) -> None:
        """See `Storage`; a multipart upload appears only when it is complete."""
        with _bucket_errors(self.url(name), "written"):
            self.fs.put_file(str(file), self.url(name))
        if move:
            # What was just written is read next; keep it instead of fetching it again.
            local = self.cache / name
            local.parent.mkdir(parents=True, exist_ok=True)
            try:
                file.replace(local)
            except OSError:  # another file system
                file.unlink(missing_ok=True)

    def names(self, folder: str) -> list[str]:
        """See `Storage`."""
        try:
            with _bucket_errors(self.url(folder), "listed"):
                found = self.fs.find(self.url(folder))
        except FileNotFoundError:
            return []
        prefix = self.root.removeprefix("s3://") + "/"
        return sorted(str(path).removeprefix(prefix) for path in found)

    def sizes(self, folder: str) -> dict[str, int]:
        """See `Storage`."""
        return {name: int(told["size"]) for name, told in self._listing(folder).items()}

    def times(self, folder: str) -> dict[str, datetime]:
        """See `Storage`."""
        return {name: told["LastModified"] for name, told in self._listing(folder).items()}

    def folders(self, folder: str) -> list[str]:
        """See `Storage`."""
        try:
            with _bucket_errors(self.url(folder), "listed"):
                found = self.fs.ls(self.url(folder), detail=True)
        except FileNotFoundError:
            return []
        return sorted(
            str(entry["name"]).rstrip("/").rsplit("/", 1)[-1]
            for entry in found
            if entry["type"] == "directory"
        )

    def forget(self, folder: str, *, keep: Collection[str]) -> None:
        """See `Storage`."""
        base = self.cache / folder
        for path in base.iterdir() if base.is_dir() else ():
            if path.is_file() and f"{folder}/{path.name}" not in keep:
                path.unlink(missing_ok=True)

    def bind(self, identity: str) -> None:
        """See `Storage`."""
        stamp = self.cache / ".lake"
        known = stamp.read_text(encoding="utf-8") if stamp.is_file() else ""
        if known != identity:
            shutil.rmtree(self.cache, ignore_errors=True)
            self.cache.mkdir(parents=True, exist_ok=True)
            stamp.write_text(identity, encoding="utf-8")

    def remove(self, name: str) -> None:
        """See `Storage`."""
        with _bucket_errors(self.url(name), "removed"):
            if self.fs.exists(self.url(name)):
                self.fs.rm_file(self.url(name))

    def sweep(self) -> int:
        """There is nothing: an upload that did not end is no object."""
        return 0

    def _listing(self, folder: str) -> dict[str, dict[str, Any]]:
        try:
            with _bucket_errors(self.url(folder), "listed"):
                found = self.fs.find(self.url(folder), detail=True)
        except FileNotFoundError:
            return {}
        prefix = self.root.removeprefix("s3://") + "/"
        return {str(path).removeprefix(prefix): dict(told) for path, told in found.items()}

    def delta_options(self) -> dict[str, str]:
        """Options for object_store; conditional put fences concurrent commits."""
        options = {
            "AWS_REGION": self.access.region,
            "AWS_ACCESS_KEY_ID": self.access.key_id,
            "AWS_SECRET_ACCESS_KEY": self.access.secret,
            "AWS_SESSION_TOKEN": self.access.session_token,
            "AWS_ENDPOINT_URL": self.access.endpoint,
            "AWS_ALLOW_HTTP": "true" if self.access.endpoint.startswith("http:") else "",
            "aws_conditional_put": "etag",
        }
        return {key: value for key, value in options.items() if value}


@contextmanager
def _refusals() -> Iterator[None]:
    """Know a refused condition from other errors.

    s3fs knows it only from stores that name the condition in their answer, as S3 itself does. A
    conflict is said while another writer is at the same object.
    """
    try:
        yield
    except FileExistsError:
        raise
    except OSError as exc:
        answer = getattr(exc.__cause__, "response", None) or {}
        if answer.get("Error", {}).get("Code") in REFUSED:
            raise FileExistsError(str(exc)) from exc
        raise


@contextmanager
def _bucket_errors(url: str, verb: str) -> Iterator[None]:
    """Buck's error for what S3 refuses; what is absent or there already is the caller's matter."""
    from botocore.exceptions import BotoCoreError

    try:
        yield
    except FileExistsError:
        raise
    except FileNotFoundError as exc:
        if verb != "written":
            raise
        raise LakeError(
            f"{url} cannot be written: there is no such bucket", hint="create it, or edit lake.root"
        ) from exc
    except PermissionError as exc:
        raise LakeError(
            f"{url} cannot be {verb}: access denied",
            hint="check AWS_ACCESS_KEY_ID and what its policy allows",
        ) from exc
    except (OSError, BotoCoreError) as exc:
        raise LakeError(
            f"{url} cannot be {verb}: {str(exc).splitlines()[0] if str(exc) else exc!r}",
            hint="check lake.endpoint and the network, then run again",
        ) from exc
