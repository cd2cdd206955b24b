"""Decoder of server-sent events, without I/O.

After the event stream format of the HTML standard (section 9.2.6). Lines end with CR, LF or CRLF and nothing else: a
raw U+2028 inside JSON does not end a line.
"""

from typing import NamedTuple


class Event(NamedTuple):
    """One event: its data lines joined by newlines, and its name ("" when it has none)."""

    data: str
    name: str = ""


class Decoder:
    """Incremental decoder: bytes in, cut anywhere, complete events out.

    An event without its final blank line is not returned, because it may be truncated.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._data: list[str] = []
        self._name = ""
        self._skip_newline = False
        self._at_start = True

    @property
    def idle(self) -> bool:
        """True when there is no incomplete event."""
        return not (self._rest.strip() or self._data)

    @property
    def unended(self) -> str:
        """The data of the incomplete event, whose final blank line has not come."""
        field, _, value = bytes(self._rest).partition(b":")
        last = [value.decode(errors="replace")] if field == b"data" else []
        return "\n".join([*self._data, *last])

    def feed(self, chunk: bytes) -> list[Event]:
        """Decode the next bytes; returns the events that they complete."""
        if self._skip_newline and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._skip_newline = False
        if not self._rest and not self._data and _is_one_event(chunk):
            return [Event(chunk[6:-2].decode(errors="replace"))]
        if b"\n" not in chunk and b"\r" not in chunk:
            self._rest += chunk
            return []
        lines = bytes(self._rest + chunk).splitlines(keepends=True)
        self._rest = bytearray() if lines[-1].endswith((b"\n", b"\r")) else bytearray(lines.pop())
        # The LF of a CRLF may be the first of the next bytes.
        self._skip_newline = chunk.endswith(b"\r")
        return [event for line in lines if (event := self._line(line.rstrip(b"\r\n"))) is not None]

    def _line(self, line: bytes) -> Event | None:
        if self._at_start:
            line = line.removeprefix(b"\xef\xbb\xbf")
            self._at_start = False
        if not line:
            return self._dispatch()
        if line.startswith(b"{"):
            # no field has such a name; hosts put errors there
            return Event(line.decode(errors="replace"))
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value.decode(errors="replace"))
        elif field == b"event":
            self._name = value.decode(errors="replace")
        return None

    def _dispatch(self) -> Event | None:
        event = Event("\n".join(self._data), self._name) if self._data else None
        self._data = []
        self._name = ""
        return event


def _is_one_event(chunk: bytes) -> bool:
    """True in the most frequent case, which is decoded faster: `chunk` is one complete event of one data line."""
    return chunk[:6] == b"data: " and chunk[-2:] == b"\n\n" and chunk.count(b"\n") == 2 and b"\r" not in chunk
