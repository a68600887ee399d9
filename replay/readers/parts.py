"""The rows of any source piece by piece, each piece with what had to be left out of it."""

from collections.abc import Iterator, Mapping

from replay.readers.delimited import DelimitedSource
from replay.readers.sources import Form, Source
from replay.readers.strays import Part


def parts_of(source: Source, forms: Mapping[str, Form]) -> Iterator[Part]:
    """Yield the asked columns; see `Source.batches`.  Lines of text files that do not fit are left out and told of."""
    if isinstance(source, DelimitedSource):
        yield from source.parts(forms)
        return
    row = 0
    for batch in source.batches(forms):
        yield Part(row, batch)
        row += batch.num_rows
