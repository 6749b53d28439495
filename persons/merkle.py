"""The arithmetic of the seals, in the standard library alone, so that a proof can be checked without the product.

A seal's root is a Merkle tree over its leaves (RFC 9162 section 2.1: leaves hashed with 0x00 before them, nodes with
0x01); a leaf's path is what has to be hashed with it, level by level, to come to the root (section 2.1.3).
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def canonical(fields: Iterable[Any]) -> bytes:
    return json.dumps(list(fields), separators=(",", ":"), ensure_ascii=False).encode()


def leaf_hash(leaf: bytes) -> bytes:
    return digest(b"\x00" + leaf)


def node_hash(left: bytes, right: bytes) -> bytes:
    return digest(b"\x01" + left + right)


def seal_hash(number: int, previous: bytes, format: int, acts: int, events: int, root: bytes, sealed_at: int) -> bytes:
    """The hash of a seal; `sealed_at` in microseconds since 1970, UTC."""
    return digest(canonical([format, number, previous.hex(), acts, events, root.hex(), sealed_at]))


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """The root over the leaves, in memory that grows with the logarithm of their number."""
    peaks: list[tuple[int, bytes]] = []  # complete subtrees: how many leaves, and their hash
    for leaf in leaves:
        size, node = 1, leaf_hash(leaf)
        while peaks and peaks[-1][0] == size:
            size, node = size * 2, node_hash(peaks.pop()[1], node)
        peaks.append((size, node))
    if not peaks:
        return digest(b"")
    root = peaks.pop()[1]
    while peaks:
        root = node_hash(peaks.pop()[1], root)
    return root


def paths(hashes: Sequence[bytes], wanted: Collection[int]) -> dict[int, list[bytes]]:
    """For each wanted leaf, by its index among the leaf hashes: its path, from the leaf upwards."""
    found: dict[int, list[bytes]] = {index: [] for index in wanted}
    level, height = list(hashes), 0
    while len(level) > 1:
        for index, path in found.items():
            beside = (index >> height) ^ 1
            if beside < len(level):
                path.append(level[beside])
        pairs = [node_hash(*level[at : at + 2]) for at in range(0, len(level) - 1, 2)]
        level, height = pairs + level[len(pairs) * 2 :], height + 1  # an odd one goes up as it is
    return found


def root_by_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a leaf, the index-th of so many, comes to by its path; None where the path does not fit them."""
    if not 0 <= index < size:
        return None
    node, rest = leaf_hash(leaf), list(path)
    while size > 1:
        if index ^ 1 < size:
            if not rest:
                return None
            beside = rest.pop(0)
            node = node_hash(beside, node) if index & 1 else node_hash(node, beside)
        index, size = index >> 1, (size + 1) >> 1
    return None if rest else node
