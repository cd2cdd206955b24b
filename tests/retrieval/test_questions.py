import pytest

from mistral_rag.retrieval._questions import without_instructions


@pytest.mark.parametrize(
    ("question", "left"),
    [
        (
            "What is the quick ratio of Willow? Round your answer to two decimals. Please use the balance sheet.",
            "What is the quick ratio of Willow?",
        ),
        (
            "You are an analyst and have only this report. Here's the question: what did Willow earn in 2022?",
            "what did Willow earn in 2022?",
        ),
        ("What did Willow earn (in USD millions)?", "What did Willow earn?"),
        ("Did sales rise? If there is no figure, then say so.", "Did sales rise?"),
        (
            "Give the net income of 2022. Is it higher than before?",
            "Give the net income of 2022. Is it higher than before?",
        ),
        ("Provide it.", "Provide it."),
        ("Wie viele Tage Urlaub gibt es?", "Wie viele Tage Urlaub gibt es?"),
        ("", ""),
    ],
)
def test_words_about_the_form_of_the_answer_are_left_out(question: str, left: str) -> None:
    assert without_instructions(question).strip(" .") == left.strip(" .")


def test_blanks_before_a_note_about_units_go_with_it() -> None:
    assert without_instructions("What were net sales   (in millions) in 2023?") == "What were net sales in 2023?"
    assert without_instructions("What were net sales\n (in\nmillions)?") == "What were net sales?"
    assert without_instructions("What were  net  sales (gross)?") == "What were  net  sales (gross)?"
