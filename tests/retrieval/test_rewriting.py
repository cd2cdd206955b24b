import logging
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage

from mistral_rag.retrieval._domains.filings.glossary import Glossary
from mistral_rag.retrieval._rewriting import ModelExpander


class Keeping(GenericFakeChatModel):
    """Keeps what it was asked."""

    asked: list[list[BaseMessage]]

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Any:
        self.asked.append(messages)
        return super()._generate(messages, *args, **kwargs)


class Broken(FakeListChatModel):
    def _call(self, *args: Any, **kwargs: Any) -> str:
        raise RuntimeError("no such model")


def test_the_words_of_the_reply_are_searched_for() -> None:
    model = FakeListChatModel(responses=["net sales, cost of sales;\n“gross profit”"])
    assert ModelExpander(model).expand("margin?") == "net sales cost of sales gross profit"


def test_question_and_reply_are_bounded() -> None:
    model = Keeping(messages=iter([AIMessage("word " * 10_000)]), asked=[])
    expansion = ModelExpander(model).expand("q" * 100_000)
    assert (len(expansion.split()), len(expansion)) == (60, 299)
    assert len(model.asked[0][-1].text) == 2_000


def test_whatever_the_model_fails_with_the_rules_remain(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert ModelExpander(Broken(responses=[])).expand("What is the ROA?") == ""
        ruled = ModelExpander(Broken(responses=[]), otherwise=Glossary()).expand("What is the ROA?")
    assert ruled == Glossary().expand("What is the ROA?")
    assert caplog.messages == ["the question is searched as it is: the model failed with RuntimeError"] * 2


def test_rules_and_model_are_added() -> None:
    expander = ModelExpander(FakeListChatModel(responses=["Bilanzsumme"]), otherwise=Glossary())
    assert expander.expand("total assets").endswith("total assets Bilanzsumme")
