"""Spans: a callback of LangChain's for chats, searches, tools and chains, and a ledger for the client's other calls.

LangChain runs the callbacks of coroutines in contexts of their own, so parents are found by the ids of runs and not by
OpenTelemetry's current span.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.messages import BaseMessage
from langchain_core.outputs import LLMResult
from langchain_core.runnables.config import var_child_runnable_config
from langchain_core.tracers.context import register_configure_hook

from mistral_rag.api._ledger import FinishedCall, recording
from mistral_rag.errors import MissingExtraError
from mistral_rag.tracing import _content
from mistral_rag.tracing._attributes import (
    Attributes,
    call_attributes,
    error_attributes,
    request_attributes,
    result_attributes,
)

try:
    from opentelemetry import trace
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider
except ImportError as missing:
    raise MissingExtraError("Tracing", "otel") from missing

SEEN_BY_CALLBACKS: Final = frozenset({"chat", "fim", "agent", "conversations"})
"""Kinds of calls that are made by LangChain's models, whose callbacks tell more of them."""
MAX_OPEN: Final = 10_000
"""Runs that are remembered. A run that never ends (a chain whose process was left) must not be kept for ever."""
_NANOSECONDS: Final = 1_000_000_000


class SpanCallback(BaseCallbackHandler):
    """A callback that makes a span of every chat, completion, search, tool and outermost chain.

    `tracer_provider` is by default OpenTelemetry's global one, and without a configured SDK nothing is recorded.
    Prompts, answers, queries and arguments are left out, unless `content` is True, or it is None and the environment
    variable OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT is "true", "SPAN_ONLY" or "SPAN_AND_EVENT".
    `traced` also makes spans of embeddings and OCR, which LangChain has no callbacks for.

    Raises:
        MissingExtraError: The extra `otel` is not installed.

    Example:
        >>> chain.invoke("…", config={"callbacks": [SpanCallback()]})  # doctest: +SKIP
    """

    run_inline = True  # a few looks into dicts: no thread is worth it

    def __init__(self, *, tracer_provider: TracerProvider | None = None, content: bool | None = None) -> None:
        self._tracer = trace.get_tracer("mistral_rag", tracer_provider=tracer_provider)
        self._content = _content.is_wanted() if content is None else content
        self._spans: dict[UUID, Span] = {}
        self._parents: dict[UUID, Context | None] = {}
        self._first: dict[UUID, float] = {}
        self._lock = threading.Lock()

    # --- models -----------------------------------------------------------------------------------------------------

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Begin the span of a chat."""
        found = request_attributes(metadata or {}, kwargs.get("invocation_params") or {})
        if self._content:
            found |= _content.input_texts(messages[0] if messages else [])
        self._begin("chat", found.get("gen_ai.request.model"), found, run_id, parent_run_id)

    def on_llm_start(
        self,
        serialized: dict[str, Any],
        prompts: list[str],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Begin the span of a completion."""
        found = request_attributes(metadata or {}, kwargs.get("invocation_params") or {})
        if self._content:
            said = [{"role": "user", "parts": [{"type": "text", "content": prompt}]} for prompt in prompts]
            found["gen_ai.input.messages"] = _content.as_json(said)
        self._begin("text_completion", found.get("gen_ai.request.model"), found, run_id, parent_run_id)

    def on_llm_new_token(self, token: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Note the time of the first chunk."""
        began = self._first.pop(run_id, None)
        if began is not None and (span := self._spans.get(run_id)) is not None:
            span.set_attribute("gen_ai.response.time_to_first_chunk", time.perf_counter() - began)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """End the span of a model."""
        found = result_attributes(response)
        self._end(run_id, found | _content.output_texts(response) if self._content else found)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """End it with an error; a stream that its reader leaves has none."""
        if isinstance(error, GeneratorExit):
            self._end(run_id, {})
        else:
            self._fail(run_id, error)

    # --- searches and tools -----------------------------------------------------------------------------------------

    def on_retriever_start(
        self,
        serialized: dict[str, Any],
        query: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Begin the span of a search."""
        found: Attributes = {"gen_ai.retrieval.query.text": query} if self._content else {}
        self._begin("retrieval", name, found, run_id, parent_run_id)

    def on_retriever_end(self, documents: Sequence[Document], *, run_id: UUID, **kwargs: Any) -> None:
        """End the span of a search."""
        found: Attributes = {"mistral_rag.retrieval.documents": len(documents)}
        if self._content:
            found["gen_ai.retrieval.documents"] = _content.documents_text(documents)
        self._end(run_id, found)

    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """End it with an error."""
        self._fail(run_id, error)

    def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Begin the span of a tool."""
        name = str((serialized or {}).get("name") or kwargs.get("name") or "tool")
        found: Attributes = {"gen_ai.tool.name": name, "gen_ai.tool.type": "function"}
        if call := kwargs.get("tool_call_id"):
            found["gen_ai.tool.call.id"] = str(call)
        if self._content:
            found["gen_ai.tool.call.arguments"] = _content.as_json(input_str if inputs is None else inputs)
        self._begin("execute_tool", name, found, run_id, parent_run_id)

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """End the span of a tool."""
        found: Attributes = {}
        if call := getattr(output, "tool_call_id", None):
            found["gen_ai.tool.call.id"] = str(call)
        if self._content:
            found["gen_ai.tool.call.result"] = str(getattr(output, "content", output))
        self._end(run_id, found)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """End it with an error."""
        self._fail(run_id, error)

    # --- chains: the outermost is a span, the others only lead to it ------------------------------------------------

    def on_chain_start(
        self,
        serialized: dict[str, Any],
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """Begin the span of a chain, where it is the outermost."""
        if parent_run_id is not None and parent_run_id in self._parents:
            self._remember(run_id, None, self._parents[parent_run_id])
            return
        name = str(kwargs.get("name") or "chain")
        self._begin("invoke_workflow", name, {"gen_ai.workflow.name": name}, run_id, None)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """End the span of a chain."""
        self._end(run_id, {})

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """End it with an error."""
        self._fail(run_id, error)

    # --- calls of the client ----------------------------------------------------------------------------------------

    def record(self, call: FinishedCall) -> None:
        """Make the span of a call that no callback sees; as a ledger, within `traced`."""
        if call.kind in SEEN_BY_CALLBACKS:
            return
        found = call_attributes(call)
        span = self._tracer.start_span(
            f"{found['gen_ai.operation.name']} {call.asked}".rstrip(),
            context=self._context_of_run(),
            kind=SpanKind.CLIENT,
            attributes=found,
            start_time=int(call.began * _NANOSECONDS),
        )
        if call.error:
            span.set_status(Status(StatusCode.ERROR))
        span.end(int((call.began + call.seconds) * _NANOSECONDS))

    def _context_of_run(self) -> Context | None:
        """The span of the chain that is running here; None for OpenTelemetry's current one."""
        callbacks = (var_child_runnable_config.get() or {}).get("callbacks")
        parent: UUID | None = getattr(callbacks, "parent_run_id", None)
        return None if parent is None else self._parents.get(parent)

    def _begin(self, operation: str, name: Any, found: Attributes, run: UUID, parent: UUID | None) -> None:
        kind = SpanKind.CLIENT if operation in {"chat", "text_completion", "retrieval"} else SpanKind.INTERNAL
        context = None if parent is None else self._parents.get(parent)
        span = self._tracer.start_span(
            f"{operation} {name or ''}".rstrip(),
            context=context,
            kind=kind,
            attributes={"gen_ai.operation.name": operation, **found},
        )
        self._remember(run, span, trace.set_span_in_context(span, context))

    def _remember(self, run: UUID, span: Span | None, context: Context | None) -> None:
        with self._lock:
            self._parents[run] = context
            if span is not None:
                self._spans[run] = span
                self._first[run] = time.perf_counter()
            if len(self._parents) > MAX_OPEN:
                oldest = next(iter(self._parents))
                self._forget(oldest)

    def _forget(self, run: UUID) -> Span | None:
        self._parents.pop(run, None)
        self._first.pop(run, None)
        return self._spans.pop(run, None)

    def _end(self, run: UUID, found: Attributes) -> None:
        with self._lock:
            span = self._forget(run)
        if span is not None:
            span.set_attributes(found)
            span.end()

    def _fail(self, run: UUID, error: BaseException) -> None:
        with self._lock:
            span = self._forget(run)
        if span is not None:
            span.set_attributes(error_attributes(error))
            span.set_status(Status(StatusCode.ERROR))
            span.end()


_CURRENT: ContextVar[SpanCallback | None] = ContextVar("mistral_rag_spans", default=None)
register_configure_hook(_CURRENT, inheritable=True)


@contextmanager
def traced(*, tracer_provider: TracerProvider | None = None, content: bool | None = None) -> Iterator[SpanCallback]:
    """Make spans of everything within the block: all that `SpanCallback` sees, and embeddings, OCR and moderation.

    It holds for the coroutines of the block and for threads that copy its context, as LangChain's do. The arguments are
    those of `SpanCallback`; nothing leaves the process unless the tracer provider sends it somewhere.

    Raises:
        MissingExtraError: The extra `otel` is not installed.

    Example:
        >>> with traced():  # doctest: +SKIP
        ...     chain.invoke("…")
    """
    callback = SpanCallback(tracer_provider=tracer_provider, content=content)
    token = _CURRENT.set(callback)
    try:
        with recording(callback):
            yield callback
    finally:
        _CURRENT.reset(token)
