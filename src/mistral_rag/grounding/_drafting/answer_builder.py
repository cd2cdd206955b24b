"""The answer to a question with evidence, built from the messages of a model's replies. Does no I/O."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from langchain_core.messages import BaseMessage
from langchain_core.messages.ai import UsageMetadata, add_usage

from mistral_rag.errors import UnsupportedAnswerError
from mistral_rag.grounding._drafting.draft import Withhold
from mistral_rag.grounding._drafting.forms import DraftForm, form_of
from mistral_rag.grounding._drafting.judging import judge_prompt, judge_verdicts
from mistral_rag.grounding._drafting.links import LinkFilter
from mistral_rag.grounding._drafting.repair import repair_prompt
from mistral_rag.grounding._drafting.reply import CheckedReply
from mistral_rag.grounding._drafting.verdicts import FAILING, StatementVerdicts
from mistral_rag.grounding._evidence.evidence import new_nonce
from mistral_rag.grounding._evidence.retrieved import Retrieved
from mistral_rag.grounding._evidence.selection import CountTokens, select
from mistral_rag.grounding._quotes.markup import addresses
from mistral_rag.schema import Answer, Claim, Removed
from mistral_rag.usage import counts_of

Policy = Literal["mark", "repair", "drop", "raise"]
Mode = Literal["optimistic", "gated"]


@dataclass(frozen=True, slots=True)
class Drafting:
    """Settings of how an answer is drafted and what happens to statements that nothing backs."""

    policy: Policy = "mark"
    mode: Mode = "optimistic"
    form: DraftForm = "markers"
    instructions: str = ""
    template: str | None = None
    judged: bool = False
    """A judge will be asked when the reply is there."""
    budget: int = 6_000
    """Tokens of evidence."""
    count: CountTokens | None = None
    """The model's tokenizer, where it is known."""


class AnswerBuilder:
    """Takes the messages of a reply, and of a second one where the first is to be repaired; gives the answer.

    Ask the model each of `prompts()` in turn: `feed` its messages, then `close`. What `feed`, `close` and at last
    `rest` return adds up to the answer's text.
    """

    def __init__(self, retrieved: Retrieved, drafting: Drafting | None = None) -> None:
        self._drafting = drafting or Drafting()
        selection = select(retrieved.evidence, self._drafting.budget, self._drafting.count)
        retrieved = replace(retrieved, evidence=selection.units, warnings=(*retrieved.warnings, *selection.warnings))
        self._retrieved = retrieved
        self._units = {unit.number: unit for unit in retrieved.evidence}
        self._nonce = new_nonce([retrieved.question, *(unit.text for unit in retrieved.evidence)])
        self._addresses = _known_addresses(retrieved)
        self._form = form_of(self._drafting.form)
        self._verdicts = StatementVerdicts(retrieved.question, retrieved.evidence)
        self._reply = self._new_reply()
        self._first: CheckedReply | None = None
        self._usage: UsageMetadata | None = None

    @property
    def begun(self) -> bool:
        """True once the reply has text, or a reply before it had."""
        return self._reply.begun or self._first is not None

    def prompts(self) -> Iterator[list[BaseMessage]]:
        """The prompt, and with the policy "repair" one that shows the verdicts, where there is something to mend."""
        retrieved, drafting = self._retrieved, self._drafting
        prompt = self._form.prompt(
            retrieved.question,
            retrieved.evidence,
            nonce=self._nonce,
            instructions=drafting.instructions,
            template=drafting.template,
        )
        yield prompt
        failing = self._failing(self._reply)
        if (
            drafting.policy == "repair"
            and failing
            and self._reply.status(self._reply.claims())[0] in {"partial", "abstained"}
        ):
            self._first, self._reply = self._reply, self._new_reply()
            yield repair_prompt(prompt, self._first.text, failing)

    def feed(self, message: BaseMessage) -> str:
        """Take a message, or the next chunk of one; returns the text that it adds to the answer."""
        return self._given(self._reply.feed(message))

    def refused(self, reason: str) -> None:
        """Note that the model refused."""
        self._reply.blocked = reason

    def close(self, *, interrupted: str | None = None) -> str:
        """End a reply; returns the rest of its text. `interrupted` is the reason when it did not end by itself."""
        self._reply.interrupted = interrupted
        text = self._given(self._reply.close())
        if self._reply.usage is not None:
            self._usage = add_usage(self._usage, self._reply.usage)
        return text

    def judge_prompt(self) -> list[BaseMessage] | None:
        """The question to a judge about all facts that cite something; None when there is nothing to judge."""
        self._choose()
        reply = self._reply
        facts = [
            (statement.plain, self._verdicts.sources(list(dict.fromkeys(marker.line for marker in statement.markers))))
            for statement in reply.statements()
            if statement.markers
        ]
        return judge_prompt(facts) if facts else None

    def judged(self, reply: BaseMessage) -> None:
        """Take the judge's reply."""
        facts = [statement.plain for statement in self._reply.statements() if statement.markers]
        self._verdicts.added.update(judge_verdicts(str(reply.text), facts))

    def rest(self) -> str:
        """The text that was held back until all verdicts were there."""
        self._choose()
        if not self._holds_back:
            return ""
        if self._withholds and self._drafting.judged:
            self._reply = self._again(self._reply)
        return self._reply.draft.text

    def answer(self) -> Answer:
        """Build the answer; its status says whether it is complete.

        Raises:
            UnsupportedAnswerError: with the policy "raise", when a statement is not backed.
        """
        reply = self._reply
        claims = reply.claims()
        status, reason = reply.status(claims)
        silent = reply.draft.declined and not reply.draft.markers
        answer = self._retrieved.answer(
            text=reply.draft.text,
            status=status,
            reason=reason,
            claims=() if silent and status == "abstained" else claims,
            citations=reply.citations(self._units),
            removed=tuple(Removed(text=text, reason=why) for text, why in reply.draft.withheld),
            model=reply.details.get("model_name") or reply.details.get("model"),
            usage=_counts(self._usage),
            warnings=reply.warnings(),
        )
        if self._drafting.policy == "raise" and reply.draft.withheld:
            raise UnsupportedAnswerError(answer)
        return answer

    @property
    def _withholds(self) -> bool:
        return self._drafting.policy in {"drop", "raise"}

    @property
    def _holds_back(self) -> bool:
        """True when no text can be given before the end of the reply."""
        return self._drafting.policy == "repair" or (self._drafting.judged and self._withholds)

    def _given(self, text: str) -> str:
        return "" if self._holds_back else text

    def _new_reply(self) -> CheckedReply:
        withhold: Withhold | None = None
        if self._withholds:
            withhold = self._verdicts.why_withheld
        elif self._drafting.mode == "gated":
            withhold = self._look
        return CheckedReply(
            self._form.reader(self._nonce),
            self._nonce,
            self._verdicts,
            len(self._units),
            withhold=withhold,
            links=LinkFilter(self._addresses),
        )

    def _look(self, plain: str, lines: tuple[int, ...], unknown: tuple[str, ...]) -> None:
        """Work out the verdict before a sentence is given; keeps it whatever the verdict is."""
        self._verdicts.why_withheld(plain, lines, unknown)

    def _again(self, reply: CheckedReply) -> CheckedReply:
        """The same reply, its statements withheld by the judge's verdicts, too."""
        again = self._new_reply()
        again.details, again.blocked, again.interrupted = reply.details, reply.blocked, reply.interrupted
        again.draft.feed(reply.text)
        again.draft.close()
        again.text, again.begun = reply.text, reply.begun
        return again

    def _choose(self) -> None:
        """Keep the first reply where the second is no better."""
        first, second = self._first, self._reply
        if first is None:
            return
        ended_well = second.status(second.claims())[0] not in {"blocked", "incomplete"}
        if not ended_well or len(self._failing(second)) > len(self._failing(first)):
            self._reply = first
        self._first = None

    def _failing(self, reply: CheckedReply) -> list[tuple[str, Claim]]:
        """Statements that nothing backs, with their claims."""
        text = reply.draft.text
        return [(text[c.start : c.end], c) for c in reply.claims() if c.kind == "fact" and c.support in FAILING]


def _known_addresses(retrieved: Retrieved) -> frozenset[str]:
    """The addresses that stand on the pages of the evidence, or in the question."""
    pages = {unit.page_key: unit.passage.page.text for unit in retrieved.evidence}
    return addresses([*pages.values(), retrieved.question])


def _counts(usage: UsageMetadata | None) -> dict[str, int]:
    """The sums of tokens, and of those that came from the platform's cache, if any did."""
    counts = {key: value for key, value in (usage or {}).items() if isinstance(value, int)}
    cached = counts_of(usage or {}).cached_tokens
    return {**counts, "cached_tokens": cached} if cached else counts
