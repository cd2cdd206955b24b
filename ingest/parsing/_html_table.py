"""Rows and cells of one HTML table while it is being read."""

WIDEST = 50


class TableReader:
    """Collects cells into rows, and knows which rows name the columns: those of `<thead>`, or of `<th>` alone.

    A cell across several columns or rows leaves the places it also covers empty, so that columns line up.
    """

    def __init__(self) -> None:
        self.header: list[list[str]] = []
        self.body: list[list[str]] = []
        self.in_head = False
        self.in_cell = False
        self.row: list[str] = []
        self._names = True
        self._cell = (False, 1, 1)
        self._covered: dict[int, int] = {}

    def start_cell(self, tag: str, attributes: dict[str, str | None]) -> None:
        """A cell begins; its text comes with `end_cell`."""
        self.in_cell = True
        self._cell = (tag == "th", _span(attributes.get("colspan")), _span(attributes.get("rowspan")))

    def end_cell(self, text: str) -> None:
        """The cell ends with this text."""
        self.in_cell = False
        names, across, down = self._cell
        self._skip_covered()
        for column in range(len(self.row), len(self.row) + across):
            self._covered[column] = down - 1
        self.row += [text] + [""] * (across - 1)
        self._names = self._names and (names or not text.strip())

    def end_row(self) -> None:
        """The row ends; a row without text is dropped."""
        if self.row:
            names = (self._names or self.in_head) and not self.body
            if any(cell.strip() for cell in self.row):
                (self.header if names else self.body).append(self.row)
        self.row = []
        self._names = True

    def _skip_covered(self) -> None:
        while self._covered.get(len(self.row), 0) > 0:
            self._covered[len(self.row)] -= 1
            self.row.append("")


def whole_number(value: str | None, default: int) -> int:
    """The number an attribute holds, when it is a sane one."""
    digits = (value or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 7 else default


def _span(value: str | None) -> int:
    return min(max(whole_number(value, 1), 1), WIDEST)
