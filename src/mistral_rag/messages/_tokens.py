"""Token counts of texts, images and whole conversations."""

import base64
import binascii
import math
import struct
from collections.abc import Sequence
from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from mistral_rag.api._responses import encode, utf8
from mistral_rag.catalogue._entries import Tokenizer
from mistral_rag.messages._repair.repair import repair
from mistral_rag.messages._requests.tools import Wire

if TYPE_CHECKING:
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

MAX_SIDE = 1540
"""Pixels of the longer side of an image; larger images are scaled down (mistral-common, `ImageConfig`)."""

PATCH = 28
"""Pixels of the side of a square that makes one token: 14 of the vision encoder, merged two by two."""


HEAD = 87_380
"""Characters of base64 that are decoded to find the size: 64 KiB, one JPEG segment of metadata at its longest."""


@cache
def _tokenizer(vocabulary: Tokenizer) -> "MistralTokenizer[Any, Any, Any, Any, Any]":
    # Importing and loading take one to two seconds.
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    if vocabulary == "tekken":
        return MistralTokenizer.v3(is_tekken=True)
    return MistralTokenizer.v7() if vocabulary == "v7" else MistralTokenizer.v3()


def token_ids(text: str, *, vocabulary: Tokenizer = "tekken") -> list[int]:
    """The token ids of a text, without control tokens.

    "tekken" is the newest vocabulary in the mistral-common wheel; "v3" and "v7" are those of older models.
    """
    return _tokenizer(vocabulary).instruct_tokenizer.tokenizer.encode(utf8(text).decode(), bos=False, eos=False)


def count_messages(messages: list[Wire], tools: Sequence[Wire] = (), *, vocabulary: Tokenizer = "tekken") -> int:
    """The prompt tokens of a conversation, with control tokens, tools and images."""
    from mistral_common.protocol.instruct.messages import ChatMessage
    from mistral_common.protocol.instruct.request import ChatCompletionRequest

    if not messages and not tools:
        return 0
    fixed, texts = _separate_texts(repair([_textual(message) for message in messages]).messages)
    functions = [tool for tool in tools if tool["type"] == "function"]
    body = {"model": "any", "messages": fixed, **({"tools": functions} if functions else {})}
    request = ChatCompletionRequest[ChatMessage].model_validate_json(encode(body))
    images = sum(_image_tokens(chunk) for message in messages for chunk in _chunks(message))
    separate = sum(len(token_ids(text, vocabulary=vocabulary)) + 1 for text in texts)
    return len(_tokenizer(vocabulary).encode_chat_completion(request).tokens) + separate + images


def _separate_texts(messages: list[Wire]) -> tuple[list[Wire], list[str]]:
    """The messages without the assistant texts that older chat templates can't encode, and these texts.

    Those templates have no text with calls, and join consecutive assistant messages.
    """
    rest: list[Wire] = []
    texts: list[str] = []
    for message, after in zip_longest(messages, messages[1:]):
        followed = after is not None and after["role"] == "assistant"
        if message["role"] != "assistant" or not (message.get("tool_calls") or followed):
            rest.append(message)
            continue
        texts.append(message["content"])
        if message.get("tool_calls"):
            rest.append({**message, "content": ""})
    if rest[0].get("tool_calls"):
        rest.insert(0, {"role": "user", "content": ""})  # calls in a first message are refused
    return rest, [text for text in texts if text]


def _chunks(message: Wire) -> list[Wire]:
    return message["content"] if isinstance(message["content"], list) else []


def _textual(message: Wire) -> Wire:
    """The message with its texts joined into a string, without other chunks."""
    if not isinstance(message["content"], list):
        return message
    return {**message, "content": "\n".join(filter(None, (_text(chunk) for chunk in message["content"])))}


def _text(chunk: Wire) -> str:
    chunks: Any = chunk.get("thinking") or [chunk]
    return "".join(str(inner.get("text") or "") for inner in chunks)


def _image_tokens(chunk: Wire) -> int:
    """Tokens of an image: one a square, and one at the end of each row (mistral-common, `ImageEncoder`)."""
    if chunk["type"] != "image_url":
        return 0
    image = chunk["image_url"]
    width, height = image_size(image["url"] if isinstance(image, dict) else image)
    scale = max(width / MAX_SIDE, height / MAX_SIDE, 1.0)
    columns, rows = (math.ceil(side / scale / PATCH) for side in (width, height))
    return (columns + 1) * rows


def image_size(url: str) -> tuple[int, int]:
    """Width and height in pixels of an image in a data URL; the maximum for other URLs and unknown formats."""
    try:
        head = base64.b64decode(url.partition(",")[2][:HEAD]) if url.startswith("data:") else b""
        return _size(head)
    except (binascii.Error, struct.error, ValueError):
        return MAX_SIDE, MAX_SIDE


def _size(head: bytes) -> tuple[int, int]:
    if head.startswith(b"\x89PNG"):
        width, height = struct.unpack(">II", head[16:24])
        return width, height
    if head.startswith(b"GIF8"):
        width, height = struct.unpack("<HH", head[6:10])
        return width, height
    if head.startswith(b"\xff\xd8"):
        return _jpeg_size(head)
    raise ValueError("an unknown kind of image")


def _jpeg_size(head: bytes) -> tuple[int, int]:
    at = 2
    while at < len(head):
        marker, length = struct.unpack(">HH", head[at : at + 4])
        if 0xFFC0 <= marker <= 0xFFCF and marker not in {0xFFC4, 0xFFC8, 0xFFCC}:
            height, width = struct.unpack(">HH", head[at + 5 : at + 9])
            return width, height
        at += 2 + length
    raise ValueError("no size in the beginning of the image")
