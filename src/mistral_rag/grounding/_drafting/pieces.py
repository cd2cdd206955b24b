"""What a streamed answer comes in, and how it folds."""

from collections.abc import Iterable
from dataclasses import dataclass

from mistral_rag.schema import Answer


@dataclass(frozen=True, slots=True)
class AnswerPiece:
    """A run of the answer's text. The last thing a stream gives is the whole `Answer`.

    ``piece + piece`` joins the texts and ``piece + answer`` is the answer, so a stream summed up by LangChain
    is what `invoke` returns.
    """

    text: str

    def __add__(self, other: "AnswerPiece | Answer") -> "AnswerPiece | Answer":
        """The joined piece, or the answer."""
        return other if isinstance(other, Answer) else AnswerPiece(self.text + other.text)


def fold(pieces: Iterable[AnswerPiece | Answer], *, question: str = "") -> Answer:
    """The answer that a stream's pieces add up to.

    A stream that ended before its answer came is `incomplete`, with the text so far.
    """
    text = ""
    for piece in pieces:
        if isinstance(piece, Answer):
            return piece
        text += piece.text
    return Answer(question=question, text=text, status="incomplete", reason="the stream ended before the answer did")
