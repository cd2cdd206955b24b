"""A whole chat request: history and parameters fitted to the model, with the notes for the reply's metadata."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import BaseMessage

from mistral_rag.api._errors import ContextOverflowError
from mistral_rag.catalogue import ModelCatalogue, ModelEntry, load_catalogue
from mistral_rag.catalogue._catalogue import vocabulary
from mistral_rag.errors import ConfigurationError
from mistral_rag.messages._references import sources_in
from mistral_rag.messages._repair.repair import MessageRules, repair
from mistral_rag.messages._requests.blocks import check_images
from mistral_rag.messages._requests.content import ContentReader
from mistral_rag.messages._requests.outgoing import wire_messages
from mistral_rag.messages._requests.thinking import THINK_PROMPT, nearest_effort
from mistral_rag.messages._requests.tools import Wire
from mistral_rag.messages._tokens import count_messages

JSON_PROMPT = "Answer with a JSON object and nothing else."


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """The body to send, the changes that were made to it, and the context for reading the reply.

    Attributes:
        repairs: Changes to the history.
        notes: Changes to parameters and prompt.
        sources: Sources by the keys that the model may cite.
        think_tags: True when the model writes its thoughts into the text.
        began: `time.monotonic` at the start of the call.
        doubt: The note that says why the host may refuse the request.
    """

    body: Wire
    repairs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sources: Mapping[str, Wire] = field(default_factory=dict)
    think_tags: bool = False
    began: float = field(default_factory=time.monotonic)
    doubt: str | None = None

    @property
    def metadata(self) -> dict[str, Any]:
        """Repairs and notes for the reply's `response_metadata`."""
        changes = {"repairs": list(self.repairs), "notes": list(self.notes)}
        return {name: value for name, value in changes.items() if value}

    def reader(self) -> ContentReader:
        """A new reader for the content of a reply to this request."""
        return ContentReader(self.sources, think_tags=self.think_tags)


def build(
    name: str,
    messages: Sequence[BaseMessage],
    parameters: Wire,
    *,
    rules: MessageRules | None = None,
    catalogue: ModelCatalogue | None = None,
    confirmed: int | None = None,
) -> PreparedRequest:
    """Build the request for the model `name`: repair the history and fit the parameters to the model.

    `catalogue` is by default the one that `load_catalogue` gives; `confirmed` is the model's context in tokens, where
    the host has told it.

    Raises:
        ConfigurationError: There is no message, or the platform could not take the request.
        ContextOverflowError: Prompt and answer exceed a context that the host or the user has told.
    """
    if not messages:
        raise ConfigurationError("There is no message to send.")
    if parameters.get("stream") and parameters.get("n", 1) != 1:
        raise ConfigurationError("Several answers (n) can't be streamed; use invoke or generate.")
    model = (catalogue or load_catalogue()).find(name)
    notes: list[str] = []
    effort = parameters.get("reasoning_effort")
    parameters = _fitted(parameters, name, model, notes)
    repaired = repair(
        wire_messages(messages), rules or MessageRules(text_beside_calls=model is None or model.text_beside_calls)
    )
    wired = repaired.messages
    check_images(wired)
    if _wants_json(parameters) and not _mentions_json(wired):
        notes.append("the prompt was told to answer in JSON: without the word JSON the answer may never end")
        wired = _with_system(wired, JSON_PROMPT)
    think_tags = model is not None and model.think_prompt and effort != "none"
    if think_tags:
        wired = _with_system(wired, THINK_PROMPT, first=True)
    doubt = _length_doubt(model, name, wired, parameters, confirmed)
    notes += [doubt] if doubt else []
    body = {"model": name, "messages": wired, **parameters}
    return PreparedRequest(body, repaired.changes, tuple(notes), sources_in(messages), think_tags, doubt=doubt)


def _fitted(parameters: Wire, name: str, model: ModelEntry | None, notes: list[str]) -> Wire:
    """The parameters without those that the model refuses."""
    fitted = dict(parameters)
    effort, note = nearest_effort(fitted.pop("reasoning_effort", None), name, model)
    if effort is not None:
        fitted["reasoning_effort"] = effort
    if note:
        notes.append(note)
    if model is not None and fitted.pop("prompt_mode", None):
        notes.append("prompt_mode was left out: no model takes it any more; use reasoning_effort")
    if fitted.get("temperature") == 0 and fitted.get("top_p", 1) != 1:
        # The platform refuses it with temperature 0, where it has no effect.
        del fitted["top_p"]
        notes.append("top_p was left out: it means nothing at temperature 0")
    return fitted


def _length_doubt(
    model: ModelEntry | None, name: str, messages: list[Wire], parameters: Wire, confirmed: int | None
) -> str | None:
    """Raise when the prompt can't fit a context that is certain; a note when it exceeds that of the catalogue.

    The catalogue may be older than the model that a name stands for, so it alone refuses nothing. A token has at least
    one character, so prompts with fewer characters than the context has tokens are not counted.
    """
    told = None if model is None else model.context
    if model is not None and model.confirmed_context:
        confirmed = told  # the user's word goes before the host's
    context = confirmed or told
    answer = parameters.get("max_tokens") or 0
    if context is None or sum(map(_characters, messages)) + answer <= context:
        return None
    tokens = count_messages(messages, parameters.get("tools") or (), vocabulary=vocabulary(model))
    if tokens + answer <= context:
        return None
    sizes = f"The prompt has {tokens} tokens and the answer may have {answer}"
    if confirmed is not None:
        raise ContextOverflowError(f"{sizes}; {name} takes {context} together.")
    return f"{sizes}; by the catalogue {name} takes {context} together"


def _characters(message: Wire) -> int:
    content = message["content"]
    return len(content) if isinstance(content, str) else sum(len(str(chunk.get("text") or "")) for chunk in content)


def _wants_json(parameters: Wire) -> bool:
    return (parameters.get("response_format") or {}).get("type") == "json_object"


def _mentions_json(messages: list[Wire]) -> bool:
    return any("json" in str(message["content"]).lower() for message in messages)


def _with_system(messages: list[Wire], text: str, *, first: bool = False) -> list[Wire]:
    """The messages with `text` added to the system message, before or after the caller's own."""
    if messages[0]["role"] != "system":
        return [{"role": "system", "content": text}, *messages]
    texts = (text, messages[0]["content"]) if first else (messages[0]["content"], text)
    return [{"role": "system", "content": "\n\n".join(texts)}, *messages[1:]]
