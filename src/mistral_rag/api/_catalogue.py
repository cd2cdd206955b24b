"""What is known about the platform's chat models: facts with their names' patterns, nothing fetched.

As of November 2026, from the platform's pages and from what its hosts were seen to accept. A name that nothing here
knows (a tuned model, a gateway's alias) is sent as it is, with nothing assumed.
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
    """What a chat model can do.

    Attributes:
        pattern: Regular expression for the whole name.
        context: Tokens of prompt and answer together.
        efforts: Values of `reasoning_effort` that it takes; none when it does not know the parameter.
        reasons: Whether it can think before it answers.
        think_prompt: Whether it thinks only when a system prompt asks for it, in tags.
        vision, audio: What it sees and hears.
        text_beside_calls: Whether an assistant's turn may hold text and tool calls.
        tokenizer: The vocabulary in mistral-common by which its tokens are counted.
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
    """What is known about the model of this name; None when nothing is."""
    return next((model for model in MODELS if re.fullmatch(model.pattern, name)), None)


def vocabulary(name: str) -> Tokenizer:
    """The vocabulary of the model of this name; the newest for models that nothing here knows."""
    known = chat_model(name)
    return known.tokenizer if known is not None else "tekken"
