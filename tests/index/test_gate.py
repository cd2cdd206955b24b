"""The gate stands before every table that holds documents."""

from mistral_rag.index._database.format import COLUMNS, TABLES, statements
from mistral_rag.index._gate import OF_SOURCES, OPEN_TABLES


def test_every_table_of_the_index_has_a_view_or_a_reason() -> None:
    made = {statement.split()[2] for statement in statements(TABLES) if statement.startswith("CREATE TABLE")}
    assert made == {*OF_SOURCES, "layouts", *OPEN_TABLES}
    assert set(COLUMNS) <= made
