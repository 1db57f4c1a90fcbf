"""Which words does a product of automata accept, the shortest first? Nothing is explored that no answer needs."""

from collections.abc import Iterator
from itertools import islice

from contractctl.formats.json_schema.language.characters import pleasant
from contractctl.formats.json_schema.language.product import Product, State
from contractctl.formats.json_schema.language.syntax import Unreadable

Layer = frozenset[State]
"""The states after so many characters."""

_LONGEST = 200_000


def words(product: Product, least: int, most: int | None, count: int) -> Iterator[str]:
    """Up to that many words between these lengths."""
    return islice(_words(product, least, most), count)


def shortest(product: Product, least: int, most: int | None) -> int | None:
    """The length of the shortest word between these lengths; None where there is none."""
    return next((length for length, _ in _lengths(product, _Layers(product), least, most)), None)


def _words(product: Product, least: int, most: int | None) -> Iterator[str]:
    layers = _Layers(product)
    for length, ends in _lengths(product, layers, least, most):
        if length > _LONGEST:
            raise Unreadable(f"the shortest string that remains has {length:,} characters, too many to spell")
        yield from _Speller(product, layers, length, ends).words()


def _lengths(product: Product, layers: "_Layers", least: int, most: int | None) -> Iterator[tuple[int, Layer]]:
    """The lengths of words, and the states in which words of that length end."""
    nearest = _nearest(product, most)
    if nearest is None:
        return
    length = max(least, nearest)
    useful: Layer | None = None
    while most is None or length <= most:
        layer = layers.at(length)
        if useful is None and layers.are_all_known():
            useful = _useful(product, layers.met)
        layer = layer if useful is None else layer & useful
        if not layer:
            return
        product.budget.spend(len(layer))
        ends = frozenset(state for state in layer if product.accepts(state))
        if ends:
            yield length, ends
        length += 1


def _nearest(product: Product, most: int | None) -> int | None:
    """The length of the shortest word of all, if it is not longer than that."""
    first = product.begin()
    if first is None:
        return None
    length, layer, met = 0, [first], {first}
    while layer and (most is None or length <= most):
        if any(product.accepts(state) for state in layer):
            return length
        following = []
        for state in layer:
            for target in product.edges(state):
                if target not in met:
                    met.add(target)
                    following.append(target)
        length, layer = length + 1, following
    return None


def _useful(product: Product, states: set[State]) -> Layer:
    """The states from which a word can still be ended."""
    comes_from: dict[State, list[State]] = {}
    for state in states:
        for target in product.edges(state):
            comes_from.setdefault(target, []).append(state)
    useful = {state for state in states if product.accepts(state)}
    pending = list(useful)
    while pending:
        for state in comes_from.get(pending.pop(), ()):
            if state not in useful:
                useful.add(state)
                pending.append(state)
    return frozenset(useful)


class _Layers:
    """The states after each number of characters.

    There are finitely many layers, so they recur: a length of two thousand millions is reached without going there.
    """

    def __init__(self, product: Product) -> None:
        first = product.begin()
        self._product = product
        self._held: list[Layer] = [frozenset() if first is None else frozenset({first})]
        self._index = {self._held[0]: 0}
        self._recurs: int | None = None
        self.met: set[State] = set(self._held[0])

    def at(self, length: int) -> Layer:
        while length >= len(self._held) and self._recurs is None:
            self._advance()
        return self._held[self._wrapped(length)]

    def are_all_known(self) -> bool:
        """Whether every state that can be reached was."""
        return all(self._product.is_known(state) for state in self._held[-1]) and all(
            target in self.met for state in self._held[-1] for target in self._product.edges(state)
        )

    def _wrapped(self, length: int) -> int:
        if length < len(self._held) or self._recurs is None:
            return length
        return self._recurs + (length - self._recurs) % (len(self._held) - self._recurs)

    def _advance(self) -> None:
        self._product.budget.spend(1 + len(self._held[-1]))
        layer = frozenset(target for state in self._held[-1] for target in self._product.edges(state))
        if layer in self._index:
            self._recurs = self._index[layer]
            return
        self._index[layer] = len(self._held)
        self._held.append(layer)
        self.met |= layer


class _Speller:
    """Spells the words of one length."""

    def __init__(self, product: Product, layers: _Layers, length: int, ends: Layer) -> None:
        self._product = product
        self._length = length
        self._choices: dict[tuple[State, Layer], _Choices] = {}
        narrowed: dict[tuple[Layer, Layer], Layer] = {}
        self._layers = [ends] * (length + 1)
        for index in range(length - 1, -1, -1):
            layer, following = layers.at(index), self._layers[index + 1]
            known = narrowed.get((layer, following))
            if known is None:
                known = frozenset(state for state in layer if not following.isdisjoint(product.edges(state)))
                narrowed[layer, following] = known
            self._layers[index] = known

    def words(self) -> Iterator[str]:
        (first,) = self._layers[0]
        states, chosen, spelled = [first], [0], list[str]()
        while states:
            if len(spelled) == self._length:
                self._product.budget.spend(self._length)
                yield "".join(spelled)
                choice = None
            else:
                choice = self._at(states[-1], self._layers[len(states)]).get(chosen[-1])
            if choice is None:
                states.pop()
                chosen.pop()
                if spelled:
                    spelled.pop()
                continue
            chosen[-1] += 1
            spelled.append(choice[0])
            states.append(choice[1])
            chosen.append(0)

    def _at(self, state: State, following: Layer) -> "_Choices":
        key = (state, following)
        known = self._choices.get(key)
        if known is None:
            known = self._choices[key] = _Choices(self._product, state, following)
        return known


class _Choices:
    """The next characters after a state, the most readable first, and where each leads."""

    def __init__(self, product: Product, state: State, following: Layer) -> None:
        edges = {target: spans for target, spans in product.edges(state).items() if target in following}
        self._held: list[tuple[str, State]] = []
        self._coming = self._readable(edges)

    def get(self, index: int) -> tuple[str, State] | None:
        while len(self._held) <= index:
            one = next(self._coming, None)
            if one is None:
                return None
            self._held.append(one)
        return self._held[index]

    @staticmethod
    def _readable(edges: dict[State, list[tuple[int, int]]]) -> Iterator[tuple[str, State]]:
        spans = sorted((low, high, target) for target, held in edges.items() for low, high in held)
        for character in pleasant((low, high) for low, high, _ in spans):
            code = ord(character)
            yield character, next(target for low, high, target in spans if low <= code <= high)
