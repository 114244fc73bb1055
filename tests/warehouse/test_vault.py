"""The vault knows who is who; what it is given to seal can be read with its key alone."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import KinkeeperError
from warehouse.operations import open_operations, sqlite_url
from warehouse.vault import (
    FRAME_BYTES,
    Vault,
    check_end,
    is_there,
    random_person_id,
    seal,
    seal_stream,
    unseal,
    unseal_stream,
)

KEY, OTHER_KEY = bytes(range(32)), bytes(32)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    opened = open_operations(sqlite_url(tmp_path / "operations.sqlite"))
    yield opened
    opened.dispose()


@pytest.fixture
def vault(engine: sa.Engine) -> Vault:
    numbers = count(1)
    return Vault(engine, new_person_id=lambda: f"per_{next(numbers)}")


def test_a_person_keeps_their_pseudonym_after_a_restart(engine: sa.Engine, vault: Vault) -> None:
    person_id = vault.pseudonym("hr", "u1")
    vault.flush()
    assert Vault(engine).pseudonym("hr", "u1") == person_id == vault.pseudonym("hr", "u1")


def test_the_same_id_of_two_sources_is_two_people(vault: Vault) -> None:
    assert vault.pseudonym("hr", "7") != vault.pseudonym("platform", "7")


def test_an_address_is_one_person_in_all_sources_and_spellings(vault: Vault) -> None:
    first = vault.pseudonym("hr", "Ana@example.invalid")
    assert vault.pseudonym("platform", "ana@example.invalid") == first


def test_an_address_learnt_later_finds_the_person(engine: sa.Engine, vault: Vault) -> None:
    person_id = vault.pseudonym("hr", "u1")
    vault.remember(person_id, {"email": "ana@example.invalid"})
    vault.flush()
    assert vault.pseudonym("platform", "ana@example.invalid") == person_id
    assert Vault(engine).pseudonym("platform", "ANA@example.invalid") == person_id


def test_nothing_is_kept_before_it_is_flushed(engine: sa.Engine, vault: Vault) -> None:
    person_id = vault.pseudonym("hr", "u1")
    assert Vault(engine).pseudonym("hr", "u1") != person_id


def test_names_are_given_for_those_that_have_one(vault: Vault) -> None:
    ana, bo = vault.pseudonym("hr", "u1"), vault.pseudonym("hr", "u2")
    vault.remember(ana, {"name": "Synthetic Ana"})
    vault.flush()
    assert vault.names([ana, bo, "per_nobody"]) == {ana: "Synthetic Ana"}


def test_a_name_learnt_again_replaces_the_one_before(vault: Vault) -> None:
    ana = vault.pseudonym("hr", "u1")
    for name in ("Ana", "Ana Synthetic"):
        vault.remember(ana, {"name": name})
        vault.flush()
    assert vault.names([ana]) == {ana: "Ana Synthetic"}


def test_flushing_twice_changes_nothing(engine: sa.Engine, vault: Vault) -> None:
    vault.pseudonym("hr", "u1")
    vault.flush()
    vault.flush()
    with engine.connect() as connection:
        assert connection.scalar(sa.text("select count(*) from identity")) == 1


def test_a_pseudonym_tells_nothing() -> None:
    assert random_person_id() != random_person_id()
    assert len(random_person_id()) == len("per_") + 16


def test_a_file_key_is_made_once(engine: sa.Engine, vault: Vault) -> None:
    key = vault.file_key("a")
    assert len(key) == 32
    assert vault.file_key("a") == key == Vault(engine).file_key("a")
    assert vault.file_key("b") != key


@given(st.binary(max_size=100))
def test_sealed_bytes_come_back(data: bytes) -> None:
    sealed = seal(KEY, data)
    assert unseal(KEY, sealed) == data
    assert sealed != seal(KEY, data)


@pytest.mark.parametrize("index", [0, 11, 12, 20, -1])
def test_a_changed_byte_is_noticed(index: int) -> None:
    sealed = bytearray(seal(KEY, b"Synthetic Ana"))
    sealed[index] ^= 1
    with pytest.raises(KinkeeperError, match="sealed bytes were changed"):
        unseal(KEY, bytes(sealed))


def test_another_key_opens_nothing() -> None:
    with pytest.raises(KinkeeperError, match="sealed bytes were changed"):
        unseal(OTHER_KEY, seal(KEY, b"Synthetic Ana"))


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5 << 19])
@pytest.mark.parametrize("chunk", [1 << 16, 1 << 20, 3 << 20])
def test_a_stream_of_any_size_comes_back(size: int, chunk: int) -> None:
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    target = io.BytesIO()
    seal_stream(KEY, (data[start : start + chunk] for start in range(0, size, chunk)), target)
    assert size < 32 or data[:32] not in target.getvalue()
    target.seek(0)
    assert b"".join(unseal_stream(KEY, target)) == data


def sealed_stream(size: int) -> bytes:
    target = io.BytesIO()
    seal_stream(KEY, [bytes(size)], target)
    return target.getvalue()


SEALED_FRAME = len(sealed_stream(FRAME_BYTES))


@pytest.mark.parametrize(
    "kept", [0, 1, 11, 12, 27, 28, SEALED_FRAME - 1, SEALED_FRAME, SEALED_FRAME + 1, 2 * SEALED_FRAME, -1]
)
def test_a_stream_cut_anywhere_is_noticed_also_by_a_look_at_its_end(kept: int) -> None:
    cut = sealed_stream(3 * FRAME_BYTES)[:kept]
    for look in (check_end, lambda key, source: list(unseal_stream(key, source))):
        with pytest.raises(KinkeeperError, match="sealed bytes were changed or cut"):
            look(KEY, io.BytesIO(cut))


def test_every_cut_of_a_small_stream_is_noticed() -> None:
    sealed = sealed_stream(40)
    for kept in range(len(sealed)):
        with pytest.raises(KinkeeperError):
            list(unseal_stream(KEY, io.BytesIO(sealed[:kept])))


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2), (0, 1, 2, 2), (0, 0, 1, 2), (1, 2), (0, 1)])
def test_frames_swapped_repeated_or_left_out_are_noticed(order: tuple[int, ...]) -> None:
    sealed = sealed_stream(3 * FRAME_BYTES)
    frames = [sealed[start : start + SEALED_FRAME] for start in range(0, len(sealed), SEALED_FRAME)]
    with pytest.raises(KinkeeperError, match="sealed bytes were changed or cut"):
        list(unseal_stream(KEY, io.BytesIO(b"".join(frames[place] for place in order))))


def test_bytes_behind_the_end_are_noticed() -> None:
    sealed = sealed_stream(FRAME_BYTES)
    for look in (check_end, lambda key, source: list(unseal_stream(key, source))):
        look(KEY, io.BytesIO(sealed))
        with pytest.raises(KinkeeperError):
            look(KEY, io.BytesIO(sealed + b"x"))


def test_a_few_sealed_bytes_are_no_frame_of_a_stream() -> None:
    with pytest.raises(KinkeeperError):
        list(unseal_stream(KEY, io.BytesIO(seal(KEY, b"Synthetic Ana"))))


def test_what_a_refused_file_taught_is_given_up(engine: sa.Engine, vault: Vault) -> None:
    known = vault.pseudonym("hr", "u1")
    vault.flush()
    refused = vault.pseudonym("hr", "u2")
    vault.remember(refused, {"name": "Synthetic Bo", "email": "bo@example.invalid"})
    vault.discard()
    vault.flush()
    with engine.connect() as connection:
        assert list(connection.scalars(sa.text("select person_id from person"))) == [known]
    assert vault.pseudonym("hr", "u1") == known
    assert vault.pseudonym("hr", "u2") != refused


def test_a_key_that_is_gone_is_not_made_anew(vault: Vault) -> None:
    with pytest.raises(KinkeeperError, match="holds no key of a: restore the vault"):
        vault.known_key("a")
    assert vault.file_key("a") == vault.known_key("a")


def test_opening_a_vault_that_is_not_there_is_asked_before_it_makes_one(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "operations.sqlite")
    assert not is_there(url)
    open_operations(url).dispose()
    assert is_there(url)
    assert is_there("postgresql+psycopg://elsewhere/vault")
