"""Documents that try to do harm on the page of whoever reads them, and one in a script from right to left."""

from pathlib import Path

ARABIC = "# سياسة السفر\n\nميزانية السفر لمكتب القاهرة هي 4200 يورو في السنة.\n"
MARKUP = """\
# Rates <img src=x onerror=alert(1)>

The rate of the marina is 70 euros <script>alert("document")</script> a night.

The rate of the harbour is 71 euros ![seen](https://evil.example/pixel.png?q=1) a night.

The rate of the lagoon is 72 euros [book here](javascript:alert(2)) or <https://evil.example/> a night.

The rate of the quay is 74 euros &lt;img src=x onerror=alert(3)&gt; a night [1] and <svg onload=alert(4)> more.
"""
PLAIN = """\
The toll of the marina is 60 euros <script>alert("document")</script> a day.
The toll of the harbour is 61 euros ![seen](https://evil.example/pixel.png?q=1) a day.
The toll of the island is 63 euros \u202eknil eht rof 0001\u202c a day.
"""
PAGE = """\
<html><head><title>Ferries &lt;img src=x onerror=alert(5)&gt;</title><script>alert(6)</script></head>
<body><h1>Ferries</h1><p onclick="alert(7)">The ferry to the island costs 12 euros<img src="https://evil.example/p.png">.</p>
<p>The ferry to the quay costs 13 euros <a href="javascript:alert(8)">here</a>.</p></body></html>
"""
NAMES = (
    '"><img src=x onerror=alert(9)>.md',
    "invoice\u202efdp.md",
    "a'; DROP TABLE pages;--.md",
    "%2e%2e%2fkey.md",
)
QUESTIONS = {
    "What is the toll of the marina?": '60 euros <script>alert("document")</script>',
    "What is the toll of the harbour?": "61 euros ![seen](https://evil.example/pixel.png?q=1)",
    "What is the rate of the lagoon?": "72 euros [book here](javascript:alert(2)) or https://evil.example/",
    "What is the rate of the quay?": "74 euros <img src=x onerror=alert(3)> a night [1]",
    "What does the ferry to the quay cost?": "13 euros",
}
"""Questions, and what the page must show of the quote as the text that it is."""


def write(folder: Path) -> None:
    """Write the files."""
    (folder / "rates.md").write_text(MARKUP, "utf-8")
    (folder / "tolls.txt").write_text(PLAIN, "utf-8")
    (folder / "ferries.html").write_text(PAGE, "utf-8")
    for number, name in enumerate(NAMES):
        (folder / name.replace("/", "_")).write_text(
            f"# Berth {number}\n\nBerth {number} has {number + 40} moorings.\n", "utf-8"
        )
