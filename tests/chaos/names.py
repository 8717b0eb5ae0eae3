"""The one resolver of the harness's own network: it knows the venue's name, and can refuse, be late or be mute."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from enum import StrEnum
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

VENUE: Final = "venue.test"
"""The name that every address of the node's settings holds."""
ADDRESS: Final = "127.0.0.1"
_PORT: Final = 53
_LATE: Final = 4.0
"""Seconds; a resolver is asked again after 5 (resolv.conf(5), `timeout`)."""


class Mood(StrEnum):
    """How it answers."""

    WELL = "well"
    REFUSES = "refuses"
    LATE = "late"
    MUTE = "mute"


class Names:
    """A name server.

    Attributes:
        mood: How it answers.
        asked: How often it was asked since the mood changed.
    """

    def __init__(self, port: int = _PORT) -> None:
        """Bind; a harness with a network of its own has the port to itself."""
        self.mood, self.asked = Mood.WELL, 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((ADDRESS, port))
        self.port: int = self._socket.getsockname()[1]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._answer_all, daemon=True)
        self._thread.start()

    def become(self, mood: Mood) -> None:
        """Answer like this from now on."""
        self.mood, self.asked = mood, 0

    def close(self) -> None:
        """Answer no more."""
        self._over.set()
        # A datagram wakes the thread; closing the socket would not.
        self._socket.sendto(b"", (ADDRESS, self.port))
        self._thread.join()
        self._socket.close()

    def _answer_all(self) -> None:
        while not self._over.is_set():
            said, who = self._socket.recvfrom(4096)
            # Nothing but a question has one: whatever else comes is passed over.
            with suppress(dns.exception.DNSException, IndexError):
                answer = self._answer(dns.message.from_wire(said))
                self.asked += 1
                if self.mood is Mood.LATE:
                    threading.Timer(_LATE, self._send, (answer, who)).start()
                elif self.mood is not Mood.MUTE:
                    self._send(answer, who)

    def _answer(self, question: dns.message.Message) -> bytes:
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        asked = question.question[0]
        if self.mood is Mood.REFUSES:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif asked.name.to_text(omit_final_dot=True) != VENUE:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif asked.rdtype == dns.rdatatype.A:
            answer.answer.append(dns.rrset.from_text(asked.name, 0, "IN", "A", ADDRESS))
        return answer.to_wire()

    def _send(self, answer: bytes, who: tuple[str, int]) -> None:
        with suppress(OSError):
            self._socket.sendto(answer, who)
