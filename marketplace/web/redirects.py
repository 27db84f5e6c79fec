"""Where a form leads back to: never out of the shop."""

import re
from urllib.parse import unquote

_LONGEST = 2000
# Browsers drop tabs and line ends and read a backslash as a slash; addresses of ours have none of them.
_PRINTABLE = re.compile(r"/[!-\[\]-~]*")
_NOT_OURS = re.compile(r"[\x00-\x20\x7f\\]")


def own_path(text: str, otherwise: str) -> str:
    """`text` where it is a path of this shop, with its query; else `otherwise`.

    Refused is whatever a browser, or a proxy that decodes once more, may take for another host.
    """
    if len(text) > _LONGEST or _PRINTABLE.fullmatch(text) is None:
        return otherwise
    path = re.split("[?#]", text, maxsplit=1)[0]
    while (decoded := unquote(path)) != path:
        path = decoded
    *folders, page = path.split("/")[1:]
    if "" in folders or {".", ".."} & {*folders, page} or _NOT_OURS.search(path):
        return otherwise
    return text
