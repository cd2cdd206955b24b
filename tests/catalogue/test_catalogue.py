"""The model catalogue: its file, the user's own entries, and what a host says otherwise."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

import mistral_rag.catalogue
from mistral_rag import ChatMistral
from mistral_rag.catalogue import Difference, ModelCatalogue, differences, load_catalogue
from mistral_rag.catalogue._check import SCHEMA, problems, schema
from mistral_rag.errors import ConfigurationError

FOLDER = Path(mistral_rag.catalogue.__file__ or "").parent
DATA: dict[str, Any] = json.loads((FOLDER / "models.json").read_text("utf-8"))


def test_the_file_is_right_and_its_schema_is_that_of_the_code() -> None:
    written = (FOLDER / SCHEMA).read_text("utf-8")
    assert written == schema()
    jsonschema.validate(DATA, json.loads(written))
    assert problems(DATA) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"context": -1}, "models.0.context: Input should be greater than 0"),
        ({"colour": "red"}, "models.0.colour: Extra inputs are not permitted"),
        ({"replacement": "nobody"}, "a: its replacement nobody has no entry"),
        ({"aliases": ["b"]}, "b: the name of 2 entries"),
        ({"state": "retired"}, "a: it goes out of service and has no replacement"),
        ({"prices": []}, "a: it is served and has no price"),
        ({"efforts": ["high"]}, "a: it takes efforts and does not reason"),
    ],
)
def test_the_check_names_what_is_wrong(change: dict[str, Any], problem: str) -> None:
    price = {"since": "2026-11-01", "input": 1.0, "source": "s"}
    entry = {"id": "a", "prices": [price], "source": "s"}
    data = {"checked": "2026-11-30", "models": [entry | change, entry | {"id": "b"}]}
    assert problem in problems(data)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("mistral-small-latest", "mistral-small-2603"),
        ("mistral-large-latest", "mistral-large-2512"),
        ("mistral-large-4", "mistral-large-4-0"),
        ("mistral/mistral-medium-latest", "mistral-medium-3-5"),
        ("litellm_proxy/mistral/codestral-latest", "codestral-2508"),
        ("magistral-small-latest", "mistral-small-2603"),
        ("zai-glm-latest", "zai-glm-5-3"),
        ("glm-5-2", "zai-glm-5-2"),
        ("mistral-ocr-latest", "mistral-ocr-4-1"),
        ("mistral-embed", "mistral-embed-2312"),
        ("my-tuned-model", None),
        ("ollama/mistral-small", None),
        ("mistral/", None),
        ("", None),
    ],
)
def test_models_are_found_by_every_name(name: str, found: str | None) -> None:
    entry = load_catalogue().find(name)
    assert (entry.id if entry else None) == found


def test_a_price_holds_from_its_day_on() -> None:
    model = load_catalogue().find("mistral-large-4-0")
    assert model is not None
    days = [date(2026, 10, 5), date(2026, 10, 6), date(2026, 10, 28), date(2026, 11, 30)]
    prices = [model.price(day) for day in days]
    assert [price and (price.input, price.output) for price in prices] == [None, (0.68, 2.09), (1.36, 4.18), (0.7, 2.1)]


def test_a_retired_model_names_its_replacement() -> None:
    model = load_catalogue().find("open-mistral-nemo")
    assert model is not None
    assert (model.state, str(model.retires), model.replacement) == ("retired", "2026-07-31", "ministral-8b-2512")


# --- the user's own entries


def test_the_users_entries_win_and_change_only_what_they_say() -> None:
    own = load_catalogue([{"id": "mistral-small-2603", "context": 1_000_000}])
    for name in ("mistral-small-2603", "mistral-small-latest"):
        entry = own.find(name)
        assert entry is not None
        assert (entry.context, entry.confirmed_context, entry.efforts) == (1_000_000, True, ("none", "high"))
    assert load_catalogue().find("mistral-small-2603").context == 262_144  # type: ignore[union-attr]


def test_an_entry_for_an_alias_changes_that_name_alone() -> None:
    own = load_catalogue([{"id": "mistral-small-latest", "context": 9}])
    assert own.find("mistral-small-latest").context == 9  # type: ignore[union-attr]
    assert own.find("mistral-small-2603").context == 262_144  # type: ignore[union-attr]


def test_a_new_model_and_its_price() -> None:
    own = load_catalogue([{"id": "mine", "aliases": ["mistral-small-latest"], "prices": [{"input": 2, "output": 3}]}])
    price = own.price("mistral-small-latest")
    assert price is not None
    assert (price.input, price.output, price.since, price.source) == (2.0, 3.0, date(2000, 1, 1), "given by the user")
    mine = own.find("mine")
    assert mine is not None
    assert (mine.context, mine.efforts) == (None, None)


def test_a_file_by_the_environment_and_one_by_argument(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    common, own = tmp_path / "common.json", tmp_path / "own.json"
    common.write_text(json.dumps({"models": [{"id": "team-model", "context": 7}], "prefixes": ["corp/"]}))
    own.write_text(json.dumps([{"id": "team-model", "efforts": ["low"]}]))
    monkeypatch.setenv("MISTRAL_RAG_MODELS", str(common))
    assert load_catalogue().find("corp/team-model").context == 7  # type: ignore[union-attr]
    both = load_catalogue(own).find("team-model")
    assert both is not None
    assert (both.context, both.efforts) == (7, ("low",))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is no JSON"),
        ('"x"', "must be"),
        ('{"models": {}}', "must be"),
        ('{"models": [1]}', "is an object with an id"),
        ('{"models": [{"context": 5}]}', "id: "),
        ('{"models": [{"id": "a", "context": "many"}]}', "the entry 'a' of the model catalogue: context: "),
        ('{"models": [{"id": "a", "prices": [{"input": -1}]}]}', "prices.0.input"),
        ('{"models": [], "prefixes": [1]}', "must be"),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_a_wrong_file_is_an_error_that_names_the_field(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "models.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=problem.replace("(", r"\(")):
        load_catalogue(path)
    with pytest.raises(ConfigurationError, match="can't be read"):
        load_catalogue(tmp_path / "none.json")


def test_entries_of_a_chat_model_fill_its_profile() -> None:
    own = [{"id": "gateway-model", "context": 5000, "max_output": 100, "abilities": ["tools", "vision"]}]
    profile = ChatMistral(model="gateway-model", catalogue=own, api_key="k").profile
    assert profile is not None
    assert (profile["max_input_tokens"], profile["max_output_tokens"]) == (5000, 100)
    assert (profile["image_inputs"], profile["pdf_inputs"], profile["tool_calling"]) == (True, False, True)


def test_the_profile_says_all_that_langchain_has_a_key_for() -> None:
    assert ChatMistral(model="zai-glm-5-3", api_key="k").profile == {
        "name": "zai-glm-5-3",
        "status": "active",
        "release_date": "2026-09-15",
        "open_weights": False,
        "max_input_tokens": 1_048_576,
        "max_output_tokens": 131_072,
        "text_inputs": True,
        "text_outputs": True,
        "image_inputs": False,
        "image_url_inputs": False,
        "image_tool_message": False,
        "image_outputs": False,
        "pdf_inputs": False,
        "pdf_tool_message": False,
        "audio_inputs": False,
        "audio_outputs": False,
        "video_inputs": False,
        "video_outputs": False,
        "tool_calling": True,
        "tool_choice": True,
        "tool_call_streaming": True,
        "structured_output": True,
        "attachment": False,
        "temperature": True,
        "mid_conversation_system_messages": False,
        "mid_conversation_tools": False,
        "reasoning_output": True,
        "reasoning_effort_levels": ["low", "high", "max"],
        "reasoning_effort_default": "max",
    }
    assert ChatMistral(model="unknown", api_key="k").profile is None


# --- what a host says


def test_differences_between_the_catalogue_and_a_host() -> None:
    some = {"mistral-small-2603", "codestral-2508", "devstral-2512"}
    ours = ModelCatalogue(entry for entry in load_catalogue().models if entry.id in some)
    abilities = {"completion_fim": False, "function_calling": True, "reasoning": True, "vision": False}
    cards: list[dict[str, Any]] = [
        {"id": "mistral-small-2603", "max_context_length": 524_288, "deprecation": None, "capabilities": abilities},
        {"id": "devstral-2512", "max_context_length": 262_144},
        {"id": "brand-new", "max_context_length": 1},
        {"id": "ft:mine", "type": "fine-tuned"},
        {"name": "no id"},
    ]
    assert differences(ours, cards) == [
        Difference("mistral-small-2603", "context", 262_144, 524_288),
        Difference("mistral-small-2603", "vision", True, False),
        Difference("devstral-2512", "state", "retired", "served"),
        Difference("brand-new", "service", None, True),
        Difference("codestral-2508", "service", True, False),
    ]
    assert str(differences(ours, cards)[0]) == (
        "mistral-small-2603: context is 524288 at the host, 262144 in the catalogue"
    )
