"""Sheets of cells: workbooks of Excel (SpreadsheetML, ECMA-376 part 1, chapter 18), and what is laid out like them."""
