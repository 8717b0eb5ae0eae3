"""Recorded trades, quotes and books, read from the files that venues publish, a little at a time."""

from simvenue.market.recordings.reader import Recording
from simvenue.market.recordings.records import BookUpdate, QuoteUpdate, Record, RecordedTrade, RecordingError

__all__ = ["BookUpdate", "QuoteUpdate", "Record", "RecordedTrade", "Recording", "RecordingError"]
