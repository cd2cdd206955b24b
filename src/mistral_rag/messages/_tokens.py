"""How many tokens a text, an image or a whole conversation has."""

import base64
import binascii
import math
import struct
from collections.abc import Sequence
from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from mistral_rag.api._catalogue import Tokenizer
from mistral_rag.api._responses import encode, utf8
from mistral_rag.messages._repair.repair import repair
from mistral_rag.messages._requests.tools import Wire

if TYPE_CHECKING:
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ "
LONGEST_SIDE = 1540
PATCH = 28
"""Pixels: images are made no longer than the first and cut into squares of the second, one token each."""


def estimate(text: str) -> int:
    """Tokens of a text, rather too many than too few, in microseconds.

    The platform's tokenizers make a token of every digit and of most signs, and of about four letters; bytes of other
    scripts count nearly one each.
    """
    data = text.encode(errors="replace")
    others = len(data.translate(None, LETTERS))
    return math.ceil((len(data) - others) / 3.5 + others * 0.9) + 2


@cache
def _tokenizer(vocabulary: Tokenizer) -> "MistralTokenizer[Any, Any, Any, Any, Any]":
    # Takes a second or two, so only who counts pays.
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    if vocabulary == "tekken":
        return MistralTokenizer.v3(is_tekken=True)
    return MistralTokenizer.v7() if vocabulary == "v7" else MistralTokenizer.v3()


def token_ids(text: str, *, vocabulary: Tokenizer = "tekken") -> list[int]:
    """The tokens of a text, without the marks that begin and end a message.

    "tekken" is the newest vocabulary that the mistral-common wheel carries; "v3" and "v7" are those of older models.
    """
    return _tokenizer(vocabulary).instruct_tokenizer.tokenizer.encode(utf8(text).decode(), bos=False, eos=False)


def count_messages(messages: list[Wire], tools: Sequence[Wire] = (), *, vocabulary: Tokenizer = "tekken") -> int:
    """The prompt tokens of a conversation, marks, tools and images included."""
    from mistral_common.protocol.instruct.messages import ChatMessage
    from mistral_common.protocol.instruct.request import ChatCompletionRequest

    if not messages and not tools:
        return 0
    fixed, beside = _apart(repair([_textual(message) for message in messages]).messages)
    functions = [tool for tool in tools if tool["type"] == "function"]
    body = {"model": "any", "messages": fixed, **({"tools": functions} if functions else {})}
    request = ChatCompletionRequest[ChatMessage].model_validate_json(encode(body))
    images = sum(_image_tokens(chunk) for message in messages for chunk in _chunks(message))
    said = sum(len(token_ids(text, vocabulary=vocabulary)) + 1 for text in beside)
    return len(_tokenizer(vocabulary).encode_chat_completion(request).tokens) + said + images


def _apart(messages: list[Wire]) -> tuple[list[Wire], list[str]]:
    """The messages without the assistants' texts that older templates have no place for, and these texts.

    They know no text beside calls and join assistants' turns that follow each other.
    """
    kept: list[Wire] = []
    beside: list[str] = []
    for message, after in zip_longest(messages, messages[1:]):
        followed = after is not None and after["role"] == "assistant"
        if message["role"] != "assistant" or not (message.get("tool_calls") or followed):
            kept.append(message)
            continue
        beside.append(message["content"])
        if message.get("tool_calls"):
            kept.append({**message, "content": ""})
    if kept[0].get("tool_calls"):
        kept.insert(0, {"role": "user", "content": ""})  # calls in a first message are refused
    return kept, [text for text in beside if text]


def _chunks(message: Wire) -> list[Wire]:
    return message["content"] if isinstance(message["content"], list) else []


def _textual(message: Wire) -> Wire:
    """The message with all its texts as one."""
    if not isinstance(message["content"], list):
        return message
    return {**message, "content": "\n".join(filter(None, (_text(chunk) for chunk in message["content"])))}


def _text(chunk: Wire) -> str:
    parts: Any = chunk.get("thinking") or [chunk]
    return "".join(str(part.get("text") or "") for part in parts)


def _image_tokens(chunk: Wire) -> int:
    if chunk["type"] != "image_url":
        return 0
    image = chunk["image_url"]
    width, height = image_size(image["url"] if isinstance(image, dict) else image)
    scale = max(width / LONGEST_SIDE, height / LONGEST_SIDE, 1.0)
    across, down = (math.ceil(side / scale / PATCH) for side in (width, height))
    return (across + 1) * down


def image_size(url: str) -> tuple[int, int]:
    """Pixels of an image in a data address; the largest size where it can't be seen."""
    try:
        head = base64.b64decode(url.partition(",")[2][:87_380]) if url.startswith("data:") else b""
        return _size(head)
    except (binascii.Error, struct.error, ValueError):
        return LONGEST_SIDE, LONGEST_SIDE


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
