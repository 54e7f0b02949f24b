"""Tracking out of web addresses: campaign parameters, and the wrappers that mail scanners put around a link.

The address that a person would have typed stays. Not here: secrets in addresses (personal data).
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from feedback_assets.silver.offsets import Edit

_URL = re.compile(r"https?://[^\s<>\"']{4,2000}", re.IGNORECASE)
_TRACKING = re.compile(
    r"(?:utm_\w{1,30}|fbclid|gclid|gclsrc|gbraid|wbraid|dclid|msclkid|yclid|ttclid|twclid|li_fat_id|igshid|igsh|mc_[ce]id|_hsenc|"
    r"_hsmi|__hs\w{1,6}|hsctatracking|"
    r"mkt_tok|vero_(?:id|conv)|oly_(?:enc|anon)_id|wickedid|_openstat|s_cid|ref_src|ref_url|spm|scm|trk(?:email|campaign|info)?|"
    r"cmpid|campaign_?id|ml_subscriber\w{0,6}|"
    r"ss_(?:source|campaign_\w{1,12}|email_id)|_ke|_kx|elq(?:trackid|track|aid|at|_\w{1,8})?|pk_\w{1,12}|mtm_\w{1,12}|at_(?:medium|"
    r"campaign)|xtor|sc_(?:campaign|channel|eh|uid)|_branch_match_id)"
    r"=[^&;#\s]{0,1000}",
    re.IGNORECASE,
)
_BEFORE_PARAMETER = re.compile(r"(?:&amp;|[?&;])$")
_WRAPPERS = (
    re.compile(
        r"https?://[\w-]{2,20}\.safelinks\.protection\.outlook\.com/[^?\s]{0,40}\?(?:[^\s]{0,40}&)?url=([^&\s]{4,1800})[^\s]*",
        re.IGNORECASE,
    ),
    re.compile(r"https?://urldefense\.(?:com|us)/v3/__([^\s]{4,1800}?)__;[^\s]*", re.IGNORECASE),
    re.compile(r"https?://(?:www\.)?google\.[a-z.]{2,6}/url\?(?:[^\s]{0,80}&)?(?:q|url)=([^&\s]{4,1800})[^\s]*", re.IGNORECASE),
    re.compile(r"https?://l\.(?:facebook|instagram)\.com/l\.php\?(?:[^\s]{0,80}&)?u=([^&\s]{4,1800})[^\s]*", re.IGNORECASE),
)
_SIGNS = ("safelinks.", "urldefense.", "/url?", "/l.php?")
_TARGET = re.compile(r"https?://[^\s<>\"']{3,1800}", re.IGNORECASE)


def link_edits(s: str) -> list[Edit]:
    """Edits that take tracking out of the addresses in a text, ascending."""
    if "://" not in s or "=" not in s:
        return []
    return [e for m in _URL.finditer(s) for e in _in(m.start(), m[0])]


def _in(at: int, url: str) -> Iterator[Edit]:
    if any(sign in url for sign in _SIGNS):
        for wrapper in _WRAPPERS:
            m = wrapper.fullmatch(url)
            if m is not None:
                target = unquote(m[1])
                if _TARGET.fullmatch(target) is not None and target.isprintable():
                    yield Edit(at, at + len(url), target)
                    return
    query = url.find("?")
    if query < 0:
        return
    pieces = [m.span() for m in _TRACKING.finditer(url, query + 1) if url[m.start() - 1] in "?&;"]
    if pieces:
        yield from (Edit(at + start, at + end, "") for start, end in _cuts(url, query, pieces))


def _cuts(url: str, query: int, pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What to cut so that the address stays one: a parameter goes with the sign before it, the first one with the sign after it."""
    cuts: list[tuple[int, int]] = []
    first_stands = False
    at = query + 1
    for start, end in pieces:
        if start > at:
            first_stands = True
        low, high = start, end
        if first_stands:
            sign = _BEFORE_PARAMETER.search(url, max(query, start - 5), start)
            low = sign.start() if sign is not None else start
        elif url[end : end + 5] == "&amp;":
            high += 5
        elif url[end : end + 1] in ("&", ";"):
            high += 1
        cuts.append((low, high))
        at = high
    if not first_stands and at >= len(url):
        cuts = [(query, len(url))]
    elif not first_stands and url[at] == "#":
        cuts = [(query, at)]
    return cuts
