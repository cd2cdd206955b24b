"""Entries of the model catalogue as LangChain's model profiles."""

from langchain_core.language_models.model_profile import ModelProfile

from mistral_rag.api._chat_models import ChatModel


def profile(model: ChatModel) -> ModelProfile:
    """The capabilities of a model as LangChain's profile."""
    return ModelProfile(
        max_input_tokens=model.context,
        text_inputs=True,
        text_outputs=True,
        image_inputs=model.vision,
        image_url_inputs=model.vision,
        image_tool_message=model.vision,
        pdf_inputs=model.vision,
        pdf_tool_message=model.vision,
        audio_inputs=model.audio,
        tool_calling=True,
        tool_choice=True,
        tool_call_streaming=True,
        structured_output=True,
        reasoning_output=model.reasons,
        reasoning_effort_levels=list(model.efforts),
    )
