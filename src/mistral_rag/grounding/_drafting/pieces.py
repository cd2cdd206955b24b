"""Pieces of a streamed answer, and the fold of a stream to its answer."""

from collections.abc import Iterable
from dataclasses import dataclass

from mistral_rag.schema import Answer


@dataclass(frozen=True, slots=True)
class AnswerPiece:
    """A piece of the answer's text. The last item of a stream is the whole `Answer`.

    ``piece + piece`` joins the texts and ``piece + answer`` is the answer, so a stream that LangChain adds up is the
    answer that `invoke` returns.
    """

    text: str

    def __add__(self, other: "AnswerPiece | Answer") -> "AnswerPiece | Answer":
        """Join two pieces; an answer replaces the pieces before it."""
        return other if isinstance(other, Answer) else AnswerPiece(self.text + other.text)


def fold(pieces: Iterable[AnswerPiece | Answer], *, question: str = "") -> Answer:
    """Fold a stream of pieces to its answer.

    A stream that ended before its answer came is `incomplete`, with the text so far.
    """
    text = ""
    for piece in pieces:
        if isinstance(piece, Answer):
            return piece
        text += piece.text
    return Answer(question=question, text=text, status="incomplete", reason="the stream ended before the answer did")
