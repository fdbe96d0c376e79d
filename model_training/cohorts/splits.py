"""Dividing images so that no patient and no near-duplicate is on two sides."""

import random
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from model_training.cohorts.sample import Part

Key = TypeVar("Key", bound=Hashable)


def connected(keys: Iterable[Key], links: Iterable[tuple[Key, Key]]) -> list[list[Key]]:
    """Groups of keys that are linked, directly or through others, in order of first appearance.

    A link to a key that is not among `keys` still joins what it links.
    """
    parents: dict[Key, Key] = {}

    def root(key: Key) -> Key:
        parents.setdefault(key, key)
        while parents[key] != key:
            parents[key] = parents[parents[key]]
            key = parents[key]
        return key

    for one, other in links:
        parents[root(one)] = root(other)
    groups: dict[Key, list[Key]] = defaultdict(list)
    for key in keys:
        groups[root(key)].append(key)
    return list(groups.values())


def assign_parts(
    groups: Sequence[Sequence[Key]],
    labels: Mapping[Key, bool],
    shares: Mapping[Part, float],
    seed: int,
) -> dict[Key, Part]:
    """Give every group one part, so that each part has about its share of both labels.

    The groups are taken in a random order made from `seed`; each goes where it is missed most.

    Raises:
        ValueError: the shares do not add up to 1.
    """
    if abs(sum(shares.values()) - 1.0) > 1e-9:  # noqa: PLR2004 (rounding of decimal shares)
        raise ValueError(f"the shares add up to {sum(shares.values())}, not to 1")
    totals = {label: _count(labels, label, labels) for label in (False, True)}
    placed = {(part, label): 0 for part in shares for label in totals}
    shuffled = list(groups)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 (reproducible, no secret)
    # Large groups first: a late one would spoil the balance that small ones can still mend.
    shuffled.sort(key=len, reverse=True)
    parts: dict[Key, Part] = {}
    for group in shuffled:
        counts = {label: _count(group, label, labels) for label in totals}
        lack = {
            part: sum(
                counts[label] * (1.0 - placed[part, label] / max(share * totals[label], 1.0))
                for label in totals
            )
            for part, share in shares.items()
        }
        chosen = max(lack, key=lack.__getitem__)
        for label in totals:
            placed[chosen, label] += counts[label]
        parts.update(dict.fromkeys(group, chosen))
    return parts


def _count(keys: Iterable[Key], label: bool, labels: Mapping[Key, bool]) -> int:  # noqa: FBT001
    return sum(labels[key] == label for key in keys)
