"""Folders in stores that fsspec reads: s3, gs, az, sftp, webdav and the like."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from ingest._hidden_names import is_hidden
from ingest.sources._found import EmptyFolder, Found, Root, UnreadPath
from ingest.sources._selection import EVERYTHING, PathSelection
from ingest.sources._spool import MAX_FETCHED, FetchError, Spool, fetched_file, known_file, stamp_of
from mistral_rag.errors import ConfigurationError, MissingExtraError, SourceNotFoundError
from mistral_rag.index import SourceStatus
from mistral_rag.text import readable_name

STORAGE_SCHEMES: Final = frozenset(
    {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "sftp", "ssh", "webdav", "webdavs", "memory"}
)
"""Stores by the beginning of a URL. Others that fsspec knows open local files, archives or programs."""
BLOCK: Final = 1 << 20
_SIGNS: Final = ("etag", "ETag", "md5Hash", "generation", "version_id", "VersionId", "checksum")
_TIMES: Final = ("mtime", "LastModified", "last_modified", "modified", "updated", "created")
_MISSING: Final = "reading {scheme}:// needs a package that is not installed: {reason}"


@dataclass(frozen=True, slots=True)
class Storage:
    """A folder, or a file, in a store; `options` are those that its fsspec class takes, such as keys and endpoints."""

    url: str
    selection: PathSelection = EVERYTHING
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def roots(self) -> tuple[Root, ...]:
        """The folder."""
        return (Root(self.url, self.url),)

    def find(self, spool: Spool, known: Mapping[str, SourceStatus]) -> Iterator[Found]:
        """All files below the folder; those that are as the index knows them are not fetched.

        Raises:
            SourceNotFoundError: it does not exist, or the store can't be reached.
            ConfigurationError: fsspec, or its package for this store, is not installed.
        """
        store, base = self._opened()
        try:
            entries = sorted(store.find(base, detail=True).items())
            there = bool(entries) or store.exists(base)
        except Exception as error:
            raise SourceNotFoundError(f"{self.url} can't be listed: {_reason(error)}") from error
        if not there:
            raise SourceNotFoundError(f"{self.url} does not exist")
        if not entries:
            yield EmptyFolder(self.url, self.url)
        for path, info in entries:
            name = _name_below(path, base)
            if info.get("type") == "directory" or (path.endswith("/") and not info.get("size")):
                # an object of no bytes that consoles make, so that an empty folder is seen
                continue
            if any(map(is_hidden, name.split("/"))) or not self.selection.takes(name):
                continue
            # a fragment is a file inside of a file
            below = name.replace("#", "%23")
            uri = self.url if path.strip("/") == base.strip("/") else f"{self.url}/{below}"
            yield self._found(store, path, name, uri, info, spool, known)

    def _opened(self) -> tuple[Any, str]:
        scheme = urlsplit(self.url).scheme
        try:
            from fsspec.core import url_to_fs
        except ImportError as error:
            raise MissingExtraError(f"reading {scheme}://", "fsspec") from error
        url, options = self.url, dict(self.options)
        if scheme.startswith("webdav"):
            parts = urlsplit(url)
            options.setdefault("base_url", f"{'https' if scheme == 'webdavs' else 'http'}://{parts.netloc}")
            url = f"webdav://{parts.path}"
        try:
            store, base = url_to_fs(url, **options)
        except ImportError as error:
            raise ConfigurationError(_MISSING.format(scheme=scheme, reason=error)) from error
        except Exception as error:
            raise SourceNotFoundError(f"{self.url} can't be opened: {_reason(error)}") from error
        # a listing that fsspec has kept would hide what is new to a build that watches
        store.invalidate_cache()
        return store, base

    def _found(
        self,
        store: Any,
        path: str,
        name: str,
        uri: str,
        info: Mapping[str, Any],
        spool: Spool,
        known: Mapping[str, SourceStatus],
    ) -> Found:
        signs = [info[key] for key in (*_SIGNS, *_TIMES) if info.get(key)]
        stamp = stamp_of(info.get("size"), *signs) if signs else stamp_of()
        state = known.get(uri)
        if state is not None and (state.size, state.mtime_ns) == (info.get("size"), stamp):
            return known_file(state)
        try:
            if (info.get("size") or 0) > MAX_FETCHED:
                raise FetchError(f"larger than {MAX_FETCHED >> 20} MiB; divide it")
            with store.open(path, "rb") as file:
                copy = spool.keep(name, iter(lambda: file.read(BLOCK), b""))
        except Exception as error:  # noqa: BLE001 (each store has errors of its own)
            return UnreadPath(readable_name(name), uri, f"can't be fetched: {_reason(error)}")
        shown = readable_name(name)
        return fetched_file(copy, name=shown, uri=uri, root=self.url, stamp=stamp, modified_ns=_modified(info))


def checked_storage(url: str) -> str:
    """The URL without a slash at its end. Raises ConfigurationError for one with a password, or with another within."""
    parts = urlsplit(url)
    if "::" in url:
        raise ConfigurationError(f"{url} names several stores within each other")
    if parts.password is not None:
        raise ConfigurationError("a password in a URL would be kept in the index; give it in storage_options")
    return url.rstrip("/") if parts.path.strip("/") or parts.netloc else url


def _name_below(path: str, base: str) -> str:
    below = path.strip("/").removeprefix(base.strip("/")).strip("/")
    return below or path.strip("/").rpartition("/")[2]


def _modified(info: Mapping[str, Any]) -> int:
    found = next((info[key] for key in _TIMES if info.get(key)), None)
    if isinstance(found, dt.datetime):
        return int(found.timestamp()) * 10**9
    return int(found) * 10**9 if isinstance(found, int | float) else 0


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
