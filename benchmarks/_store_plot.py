"""Draw what `benchmarks.store` has measured: `python -m benchmarks._store_plot OUT.svg RESULTS.json …`."""

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path

WIDTH, HEIGHT, MARGIN = 640, 400, 60
LINES = {
    "dense_ms": ("vectors", "#1f5fa8"),
    "lexical_ms": ("words", "#b5482a"),
    "hybrid_ms": ("both, with passages", "#3c7d3c"),
    "peer_ms": ("langchain_community FAISS", "#777777"),
}
SIZES = (1e4, 1e6)
TIMES = (0.1, 1000.0)


def place(size: float, time: float) -> tuple[float, float]:
    """The position of a size and a time; both axes are logarithmic."""
    x = math.log(size / SIZES[0]) / math.log(SIZES[1] / SIZES[0])
    y = math.log(time / TIMES[0]) / math.log(TIMES[1] / TIMES[0])
    return round(MARGIN + x * (WIDTH - 2 * MARGIN), 1), round(HEIGHT - MARGIN - y * (HEIGHT - 2 * MARGIN), 1)


def grid() -> list[str]:
    made = []
    for time in (0.1, 1, 10, 100, 1000):
        _, y = place(SIZES[0], time)
        made.append(f'<line x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{y}" y2="{y}" stroke="#ddd"/>')
        made.append(f'<text x="{MARGIN - 6}" y="{y + 4}" text-anchor="end">{time:g}</text>')
    for size in (10_000, 100_000, 500_000, 1_000_000):
        x, _ = place(size, 1)
        made.append(f'<text x="{x}" y="{HEIGHT - MARGIN + 18}" text-anchor="middle">{size:,}</text>')
    made.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 14}" text-anchor="middle">passages</text>')
    made.append(f'<text x="{MARGIN}" y="{MARGIN - 16}">ms a question, one core</text>')
    return made


def line(name: str, points: Sequence[tuple[float, float]]) -> list[str]:
    label, colour = LINES[name]
    places = [place(*point) for point in points]
    path = " ".join(f"{x},{y}" for x, y in places)
    dots = [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in places]
    x, y = places[-1]
    y += 26 if name == "lexical_ms" else 0  # below its line: that of vectors is right above it
    anchor = "end" if x > WIDTH / 2 else "start"
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
        *dots,
        f'<text x="{x}" y="{y - 8}" text-anchor="{anchor}" fill="{colour}">{label}</text>',
    ]


def main() -> None:
    out, *files = map(Path, sys.argv[1:])
    results = sorted((json.loads(path.read_text()) for path in files), key=lambda result: result["size"])
    for result in results:
        if "langchain" in result:
            result["peer_ms"] = result["langchain"]["dense_ms"]
    drawn = grid()
    for name in LINES:
        points = [(result["size"], result[name]) for result in results if name in result]
        drawn += line(name, points) if points else []
    font = 'font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {font}>'
    out.write_text(
        "\n".join([head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', *drawn, "</svg>"]) + "\n"
    )


if __name__ == "__main__":
    main()
