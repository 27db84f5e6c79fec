"""A name server for tests of how clients find servers."""

import socket
from collections.abc import Sequence
from threading import Thread

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class NameServer:
    """Resolves every name to the same IPv4 addresses, from a thread; a context manager."""

    def __init__(self, addresses: Sequence[str] = ()) -> None:
        """Without addresses it answers that there is no such name."""
        self.addresses = addresses
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = Thread(target=self._serve)

    def target(self, port: int) -> str:
        """What a gRPC channel connects to: a name that this server resolves, and the port of the servers."""
        return f"dns://127.0.0.1:{self._socket.getsockname()[1]}/servers.test:{port}"

    def __enter__(self) -> "NameServer":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stopping:
            stopping.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            query, client = self._socket.recvfrom(4096)
            if not query:
                return
            self._socket.sendto(self._answer(query), client)

    def _answer(self, query: bytes) -> bytes:
        answer = dns.message.make_response(dns.message.from_wire(query))
        (question,) = answer.question
        if not self.addresses:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif question.rdtype is dns.rdatatype.A:
            answer.answer.append(dns.rrset.from_text_list(question.name, 600, "IN", "A", self.addresses))
        return answer.to_wire()
