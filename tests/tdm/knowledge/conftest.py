"""The packaged knowledge, its bytes, and a way to change one word of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tdm.knowledge.files import packaged, read_bytes
from tdm.knowledge.loader import load_knowledge
from tdm.knowledge.model import Knowledge

Edit = Callable[..., dict[str, bytes]]


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load_knowledge()


@pytest.fixture
def edited() -> Edit:
    """The bytes of all files with one text replaced once; the old text must be there."""

    def edit(name: str, old: str, new: str) -> dict[str, bytes]:
        contents = read_bytes(packaged())
        text = contents[name].decode()
        assert old in text
        return {**contents, name: text.replace(old, new, 1).encode()}

    return edit
