"""How is a document of several files one document while it is changed, and how do its files say the change?"""

from contractctl.formats.layout.bundling import Bundle, bundles
from contractctl.formats.layout.unbundling import unbundled

__all__ = ["Bundle", "bundles", "unbundled"]
