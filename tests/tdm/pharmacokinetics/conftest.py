"""The packaged models, by id."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tdm.knowledge.loader import load_knowledge
from tdm.pharmacokinetics.model import PkModel


@pytest.fixture(scope="session")
def models() -> Mapping[str, PkModel]:
    return load_knowledge().models
