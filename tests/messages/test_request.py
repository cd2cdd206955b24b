import base64
import struct

import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.tools import tool

from mistral_rag import ChatMistral
from mistral_rag.catalogue import load_catalogue
from mistral_rag.errors import ConfigurationError, ContextOverflowError
from mistral_rag.messages._requests.request import build
from mistral_rag.messages._requests.thinking import THINK_PROMPT
from mistral_rag.messages._tokens import image_size, token_ids
from mistral_rag.usage._estimate import estimate

QUESTION = [HumanMessage("Hello")]


def test_an_unknown_model_gets_what_it_is_given() -> None:
    request = build("my-tuned-model", QUESTION, {"reasoning_effort": "low"})
    assert request.body["reasoning_effort"] == "low"
    assert request.notes == ()


def test_top_p_is_left_out_at_temperature_0() -> None:
    request = build("m", QUESTION, {"temperature": 0, "top_p": 0.5})
    assert request.body.keys() == {"model", "messages", "temperature"}
    assert request.notes == ("top_p was left out: it means nothing at temperature 0",)


def test_the_dead_prompt_mode_is_left_out_for_models_that_are_known_to_refuse_it() -> None:
    assert "prompt_mode" not in build("mistral-small-latest", QUESTION, {"prompt_mode": "reasoning"}).body
    assert build("mine", QUESTION, {"prompt_mode": "reasoning"}).body["prompt_mode"] == "reasoning"


def test_a_model_that_thinks_in_tags_is_asked_to_before_the_callers_system_text() -> None:
    request = build("magistral-small-2506", [SystemMessage("Be kind."), *QUESTION], {})
    assert request.body["messages"][0]["content"] == f"{THINK_PROMPT}\n\nBe kind."
    assert request.think_tags
    assert build("magistral-small-2506", QUESTION, {"reasoning_effort": "none"}).body["messages"][0]["role"] == "user"


def test_old_models_get_text_and_calls_in_two_turns() -> None:
    catalogue = load_catalogue()
    for name in ("open-mixtral-8x22b", "open-mistral-nemo"):
        found = catalogue.find(name)
        assert found is not None
        assert not found.text_beside_calls


LONG = HumanMessage("word " * 140_000)


def test_a_prompt_that_can_not_fit_a_context_set_by_the_user_is_not_sent() -> None:
    own = load_catalogue([{"id": "open-mistral-nemo", "context": 131_072}])
    with pytest.raises(ContextOverflowError, match=r"14\d{4} tokens .* takes 131072 together"):
        build("open-mistral-nemo", [LONG], {}, catalogue=own)
    assert build("mistral-small-latest", [LONG], {}).body["messages"][0]["content"].startswith("word")


def test_a_prompt_that_can_not_fit_a_context_told_by_the_host_is_not_sent() -> None:
    with pytest.raises(ContextOverflowError, match=r"14\d{4} tokens .* takes 131072 together"):
        build("somebody/elses", [LONG], {}, confirmed=131_072)


def test_the_answer_counts_too() -> None:
    with pytest.raises(ContextOverflowError, match="the answer may have 300000"):
        build("mistral-small-latest", QUESTION, {"max_tokens": 300_000}, confirmed=262_144)


def test_the_users_context_goes_before_the_hosts() -> None:
    own = load_catalogue([{"id": "mistral-small-latest", "context": 1_000_000}])
    asked = build("mistral-small-latest", QUESTION, {"max_tokens": 300_000}, catalogue=own, confirmed=262_144)
    assert asked.notes == ()


def test_the_catalogues_context_alone_refuses_nothing() -> None:
    request = build("open-mistral-nemo", [LONG], {"max_tokens": 10})
    assert request.body["messages"] == [{"role": "user", "content": LONG.content}]
    assert request.doubt == (
        "The prompt has 140004 tokens and the answer may have 10; by the catalogue open-mistral-nemo takes 131072 "
        "together"
    )
    assert request.notes == (request.doubt,)


@pytest.mark.parametrize(
    ("name", "effort", "sent"),
    [
        ("magistral-medium-2509", "high", "high"),
        ("mistral-large-9-9", "low", "low"),
        ("mistral-large-4-0", "none", "none"),  # sources disagree
        ("deepseek-v4-1-flash-1017", "minimal", "minimal"),
        ("zai-glm-5-3", "max", "max"),
        ("zai-glm-5-3", "medium", "high"),
        ("zai-glm-latest", "none", "low"),
        ("mistral/mistral-small-latest", "low", "high"),
        ("gateway/mistral-small-latest", "low", "low"),
        ("ministral-8b-2512", "high", None),
    ],
)
def test_only_an_effort_that_is_known_to_be_refused_is_changed(name: str, effort: str, sent: str | None) -> None:
    assert build(name, QUESTION, {"reasoning_effort": effort}).body.get("reasoning_effort") == sent


def test_the_users_efforts_win() -> None:
    own = load_catalogue([{"id": "mistral-small-latest", "efforts": ["low", "high"]}])
    assert build("mistral-small-latest", QUESTION, {"reasoning_effort": "low"}, catalogue=own).body == {
        "model": "mistral-small-latest",
        "messages": [{"role": "user", "content": "Hello"}],
        "reasoning_effort": "low",
    }


def test_streams_have_one_answer() -> None:
    with pytest.raises(ConfigurationError, match="can't be streamed"):
        build("m", QUESTION, {"n": 2, "stream": True})


def test_tokens_are_those_of_the_vendors_vocabulary() -> None:
    assert token_ids("Hello world!") == [22177, 4304, 1033]
    assert ChatMistral(api_key="k").get_num_tokens("Hello world!") == 3


def test_tokens_of_a_conversation_count_marks_tools_and_images() -> None:
    @tool
    def weather(city: str) -> str:
        """Tell the weather."""
        return city

    ours = ChatMistral(api_key="k")
    plain = ours.get_num_tokens_from_messages([HumanMessage("Hello")])
    assert plain == 4
    assert ours.get_num_tokens_from_messages([HumanMessage("Hello")], tools=[weather]) > plain + 20
    picture = {"type": "image", "base64": base64.b64encode(png(280, 56)).decode(), "mime_type": "image/png"}
    seen = [HumanMessage([{"type": "text", "text": "Hello"}, picture])]
    assert ours.get_num_tokens_from_messages(seen) == plain + (10 + 1) * 2


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)


JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08" + struct.pack(">HH", 30, 40) + b"\x03"


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (png(640, 480), (640, 480)),
        (JPEG, (40, 30)),
        (b"GIF89a" + struct.pack("<HH", 8, 9), (8, 9)),
        (b"RIFF????WEBP", (1540, 1540)),
        (b"\xff\xd8", (1540, 1540)),
    ],
)
def test_the_size_of_an_image_is_read_from_its_head(data: bytes, size: tuple[int, int]) -> None:
    assert image_size("data:image/any;base64," + base64.b64encode(data).decode()) == size


def test_an_image_elsewhere_counts_as_the_largest() -> None:
    assert image_size("https://a/b.png") == (1540, 1540)


@pytest.mark.parametrize("text", ["Revenue grew by 12.5 % to 1,234 million.", "Größe und Übermaß", "日本語"])
def test_the_estimate_is_not_far_below_the_truth(text: str) -> None:
    assert estimate(text) >= 0.9 * len(token_ids(text))
