"""White space as the language sees it: Unicode's White_Space property, which is not what Python's strip() takes."""

from __future__ import annotations

# Tab to carriage return, space, next line, and the separators of the Z categories that carry the property.
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
