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
from functools import cached_property
from itertools import islice

from feedback_assets.placeholders import PATTERN

WORD = re.compile(r"\w+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_ELIDED = re.compile(r"\w'")  # l'accès, i'm: one letter, then a mark that must be there
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "ʼ": "'", "＇": "'"})
_COMMON = frozenset(
    """a an and are as at be been but by can cannot could couldn did didn do does doesn don for from get had has have i if in into is isn it
    its just keeps me my never no not of on or our out so that the there they this to too up was wasn we were when will with won would
    wouldn you your nicht kein keine ist sich ich und die der das mehr geht ne pas plus est les des une que se el la los las un una não
    nao o os non è il lo niet geen nie się jest не нет на""".split()  # noqa: SIM905
)
"""Words that stand in too many texts to find a phrase by."""
_MOST_MATCHES = 4


class PhraseError(ValueError):
    """A phrase that cannot be understood; the message says where."""


def fold(text: str) -> str:
    """Lower case with plain apostrophes, every character at its old place. A placeholder is one word that no phrase names."""
    plain = text.translate(_APOSTROPHES)
    if "[" in plain:
        plain = PATTERN.sub(_unnamed, plain)
    low = plain.lower()
    if len(low) != len(plain):
        low = "".join(c if len(c.lower()) != 1 else c.lower() for c in plain)
    return low


def _unnamed(placeholder: re.Match[str]) -> str:
    return " " + "_" * (placeholder.end() - placeholder.start() - 2) + " "


def is_unspaced(text: str) -> bool:
    """Whether the text has letters of a script that does not put spaces between words."""
    return _UNSPACED.search(text) is not None


@dataclass(frozen=True)
class Anchor:
    """A word, or the beginning of a word, that every text with the phrase has."""

    key: str
    is_prefix: bool


@dataclass(frozen=True)
class Phrase:
    """One understood phrase. anchors: for each part that must be there, the words of which one stands in every text with the phrase."""

    source: str
    language: str
    pattern: str
    anchors: tuple[frozenset[Anchor], ...]
    unspaced: bool

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Compiled when a text first needs it: most phrases of most runs are never needed."""
        return re.compile(self.pattern)


@dataclass(frozen=True)
class _Word:
    text: str


@dataclass(frozen=True)
class _Gap:
    words: int


@dataclass(frozen=True)
class _Choice:
    options: "tuple[tuple[_Node, ...], ...]"
    optional: bool


_Node = _Word | _Gap | _Choice
_GAPS = {"..": _Gap(4), "...": _Gap(9)}
_BRACKETS = {"(": ")", "[": "]"}
_ENDS = (")", "]", "|")
_TOKEN = re.compile(r"\s*(\.\.\.|\.\.|[()\[\]|]|[^\s()\[\]|]+)")


def compile_phrase(source: str, macros: Mapping[str, str], language: str) -> Phrase:
    """The phrase of that language.

    Raises PhraseError for one that is empty, unbalanced, names an unknown macro, or has no word to go by.
    """
    text = fold(_expand(source.strip(), macros, depth=0))
    at_start = text.startswith("~")
    tokens = _TOKEN.findall(text.lstrip("~ "))
    nodes, rest = _sequence(tokens, source)
    if rest:
        raise PhraseError(f"{source!r}: {rest[0]!r} is not opened")
    if not nodes or isinstance(nodes[0], _Gap) or isinstance(nodes[-1], _Gap):
        raise PhraseError(f"{source!r} is empty or begins or ends with a gap")
    unspaced = is_unspaced(text)
    body = _regex(nodes, unspaced=unspaced)
    start = r"^\W{0,4}" if at_start else ""
    bounded = body if unspaced else rf"(?<!\w)(?:{body})(?!\w)"
    anchors = _anchors(nodes)
    if not unspaced and not anchors:
        raise PhraseError(f"{source!r} has no word that must be there")
    return Phrase(source, language, start + bounded, anchors, unspaced)


def _expand(source: str, macros: Mapping[str, str], depth: int) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in macros:
            raise PhraseError(f"{source!r} names the unknown macro {name!r}")
        if depth > 5:
            raise PhraseError(f"{source!r}: the macro {name!r} contains itself")
        return "(" + _expand(macros[name], macros, depth + 1) + ")"

    return re.sub(r"\{([a-z_]+)\}", value, source)


def _sequence(tokens: list[str], source: str) -> tuple[list[_Node], list[str]]:
    nodes: list[_Node] = []
    while tokens and tokens[0] not in _ENDS:
        head, tokens = tokens[0], tokens[1:]
        if head in _GAPS:
            nodes.append(_GAPS[head])
        elif head in _BRACKETS:
            options = []
            while True:
                option, tokens = _sequence(tokens, source)
                if not option:
                    raise PhraseError(f"{source!r} has an empty alternative")
                options.append(tuple(option))
                if not tokens or tokens[0] != "|":
                    break
                tokens = tokens[1:]
            if not tokens or tokens[0] != _BRACKETS[head]:
                raise PhraseError(f"{source!r}: {head!r} is not closed")
            tokens = tokens[1:]
            nodes.append(_Choice(tuple(options), optional=head == "["))
        else:
            nodes.append(_Word(head))
    return nodes, tokens


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


def _node(node: _Word | _Choice, *, unspaced: bool) -> str:
    if isinstance(node, _Choice):
        return "(?:" + "|".join(_regex(o, unspaced=unspaced) for o in node.options) + ")"
    prefix = node.text.endswith("*")
    body = re.escape(node.text.removesuffix("*")).replace(r"\-", r"\W{0,2}")
    if not _ELIDED.match(node.text):
        body = body.replace("'", "'?")
    if unspaced:
        return body
    return body + (r"\w*" if prefix else r"(?!\w)")


def _anchors(nodes: Sequence[_Node]) -> tuple[frozenset[Anchor], ...]:
    """One set for each part that must be there, the most telling first, three at most."""
    found = [_node_anchors(n) for n in nodes if not isinstance(n, _Gap) and not (isinstance(n, _Choice) and n.optional)]
    return tuple(sorted((f for f in found if f), key=_telling, reverse=True)[:3])


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


def _telling(anchors: frozenset[Anchor]) -> tuple[float, list[tuple[str, bool]]]:
    score = min(0.5 if a.key in _COMMON else float(len(a.key)) for a in anchors) - 0.05 * len(anchors)
    return score, sorted((a.key, a.is_prefix) for a in anchors)


def _word_anchors(word: str) -> frozenset[Anchor]:
    prefix = word.endswith("*")
    parts = WORD.findall(word.removesuffix("*"))
    if not parts:
        return frozenset()
    longest = max(range(len(parts)), key=lambda i: len(parts[i]))
    out = {Anchor(parts[longest], is_prefix=prefix and longest == len(parts) - 1)}
    if len(parts) > 1 and not _ELIDED.match(word):  # the mark between the parts may be left out
        out.add(Anchor("".join(parts), is_prefix=prefix))
    return frozenset(out)


class PhraseIndex:
    """Finds which of many phrases occur in a short text, trying only those whose anchor words are all there."""

    def __init__(self, phrases: Iterable[Phrase], languages: frozenset[str] | None = None) -> None:
        """languages: of the phrases to look for; None for all. Phrases keep their number either way."""
        self._phrases = tuple(phrases)
        numbers: dict[Anchor, int] = {}
        self._first: list[list[int]] = []
        self._others: dict[int, tuple[frozenset[int], ...]] = {}
        wanted = [(i, p) for i, p in enumerate(self._phrases) if languages is None or p.language in languages]
        self._unspaced = [i for i, p in wanted if p.unspaced]
        for i, phrase in wanted:
            sets = () if phrase.unspaced else phrase.anchors
            numbered = [frozenset(numbers.setdefault(a, len(numbers)) for a in s) for s in sets]
            self._first.extend([] for _ in range(len(numbers) - len(self._first)))
            for n in numbered[0] if numbered else ():
                self._first[n].append(i)
            self._others[i] = tuple(numbered[1:])
        self._exact = {a.key: n for a, n in numbers.items() if not a.is_prefix}
        self._prefix = {a.key: n for a, n in numbers.items() if a.is_prefix}
        self._lengths = sorted({len(k) for k in self._prefix})
        self._seen: dict[str, frozenset[int]] = {}

    def matches(self, folded: str, start: int = 0, end: int | None = None) -> list[tuple[int, int, int]]:
        """(phrase number, start, end) of the first few matches of each phrase in folded[start:end], by phrase number."""
        part = folded[start:end]
        present: set[int] = set()
        seen = self._seen
        for word in WORD.findall(part):
            anchors = seen.get(word)
            if anchors is None:
                anchors = self._lookup(word)
            if anchors:
                present |= anchors
        found: set[int] = set()
        absent = present.isdisjoint
        for anchor in present:
            for i in self._first[anchor]:
                for other in self._others[i]:
                    if absent(other):
                        break
                else:
                    found.add(i)
        if self._unspaced and is_unspaced(part):
            found.update(self._unspaced)
        out: list[tuple[int, int, int]] = []
        for i in sorted(found):
            regex = self._phrases[i].regex
            if regex.search(part) is not None:
                out.extend((i, start + m.start(), start + m.end()) for m in islice(regex.finditer(part), _MOST_MATCHES))
        return out

    def any(self, folded: str, start: int = 0, end: int | None = None) -> bool:
        """Whether any phrase occurs in folded[start:end]."""
        return bool(self.matches(folded, start, end))

    def _lookup(self, word: str) -> frozenset[int]:
        anchors = {self._exact[word]} if word in self._exact else set()
        for n in self._lengths:
            if n > len(word):
                break
            anchor = self._prefix.get(word[:n])
            if anchor is not None:
                anchors.add(anchor)
        if len(self._seen) > 200_000:  # hostile streams of made-up words must not fill the memory
            self._seen.clear()
        result = frozenset(anchors)
        self._seen[word] = result
        return result
