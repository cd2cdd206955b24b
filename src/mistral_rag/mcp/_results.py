"""The structured results of the tools, whose JSON schemas the clients see."""

from pydantic import BaseModel, Field


class ListedDocument(BaseModel):
    """A document as the tools name it."""

    document: str = Field(description="name that the other tools take")
    title: str
    media_type: str
    pages: int


class ListedDocuments(BaseModel):
    """Some documents of all that there are."""

    total: int = Field(description="documents that fit, also those behind the ones that are listed")
    documents: list[ListedDocument]


class FoundLine(BaseModel):
    """A line that holds the words that were looked for."""

    document: str
    page: int = Field(description="number of the page, from 1, as read_page takes it")
    place: str = Field(description="where it stands, as people write it: 'p. 12'")
    line: str


class FoundLines(BaseModel):
    """Lines in the order of the documents and their pages."""

    lines: list[FoundLine]
    more: bool = Field(description="there are more lines than were asked for")


class CitedQuote(BaseModel):
    """A quote that was cut from a page and checked against it."""

    marker: str
    document: str
    title: str
    page: int | None
    place: str
    quote: str | None
    verified: bool


class CitedAnswer(BaseModel):
    """An answer whose quotes the program cut and checked itself."""

    status: str = Field(description="answered, partial, abstained, blocked or incomplete")
    text: str
    reason: str | None = Field(description="why the documents give no whole answer")
    citations: list[CitedQuote]
    unsupported: list[str] = Field(description="statements of the text that no quote backs")
