"""What is kept of an XML document while a parser goes through it: elements that were asked for, and no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from moderator.text.visible import visible_line

_DEEPEST = 200
_MOST_CHILDREN = 20_000
LONGEST_HEAD_BYTES = 1 << 16
"""Bytes up to the first tag below the root that are remembered, to begin anew after broken markup."""


@dataclass(slots=True)
class Element:
    """One element with all in it.

    Attributes:
        name: Without prefix and namespace.
        space: Its namespace.
        attributes: By names without namespace.
        line: Where it starts, from 1.
        parts: Text and elements in it, in order.
    """

    name: str
    space: str
    attributes: Mapping[str, str]
    line: int
    parts: list[str | Element] = field(default_factory=list["str | Element"])

    @property
    def text(self) -> str:
        """What stands directly in it."""
        return "".join(part for part in self.parts if isinstance(part, str))

    @property
    def children(self) -> list[Element]:
        """The elements that stand directly in it."""
        return [part for part in self.parts if not isinstance(part, str)]

    def child(self, name: str, space: str | None = None) -> Element | None:
        """The first child of that name; without `space`, one of the element's own namespace before others.

        Args:
            name: Without prefix.
            space: A part of the namespace's name.
        """
        other: Element | None = None
        for part in self.parts:
            if isinstance(part, str) or part.name != name or (space is not None and space not in part.space):
                continue
            if part.space == self.space:
                return part
            other = other or part
        return other

    def get(self, name: str, space: str | None = None) -> str:
        """The text of that child, without blanks around it; empty where there is none."""
        found = self.child(name, space)
        return found.text.strip() if found else ""


class Begins(NamedTuple):
    """An element begins whose parts come one by one."""

    path: str


class Taken(NamedTuple):
    """An element that was asked for, whole."""

    path: str
    element: Element


class Broken(NamedTuple):
    """A stretch that can't be read."""

    line: int
    code: str
    reason: str


Item = Begins | Taken | Broken


@dataclass(frozen=True, slots=True)
class Shape:
    """What to take out of a document. Paths are names below the root, `channel/item`; namespaces don't count.

    Attributes:
        roots: Names that the root may have.
        taken: Paths of elements that are wanted whole.
        begins: Paths of elements whose beginning is told.
        resume: Name of a record's tag -> its path: where reading goes on after broken markup.
    """

    roots: frozenset[str]
    taken: frozenset[str]
    begins: frozenset[str]
    resume: Mapping[str, str]


class RefusedDocumentError(Exception):
    """A document that is refused as a whole; the message says why."""


class TooLongError(Exception):
    """A taken element beyond all bounds."""


def _nowhere() -> tuple[int, int]:
    return 0, 0


class Target:
    """Told by the parser of each tag; keeps what the shape asks for.

    Attributes:
        items: What is ready.
        head: The document up to the first tag below its root, once that is seen.
        unseen: What was fed until then.
        place: Says in which line and at which byte the parser is.
    """

    def __init__(self, shape: Shape, longest: int) -> None:
        self._shape = shape
        self._longest = longest
        self._paths: list[str] = []
        self._open: list[Element] = []
        self._size = self._count = 0
        self._names: dict[str, tuple[str, str]] = {}
        self.items: list[Item] = []
        self.root_seen = False
        self.head = self.unseen = b""
        self.lines_before = self.taken_line = 0
        self.place: Callable[[], tuple[int, int]] = _nowhere

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """A tag begins."""
        space, name = self._split(tag)
        if not self._paths:
            if name not in self._shape.roots:
                raise RefusedDocumentError(f"is another kind of XML: its root is {visible_line(name, 40)}")
            self.root_seen = True
            self._paths.append("")
            return
        if len(self._paths) >= _DEEPEST:
            raise RefusedDocumentError(f"is nested more than {_DEEPEST} deep")
        if len(self._paths) == 1 and self.unseen:
            self._keep_head()
        path = f"{self._paths[-1]}/{name}" if self._paths[-1] else name
        self._paths.append(path)
        if self._open:
            self._count += 1
            if self._count > _MOST_CHILDREN:
                raise TooLongError
            element = self._element(space, name, attributes)
            self._open[-1].parts.append(element)
            self._open.append(element)
        elif path in self._shape.taken:
            self._size = self._count = 0
            self.taken_line = self._line()
            self._open.append(self._element(space, name, attributes))
        elif path in self._shape.begins:
            self.items.append(Begins(path))

    def data(self, text: str) -> None:
        """Characters."""
        if self._open:
            self._grow(len(text))
            self._open[-1].parts.append(text)

    def end(self, _: str) -> None:
        """A tag ends."""
        path = self._paths.pop()
        if self._open:
            element = self._open.pop()
            if not self._open:
                self.items.append(Taken(path, element))

    def close(self) -> None:
        """The document's end."""

    def _element(self, space: str, name: str, attributes: dict[str, str]) -> Element:
        plain: dict[str, str] = {}
        if attributes:
            plain = {self._split(key)[1]: value for key, value in attributes.items()}
            self._grow(sum(map(len, plain.values())))
        return Element(name, space, plain, self._line())

    def _grow(self, by: int) -> None:
        self._size += by
        if self._size > self._longest:
            raise TooLongError

    def _line(self) -> int:
        return self.lines_before + self.place()[0]

    def _keep_head(self) -> None:
        at = self.place()[1]
        self.head = self.unseen[:at] if at <= LONGEST_HEAD_BYTES else b""
        self.unseen = b""

    def _split(self, tag: str) -> tuple[str, str]:
        known = self._names.get(tag)
        if known is None:
            space, _, name = tag.rpartition("}")
            known = space.removeprefix("{"), name
            if len(self._names) < _MOST_CHILDREN:
                self._names[tag] = known
        return known
