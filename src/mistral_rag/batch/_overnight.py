"""Chains through batch jobs: each is called once to learn its requests, and again with the replies.

So prompt, model and parser are the ones of the live chain, whatever it is made of. A chain that asks again after a
reply, as a loop with tools does, needs as many batches as it has such steps.
"""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from langchain_core.runnables import Runnable, RunnableConfig

from mistral_rag.api._client import Client
from mistral_rag.api._deferral import DEFERRAL, CallDeferred
from mistral_rag.api._errors import ApiError
from mistral_rag.api._responses import ApiResponse
from mistral_rag.batch._model import batch_folder
from mistral_rag.batch._outcomes import BatchOutcome
from mistral_rag.batch._runner import BatchRunner, BatchSettings
from mistral_rag.errors import ConfigurationError

Input = TypeVar("Input")
Output = TypeVar("Output")

NOT_SENT = frozenset({"model", "stream", "stream_options"})
"""Fields that a row of a batch has not: the model is the job's."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A request of a chain that has no reply yet."""

    client: Client
    path: str
    body: dict[str, Any]

    @property
    def group(self) -> tuple[int, str, str]:
        """Requests of one group go into one batch."""
        return id(self.client), self.path, str(self.body.get("model"))


@dataclass(slots=True)
class InputDeferral:
    """The requests and replies of one input; a request that is made twice has two replies."""

    number: int
    outcomes: dict[str, BatchOutcome]
    noted: dict[str, Noted] = field(default_factory=dict)
    collects: bool = False
    _made: Counter[str] = field(default_factory=Counter)

    def reply(self, client: Client, path: str, body: dict[str, Any]) -> ApiResponse | ApiError:
        """The reply or error of the batch."""
        told = json.dumps([path, body], sort_keys=True, default=str).encode()
        digest = hashlib.sha256(told).hexdigest()[:32]
        self._made[digest] += 1
        custom_id = f"{self.number}-{digest}-{self._made[digest]}"
        outcome = self.outcomes.get(custom_id)
        if outcome is None:
            self.noted[custom_id] = Noted(client, path, body)
            if self.collects:
                return ApiError("The request is in the next batch.")
            raise CallDeferred
        return outcome.error or ApiResponse(outcome.body or {}, {})


def overnight(
    runnable: Runnable[Input, Output],
    inputs: Sequence[Input],
    *,
    folder: str | Path | None = None,
    config: RunnableConfig | None = None,
    return_exceptions: bool = False,
    max_batches: int = 4,
    first_poll: float = 5.0,
    longest_poll: float = 60.0,
) -> list[Output]:
    """`runnable.batch(inputs)` through batch jobs, for half the price, within a day.

    Every `ChatMistral`, `MistralFIM` and `MistralEmbeddings` in the chain takes part, with its own host and key. What
    stands before a model in the chain runs once for each batch and once more; it must give the same prompt each time.
    `folder` keeps the ids of jobs: called again after a crash, with the same chain and inputs, it goes on.
    With `return_exceptions` an input that failed has its exception in the list.

    Raises:
        ConfigurationError: The chain asks for something new each time, or more than `max_batches` times in a row.
        ApiError: The platform refused a batch, or, without `return_exceptions`, a request.
    """
    chain = _Chain(runnable, config, max_batches)
    with batch_folder(folder) as place:
        settings = BatchSettings(Path(place), first_poll, longest_poll)
        return chain.run(list(inputs), settings, return_exceptions=return_exceptions)


async def aovernight(runnable: Runnable[Input, Output], inputs: Sequence[Input], **options: Any) -> list[Output]:
    """`overnight` in a thread, for coroutines; the chain itself is called as in `invoke`."""
    return await asyncio.to_thread(lambda: overnight(runnable, inputs, **options))


@dataclass(slots=True)
class _Chain:
    runnable: Runnable[Any, Any]
    config: RunnableConfig | None
    max_batches: int
    outcomes: dict[str, BatchOutcome] = field(default_factory=dict)

    def run(self, inputs: list[Any], settings: BatchSettings, *, return_exceptions: bool) -> list[Any]:
        results: dict[int, Any] = {}
        for batches in range(self.max_batches + 1):
            noted: dict[str, Noted] = {}
            for number, given in enumerate(inputs):
                if number not in results:
                    noted |= self._called(number, given, results, return_exceptions=return_exceptions)
            if not noted:
                return [results[number] for number in range(len(inputs))]
            if batches < self.max_batches:
                self.outcomes |= answered(noted, settings)
        raise ConfigurationError(
            f"After {self.max_batches} batches the chain still asks for something new. A prompt that is another one "
            "each time (by the clock, by chance) can't run in batches; for a longer loop raise max_batches."
        )

    def _called(self, number: int, given: Any, results: dict[int, Any], *, return_exceptions: bool) -> dict[str, Noted]:
        deferral = InputDeferral(number, self.outcomes)
        token = DEFERRAL.set(deferral)
        try:
            results[number] = self.runnable.invoke(given, self.config)
        except CallDeferred:
            return deferral.noted
        except Exception as error:
            if not return_exceptions:
                raise
            results[number] = error
        finally:
            DEFERRAL.reset(token)
        return {}


def through_batches(
    work: Callable[[], Output], *, folder: str | Path | None, first_poll: float, max_batches: int = 4
) -> Output:
    """The result of `work`, which makes its requests in one thread and goes on after an error of one of them."""
    outcomes: dict[str, BatchOutcome] = {}
    with batch_folder(folder) as place:
        for _ in range(max_batches):
            deferral = InputDeferral(0, outcomes, collects=True)
            token = DEFERRAL.set(deferral)
            try:
                result = work()
            except ApiError:
                if not deferral.noted:
                    raise
            else:
                return result
            finally:
                DEFERRAL.reset(token)
            outcomes |= answered(deferral.noted, BatchSettings(Path(place), first_poll))
    raise ConfigurationError(f"After {max_batches} batches requests were still refused as too large.")


def answered(noted: dict[str, Noted], settings: BatchSettings) -> dict[str, BatchOutcome]:
    """The outcomes of noted requests, by their ids: one batch for each client, endpoint and model."""
    groups: dict[tuple[int, str, str], dict[str, Noted]] = {}
    for custom_id, one in noted.items():
        groups.setdefault(one.group, {})[custom_id] = one
    outcomes: dict[str, BatchOutcome] = {}
    for (_, path, model), group in groups.items():
        runner = BatchRunner(next(iter(group.values())).client, settings)
        rows = [(custom_id, _row(one.body)) for custom_id, one in group.items()]
        outcomes |= {outcome.custom_id: outcome for outcome in runner.run(path, model, rows)}
    return outcomes


def _row(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in NOT_SENT}
