"""GroundedQA in the places of LangChain's own: its retrieval chain, tools, agents, retrievers, vector stores."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolCall, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import BaseTool
from langchain_core.vectorstores import InMemoryVectorStore
from pydantic import Field

from mistral_rag import Answer, Citation, FaissStore, GroundedQA, HybridRetriever
from mistral_rag.errors import ConfigurationError
from mistral_rag.grounding import EvidenceEvent, GroundedAnswers, evidence_tool
from mistral_rag.index import IndexReader
from mistral_rag.testing import small_document, small_index
from tests.grounding.test_chain import TWO, asked, loose, timeless

SHOWN = "Trains are booked in second class [1]. Lunch is at noon [2]."
PAGES = [
    Document("Trains are booked in second class.", metadata={"source": "travel.pdf", "page": 2, "total_pages": 9}),
    Document("Lunch is at noon.", metadata={"source": "house.pdf", "page_number": 7}),
]


def test_it_stands_in_for_langchains_retrieval_chain() -> None:
    chain = asked(TWO).as_retrieval_chain()
    result = chain.invoke({"input": "Which class?", "chat_history": [], "user": "ada"})
    assert {name: result[name] for name in ("input", "chat_history", "user", "answer")} == {
        "input": "Which class?",
        "chat_history": [],
        "user": "ada",
        "answer": SHOWN,
    }
    assert [document.page_content for document in result["context"]] == [d.page_content for d in loose("")]
    assert isinstance(result["grounded"], Answer)
    assert [c.marker for c in result["grounded"].citations] == ["1", "2"]
    assert chain.invoke("Which class?")["input"] == "Which class?"
    assert chain.invoke({"question": "Which class?"})["input"] == "Which class?"


async def test_its_stream_gives_a_dict_a_key_and_adds_up() -> None:
    chain = asked(TWO).as_retrieval_chain()
    parts = list(chain.stream({"input": "Which class?"}))
    assert [list(part) for part in parts[:2]] == [["input"], ["context"]]
    assert "".join(part["answer"] for part in parts if "answer" in part) == SHOWN
    assert list(parts[-1]) == ["grounded"]
    whole = await chain.ainvoke({"input": "Which class?"})
    assert whole["answer"] == SHOWN
    assert timeless(whole["grounded"]) == timeless(parts[-1]["grounded"])
    assert [list(part) async for part in chain.astream({"input": "Which class?"})] == [list(part) for part in parts]


def test_without_an_answer_it_says_why() -> None:
    chain = GroundedQA(retriever=RunnableLambda(lambda _: [])).as_retrieval_chain()
    result = chain.invoke({"input": "Which class?"})
    assert result["context"] == []
    assert result["answer"] == result["grounded"].reason != ""
    with pytest.raises(ValueError, match="a question is a string"):
        chain.invoke({"input": " "})


async def test_it_is_a_tool() -> None:
    tool = asked(TWO).as_tool()
    assert (tool.name, list(tool.args)) == ("ask_documents", ["question"])
    call = ToolCall(name=tool.name, args={"question": "Which class?"}, id="1", type="tool_call")
    message = tool.invoke(call)
    assert message.content == (
        f"{SHOWN}\n"
        '[1] travel.md, text without a file: "Trains are booked in second class."\n'
        f'[2] {message.artifact.citations[1].title}, text without a file: "Lunch is at noon."'
    )
    assert isinstance(message.artifact, Answer)
    assert (await tool.ainvoke(call)).content == message.content
    named = asked(TWO).as_tool(name="handbook", description="Asks the handbook.")
    assert (named.name, named.description) == ("handbook", "Asks the handbook.")
    with pytest.raises(ConfigurationError, match="the tool takes one question"):
        asked(TWO).as_tool(arg_types={"question": str})


def test_a_tool_says_why_there_is_no_answer() -> None:
    tool = GroundedQA(retriever=RunnableLambda(lambda _: [])).as_tool()
    assert tool.invoke({"question": "Which class?"}).startswith("(abstained: ")


class Agent(BaseChatModel):
    """Calls the tool once, then says what `says` makes of the result."""

    says: Callable[[str], str]
    tools: list[str] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "agent"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Any:
        return self.model_copy(update={"tools": [tool.name for tool in tools]})

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        last = messages[-1]
        if isinstance(last, ToolMessage):
            said = AIMessage(self.says(str(last.content)))
        elif self.tools:
            call = ToolCall(name=self.tools[0], args={"question": str(last.content)}, id="1", type="tool_call")
            said = AIMessage("", tool_calls=[call])
        else:
            said = AIMessage("Hello!")
        return ChatResult(generations=[ChatGeneration(message=said)])


def cites(text: str, line: str) -> Callable[[str], str]:
    """A reply that says `text` and cites the line that begins with `line`."""

    def says(result: str) -> str:
        found = re.search(rf"^\[(E\d+-\w+)\] {line}", result, re.MULTILINE)
        return f"{text} [{found[1] if found else 'E9-none'}]."

    return says


@pytest.fixture
def index(tmp_path: Path) -> Path:
    documents = [
        small_document("travel.txt", ["Trains are booked in second class.", "Flights are booked in May."]),
        small_document("house.txt", ["Lunch is at noon."]),
    ]
    return small_index(tmp_path / "index", documents)


def run(agent: Any, question: str = "Which class are trains booked in?") -> dict[str, Any]:
    result: dict[str, Any] = agent.invoke({"messages": [HumanMessage(question)]})
    return result


async def test_an_agents_answer_is_checked(index: Path) -> None:
    retriever = HybridRetriever.from_index(index)
    model = Agent(says=cites("Trains are booked in second class", "Trains"))
    agent = create_agent(model, tools=[evidence_tool(retriever)], middleware=[GroundedAnswers(retriever)])
    result = run(agent)
    final = result["messages"][-1]
    assert final.text == "Trains are booked in second class [1]."
    citation = Citation.from_annotation(final.content_blocks[0]["annotations"][0])
    assert (citation.source, citation.quote, citation.location) == (
        "travel.txt",
        "Trains are booked in second class.",
        "exact",
    )
    assert final.response_metadata["status"] == "answered"
    answer = Answer.model_validate(result["grounded_answer"])
    assert [claim.support for claim in answer.claims] == ["supported"]
    assert [type(message).__name__ for message in result["messages"]] == [
        "HumanMessage",
        "AIMessage",
        "ToolMessage",
        "AIMessage",
    ]
    again = await agent.ainvoke({"messages": [HumanMessage("Which class are trains booked in?")]})
    assert again["messages"][-1].text == final.text


def test_a_statement_of_an_agent_that_nothing_backs_is_told(index: Path) -> None:
    retriever = HybridRetriever.from_index(index)
    for says, status in (
        (cites("Trains cost 9,999 euros in 2031", "Trains"), "abstained"),
        (lambda _: "Trains are booked in first class.", "abstained"),
        (lambda _: "Trains are booked in second class [E1-zzzz].", "abstained"),
    ):
        agent = create_agent(
            Agent(says=says), tools=[evidence_tool(retriever)], middleware=[GroundedAnswers(retriever)]
        )
        result = run(agent)
        assert result["grounded_answer"]["status"] == status
        assert result["grounded_answer"]["claims"][0]["support"] == "unsupported"


def test_an_agent_without_evidence_is_said_to_be_unchecked(index: Path) -> None:
    agent = create_agent(Agent(says=str), tools=[], middleware=[GroundedAnswers()])
    final = run(agent, "Hello!")["messages"][-1]
    assert (final.text, final.response_metadata) == (
        "Hello!",
        {"status": "unchecked", "reason": "the agent found no evidence to check its answer by"},
    )


def test_an_agent_reads_no_more_than_its_groups(tmp_path: Path) -> None:
    documents = [
        small_document("open.txt", ["Trains are booked in second class."], groups=("*",)),
        small_document("board.txt", ["Trains will be sold to Oak."], groups=("board",)),
    ]
    folder = small_index(tmp_path / "index", documents)
    board, staff = (HybridRetriever.from_index(folder, groups=[group]) for group in ("board", "staff"))
    says = cites("Trains will be sold to Oak", "Trains will be sold")
    agent = create_agent(Agent(says=says), tools=[evidence_tool(staff)], middleware=[GroundedAnswers(staff)])
    assert "Oak" not in str(run(agent)["messages"][2].content)
    leaked = evidence_tool(board)
    agent = create_agent(Agent(says=says), tools=[leaked], middleware=[GroundedAnswers(staff)])
    answer = Answer.model_validate(run(agent)["grounded_answer"])
    assert all(citation.source != "board.txt" for citation in answer.citations if citation.uri.startswith("file:"))


async def test_a_tool_finds_numbered_evidence() -> None:
    tool: BaseTool = evidence_tool(RunnableLambda(lambda _: PAGES), name="find")
    call = ToolCall(name="find", args={"question": "trains"}, id="1", type="tool_call")
    message = tool.invoke(call)
    nonce = re.search(r"\[E1-(\w+)\]", message.content)
    assert nonce is not None
    assert message.content.partition("\n\n")[2] == (
        "# travel.pdf, p. 3, text without a file\n"
        f"[E1-{nonce[1]}] Trains are booked in second class.\n\n"
        "# house.pdf, p. 7, text without a file\n"
        f"[E2-{nonce[1]}] Lunch is at noon."
    )
    assert message.artifact == PAGES
    assert (await tool.ainvoke(call)).artifact == PAGES
    assert evidence_tool(RunnableLambda(lambda _: [])).invoke({"question": "x"}) == "Nothing was found."


class Old(BaseRetriever):
    """A retriever that takes a question and nothing else."""

    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        return PAGES


def store_of(documents: list[Document]) -> InMemoryVectorStore:
    store = InMemoryVectorStore(DeterministicFakeEmbedding(size=8))
    store.add_documents(documents)
    return store


@pytest.mark.parametrize(
    "source",
    [
        store_of(PAGES),
        store_of(PAGES).as_retriever(search_kwargs={"k": 2}),
        FaissStore.from_documents(PAGES, DeterministicFakeEmbedding(size=8)),
        Old(),
        RunnableLambda(lambda _: PAGES),
    ],
    ids=["store", "retriever", "our store", "old retriever", "function"],
)
def test_any_retriever_or_vector_store_is_a_source(source: Any) -> None:
    answer = GroundedQA(retriever=source).invoke("Which class are trains booked in?")
    assert next((c.source, c.page_label, c.quote) for c in answer.citations) == (
        "travel.pdf",
        "p. 3, text without a file",
        "Trains are booked in second class.",
    )


def test_any_chat_model_will_do() -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage("I do not know.")]))
    assert GroundedQA(retriever=Old(), model=model).invoke("Which class?").citations == ()


async def test_settings_of_a_call_go_to_the_retriever(index: Path) -> None:
    chain = GroundedQA(retriever=HybridRetriever.from_index(index))
    question = "Which class are trains booked in?"
    assert len(chain.invoke(question, k=1).documents) == 1
    assert len((await chain.ainvoke(question, k=2)).documents) == 2
    *_, streamed = chain.stream(question, filter={"source": "travel.txt"})
    assert isinstance(streamed, Answer)
    assert {document.metadata["source"] for document in streamed.documents} == {"travel.txt"}
    assert len(chain.as_retrieval_chain().invoke(question, k=1)["context"]) == 1
    bound: Any = chain.bind(k=1)
    assert len(bound.invoke(question).documents) == 1
    (_, evidence, *_) = chain.events(question, k=1)
    assert isinstance(evidence, EvidenceEvent)
    assert len(evidence.documents) == 1
    store = GroundedQA(retriever=store_of(PAGES))
    assert len(store.invoke(question, k=1).documents) == 1


@pytest.mark.parametrize(
    ("source", "wrong", "said"),
    [
        ("index", {"top_k": 1}, "no setting top_k; did you mean k?"),
        ("index", {"groups": ["board"]}, "groups can't be given to a call"),
        ("index", {"filter": {"sorce": "x"}}, "no document has a field sorce to filter by"),
        ("store", {"groups": ["board"]}, "groups can't be given to a call: VectorStoreRetriever does not take it"),
        ("old", {"k": 1}, "k can't be given to a call: Old does not take it"),
        ("function", {"k": 1}, "k can't be given to a call: RunnableLambda does not take it"),
    ],
)
async def test_settings_that_would_do_nothing_are_refused(
    index: Path, source: str, wrong: dict[str, Any], said: str
) -> None:
    sources: dict[str, Any] = {
        "index": HybridRetriever.from_index(index),
        "store": store_of(PAGES),
        "old": Old(),
        "function": RunnableLambda(lambda _: PAGES),
    }
    chain = GroundedQA(retriever=sources[source])
    with pytest.raises(ValueError, match=re.escape(said)):
        chain.invoke("Which class?", **wrong)
    with pytest.raises(ValueError, match=re.escape(said)):
        await chain.ainvoke("Which class?", **wrong)
    with pytest.raises(ValueError, match=re.escape(said)):
        list(chain.stream("Which class?", **wrong))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"modl": None}, "no setting modl; did you mean model?"),
        ({"max_quotes": 3}, "no setting max_quotes; did you mean quotes?"),
        ({"streaming": True}, "no setting streaming; there are: budget, condense, form, "),
    ],
)
def test_an_unknown_setting_of_the_chain_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        GroundedQA(retriever=Old(), **wrong)


def test_a_reader_of_pages_is_not_a_retriever(index: Path) -> None:
    with pytest.raises(ValueError, match="retriever"):
        GroundedQA(retriever=IndexReader.open(index))
