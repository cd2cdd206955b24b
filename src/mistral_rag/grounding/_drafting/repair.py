"""The request for a second reply, which shows the model what was wrong with its first."""

from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from mistral_rag.schema import Claim

REQUEST = """\
These statements of your answer are not backed by the evidence lines that they cite:
{verdicts}
Write the whole answer again. Keep what is backed. Mend or leave out the statements above: say only what the evidence \
says, and put the marker of the line that says it behind each statement.\
"""


def repair_prompt(prompt: Sequence[BaseMessage], reply: str, failing: Sequence[tuple[str, Claim]]) -> list[BaseMessage]:
    """The prompt, the reply, and the verdicts on the statements that failed."""
    verdicts = "\n".join(
        f"- {' '.join(text.split())} ({claim.support}: {'; '.join(claim.reasons)})" for text, claim in failing
    )
    return [*prompt, AIMessage(reply), HumanMessage(REQUEST.format(verdicts=verdicts))]
