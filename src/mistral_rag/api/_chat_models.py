"""Capabilities of the platform's chat models, by patterns of their names; nothing is fetched.

As of November 2026, from the platform's model pages and from requests that its hosts accepted. A name without an entry
(a tuned model, a gateway's alias) is sent unchanged, and nothing is assumed about it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Efforts = tuple[str, ...]
Tokenizer = Literal["tekken", "v3", "v7"]

ON_OFF: Efforts = ("none", "high")


@dataclass(frozen=True, slots=True)
class ChatModel:
    """Capabilities of a chat model.

    Attributes:
        pattern: Regular expression for the whole name.
        context: Maximum tokens of prompt and answer together.
        efforts: Accepted values of `reasoning_effort`; empty when the model does not take the parameter.
        reasons: True when the model can think before it answers.
        think_prompt: True when it thinks only if a system prompt asks for it, between tags in the text.
        vision, audio: True when it takes images, audio.
        text_beside_calls: True when one assistant message may hold both text and tool calls.
        tokenizer: Vocabulary of mistral-common that counts its tokens.
    """

    pattern: str
    context: int
    efforts: Efforts = ()
    reasons: bool = False
    think_prompt: bool = False
    vision: bool = True
    audio: bool = False
    text_beside_calls: bool = True
    tokenizer: Tokenizer = "tekken"


K = 1024
MODELS = (
    ChatModel(r"mistral-small(-latest|-2603|-4.*)?", 256 * K, ON_OFF, reasons=True),
    ChatModel(r"mistral-medium(-latest|-2604|-3[.-]5.*)?", 256 * K, ON_OFF, reasons=True),
    ChatModel(r"mistral-large-(4|26\d\d).*", 256 * K, ON_OFF, reasons=True),
    ChatModel(r"magistral-(small|medium)-latest", 128 * K, ON_OFF, reasons=True),
    ChatModel(r"magistral-(small|medium)-250[67]", 40 * K, reasons=True, think_prompt=True, vision=False),
    ChatModel(r"magistral-.*", 128 * K, reasons=True),
    ChatModel(r"mistral-large-(latest|2512|3.*)", 256 * K),
    ChatModel(r"ministral-.*-2512|ministral-(3b|8b|14b)-latest", 256 * K),
    ChatModel(r"mistral-(small|medium)-25\d\d", 128 * K),
    ChatModel(r"pixtral-large-.*", 128 * K, tokenizer="v7"),
    ChatModel(r"mistral-large-2411", 128 * K, vision=False, tokenizer="v7"),
    ChatModel(r"mistral-large-2407", 128 * K, vision=False, text_beside_calls=False, tokenizer="v3"),
    ChatModel(r"open-mixtral-8x22b.*", 64 * K, vision=False, text_beside_calls=False, tokenizer="v3"),
    ChatModel(
        r"mistral-large-2402|open-mi[sx]tral-(?!nemo).*|codestral-2405|codestral-mamba.*",
        32 * K,
        vision=False,
        text_beside_calls=False,
        tokenizer="v3",
    ),
    ChatModel(r"open-mistral-nemo.*", 128 * K, vision=False, text_beside_calls=False),
    ChatModel(r"devstral-.*", 256 * K, vision=False),
    ChatModel(r"codestral-.*", 256_000, vision=False),
    ChatModel(r"pixtral-.*", 128 * K),
    ChatModel(r"voxtral-.*", 32 * K, vision=False, audio=True),
)


@lru_cache(maxsize=256)
def chat_model(name: str) -> ChatModel | None:
    """The first entry whose pattern matches the whole name; None without one."""
    return next((model for model in MODELS if re.fullmatch(model.pattern, name)), None)


def vocabulary(name: str) -> Tokenizer:
    """The tokenizer of a model; that of the newest models for a name without an entry."""
    known = chat_model(name)
    return known.tokenizer if known is not None else "tekken"
