"""The typed keywords name what can be set, no more and no less."""

from mistral_rag.errors import ConfigurationError
from mistral_rag.ocr import MistralOCR, OcrSettings, ReadingOptions


def test_the_options_of_a_call_are_those_that_can_change() -> None:
    try:
        MistralOCR().changed({"no_such": 1})
    except ConfigurationError as error:
        known = str(error).partition("There are: ")[2].removesuffix(".").split(", ")
    assert sorted(ReadingOptions.__annotations__) == known


def test_the_settings_are_all_names_that_the_constructor_knows() -> None:
    names = set(MistralOCR.model_fields) - {"clients"}
    aliases = {
        "model_name",
        "bbox_annotation_format",
        "document_annotation_format",
        "mistral_api_key",
        "endpoint",
        "client",
        "async_client",
    }
    assert set(OcrSettings.__annotations__) == names | aliases
