r"""The small language that rules are written in, and the index that finds which rules a text meets.

    crash*                      a word that begins with crash
    (log|sign) [me] in          one of; an optional word
    {not} .. load               a macro; up to 4 words between
    payment ... failed          up to 9 words between
    pop-up*                     a hyphen stands for a space, a hyphen or nothing; an apostrophe may be left out
    ~ at the front              the phrase must begin its sentence

Words are whole words, case does not matter. Phrases in scripts without spaces are found anywhere. Every phrase compiles to a
regular expression without nested or unbounded repetition, so that no text can make it slow. Not here: what a match means.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice, pairwise
from typing import NamedTuple

from feedback_assets.ground.placeholders import PATTERN

WORD = re.compile(r"\w+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_ELIDED = re.compile(r"\w'")  # l'accès, i'm: one letter, then a mark that must be there
_MARKS = "’‘`´ʼ＇"
_ANY_MARK = re.compile(f"[{_MARKS}]")
_COMMON = frozenset(
    """a an and are as at be been but by can cannot could couldn did didn do does doesn don for from get had has have i if in into is isn it
    its just keeps me my never no not of on or our out so that the there they this to too up was wasn we were when will with won would
    wouldn you your nicht kein keine ist sich ich und die der das mehr geht ne pas plus est les des une que se el la los las un una não
    nao o os non è il lo niet geen nie się jest не нет на""".split()  # noqa: SIM905
)
"""Words that stand in too many texts to find a phrase by."""
_MOST_MATCHES = 4
_MOST_PAIRS = 3
_MOST_REMEMBERED = 50_000
"""Words whose phrases are remembered: hostile streams of made-up words must not fill the memory."""


class PhraseError(ValueError):
    """A phrase that cannot be understood; the message says where."""


def fold(text: str) -> str:
    """Lower case with plain apostrophes, every character at its old place. A placeholder is one word that no phrase names."""
    is_ascii = text.isascii()
    plain = text.replace("`", "'") if is_ascii else _ANY_MARK.sub("'", text)
    if "[" in plain:
        plain = PATTERN.sub(_unnamed, plain)
    low = plain.lower()
    if is_ascii:
        return low
    if len(low) != len(plain):
        low = "".join(c if len(c.lower()) != 1 else c.lower() for c in plain)
    return low


def _unnamed(placeholder: re.Match[str]) -> str:
    return " " + "_" * (placeholder.end() - placeholder.start() - 2) + " "


def is_unspaced(text: str) -> bool:
    """Whether the text has letters of a script that does not put spaces between words."""
    return _UNSPACED.search(text) is not None


class Anchor(NamedTuple):
    """A word, or the beginning of a word, that every text with the phrase has."""

    key: str
    is_prefix: bool


@dataclass(frozen=True)
class Phrase:
    """One understood phrase.

    anchors: for each part that must be there, the words of which one stands in every text with the phrase.
    pairs: for parts that follow each other without a gap, the words that the first can end with, and those that come right after it.
    """

    source: str
    language: str
    pattern: str
    anchors: tuple[frozenset[Anchor], ...]
    unspaced: bool
    pairs: tuple[tuple[frozenset[Anchor], frozenset[Anchor]], ...] = ()

    def __getstate__(self) -> dict[str, object]:
        """Without the compiled expression, which another process would compile again at once."""
        return {name: value for name, value in self.__dict__.items() if name != "regex"}

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Compiled when a text first needs it: most phrases of most runs are never needed."""
        return re.compile(self.pattern)


# Nodes are compared by identity, and equal ones are one object: macros stand in most phrases, and what is asked of them is remembered.


@dataclass(frozen=True, eq=False)
class _Word:
    text: str


@dataclass(frozen=True, eq=False)
class _Gap:
    words: int


@dataclass(frozen=True, eq=False)
class _Choice:
    options: "tuple[tuple[_Node, ...], ...]"
    optional: bool


_Node = _Word | _Gap | _Choice
_GAPS = {"..": _Gap(4), "...": _Gap(9)}
_BRACKETS = {"(": ")", "[": "]"}
_ENDS = (")", "]", "|")
_TOKEN = re.compile(r"\s*(\.\.\.|\.\.|[()\[\]|]|[^\s()\[\]|]+)")
_MACRO = re.compile(r"\{([a-z_]+)\}")
_MOST_NODES = 1 << 15
_word = lru_cache(_MOST_NODES)(_Word)
_choice = lru_cache(_MOST_NODES)(_Choice)


def compile_phrase(source: str, macros: Mapping[str, str], language: str) -> Phrase:
    """The phrase of that language.

    Raises PhraseError for one that is empty, unbalanced, names an unknown macro, or has no word to go by.
    """
    text = fold(_expand(source.strip(), macros, depth=0))
    at_start = text.startswith("~")
    tokens = _TOKEN.findall(text.lstrip("~ "))
    nodes, end = _sequence(tokens, 0, source)
    if end < len(tokens):
        raise PhraseError(f"{source!r}: {tokens[end]!r} is not opened")
    if not nodes or isinstance(nodes[0], _Gap) or isinstance(nodes[-1], _Gap):
        raise PhraseError(f"{source!r} is empty or begins or ends with a gap")
    unspaced = is_unspaced(text)
    body = _regex(nodes, unspaced=unspaced)
    start = r"^\W{0,4}" if at_start else ""
    bounded = body if unspaced else rf"(?<!\w)(?:{body})(?!\w)"
    anchors = _anchors(nodes)
    if not unspaced and not anchors:
        raise PhraseError(f"{source!r} has no word that must be there")
    return Phrase(source, language, start + bounded, anchors, unspaced, () if unspaced else _pairs(nodes))


def _expand(source: str, macros: Mapping[str, str], depth: int) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in macros:
            raise PhraseError(f"{source!r} names the unknown macro {name!r}")
        if depth > 5:
            raise PhraseError(f"{source!r}: the macro {name!r} contains itself")
        return "(" + _expand(macros[name], macros, depth + 1) + ")"

    return _MACRO.sub(value, source)


def _sequence(tokens: Sequence[str], at: int, source: str) -> tuple[list[_Node], int]:
    """The nodes from that token on, and where what cannot belong to them begins."""
    nodes: list[_Node] = []
    while at < len(tokens) and (head := tokens[at]) not in _ENDS:
        at += 1
        if head in _GAPS:
            nodes.append(_GAPS[head])
        elif head in _BRACKETS:
            options = []
            while True:
                option, at = _sequence(tokens, at, source)
                if not option:
                    raise PhraseError(f"{source!r} has an empty alternative")
                options.append(tuple(option))
                if at == len(tokens) or tokens[at] != "|":
                    break
                at += 1
            if at == len(tokens) or tokens[at] != _BRACKETS[head]:
                raise PhraseError(f"{source!r}: {head!r} is not closed")
            at += 1
            nodes.append(_choice(tuple(options), optional=head == "["))
        else:
            nodes.append(_word(head))
    return nodes, at


def _regex(nodes: Sequence[_Node], *, unspaced: bool) -> str:
    separator = r"\W{0,2}" if unspaced else r"\W{1,3}"
    out = ""
    pending = ""  # the separator that stands before the next node, when something stands before it
    lead = ""  # optional nodes at the very front carry their separator behind them
    for node in nodes:
        if isinstance(node, _Gap):
            pending = (f".{{0,{node.words * 3}}}" if unspaced else rf"(?:\W{{1,3}}\w+){{0,{node.words}}}") + separator
            continue
        part = _node(node, unspaced=unspaced)
        optional = isinstance(node, _Choice) and node.optional
        if not out and optional:
            lead += f"(?:{part}{separator})?"
            continue
        if optional:
            out += f"(?:{pending}{part})?"
            continue
        out += (pending if out else "") + part
        pending = separator
    return lead + out


@lru_cache(_MOST_NODES)
def _node(node: _Word | _Choice, *, unspaced: bool) -> str:
    """That a word ends where it should needs no word in the pattern: a separator, a gap or the end of the phrase follows."""
    if isinstance(node, _Choice):
        return "(?:" + "|".join(_regex(o, unspaced=unspaced) for o in node.options) + ")"
    prefix = node.text.endswith("*")
    body = re.escape(node.text.removesuffix("*")).replace(r"\-", r"\W{0,2}")
    if not _ELIDED.match(node.text):
        body = body.replace("'", "'?")
    if unspaced:
        return body
    return body + (r"\w*" if prefix else "")


def _anchors(nodes: Sequence[_Node]) -> tuple[frozenset[Anchor], ...]:
    """One set for each part that must be there, the most telling first, three at most."""
    found = [_node_anchors(n) for n in nodes if not isinstance(n, _Gap) and not (isinstance(n, _Choice) and n.optional)]
    return tuple(sorted((f for f in found if f), key=_telling, reverse=True)[:3])


@lru_cache(_MOST_NODES)
def _node_anchors(node: _Word | _Choice) -> frozenset[Anchor]:
    if isinstance(node, _Word):
        return _word_anchors(node.text)
    out: set[Anchor] = set()
    for option in node.options:
        best = _anchors(option)
        if not best:
            return frozenset()
        out |= best[0]
    return frozenset(out)


@lru_cache(_MOST_NODES)
def _telling(anchors: frozenset[Anchor]) -> tuple[float, list[Anchor]]:
    score = min(0.5 if a.key in _COMMON else float(len(a.key)) for a in anchors) - 0.05 * len(anchors)
    return score, sorted(anchors)


@lru_cache(_MOST_NODES)
def _word_anchors(word: str) -> frozenset[Anchor]:
    prefix = word.endswith("*")
    parts = WORD.findall(word.removesuffix("*"))
    if len(parts) < 2:
        return frozenset(Anchor(part, prefix) for part in parts)
    longest = max(range(len(parts)), key=lambda i: len(parts[i]))
    out = {Anchor(parts[longest], is_prefix=prefix and longest == len(parts) - 1)}
    if not _ELIDED.match(word):  # the mark between the parts may be left out
        out.add(Anchor("".join(parts), is_prefix=prefix))
    return frozenset(out)


def _pairs(nodes: Sequence[_Node]) -> tuple[tuple[frozenset[Anchor], frozenset[Anchor]], ...]:
    """For each part that must be there and has no gap behind it: how it can end, and how what follows can begin."""
    out = []
    for i, node in enumerate(nodes):
        if isinstance(node, _Gap) or (isinstance(node, _Choice) and node.optional):
            continue
        ends, begins = _ends(node), _begins(nodes[i + 1 :])
        if ends and begins:
            out.append((ends, begins))
    return tuple(sorted(out, key=lambda p: -min(_telling(p[0])[0], _telling(p[1])[0]))[:_MOST_PAIRS])


def _begins(nodes: Sequence[_Node]) -> frozenset[Anchor]:
    """The words that a text with these nodes can begin with; nothing when they cannot be told."""
    out: set[Anchor] = set()
    for node in nodes:
        if isinstance(node, _Gap):
            return frozenset()
        found = [_begins(o) for o in node.options] if isinstance(node, _Choice) else [_edge_words(node.text, at_end=False)]
        if not all(found):
            return frozenset()
        out.update(*found)
        if not (isinstance(node, _Choice) and node.optional):
            return frozenset(out)
    return frozenset()


@lru_cache(_MOST_NODES)
def _ends(node: _Word | _Choice) -> frozenset[Anchor]:
    """The words that a text of this node can end with; nothing when they cannot be told."""
    if isinstance(node, _Word):
        return _edge_words(node.text, at_end=True)
    out: set[Anchor] = set()
    for option in node.options:
        for last in reversed(option):
            found = frozenset[Anchor]() if isinstance(last, _Gap) else _ends(last)
            if not found:
                return frozenset()
            out |= found
            if not (isinstance(last, _Choice) and last.optional):
                break
    return frozenset(out)


@lru_cache(_MOST_NODES)
def _edge_words(word: str, *, at_end: bool) -> frozenset[Anchor]:
    """The first or last words of what a word of the language matches: a mark inside it may be left out, so parts may be one."""
    prefix = word.endswith("*")
    parts = WORD.findall(word.removesuffix("*"))
    if at_end:
        return frozenset(Anchor("".join(parts[i:]), is_prefix=prefix) for i in range(len(parts)))
    return frozenset(Anchor("".join(parts[:i]), is_prefix=prefix and i == len(parts)) for i in range(1, len(parts) + 1))


def _number(bits: Sequence[int]) -> int:
    """The integer with these bits set; a bit may be named twice. Each change of a long integer makes a new one, so bytes are changed."""
    if not bits:
        return 0
    out = bytearray(max(bits) // 8 + 1)
    for bit in bits:
        out[bit >> 3] |= 1 << (bit & 7)
    return int.from_bytes(out, "little")


def _numbers_of(bits: int, numbers: Sequence[int]) -> list[int]:
    """The numbers whose bits are set, in order."""
    out = []
    while bits:
        lowest = bits & -bits
        out.append(numbers[lowest.bit_length() - 1])
        bits ^= lowest
    return out


@dataclass(slots=True)
class _Mask:
    """What one anchor, or one word of a text, says of the phrases: a bit for each phrase in each of several places."""

    there: int = 0
    """Phrases of which it is an anchor: the first set of anchors in the first place, and so on."""
    before: int = 0
    """Phrases of which a part can end with it."""
    after: int = 0
    """Phrases of which a part can begin with it, after such an end."""


def _pieces(phrases: Sequence[Phrase]) -> tuple[dict[str, int], int]:
    """(the first two characters of words of which one must be there -> the bits of their phrases, the bits of phrases without such)."""
    pieces: dict[str, int] = {}
    without = 0
    for bit, phrase in enumerate(phrases):
        if not phrase.anchors:
            without |= 1 << bit
        for anchor in phrase.anchors[0] if phrase.anchors else ():
            pieces[anchor.key[:2]] = pieces.get(anchor.key[:2], 0) | 1 << bit
    return pieces, without


class PhraseIndex:
    """Finds which of many phrases occur in a short text, trying only those whose words are all there and stand beside each other.

    The words of a text are looked up once; which phrases they leave is arithmetic on integers with a bit for each phrase.
    """

    def __init__(self, phrases: Iterable[Phrase], languages: frozenset[str] | None = None) -> None:
        """languages: of the phrases to look for; None for all. Phrases keep their number either way."""
        self._phrases = tuple(phrases)
        wanted = [(i, p) for i, p in enumerate(self._phrases) if languages is None or p.language in languages]
        self._unspaced = [i for i, p in wanted if p.unspaced]
        self._numbers = [i for i, p in wanted if not p.unspaced]
        spaced = [p for _, p in wanted if not p.unspaced]
        self._width = len(spaced)
        self._all = (1 << self._width) - 1
        self._sets = max((len(p.anchors) for p in spaced), default=0)
        self._neighbours = max((len(p.pairs) for p in spaced), default=0)
        there: dict[Anchor, list[int]] = {}
        before: dict[Anchor, list[int]] = {}
        after: dict[Anchor, list[int]] = {}
        without_set: list[int] = []
        without_pair: list[int] = []
        for bit, phrase in enumerate(spaced):
            for place, anchors in enumerate(phrase.anchors):
                for anchor in anchors:
                    there.setdefault(anchor, []).append(place * self._width + bit)
            without_set.extend(place * self._width + bit for place in range(len(phrase.anchors), self._sets))
            for place, (ends, begins) in enumerate(phrase.pairs):
                for anchor in ends:
                    before.setdefault(anchor, []).append(place * self._width + bit)
                for anchor in begins:
                    after.setdefault(anchor, []).append(place * self._width + bit)
            without_pair.extend(place * self._width + bit for place in range(len(phrase.pairs), self._neighbours))
        self._without_set, self._without_pair = _number(without_set), _number(without_pair)
        masks = {a: _Mask(*(_number(bits.get(a, ())) for bits in (there, before, after))) for a in {*there, *before, *after}}
        self._exact = {a.key: m for a, m in masks.items() if not a.is_prefix}
        self._prefix = {a.key: m for a, m in masks.items() if a.is_prefix}
        self._lengths = sorted({len(k) for k in self._prefix})
        self._pieces, self._without_piece = _pieces([self._phrases[i] for i in self._unspaced])
        self._seen: dict[str, tuple[int, int, int]] = {}
        self._same: dict[tuple[int, int, int], tuple[int, int, int]] = {}

    def matches(self, folded: str, start: int = 0, end: int | None = None) -> list[tuple[int, int, int]]:
        """(phrase number, start, end) of the first few matches of each phrase in folded[start:end], by phrase number."""
        part = folded[start:end]
        found = self._possible(part)
        if self._unspaced and is_unspaced(part):
            found = sorted([*found, *self._possible_unspaced(part)])
        out: list[tuple[int, int, int]] = []
        for i in found:
            out.extend((i, start + m.start(), start + m.end()) for m in islice(self._phrases[i].regex.finditer(part), _MOST_MATCHES))
        return out

    def any(self, folded: str, start: int = 0, end: int | None = None) -> bool:
        """Whether any phrase occurs in folded[start:end]."""
        return bool(self.matches(folded, start, end))

    def _possible(self, part: str) -> list[int]:
        """Numbers of the phrases with spaces that the words of the text leave possible, ascending."""
        there = pairs = before = 0
        seen = self._seen
        for word in WORD.findall(part):
            known = seen.get(word)
            if known is None:
                known = self._lookup(word)
            there |= known[0]
            pairs |= before & known[2]
            before = known[1]
        width, left = self._width, self._all & there
        there |= self._without_set
        for place in range(1, self._sets):
            left &= there >> (place * width)
        if left:
            pairs |= self._without_pair
            for place in range(self._neighbours):
                left &= pairs >> (place * width)
        return _numbers_of(left, self._numbers)

    def _possible_unspaced(self, part: str) -> list[int]:
        """Numbers of the phrases without spaces of which a word may stand in the text, by its first two characters."""
        left, get = self._without_piece, self._pieces.get
        for piece in {*part, *map("".join, pairwise(part))}:
            left |= get(piece, 0)
        return _numbers_of(left, self._unspaced)

    def _lookup(self, word: str) -> tuple[int, int, int]:
        masks = [self._exact[word]] if word in self._exact else []
        for n in self._lengths:
            if n > len(word):
                break
            mask = self._prefix.get(word[:n])
            if mask is not None:
                masks.append(mask)
        there = before = after = 0
        for mask in masks:
            there |= mask.there
            before |= mask.before
            after |= mask.after
        if len(self._seen) >= _MOST_REMEMBERED:
            self._seen.clear()
            self._same.clear()
        result = self._same.setdefault((there, before, after), (there, before, after))
        self._seen[word] = result
        return result
