"""Many rows in little memory: the rows of a large list are kept compressed, in small blocks."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from typing import List

#: Bytes of rows that a list keeps as they are, because reading them is quicker then.
PLAIN_BYTES = 20_000_000
#: Rows of a block. More would pack better, and cost more when rows are read in another order than they came.
BLOCK_ROWS = 16
#: Blocks that stay unpacked.
KEPT_BLOCKS = 64

_unpacked: OrderedDict[int, List[bytes]] = OrderedDict()


class Packed:
    """Some rows, compressed."""

    __slots__ = ("held",)

    def __init__(self, rows: List[bytes]) -> None:
        # No row holds a line end: in JSON texts it is escaped, and between values it is taken out here.
        self.held = zlib.compress(b"\n".join(row.replace(b"\n", b" ") for row in rows), 1)

    def row(self, index: int) -> bytes:
        """One of them."""
        rows = _unpacked.get(id(self))
        if rows is None or rows[0] is not self.held:
            rows = [self.held, *zlib.decompress(self.held).split(b"\n")]
            _unpacked[id(self)] = rows
            while len(_unpacked) > KEPT_BLOCKS:
                try:
                    _unpacked.popitem(last=False)
                except KeyError:
                    # Another thread was quicker.
                    break
        return rows[index + 1]
