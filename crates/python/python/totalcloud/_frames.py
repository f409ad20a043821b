"""Data frames out of record batches. Each package is needed by its own function alone."""

from __future__ import annotations

from typing import Any, Callable

from ._native import ArrowStream


def _read(stream: ArrowStream, reader: Callable[[ArrowStream], Any]) -> Any:
    try:
        return reader(stream)
    except BaseException as e:
        # The reader knows the text only; what went wrong is an exception of ours.
        if stream.error is not None:
            raise stream.error from e
        raise


def to_polars(stream: ArrowStream) -> Any:
    import polars

    return _read(stream, polars.DataFrame)


def to_pyarrow(stream: ArrowStream) -> Any:
    import pyarrow

    return _read(stream, lambda s: pyarrow.RecordBatchReader.from_stream(s).read_all())


def to_pandas(stream: ArrowStream) -> Any:
    import pandas

    from_arrow = getattr(pandas.DataFrame, "from_arrow", None)
    if from_arrow is not None:
        return _read(stream, from_arrow)
    # Before version 3 pandas takes Arrow through pyarrow alone.
    return to_pyarrow(stream).to_pandas()
