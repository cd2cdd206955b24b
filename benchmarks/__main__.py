"""Print the benchmarks and what each one shows: `python -m benchmarks`."""

import ast
from pathlib import Path


def main() -> None:
    for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        print(f"python -m benchmarks.{path.stem:12} {docstring.splitlines()[0] if docstring else ''}")


if __name__ == "__main__":
    main()
