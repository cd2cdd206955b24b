"""Conversion of content blocks in messages of users and tools into the platform's chunks.

Takes LangChain's blocks of both versions, other providers', and the platform's own chunks.
"""

from collections.abc import Mapping
from typing import Any, cast

from langchain_core.messages import HumanMessage

from mistral_rag.errors import ConfigurationError
from mistral_rag.messages._requests.tools import Wire

MAX_IMAGES = 8
"""Images of one request; the platform refuses more."""

MAX_IMAGE_BYTES = 10 * 1024 * 1024
"""Bytes of one image, before base64; the platform refuses more."""

SCHEMES = ("https", "http", "data")


def user_chunk(block: Wire) -> Wire | None:
    """The platform's chunk for one block; None for an empty block.

    Raises:
        ConfigurationError: The platform takes no such block.
    """
    kind = block.get("type")
    if kind in {"text", "input_text"} or (kind is None and isinstance(block.get("text"), str)):
        return {"type": "text", "text": str(block.get("text") or "")}
    if own := _own(block):
        return own
    return _standard(_normalised(block))


def _own(block: Wire) -> Wire | None:
    """A chunk in the platform's own form, reduced to the keys of its schema; None for another form."""
    match block:
        case {"type": "image_url", "image_url": str(url)}:
            return {"type": "image_url", "image_url": _fetchable(url)}
        case {"type": "image_url", "image_url": {"url": str(url), **rest}}:
            return {"type": "image_url", "image_url": _image(_fetchable(url), rest.get("detail"))}
        case {"type": "document_url", "document_url": {"url": str(url)}}:
            return {"type": "document_url", "document_url": _fetchable(url)}
        case {"type": "document_url", "document_url": str(url), **rest}:
            name = rest.get("document_name")
            return {
                "type": "document_url",
                "document_url": _fetchable(url),
                **({"document_name": name} if name else {}),
            }
        case {"type": "file", "file_id": str(id_)} if "source_type" not in block:
            return {"type": "file", "file_id": id_}
        case {"type": "input_audio", "input_audio": str(audio)}:
            return {"type": "input_audio", "input_audio": audio}
        case {"type": "input_audio", "input_audio": {"data": str(audio)}}:
            return {"type": "input_audio", "input_audio": audio}
        case {"type": "reference", "reference_ids": list(ids)}:
            return {"type": "reference", "reference_ids": ids}
    return None


def _image(url: str, detail: Any) -> str | Wire:
    return {"url": url, "detail": detail} if detail in {"low", "auto", "high"} else url


def _normalised(block: Wire) -> Wire:
    """The block in LangChain's standard form; the cases are those that LangChain's translators do not convert."""
    match block:
        case {"type": "input_image", "image_url": str(url)}:
            return {"type": "image", "url": url}
        case {"type": "input_image" | "input_file", "file_id": str(id_)}:
            return {"type": "file", "file_id": id_}
        case {"type": "input_file", "file_data": str(data)}:
            return {**block, "type": "file", "base64": data}
        case {"type": "input_file", "file_url": str(url)}:
            return {**block, "type": "file", "url": url}
        case {"type": "media", "mime_type": str(media), "data": str(data)}:
            return {"type": _kind(media), "base64": data, "mime_type": media}
        case {"type": "media", "mime_type": str(media), "file_uri": str(url)}:
            return {"type": _kind(media), "url": url, "mime_type": media}
    blocks = HumanMessage(content=[block]).content_blocks
    return cast("Wire", blocks[0]) if blocks else {}


def _kind(media_type: str) -> str:
    kind = media_type.partition("/")[0]
    return kind if kind in {"image", "audio"} else "file"


def _standard(block: Wire) -> Wire | None:
    match block.get("type"):
        case "text":
            return {"type": "text", "text": str(block.get("text") or "")}
        case "text-plain":
            return _plain_text(block)
        case "image":
            return (
                {"type": "image_url", "image_url": _location(block, "image/png")}
                if "file_id" not in block
                else _file(block)
            )
        case "audio":
            return _file(block) if "file_id" in block else _audio(block)
        case "file":
            return _document(block)
    value = block.get("value") if block.get("type") == "non_standard" else block
    kind = value.get("type") if isinstance(value, Mapping) else None
    raise ConfigurationError(f"The platform takes no content block of type {kind!r}.")


def _plain_text(block: Wire) -> Wire:
    if isinstance(block.get("text"), str):
        texts = [text for text in (block.get("title"), block.get("context"), block["text"]) if text]
        return {"type": "text", "text": "\n".join(texts)}
    if isinstance(block.get("base64"), str):
        return _document({**block, "mime_type": block.get("mime_type") or "text/plain"})
    return _document(block)


def _document(block: Wire) -> Wire:
    if block.get("file_id"):
        return _file(block)
    if str(block.get("mime_type") or "").startswith("image/"):
        return {"type": "image_url", "image_url": _location(block, "image/png")}
    if str(block.get("mime_type") or "").startswith("audio/"):
        return _audio(block)
    extras = block.get("extras") or {}
    name = block.get("filename") or extras.get("filename") or extras.get("name") or extras.get("title")
    chunk = {"type": "document_url", "document_url": _location(block, "application/pdf")}
    return {**chunk, "document_name": str(name)} if name else chunk


def _audio(block: Wire) -> Wire:
    return {"type": "input_audio", "input_audio": block.get("base64") or _location(block, "audio/wav")}


def _file(block: Wire) -> Wire:
    return {"type": "file", "file_id": str(block["file_id"])}


def _location(block: Wire, default_type: str) -> str:
    """The URL of a block's bytes, or a data URL that contains them."""
    if isinstance(block.get("url"), str):
        return _fetchable(block["url"])
    if isinstance(block.get("base64"), str):
        data = block["base64"]
        return data if data.startswith("data:") else f"data:{block.get('mime_type') or default_type};base64,{data}"
    raise ConfigurationError(f"A block of type {block.get('type')!r} needs one of url, base64 or file_id.")


def _fetchable(url: str) -> str:
    """The URL itself, if its scheme is one that the platform takes."""
    if url.partition(":")[0].lower() not in SCHEMES:
        raise ConfigurationError(f"The platform takes addresses of {', '.join(SCHEMES)} only, not {url[:80]!r}.")
    return url


def check_images(messages: list[Wire]) -> None:
    """Check the number and the size of images.

    Raises:
        ConfigurationError: There are more or larger images than the platform takes.
    """
    images = [
        chunk["image_url"]
        for message in messages
        if isinstance(message["content"], list)
        for chunk in message["content"]
        if chunk["type"] == "image_url"
    ]
    if len(images) > MAX_IMAGES:
        raise ConfigurationError(
            f"{len(images)} images are too many: the platform takes at most {MAX_IMAGES} a request."
        )
    for number, image in enumerate(images, start=1):
        url = image["url"] if isinstance(image, dict) else image
        if url.startswith("data:") and (size := len(url.partition(",")[2]) * 3 // 4) > MAX_IMAGE_BYTES:
            raise ConfigurationError(f"Image {number} has {size / 2**20:.1f} MB; the platform takes at most 10 MB.")
