"""/v1/libraries: documents in memory, each read at its second look."""

import hashlib
import threading
import uuid
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from mistral_rag.testing._endpoints.files import multipart
from mistral_rag.testing._rules import refusals
from mistral_rag.testing._rules.bodies import Body
from mistral_rag.testing._server.exchange import Request, Response, json_response
from mistral_rag.testing._server.routing import Endpoint, paged, parsed


class LibraryCreation(Body):
    """POST /v1/libraries."""

    name: str
    description: str | None = None
    chunk_size: int | None = None


class Sharing(Body):
    """PUT and DELETE /v1/libraries/{id}/share."""

    org_id: UUID | None = None
    level: Literal["Viewer", "Editor"] | None = None
    share_with_uuid: UUID
    share_with_type: Literal["User", "Workspace", "Org"]


class Libraries:
    """Library endpoints of one owner."""

    def __init__(self) -> None:
        self._owner = str(uuid.uuid4())
        self._libraries: dict[str, dict[str, Any]] = {}
        self._documents: dict[tuple[str, str], dict[str, Any]] = {}
        self._texts: dict[str, str] = {}
        self._shares: dict[tuple[str, str], dict[str, Any]] = {}
        self._lock = threading.RLock()

    def routes(self) -> dict[str, Endpoint]:
        """The routes of these endpoints."""
        return {
            "POST /libraries": self.create,
            "GET /libraries": self.listed,
            "GET /libraries/{id}": self.shown,
            "DELETE /libraries/{id}": self.deleted,
            "POST /libraries/{id}/documents": self.upload,
            "GET /libraries/{id}/documents": self.documents,
            "GET /libraries/{id}/documents/{document}": self.document,
            "DELETE /libraries/{id}/documents/{document}": self.removed,
            "GET /libraries/{id}/documents/{document}/status": self.status,
            "GET /libraries/{id}/documents/{document}/text_content": self.text,
            "GET /libraries/{id}/share": self.shares,
            "PUT /libraries/{id}/share": self.share,
            "DELETE /libraries/{id}/share": self.unshare,
        }

    def create(self, request: Request) -> Response:
        """Create a library."""
        body = parsed(LibraryCreation, request)
        now = datetime.now(UTC).isoformat()
        library: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "name": body.name,
            "description": body.description,
            "created_at": now,
            "updated_at": now,
            "owner_id": self._owner,
            "owner_type": "User",
            "total_size": 0,
            "nb_documents": 0,
            "chunk_size": None,
        }
        with self._lock:
            self._libraries[library["id"]] = library
        return json_response(library, status=201)

    def listed(self, _request: Request) -> Response:
        """Every library."""
        with self._lock:
            return json_response({"data": list(self._libraries.values())})

    def shown(self, _request: Request, identity: str) -> Response:
        """One library."""
        return json_response(self._library(identity))

    def deleted(self, _request: Request, identity: str) -> Response:
        """Delete a library with its documents."""
        library = self._library(identity)
        with self._lock:
            del self._libraries[identity]
            self._documents = {key: one for key, one in self._documents.items() if key[0] != identity}
        return json_response(library)

    def upload(self, request: Request, identity: str) -> Response:
        """Add a document."""
        library = self._library(identity)
        form = multipart(request)
        if "file" not in form or form["file"][0][0] is None:
            raise refusals.invalid("missing", "Field required", loc=("file",))
        name, content = form["file"][0]
        document: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "library_id": identity,
            "hash": hashlib.md5(content, usedforsecurity=False).hexdigest(),
            "mime_type": "application/octet-stream",
            "extension": str(name).rpartition(".")[2],
            "size": len(content),
            "name": name,
            "summary": None,
            "created_at": datetime.now(UTC).isoformat(),
            "number_of_pages": None,
            "process_status": "todo",
            "processing_status": "Running",
            "uploaded_by_id": self._owner,
            "uploaded_by_type": "User",
            "tokens_processing_total": 0,
        }
        with self._lock:
            self._documents[identity, document["id"]] = document
            self._texts[document["id"]] = content.decode("utf-8", "replace")
            library["nb_documents"] += 1
            library["total_size"] += len(content)
        return json_response(document, status=201)

    def documents(self, request: Request, identity: str) -> Response:
        """A page of the documents, newest first."""
        self._library(identity)
        search = request.query.get("search", "")
        with self._lock:
            owned = [one for (of, _), one in self._documents.items() if of == identity and search in one["name"]][::-1]
        page = list(paged(request, owned))
        pagination = {"total_items": len(owned), "total_pages": 1, "current_page": 0, "page_size": 100}
        return json_response({"pagination": {**pagination, "has_more": False}, "data": page})

    def document(self, _request: Request, identity: str, document: str) -> Response:
        """One document."""
        return json_response(self._document(identity, document))

    def removed(self, _request: Request, identity: str, document: str) -> Response:
        """Delete a document."""
        self._document(identity, document)
        with self._lock:
            del self._documents[identity, document]
        return Response(204)

    def status(self, _request: Request, identity: str, document: str) -> Response:
        """The status now; the next one is "done"."""
        found = self._document(identity, document)
        now = {name: found[name] for name in ("process_status", "processing_status")}
        with self._lock:
            found |= {"process_status": "done", "processing_status": "Completed", "number_of_pages": 1}
        return json_response({"document_id": document, **now})

    def text(self, _request: Request, identity: str, document: str) -> Response:
        """The text of a document."""
        self._document(identity, document)
        return json_response({"text": self._texts[document]})

    def shares(self, _request: Request, identity: str) -> Response:
        """Users, workspaces and organizations that may use a library."""
        self._library(identity)
        with self._lock:
            return json_response({"data": [one for (of, _), one in self._shares.items() if of == identity]})

    def share(self, request: Request, identity: str) -> Response:
        """Share a library."""
        self._library(identity)
        body = parsed(Sharing, request)
        if body.level is None:
            raise refusals.invalid("missing", "Field required", loc=("level",))
        shared = {
            "library_id": identity,
            "user_id": None,
            "org_id": self._owner,
            "role": body.level,
            "share_with_type": body.share_with_type,
            "share_with_uuid": str(body.share_with_uuid),
        }
        with self._lock:
            self._shares[identity, str(body.share_with_uuid)] = shared
        return json_response(shared)

    def unshare(self, request: Request, identity: str) -> Response:
        """Take a share back."""
        body = parsed(Sharing, request)
        with self._lock:
            shared = self._shares.pop((identity, str(body.share_with_uuid)), None)
        if shared is None:
            raise refusals.not_found()
        return json_response(shared)

    def _library(self, identity: str) -> dict[str, Any]:
        with self._lock:
            if identity not in self._libraries:
                raise refusals.not_found()
            return self._libraries[identity]

    def _document(self, identity: str, document: str) -> dict[str, Any]:
        with self._lock:
            if (identity, document) not in self._documents:
                raise refusals.not_found()
            return self._documents[identity, document]
