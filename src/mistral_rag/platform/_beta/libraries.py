"""Libraries: documents that the platform reads and searches for its tool document_library."""

from collections.abc import AsyncIterator, Iterator
from typing import Literal

from mistral_rag.api._http.uploads import UploadForm, UploadSource
from mistral_rag.platform._calls import Deleted, Listing, PlatformCall, PlatformObject, Resource, T, given, path

PROCESSED = frozenset({"done", "noop", "error", "missing_content", "self_managed"})
"""States of a document that the platform is finished with."""


class Library(PlatformObject):
    """A library."""

    id: str
    name: str
    description: str | None = None
    nb_documents: int = 0
    total_size: int = 0


class LibraryDocument(PlatformObject):
    """A document of a library; `process_status` is "done" when it can be searched."""

    id: str
    library_id: str
    name: str
    process_status: str = "todo"
    number_of_pages: int | None = None
    size: int | None = None
    summary: str | None = None

    @property
    def is_processed(self) -> bool:
        """True when the platform is finished with it, with success or without."""
        return self.process_status in PROCESSED


class DocumentStatus(PlatformObject):
    """The state of a document at the platform."""

    document_id: str
    process_status: str


class DocumentText(PlatformObject):
    """The text that the platform read."""

    text: str


class LibraryShare(PlatformObject):
    """Somebody's access to a library."""

    library_id: str
    role: str
    share_with_type: str
    share_with_uuid: str | None = None


class LibraryResource(Resource):
    """`client.libraries`."""

    def create(self, name: str, *, description: str | None = None) -> Library:
        """Create a library."""
        return self._send(_create(name, description))

    async def acreate(self, name: str, *, description: str | None = None) -> Library:
        """`create` for coroutines."""
        return await self._asend(_create(name, description))

    def list(self) -> Listing[Library]:
        """The libraries that the key may see."""
        return self._send(PlatformCall("GET", "libraries", Listing[Library]))

    async def alist(self) -> Listing[Library]:
        """`list` for coroutines."""
        return await self._asend(PlatformCall("GET", "libraries", Listing[Library]))

    def get(self, library_id: str) -> Library:
        """One library."""
        return self._send(PlatformCall("GET", path("libraries", library_id), Library))

    async def aget(self, library_id: str) -> Library:
        """`get` for coroutines."""
        return await self._asend(PlatformCall("GET", path("libraries", library_id), Library))

    def delete(self, library_id: str) -> Deleted:
        """Delete a library with its documents."""
        return self._send(PlatformCall("DELETE", path("libraries", library_id), Deleted))

    async def adelete(self, library_id: str) -> Deleted:
        """`delete` for coroutines."""
        return await self._asend(PlatformCall("DELETE", path("libraries", library_id), Deleted))

    def upload(self, library_id: str, file: UploadSource, *, name: str | None = None) -> LibraryDocument:
        """Add a document: a path, or bytes with a `name`. It is searched when `status` says "done"."""
        return self._send(_upload(library_id, file, name))

    async def aupload(self, library_id: str, file: UploadSource, *, name: str | None = None) -> LibraryDocument:
        """`upload` for coroutines."""
        return await self._asend(_upload(library_id, file, name))

    def documents(self, library_id: str, *, search: str | None = None) -> Iterator[LibraryDocument]:
        """Every document; pages are fetched as they are needed."""
        return self._items(lambda page: _documents(library_id, page, search))

    def adocuments(self, library_id: str, *, search: str | None = None) -> AsyncIterator[LibraryDocument]:
        """`documents` for coroutines."""
        return self._aitems(lambda page: _documents(library_id, page, search))

    def document(self, library_id: str, document_id: str) -> LibraryDocument:
        """One document."""
        return self._send(PlatformCall("GET", path("libraries", library_id, "documents", document_id), LibraryDocument))

    async def adocument(self, library_id: str, document_id: str) -> LibraryDocument:
        """`document` for coroutines."""
        return await self._asend(
            PlatformCall("GET", path("libraries", library_id, "documents", document_id), LibraryDocument)
        )

    def status(self, library_id: str, document_id: str) -> DocumentStatus:
        """The state of a document at the platform."""
        return self._send(_of_document(library_id, document_id, "status", DocumentStatus))

    async def astatus(self, library_id: str, document_id: str) -> DocumentStatus:
        """`status` for coroutines."""
        return await self._asend(_of_document(library_id, document_id, "status", DocumentStatus))

    def text(self, library_id: str, document_id: str) -> str:
        """The text that the platform read."""
        return self._send(_of_document(library_id, document_id, "text_content", DocumentText)).text

    async def atext(self, library_id: str, document_id: str) -> str:
        """`text` for coroutines."""
        return (await self._asend(_of_document(library_id, document_id, "text_content", DocumentText))).text

    def remove(self, library_id: str, document_id: str) -> Deleted:
        """Delete a document."""
        return self._send(PlatformCall("DELETE", path("libraries", library_id, "documents", document_id), Deleted))

    async def aremove(self, library_id: str, document_id: str) -> Deleted:
        """`remove` for coroutines."""
        return await self._asend(
            PlatformCall("DELETE", path("libraries", library_id, "documents", document_id), Deleted)
        )

    def shares(self, library_id: str) -> Listing[LibraryShare]:
        """Users, workspaces and organizations that may use the library."""
        return self._send(PlatformCall("GET", path("libraries", library_id, "share"), Listing[LibraryShare]))

    async def ashares(self, library_id: str) -> Listing[LibraryShare]:
        """`shares` for coroutines."""
        return await self._asend(PlatformCall("GET", path("libraries", library_id, "share"), Listing[LibraryShare]))

    def share(
        self,
        library_id: str,
        uuid: str,
        *,
        kind: Literal["User", "Workspace", "Org"] = "User",
        level: Literal["Viewer", "Editor"] = "Viewer",
    ) -> LibraryShare:
        """Let a user, workspace or organization use the library; only its owner may."""
        return self._send(_share("PUT", library_id, LibraryShare, uuid, kind, level))

    async def ashare(
        self,
        library_id: str,
        uuid: str,
        *,
        kind: Literal["User", "Workspace", "Org"] = "User",
        level: Literal["Viewer", "Editor"] = "Viewer",
    ) -> LibraryShare:
        """`share` for coroutines."""
        return await self._asend(_share("PUT", library_id, LibraryShare, uuid, kind, level))

    def unshare(
        self, library_id: str, uuid: str, *, kind: Literal["User", "Workspace", "Org"] = "User"
    ) -> LibraryShare:
        """Take the access away again."""
        return self._send(_share("DELETE", library_id, LibraryShare, uuid, kind, None))

    async def aunshare(
        self, library_id: str, uuid: str, *, kind: Literal["User", "Workspace", "Org"] = "User"
    ) -> LibraryShare:
        """`unshare` for coroutines."""
        return await self._asend(_share("DELETE", library_id, LibraryShare, uuid, kind, None))


def _create(name: str, description: str | None) -> PlatformCall[Library]:
    return PlatformCall("POST", "libraries", Library, body=given(name=name, description=description), once=True)


def _upload(library_id: str, file: UploadSource, name: str | None) -> PlatformCall[LibraryDocument]:
    form = UploadForm(file, name=name)
    return PlatformCall("POST", path("libraries", library_id, "documents"), LibraryDocument, form=form, once=True)


def _documents(library_id: str, page: int, search: str | None) -> PlatformCall[Listing[LibraryDocument]]:
    asked = path("libraries", library_id, "documents", page=page, page_size=100, search=search)
    return PlatformCall("GET", asked, Listing[LibraryDocument])


def _of_document(library_id: str, document_id: str, part: str, result: type[T]) -> PlatformCall[T]:
    return PlatformCall("GET", path("libraries", library_id, "documents", document_id, part), result)


def _share(
    method: str, library_id: str, result: type[LibraryShare], uuid: str, kind: str, level: str | None
) -> PlatformCall[LibraryShare]:
    body = given(share_with_uuid=uuid, share_with_type=kind, level=level)
    return PlatformCall(method, path("libraries", library_id, "share"), result, body=body)
