"""Texts and metadata of a pickled LangChain docstore, read without running it.

A pickle is a program. This reads the few instructions that build plain values and notes which class a value claims
to be of; no class is looked up and nothing is called. A name that is not in `KNOWN`, or an instruction that plain
values don't need, ends it.

This is a worker: a job is the path of the file, its results are the documents (id, text, metadata), in the order of
their vectors. Its memory is bound by the size of the file; `faiss_folder` bounds its time.
"""

import json
import os
import pickletools
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from mistral_rag.errors import ParseError
from mistral_rag.index._folder.regular_file import open_regular
from mistral_rag.workers import WireFrame, limit_address_space, serve

DOCSTORES: Final = frozenset(
    f"{package}.docstore.in_memory.InMemoryDocstore" for package in ("langchain_community", "langchain")
)
DOCUMENTS: Final = frozenset(
    {
        "langchain_core.documents.base.Document",
        "langchain.docstore.document.Document",
        "langchain.schema.Document",
        "langchain.schema.document.Document",
    }
)
_DATES: Final[Mapping[str, type[date]]] = {"datetime.date": date, "datetime.datetime": datetime}
_ZONES: Final[Mapping[str, Callable[..., Any]]] = {"datetime.timedelta": timedelta, "datetime.timezone": timezone}
_SETS: Final = frozenset({"builtins.set", "builtins.frozenset"})
KNOWN: Final = DOCSTORES | DOCUMENTS | _SETS | _DATES.keys() | _ZONES.keys() | {"uuid.UUID", "uuid.SafeUUID"}
MAX_PICKLE_BYTES: Final = 1 << 30
"""A larger pickle could not be read: the worker may take twice as much memory."""

MAX_VALUES: Final = 100_000
"""Values in the metadata of one document."""
MIN_ADDRESS_SPACE: Final = 336 << 20
ADDRESS_SPACE_PER_BYTE: Final = 64
"""Address space in bytes: so many at least, and so many for each byte of the file. The worker itself has 94 MB of it,
most of them reserved for its second thread."""
MARK: Final = object()


@dataclass(slots=True)
class Name:
    """A class as the pickle names it."""

    path: str


@dataclass(slots=True)
class PickledObject:
    """An object that the pickle would make: of which class, and with which state."""

    path: str
    state: Any = None


class Machine:
    """The stack and memo of a pickle, for plain values only."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, data: bytes) -> Any:
        """The value that a pickle describes, with `PickledObject` for objects; raises ParseError for anything more."""
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name in _CONSTANT:
                self.stack.append(_CONSTANT[opcode.name]())
            elif opcode.name in _PUSHED:
                self.stack.append(argument)
            elif opcode.name in _STEPS:
                _STEPS[opcode.name](self, argument)
            elif opcode.name not in {"PROTO", "FRAME", "STOP"}:
                raise ParseError(f"the pickle has an instruction {opcode.name}")
        (value,) = self.stack
        return value

    def since_mark(self) -> list[Any]:
        """Take off the last mark, and what lies above it, which is given."""
        at = len(self.stack) - 1
        while self.stack[at] is not MARK:
            at -= 1
        found = self.stack[at + 1 :]
        del self.stack[at:]
        return found

    def name(self, path: str) -> None:
        """Push the name of a class that is known."""
        if path not in KNOWN:
            raise ParseError(f"the pickle names {path}")
        self.stack.append(Name(path))

    def reduce(self, _: Any = None) -> None:
        """A date, a set, or an enumeration's member; nothing else is ever called for."""
        (given, called) = (self.stack.pop(), self.stack.pop())
        path = called.path
        if path in _DATES:
            self.stack.append(_DATES[path](*given).isoformat())
        elif path in _ZONES:
            self.stack.append(_ZONES[path](*given))
        elif path in _SETS:
            self.stack.append(list(given[0]) if given else [])
        elif path == "uuid.SafeUUID":
            self.stack.append(None)
        else:
            raise ParseError(f"the pickle calls {path}")

    def make(self, _: Any = None) -> None:
        """An object that is not made."""
        (given, made) = (self.stack.pop(), self.stack.pop())
        if given != () or not isinstance(made, Name):
            raise ParseError("the pickle makes an object with arguments")
        self.stack.append(PickledObject(made.path))

    def build(self, _: Any = None) -> None:
        """Note an object's state."""
        state = self.stack.pop()
        if not isinstance(self.stack[-1], PickledObject):
            raise ParseError("the pickle sets the state of a plain value")
        self.stack[-1].state = state

    def extend(self, _: Any = None) -> None:
        """Add to a list or set."""
        found = self.since_mark()
        self.stack[-1].extend(found)

    def fill(self, pairs: list[Any]) -> None:
        """Add keys with their values to a dict."""
        target = self.stack[-1]
        if not isinstance(target, dict):
            raise ParseError("the pickle fills what is no dict")
        target.update(zip(pairs[::2], pairs[1::2], strict=True))

    def stack_global(self, _: Any = None) -> None:
        """A class named by the two texts on top."""
        (name, module) = (self.stack.pop(), self.stack.pop())
        self.name(f"{module}.{name}")

    def tuple_of(self, count: int) -> None:
        """A tuple of the last values."""
        found = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        self.stack.append(tuple(found))

    def append(self, _: Any = None) -> None:
        """Add one value to a list."""
        value = self.stack.pop()
        self.stack[-1].append(value)

    def set_item(self, _: Any = None) -> None:
        """Add one key with its value to a dict."""
        pair = [self.stack.pop(), self.stack.pop()][::-1]
        self.fill(pair)


_CONSTANT: Final[Mapping[str, Callable[[], Any]]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_SET": list,
    "EMPTY_TUPLE": tuple,
    "MARK": lambda: MARK,
}
_PUSHED: Final = frozenset(
    {"BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT", "BINBYTES", "SHORT_BINBYTES"}
    | {"BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"}
)
_STEPS: Final[Mapping[str, Callable[[Machine, Any], None]]] = {
    "MEMOIZE": lambda machine, _: machine.memo.__setitem__(len(machine.memo), machine.stack[-1]),
    "BINPUT": lambda machine, at: machine.memo.__setitem__(at, machine.stack[-1]),
    "LONG_BINPUT": lambda machine, at: machine.memo.__setitem__(at, machine.stack[-1]),
    "BINGET": lambda machine, at: machine.stack.append(machine.memo[at]),
    "LONG_BINGET": lambda machine, at: machine.stack.append(machine.memo[at]),
    "GLOBAL": lambda machine, names: machine.name(names.replace(" ", ".")),
    "STACK_GLOBAL": Machine.stack_global,
    "NEWOBJ": Machine.make,
    "REDUCE": Machine.reduce,
    "BUILD": Machine.build,
    "APPEND": Machine.append,
    "APPENDS": Machine.extend,
    "ADDITEMS": Machine.extend,
    "SETITEM": Machine.set_item,
    "SETITEMS": lambda machine, _: machine.fill(machine.since_mark()),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.since_mark())),
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
}


def documents(data: bytes) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Id, text and metadata of the documents of `index.pkl`, in the order of their vectors."""
    docstore, order = Machine().run(data)
    if not isinstance(docstore, PickledObject) or docstore.path not in DOCSTORES:
        raise ParseError("the pickle holds no docstore")
    held = docstore.state["_dict"]
    for place in range(len(order)):
        document = held[order[place]]
        if not isinstance(document, PickledObject) or document.path not in DOCUMENTS:
            raise ParseError("the docstore holds what is no document")
        fields = document.state["__dict__"]
        metadata = {str(key): value for key, value in fields["metadata"].items()}
        _count(metadata, MAX_VALUES)
        yield str(order[place]), fields["page_content"], metadata


def _count(value: Any, allowed: int) -> int:
    """The number of values still allowed after this one; a list that stands in many places is written as often."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    for each in inner:
        allowed = _count(each, allowed - 1)
        if allowed < 0:
            raise ParseError("the metadata of a document is too large")
    return allowed


def _plain(value: Any) -> Any:
    if isinstance(value, PickledObject) and value.path == "uuid.UUID":
        return str(uuid.UUID(int=value.state["int"]))
    raise ParseError(f"the metadata holds a {type(value).__name__}")


def _answer(job: WireFrame) -> Iterator[WireFrame]:
    file = Path(job.value()["path"])
    try:
        with open_regular(file, max_bytes=MAX_PICKLE_BYTES) as opened:
            limit_address_space(MIN_ADDRESS_SPACE + ADDRESS_SPACE_PER_BYTE * os.fstat(opened.fileno()).st_size)
            data = opened.read()
        for document in documents(data):
            yield WireFrame(json.dumps(document, default=_plain).encode())
    except ParseError:
        raise
    except OSError as error:
        raise ParseError(f"it can't be read: {error.strerror or error}") from error
    except Exception as error:
        # its text would be that of an instruction of a stranger's program
        raise ParseError(f"it can't be read ({type(error).__name__})") from error


def main() -> None:
    """Answer jobs until standard input ends."""
    serve(lambda: _answer, verb="read")


if __name__ == "__main__":
    main()
