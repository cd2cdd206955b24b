"""Attributes that are computed once."""

import sys

if sys.version_info >= (3, 12):
    from functools import cached_property
else:
    from collections.abc import Callable
    from typing import Any, Generic, Self, TypeVar, overload

    T = TypeVar("T")

    class cached_property(Generic[T]):  # noqa: N801  (the name in the standard library)
        """`functools.cached_property` of Python 3.12, which has no lock.

        That of Python 3.11 has one for all instances of a class: held by another thread while a process is forked,
        it is never freed in the child.
        """

        def __init__(self, compute: Callable[[Any], T]) -> None:
            self._compute = compute
            self.__doc__ = compute.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self._name = name

        @overload
        def __get__(self, instance: None, owner: type) -> Self: ...

        @overload
        def __get__(self, instance: object, owner: type) -> T: ...

        def __get__(self, instance: object | None, owner: type) -> Self | T:
            if instance is None:
                return self
            computed = instance.__dict__[self._name] = self._compute(instance)
            return computed


__all__ = ["cached_property"]
