"""The way of one call: its attempts in their order, and what became of them."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Final, Literal, Self

from langchain_core.outputs import ChatGenerationChunk, ChatResult

from mistral_rag.errors import ResponseError
from mistral_rag.routing._breaker import Circuit
from mistral_rag.routing._failures import is_sick, may_switch, told
from mistral_rag.routing._targets import Target, TargetCall

METADATA: Final = "routing"
"""Entry of `response_metadata` that says who answered."""


class CallRoute:
    """The attempts of one call, in their order, and what became of them."""

    def __init__(
        self, attempted: Iterable[tuple[Target, Circuit | None, Mapping[str, Any]]], statuses: Collection[int] | None
    ) -> None:
        self._all = [Attempt(self, target, circuit, arguments) for target, circuit, arguments in attempted]
        self._statuses = statuses
        self.skipped: list[str] = []
        self.failed: list[dict[str, Any]] = []
        self._errors: list[BaseException] = []

    def __iter__(self) -> Iterator["Attempt"]:
        left_out = []
        for attempt in self._all:
            if attempt.is_admitted():
                yield attempt
            else:
                left_out.append(attempt)
                self.skipped.append(attempt.target.name)
        if not self._errors:
            # Nobody could be asked: better a call that may fail than one that must, as Envoy does in panic mode
            # (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/panic_threshold).
            self.skipped.clear()
            yield from left_out

    @property
    def error(self) -> BaseException:
        """The error of the first target that was asked, with a note on each of the others."""
        [first, *_] = self._errors
        self._errors = []  # else error and route hold each other
        for failure in self.failed[1:]:
            first.add_note(f"The target {failure['target']!r} failed too: {failure['error']}: {failure['reason']}")
        return first

    def note(self, target: Target, error: BaseException, *, begun: bool) -> bool:
        """Note a failure; True when the next target is asked."""
        if begun or not may_switch(error, self._statuses):
            return False
        self.failed.append(told(target.name, error))
        self._errors.append(error)
        return True

    def metadata(self, target: Target, inner: Mapping[str, Any] | None) -> dict[str, Any]:
        """The target that answered; `inner` is the same of a router that is itself a target."""
        if inner is None:
            return {"target": target.name, "failed": list(self.failed), "skipped": list(self.skipped)}
        return {
            "target": f"{target.name}/{inner['target']}",
            "failed": [*self.failed, *inner["failed"]],
            "skipped": [*self.skipped, *inner["skipped"]],
        }

    def answered(self, attempt: "Attempt", result: ChatResult) -> ChatResult:
        """The result with the metadata of the route."""
        for generation in result.generations:
            known = generation.message.response_metadata
            routing = self.metadata(attempt.target, known.get(METADATA))
            generation.message.response_metadata = {**known, METADATA: routing}
        return result


class Attempt:
    """One target of one call: a block that ends quietly when it fails and the next target is to be asked.

    Chunks of a stream are held back until one has content; from then on a failure is the caller's.
    """

    def __init__(self, route: CallRoute, target: Target, circuit: Circuit | None, arguments: Mapping[str, Any]) -> None:
        self.target = target
        self._arguments = arguments
        self._route = route
        self._circuit = circuit
        self._begun = False
        self._held: list[ChatGenerationChunk] = []

    def is_admitted(self) -> bool:
        """True when the circuit of the target lets the call in."""
        return self._circuit is None or self._circuit.admits()

    def call(self) -> TargetCall:
        """The call in the form of the target."""
        return TargetCall.of(self.target, self._arguments)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[True] | None:
        self._report(error)
        if error is None or not self._route.note(self.target, error, begun=self._begun):
            return None
        return True

    def _report(self, error: BaseException | None) -> None:
        if self._circuit is None:
            return
        if error is None or (self._begun and not isinstance(error, Exception)):  # a reader left: it had its tokens
            self._circuit.succeeded()
        elif isinstance(error, Exception) and is_sick(error):
            self._circuit.failed()
        else:
            self._circuit.left()

    def released(self, chunk: ChatGenerationChunk) -> list[ChatGenerationChunk]:
        """The chunks that may be shown now."""
        if self._begun:
            return [chunk]
        self._held.append(chunk)
        return self.rest() if has_content(chunk) else []

    def end(self) -> list[ChatGenerationChunk]:
        """The chunks that are still held back at the end.

        Raises:
            ResponseError: There was none at all.
        """
        if not self._begun and not self._held:
            raise ResponseError(f"The stream of {self.target.name} ended before the first chunk.")
        return self.rest()

    def rest(self) -> list[ChatGenerationChunk]:
        """The chunks that are held back; the first of all says who answers."""
        held, self._held = self._held, []
        if held and not self._begun:
            self._begun = True
            known = held[0].message.response_metadata
            routing = self._route.metadata(self.target, known.get(METADATA))
            held[0].message.response_metadata = {**known, METADATA: routing}
        return held


def has_content(chunk: ChatGenerationChunk) -> bool:
    """True when a chunk shows a part of the answer: text, thoughts, calls."""
    message = chunk.message
    calls = getattr(message, "tool_call_chunks", None) or getattr(message, "tool_calls", None)
    return bool(message.content or calls or message.additional_kwargs)
