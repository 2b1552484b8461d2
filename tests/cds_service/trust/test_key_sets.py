"""Keys are fetched seldom whatever is asked for, and kept through what key servers do."""

import json
import random
import threading
import time
from collections import Counter

import pytest

from cds_service.trust import key_sets
from cds_service.trust.authenticator import UNAUTHENTICATED
from cds_service.trust.key_sets import (
    FRESH_SECONDS,
    KEPT_SECONDS,
    MOST_KEYS,
    MOST_WAITING,
    REFRESH_SECONDS,
    FetchedKeys,
    GivenKeys,
    KeySetError,
    in_background,
    read_key_set,
)
from cds_service.trust.keys import read_key
from cds_service.trust.reasons import TokenRefusedError
from tests.support.trust import EPIC_KEYS, claims, epic_signer, es256, es384, key_set, rs384, trusting

PINNED = frozenset({"ES384", "RS384"})
DAY = 86400.0


class Server:
    """A key server under the test's thumb, a clock that the test moves, and what was counted."""

    def __init__(self, *signers):
        self.signers = list(signers)
        self.now = 1000.0
        self.down = False
        self.body = None
        self.fetched_at = []
        self.counted = Counter()
        self.keys = FetchedKeys(
            self.fetch,
            PINNED,
            monotonic=lambda: self.now,
            count=lambda what: self.counted.update([what.value]),
            beside=lambda work: work(),
        )

    def fetch(self):
        self.fetched_at.append(self.now)
        if self.down:
            raise KeySetError
        if self.body is not None:
            return self.body
        return json.dumps({"keys": [signer.jwk for signer in self.signers]}).encode()

    def knows(self, key_id):
        try:
            return self.keys.key(key_id).key_id == key_id
        except TokenRefusedError:
            return False


def test_ten_thousand_strange_key_ids_cause_one_fetch_in_thirty_seconds_and_harm_no_known_key():
    server = Server(es384("known"))
    dice = random.Random(7)
    assert server.knows("known")
    for _ in range(10_000):
        server.now += dice.uniform(0, 0.2)
        assert not server.knows(f"{dice.getrandbits(64):x}")
        assert server.knows("known")
    gaps = [later - earlier for earlier, later in zip(server.fetched_at, server.fetched_at[1:], strict=False)]
    assert min(gaps) >= REFRESH_SECONDS
    assert len(server.fetched_at) <= 1 + (server.now - 1000.0) / REFRESH_SECONDS
    assert len(server.fetched_at) > 20


def test_strange_key_ids_at_one_moment_cause_one_fetch():
    server = Server(es384("known"))
    assert not any(server.knows(f"strange-{number}") for number in range(10_000))
    assert len(server.fetched_at) == 1
    assert server.knows("known")


def test_strange_key_ids_while_the_server_is_down_cause_one_fetch_in_thirty_seconds_too():
    server = Server(es384("known"))
    assert server.knows("known")
    server.down = True
    for number in range(3000):
        server.now += 0.1
        assert not server.knows(f"strange-{number}")
        assert server.knows("known")
    assert len(server.fetched_at) <= 1 + 300 / REFRESH_SECONDS
    assert server.counted["keys-fetch-failed"] == len(server.fetched_at) - 1


def test_a_known_key_survives_a_day_s_outage_but_not_for_ever():
    server = Server(es384("known"))
    assert server.knows("known")
    server.down = True
    for hour in range(25):
        server.now = 1000.0 + hour * 3600.0
        assert server.knows("known")
    assert server.now - 1000.0 == DAY
    server.now = 1000.0 + KEPT_SECONDS + 1
    assert not server.knows("known")
    server.down = False
    server.now += REFRESH_SECONDS
    assert server.knows("known")


def test_a_new_key_is_picked_up_within_a_minute():
    server = Server(es384("old"))
    assert server.knows("old")
    server.now += REFRESH_SECONDS + 1
    server.signers = [es384("old"), es384("new")]
    assert server.knows("new")
    assert server.knows("old")


def test_a_withdrawn_key_ends_when_the_set_is_no_longer_fresh():
    server = Server(es384("old"), es384("other"))
    assert server.knows("old")
    server.signers = [es384("other")]
    server.now += FRESH_SECONDS - 1
    assert server.knows("old")
    server.now += 2
    assert server.knows("old")  # the call that notices is still answered; the refresh runs beside it
    assert not server.knows("old")
    assert server.knows("other")


def test_a_fresh_set_is_not_fetched_again_for_known_keys():
    server = Server(es384("known"))
    for _ in range(100):
        assert server.knows("known")
        server.now += FRESH_SECONDS / 101
    assert len(server.fetched_at) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": []}',
        b'{"keys": [null, 1, "x", []]}',
        b'{"keys": [{"kty": "oct", "kid": "known", "k": "c2VjcmV0"}]}',
        b'{"keys": [' + b"[" * 5000 + b"]" * 5000 + b"]}",
        b'{"keys": [1e999]}',
        b"\xff\xfe",
    ],
)
def test_an_empty_or_unusable_set_never_replaces_a_good_one(body):
    server = Server(es384("known"))
    assert server.knows("known")
    server.body = body
    server.now += FRESH_SECONDS + 1
    assert server.knows("known")
    assert server.counted == {"keys-fetched": 1, "keys-fetch-failed": 1}
    with pytest.raises(KeySetError):
        read_key_set(body, PINNED)


def test_a_set_of_too_many_keys_is_refused_whole():
    keys = [es384("known").jwk | {"kid": str(number)} for number in range(MOST_KEYS + 1)]
    with pytest.raises(KeySetError):
        read_key_set(json.dumps({"keys": keys}).encode(), PINNED)
    assert len(read_key_set(json.dumps({"keys": keys[:-1]}).encode(), PINNED)) == MOST_KEYS


def test_unfit_keys_are_left_out_of_a_set_and_an_ambiguous_id_stands_for_nothing():
    good = es384("good").jwk
    body = {
        "keys": [
            good,
            es256("too-short").jwk,
            es384("twice").jwk,
            es384("twice-other").jwk | {"kid": "twice"},
            rs384("weak", 1024).jwk,
            es384("encrypts").jwk | {"use": "enc"},
        ]
    }
    assert set(read_key_set(json.dumps(body).encode(), PINNED)) == {"good"}


@pytest.mark.requirement("cds-hooks_2.0@199")
def test_given_keys_are_never_looked_for():
    given = GivenKeys((read_key(es384("known").jwk, PINNED),))
    assert given.key("known").key_id == "known"
    with pytest.raises(TokenRefusedError, match="key-unknown"):
        given.key("strange")


def test_without_any_set_the_reason_is_that_keys_cannot_be_had():
    server = Server()
    server.down = True
    with pytest.raises(TokenRefusedError, match="keys-unavailable"):
        server.keys.key("any")


def test_keys_that_are_got_beforehand_spare_the_first_call_the_wait():
    server = Server(es384("known"))
    server.keys.prepare()
    assert server.knows("known")
    assert not server.knows("strange")
    assert len(server.fetched_at) == 1
    server.now += REFRESH_SECONDS
    assert not server.knows("strange")
    assert len(server.fetched_at) == 2


def test_keys_that_could_not_be_got_beforehand_are_got_at_the_first_call():
    server = Server(es384("known"))
    server.down = True
    server.keys.prepare()
    server.down = False
    assert server.knows("known")
    GivenKeys(()).prepare()


def test_a_whole_service_gets_its_keys_beforehand(tmp_path):
    service = trusting(tmp_path)
    service.trust.prepare()
    assert sum(service.fetched.values()) == len(service.fetched) == 2
    UNAUTHENTICATED.prepare()


def test_the_second_of_two_first_calls_waits_for_the_fetch_of_the_first():
    begun, release = threading.Event(), threading.Event()
    fetched = []

    def fetch():
        fetched.append(1)
        begun.set()
        assert release.wait(5)
        return json.dumps({"keys": [es384("known").jwk]}).encode()

    keys = FetchedKeys(fetch, PINNED, monotonic=lambda: 0.0, count=lambda _what: None)
    found = []
    threads = [threading.Thread(target=lambda: found.append(keys.key("known").key_id)) for _ in range(2)]
    threads[0].start()
    assert begun.wait(5)
    threads[1].start()
    release.set()
    for thread in threads:
        thread.join(5)
    assert found == ["known", "known"]
    assert fetched == [1]


def test_a_key_server_that_hangs_holds_few_calls_and_none_with_a_known_key(monkeypatch):
    monkeypatch.setattr(key_sets, "_LONGEST_WAIT_SECONDS", 30.0)
    begun, release = threading.Event(), threading.Event()
    now = [0.0]
    shared = threading.Semaphore(MOST_WAITING)

    def fetch():
        if now[0]:
            begun.set()
            release.wait(30)
            raise KeySetError
        return json.dumps({"keys": [es384("known").jwk]}).encode()

    issuers = [
        FetchedKeys(fetch, PINNED, monotonic=lambda: now[0], count=lambda _what: None, waiting=shared)
        for _ in range(4)
    ]
    for keys in issuers:
        keys.prepare()
    now[0] = FRESH_SECONDS + 1
    refused = []

    def ask(keys, name):
        with pytest.raises(TokenRefusedError, match="key-unknown"):
            keys.key(name)
        refused.append(name)

    threads = [
        threading.Thread(target=ask, args=(keys, f"strange-{number}"))
        for number, keys in enumerate(issuers * 5)
    ]
    for thread in threads:
        thread.start()
    assert begun.wait(5)
    until = time.monotonic() + 10
    while len(refused) < len(threads) - MOST_WAITING and time.monotonic() < until:
        time.sleep(0.01)
    # Whichever of them wait, no more than there are places for; and known keys are answered meanwhile.
    assert sum(thread.is_alive() for thread in threads) == MOST_WAITING
    assert all(keys.key("known").key_id == "known" for keys in issuers)
    release.set()
    for thread in threads:
        thread.join(5)
    assert len(refused) == len(threads)


def test_without_room_for_a_thread_a_known_key_is_answered_and_nobody_waits():
    def no_room(_work):
        raise RuntimeError

    keys = FetchedKeys(
        lambda: json.dumps({"keys": [es384("known").jwk]}).encode(),
        PINNED,
        monotonic=lambda: now[0],
        count=lambda _what: None,
        beside=no_room,
    )
    now = [0.0]
    keys.prepare()
    now[0] = FRESH_SECONDS + 1
    assert keys.key("known").key_id == "known"
    began = time.monotonic()
    with pytest.raises(TokenRefusedError, match="key-unknown"):
        keys.key("strange")
    assert time.monotonic() - began < 1


def test_work_beside_a_call_runs_in_a_thread_of_its_own():
    done = threading.Event()
    ran_in = []
    in_background(lambda: (ran_in.append(threading.current_thread()), done.set()))
    assert done.wait(5)
    assert ran_in[0] is not threading.current_thread()


def test_an_algorithm_that_is_not_pinned_is_refused_before_any_key_is_looked_for(tmp_path):
    service = trusting(tmp_path)
    token = es256("unheard-of").sign(claims("https://epic.hospital.example/interconnect/api/FHIR/R4"))
    assert (
        service.client.get("/cds-services", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    )
    assert service.counted == {"algorithm-refused": 1}
    assert service.fetched == {}


def test_random_key_ids_sent_to_the_whole_service_cause_one_fetch_and_no_harm(tmp_path):
    service = trusting(tmp_path, key_sets={EPIC_KEYS: key_set([epic_signer])})
    good = claims("https://epic.hospital.example/interconnect/api/FHIR/R4", aud="https://cds.example.org/tdm")
    path = "/cds-services"
    for number in range(200):
        token = epic_signer().sign(good, kid=f"random-{number}")
        response = service.client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 401
    assert service.fetched == {EPIC_KEYS: 1}
    good["sub"] = "3f1c2a7e-client"
    token = epic_signer().sign(good)
    assert service.client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code == 200
