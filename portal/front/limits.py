"""Each worker process of the front has these bounds; docs/running.md says what an operator sees of them."""

from typing import Final

KIB: Final = 1024

WORKERS: Final = 2
CONNECTIONS: Final = 4096
"""Open connections of a worker; further ones wait in the kernel's queue. An idle one costs a worker about 11 kB."""
BACKLOG: Final = 1024
"""Connections that wait in the kernel's queue of the one listening socket."""

HEADER_SECONDS: Final = 10
"""From the first moment of a connection, or the end of the last response, to the end of the next headers: it ends slow
headers, silent connections and idle ones that are kept alive."""
HEADER_BYTES: Final = 32 * KIB
"""The request line and all headers; hyper allows 100 of them. More is answered with 431."""
UNREAD_SECONDS: Final = 20
"""The kernel closes a connection whose client has not acknowledged anything for so long, or has read nothing."""

BODY_SECONDS: Final = 10
"""From the end of the headers to the end of the body. With the caps below, it is also the least rate of a body."""
FORM_BYTES: Final = 64 * KIB
"""A body, unless its kind of endpoint asks for more. Django reads 1,000 fields at most: as many sites take 43 kB."""
FILE_BYTES: Final = KIB * KIB
"""The body of the page that takes a file of customers: 1,000 of them, with all columns."""
PROOF_BYTES: Final = (2 * KIB + 64) * KIB
"""The body of the page that takes the document of a proof: 2 MiB, and the other fields."""
BODIES_BYTES: Final = 32 * KIB * KIB
"""What all incomplete bodies may occupy together; above it, the oldest of them are refused."""
BODIES_PER_ADDRESS: Final = 32
"""Incomplete bodies of one client address; above it, its own oldest one is refused."""
DRAIN_SECONDS: Final = 2
DRAIN_BYTES: Final = KIB * KIB
"""So long, and so much, of a refused body is read and dropped: most clients read the refusal only after sending."""

SEND_SECONDS: Final = 30
"""How long a thread waits for a client to read the next part of a streamed response."""
STOP_SECONDS: Final = 15
"""How long requests in flight may take after SIGTERM."""
