"""Entries of the model catalogue as LangChain's model profiles."""

from langchain_core.language_models.model_profile import ModelProfile

from mistral_rag.catalogue import ModelEntry

STATUS = {"current": "active", "preview": "beta", "labs": "alpha"}
"""Stages of a model by the names of models.dev, whose profiles LangChain has; all others are deprecated."""


def profile(model: ModelEntry) -> ModelProfile:
    """The capabilities of a model as LangChain's profile; a key whose value is not known is left out."""
    able = model.abilities
    known = ModelProfile(
        name=model.id,
        status=STATUS.get(model.state, "deprecated"),
        open_weights=model.open_weights,
        text_inputs=True,
        text_outputs=True,
        image_inputs="vision" in able,
        image_url_inputs="vision" in able,
        image_tool_message="vision" in able,
        # the platform reads a PDF's pages by OCR before it gives them to the model
        pdf_inputs="documents" in able,
        pdf_tool_message="documents" in able,
        audio_inputs="audio" in able,
        video_inputs=False,
        image_outputs=False,
        audio_outputs=False,
        video_outputs=False,
        tool_calling="tools" in able,
        tool_choice="tools" in able,
        tool_call_streaming="tools" in able,
        structured_output="structured_output" in able,
        attachment="vision" in able or "documents" in able,
        temperature=True,
        mid_conversation_system_messages=False,  # the platform refuses them after an answer; they are moved
        mid_conversation_tools=False,
        reasoning_output=model.reasons,
        reasoning_effort_levels=list(model.efforts or ()),
    )
    if model.context is not None:
        known["max_input_tokens"] = model.context
    if model.max_output is not None:
        known["max_output_tokens"] = model.max_output
    if model.effort_default is not None:
        known["reasoning_effort_default"] = model.effort_default
    if model.released is not None:
        known["release_date"] = str(model.released)
    return known
