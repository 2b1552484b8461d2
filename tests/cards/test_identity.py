"""Ids of cards and suggestions."""

from uuid import RFC_4122, UUID

from cards.identity import random_id


def test_an_id_is_a_random_uuid_of_version_4_as_python_writes_it() -> None:
    ids = [random_id() for _ in range(500)]
    assert len(set(ids)) == len(ids)
    for text in ids:
        read = UUID(text)
        assert (str(read), read.version, read.variant) == (text, 4, RFC_4122)


def test_every_bit_that_may_vary_does() -> None:
    seen = [UUID(random_id()).int for _ in range(500)]
    ones, zeros = 0, 0
    for number in seen:
        ones |= number
        zeros |= ~number
    varying = ones & zeros
    assert varying.bit_count() == 122
