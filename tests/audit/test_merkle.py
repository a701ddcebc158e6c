"""The Merkle tree beside published vectors of RFC 6962 and beside the recursion that RFC 9162 writes down."""

import hashlib
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import merkle, verify_export

# The vectors of RFC 6962's reference implementation, in use by all logs of certificates.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def naive_root(entries: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162 §2.1.1, as it is written there."""
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = split(len(entries))
    return hashlib.sha256(b"\x01" + naive_root(entries[:k]) + naive_root(entries[k:])).digest()


def split(size: int) -> int:
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def naive_path(index: int, entries: Sequence[bytes]) -> list[bytes]:
    """PATH of §2.1.3.1."""
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if index < k:
        return [*naive_path(index, entries[:k]), naive_root(entries[k:])]
    return [*naive_path(index - k, entries[k:]), naive_root(entries[:k])]


def naive_proof(old: int, entries: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """SUBPROOF of §2.1.4.1."""
    if old == len(entries):
        return [] if whole else [naive_root(entries)]
    k = split(len(entries))
    if old <= k:
        return [*naive_proof(old, entries[:k], whole=whole), naive_root(entries[k:])]
    return [*naive_proof(old - k, entries[k:], whole=False), naive_root(entries[:k])]


@pytest.mark.parametrize("size", range(1, 9))
def test_root_is_the_published_one(size: int) -> None:
    tree, frontier = merkle.MemoryTree(ENTRIES[:size]), merkle.Frontier()
    for entry in ENTRIES[:size]:
        frontier.append(entry)
    assert tree.root().hex() == frontier.root().hex() == ROOTS[size - 1]


def test_root_of_the_empty_tree_is_the_published_one() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.MemoryTree([]).root().hex() == merkle.Frontier().root().hex() == empty


@pytest.mark.parametrize(("place", "path"), INCLUSION.items())
def test_inclusion_proof_is_the_published_one(place: tuple[int, int], path: list[str]) -> None:
    index, size = place
    tree = merkle.MemoryTree(ENTRIES[:size])
    proof = merkle.inclusion_proof(tree.node, index=index, size=size)
    assert [digest.hex() for digest in proof] == path
    assert reaches(index, size, ENTRIES[index], proof) == bytes.fromhex(ROOTS[size - 1])


@pytest.mark.parametrize(("sizes", "proof"), CONSISTENCY.items())
def test_consistency_proof_is_the_published_one(sizes: tuple[int, int], proof: list[str]) -> None:
    old, size = sizes
    tree = merkle.MemoryTree(ENTRIES)
    given_proof = merkle.consistency_proof(tree.node, old_size=old, size=size)
    assert [digest.hex() for digest in given_proof] == proof
    assert continues(old, ROOTS[old - 1], size, ROOTS[size - 1], given_proof)


def reaches(index: int, size: int, entry: bytes, proof: list[bytes]) -> bytes | None:
    leaf = verify_export.leaf_hash(entry)
    return verify_export.root_from_inclusion(index=index, size=size, leaf=leaf, proof=proof)


def continues(old: int, old_root: str, size: int, root: str, proof: list[bytes]) -> bool:
    return verify_export.is_consistent(
        old_size=old, old_root=bytes.fromhex(old_root), size=size, root=bytes.fromhex(root), proof=proof
    )


@st.composite
def trees(draw: Callable[..., int]) -> tuple[list[bytes], int]:
    size = draw(st.integers(1, 300))
    return [i.to_bytes(2, "big") for i in range(size)], draw(st.integers(0, size - 1))


@settings(max_examples=80)
@given(trees())
def test_proofs_of_any_tree_are_those_of_the_recursion(case: tuple[list[bytes], int]) -> None:
    entries, index = case
    size, root, tree = len(entries), naive_root(entries), merkle.MemoryTree(entries)
    path = merkle.inclusion_proof(tree.node, index=index, size=size)
    assert path == naive_path(index, entries)
    assert reaches(index, size, entries[index], path) == tree.root() == root
    proof = merkle.consistency_proof(tree.node, old_size=index + 1, size=size)
    assert proof == naive_proof(index + 1, entries)
    old_root = merkle.root(tree.node, index + 1)
    assert old_root == naive_root(entries[: index + 1])
    assert continues(index + 1, old_root.hex(), size, root.hex(), proof)


@settings(max_examples=80)
@given(trees(), st.data())
def test_changed_proof_of_any_tree_is_refused(case: tuple[list[bytes], int], data: st.DataObject) -> None:
    """Another index, another entry, one node changed, dropped, doubled or exchanged."""
    entries, index = case
    size, root, tree = len(entries), naive_root(entries), merkle.MemoryTree(entries)
    path = merkle.inclusion_proof(tree.node, index=index, size=size)
    other = data.draw(st.integers(0, size + 3).filter(lambda number: number != index))
    assert reaches(other, size, entries[index], path) != root
    assert reaches(index, size, b"another", path) != root
    proof = merkle.consistency_proof(tree.node, old_size=index + 1, size=size)
    old_root = naive_root(entries[: index + 1])
    for changed in broken(path, data):
        assert reaches(index, size, entries[index], changed) != root
    for changed in broken(proof, data):
        assert not continues(index + 1, old_root.hex(), size, root.hex(), changed)
    assert not continues(index + 1, "00" * 32, size, root.hex(), proof)
    assert not continues(index + 1, old_root.hex(), size, "00" * 32, proof)
    assert not continues(size + 1, old_root.hex(), size, root.hex(), proof)
    assert not continues(0, old_root.hex(), size, root.hex(), proof)


def broken(proof: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    longer = [[*proof, b"\0" * 32]]
    if not proof:
        return longer
    at = data.draw(st.integers(0, len(proof) - 1))
    changed = bytes([proof[at][0] ^ 1]) + proof[at][1:]
    return [
        *longer,
        [*proof[:at], changed, *proof[at + 1 :]],
        [*proof[:at], *proof[at + 1 :]],
        [*proof[: at + 1], *proof[at:]],
    ]


def test_node_cannot_stand_for_a_leaf() -> None:
    """Without the first bytes, the two halves of a node would be an entry of a smaller tree."""
    tree = merkle.MemoryTree(ENTRIES[:2])
    halves = tree.node(0, 0) + tree.node(0, 1)
    assert merkle.leaf_hash(halves) != tree.root() == merkle.node_hash(tree.node(0, 0), tree.node(0, 1))


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_inclusion_of_a_leaf_outside_the_tree_is_refused(index: int, size: int) -> None:
    with pytest.raises(IndexError):
        merkle.inclusion_proof(merkle.MemoryTree(ENTRIES).node, index=index, size=size)


@pytest.mark.parametrize(("old", "size"), [(0, 3), (4, 3)])
def test_consistency_with_an_empty_or_larger_tree_is_refused(old: int, size: int) -> None:
    with pytest.raises(IndexError):
        merkle.consistency_proof(merkle.MemoryTree(ENTRIES).node, old_size=old, size=size)


def test_frontier_names_each_completed_subtree() -> None:
    frontier, tree = merkle.Frontier(), merkle.MemoryTree(ENTRIES)
    completed = [node for entry in ENTRIES for node in frontier.append(entry)]
    assert {(level, index) for level, index, _ in completed} == {
        (1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (2, 1), (3, 0),
    }  # fmt: skip
    assert all(digest == tree.node(level, index) for level, index, digest in completed)
