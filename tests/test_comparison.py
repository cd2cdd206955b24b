"""What the comparison with other clients claims is shown by tests that exist."""

import re
from pathlib import Path

PAGE = "docs/coming-from-langchain-mistralai.md"


def test_every_test_that_is_named_exists(checkout: Path) -> None:
    known = "".join(path.read_text("utf-8") for path in (checkout / "tests").rglob("test_*.py"))
    named = re.findall(r"`(test_\w+)`", (checkout / PAGE).read_text("utf-8"))
    assert [name for name in named if f"def {name}(" not in known] == []
    assert len(named) > 20


def test_every_row_of_the_comparison_names_a_test(checkout: Path) -> None:
    section = (checkout / PAGE).read_text("utf-8").partition("## Compared with other clients\n")[2]
    table = section.partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    assert [row for row in rows[1:] if "`test_" not in row] == []
