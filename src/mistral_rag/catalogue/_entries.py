"""Entries of the catalogue: a model's names, limits, abilities, dates and prices."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["chat", "embedding", "ocr", "moderation", "transcription", "speech"]
State = Literal["current", "preview", "labs", "deprecated", "redirected", "retired"]
"""Stages of a model. A "redirected" name still answers, by the model in `replacement`."""
Tokenizer = Literal["tekken", "v3", "v7"]
"""Vocabularies of mistral-common."""
Ability = Literal[
    "agents",
    "annotations",
    "audio",
    "batch",
    "documents",
    "fim",
    "prediction",
    "prefix",
    "realtime",
    "reasoning",
    "speech",
    "structured_output",
    "tools",
    "vision",
]
Count = Annotated[int, Field(gt=0)]
Dollars = Annotated[float, Field(ge=0)]
Name = Annotated[str, Field(min_length=1)]
ALWAYS = date(2000, 1, 1)
"""The first day of a price without one."""


class Price(BaseModel):
    """US dollars from a day on, by `source`: for a million tokens or characters, for a page, for a minute of audio.

    None where nothing is charged by that unit. Batches cost half of each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: date = ALWAYS
    input: Dollars | None = None
    cached_input: Dollars | None = None
    output: Dollars | None = None
    page: Dollars | None = None
    annotated_page: Dollars | None = None
    audio_minute: Dollars | None = None
    million_characters: Dollars | None = None
    source: str = "given by the user"


class ModelEntry(BaseModel):
    """A model as the catalogue knows it; None is not known, and what is not known is never guessed.

    Attributes:
        context: Maximum tokens of prompt and answer together.
        efforts: Values of `reasoning_effort` that it takes; empty when it takes none.
        efforts_disputed: Sources disagree on `efforts`, so a value is sent as it was given.
        think_prompt: True when it thinks only if a system prompt asks for it, between tags in the text.
        text_beside_calls: True when one assistant message may hold both text and tool calls.
        retires: Day on which it is, or was, taken out of service.
        prices: The oldest first; the last one whose day has come holds.
        unconfirmed: Fields that only a secondary source tells of.
        confirmed_context: True when the user set `context`: a prompt that is longer is then refused unsent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Name
    aliases: tuple[Name, ...] = ()
    kind: Kind = "chat"
    publisher: str = "mistral"
    state: State = "current"
    released: date | None = None
    retires: date | None = None
    replacement: str | None = None
    context: Count | None = None
    max_output: Count | None = None
    efforts: tuple[str, ...] | None = None
    efforts_disputed: bool = False
    effort_default: str | None = None
    abilities: frozenset[Ability] = frozenset()
    think_prompt: bool = False
    text_beside_calls: bool = True
    tokenizer: Tokenizer = "tekken"
    open_weights: bool = False
    dimensions: Count | None = None
    max_dimensions: Count | None = None
    prices: tuple[Price, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    source: str = "given by the user"
    confirmed_context: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The id and the aliases."""
        return (self.id, *self.aliases)

    @property
    def reasons(self) -> bool:
        """True when it can think before it answers."""
        return "reasoning" in self.abilities

    def price(self, day: date) -> Price | None:
        """The price that holds on `day`; None without one."""
        begun = [price for price in self.prices if price.since <= day]
        return max(begun, key=lambda price: price.since, default=None)


class CatalogueFile(BaseModel):
    """The form of the catalogue's file, and of a user's own."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    schema_: str | None = Field(default=None, alias="$schema")
    checked: date | None = None
    prefixes: tuple[Name, ...] = ()
    models: tuple[ModelEntry, ...] = ()
