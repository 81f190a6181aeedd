"""Requests that no browser sends: malformed ones (attack 62), false hosts (24), false senders (13)."""

from isms.core.permissions import Role
from isms.people.models import Failure
from tests.engines import opened
from tests.system.conftest import Server

SECOND = b"GET /health HTTP/1.1\r\nHost: %(host)s\r\n\r\n"  # what a smuggler wants to be answered too
GET = b"GET /health HTTP/1.1\r\nHost: %(host)s\r\n"
POST = b"POST /sign-in HTTP/1.1\r\nHost: %(host)s\r\nContent-Type: application/x-www-form-urlencoded\r\n"

ODD = {
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + SECOND,
    "a list of lengths": POST + b"Content-Length: 0, 44\r\n\r\n" + SECOND,
    "a length with a sign": POST + b"Content-Length: +0\r\n\r\n" + SECOND,
    "a negative length": POST + b"Content-Length: -1\r\n\r\n" + SECOND,
    "a length in hex": POST + b"Content-Length: 0x0\r\n\r\n" + SECOND,
    "a length with underscore": POST + b"Content-Length: 0_0\r\n\r\n" + SECOND,
    "a length in full-width digits": POST + "Content-Length: ０\r\n\r\n".encode() + SECOND,
    "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SECOND,
    "chunked not last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SECOND,
    "a coding with a vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + SECOND,
    "a blank before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SECOND,
    "a folded header": POST + b"X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n",
    "a bare line feed in a header": GET + b"X-A: b\nContent-Length: 44\r\n\r\n" + SECOND,
    "a bare return in a header": GET + b"X-A: b\rContent-Length: 44\r\n\r\n",
    "a nothing in a header": GET + b"X-A: a\x00b\r\n\r\n",
    "a header without a name": GET + b": b\r\n\r\n",
    "a header without a colon": GET + b"nothing\r\n\r\n",
    "a name with a blank": GET + b"X A: b\r\n\r\n",
    "two hosts": GET + b"Host: evil.example\r\n\r\n",
    "no host": b"GET /health HTTP/1.1\r\n\r\n",
    "a bad chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\nZ\r\nabc\r\n0\r\n\r\n",
    "a chunk size with a sign": POST + b"Transfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n",
    "a chunk size in hex": POST + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
    "a chunk without its end": POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc0\r\n\r\n",
    "an odd extension of a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n1;a=\x00\r\na\r\n0\r\n\r\n",
    "a method with a blank": b"GE T /health HTTP/1.1\r\nHost: %(host)s\r\n\r\n",
    "an unknown method": b"PURGE /health HTTP/1.1\r\nHost: %(host)s\r\n\r\n",
    "TRACE": b"TRACE / HTTP/1.1\r\nHost: %(host)s\r\n\r\n",
    "CONNECT": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: %(host)s\r\n\r\n",
    "a star": b"OPTIONS * HTTP/1.1\r\nHost: %(host)s\r\n\r\n",
    "an unknown version": b"GET /health HTTP/9.9\r\nHost: %(host)s\r\n\r\n",
    "no version": b"GET /health\r\n\r\n",
    "a preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a greeting of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64 + b"\r\n\r\n",
    "nothing but ends of lines": b"\r\n\r\n\r\n\r\n",
    "an endless address": b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\nHost: %(host)s\r\n\r\n",
    "an endless header": GET + b"X-A: " + b"a" * 300_000 + b"\r\n\r\n",
    "thousands of headers": GET + b"".join(b"X-%d: a\r\n" % number for number in range(30_000)) + b"\r\n",
    "a fragment": b"GET /health#x HTTP/1.1\r\nHost: %(host)s\r\n\r\n",
    "raw bytes in the address": b"GET /\xff\xfe\x80 HTTP/1.1\r\nHost: %(host)s\r\n\r\n",
    "a backslash": b"GET \\health HTTP/1.1\r\nHost: %(host)s\r\n\r\n",
    "a method override": POST + b"X-HTTP-Method-Override: DELETE\r\nContent-Length: 0\r\n\r\n",
    "a rewritten address": GET + b"X-Original-URL: /accounts\r\nX-Rewrite-URL: /accounts\r\n\r\n",
}


def test_attack_62_no_odd_request_is_answered_twice_or_breaks_the_server(server: Server) -> None:
    found = []
    for name, sent in ODD.items():
        statuses = server.statuses(sent.replace(b"%(host)s", server.host), 0.3)
        # 501 is what the standard wants to hear about an unknown coding: the request was refused, nothing broke
        if len(statuses) > 1 or any(status >= 500 and status != 501 for status in statuses):
            found.append(f"{name}: {statuses}")
    assert found == []
    assert server.statuses(SECOND.replace(b"%(host)s", server.host) * 2, 0.3) == [200, 200]  # two that are two
    assert server.process.poll() is None


HOSTS = [
    "evil.example",
    "evil.example:%d",
    "127.0.0.1.evil.example",
    "127.0.0.1@evil.example",
    "evil.example/127.0.0.1",
    "evil.example\\127.0.0.1",
    "127.0.0.1:%d:2",
    "127.0.0.1 evil.example",
    "127.0.0.1,evil.example",
    "127.0.0.1#",
    "127.0.0.1?x",
    "[::1",
    "<script>",
    "127.0.0.1:x",
    "",
]


def test_attack_24_a_false_host_is_refused(server: Server) -> None:
    for host in HOSTS:
        name = (host % server.config.port if "%d" in host else host).encode()
        for path in (b"/sign-in", b"/people", b"/nowhere"):
            answer = server.raw(b"GET " + path + b" HTTP/1.1\r\nHost: " + name + b"\r\nConnection: close\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 400 "), (host, answer[:200])
            assert b"evil" not in answer
            assert b"<script>" not in answer


def test_attack_24_no_answer_repeats_another_host(server: Server) -> None:
    """Whatever a header or an absolute address says, pages and redirects lead nowhere else."""
    lines = [b"X-Forwarded-Host: evil.example", b"Forwarded: host=evil.example;proto=https", b"X-Host: evil.example"]
    for path in (b"/sign-in", b"/people", b"/signed-out"):
        sent = b"GET " + path + b" HTTP/1.1\r\nHost: " + server.host + b"\r\n" + b"\r\n".join(lines)
        assert b"evil" not in server.raw(sent + b"\r\nConnection: close\r\n\r\n")
        absolute = b"GET http://evil.example" + path + b" HTTP/1.1\r\nHost: " + server.host + b"\r\n"
        assert b"evil" not in server.raw(absolute + b"Connection: close\r\n\r\n")


def test_attack_13_no_header_makes_another_sender(server: Server) -> None:
    number = server.people[Role.STAFF].number
    client = server.client()
    page, statuses = client.get("/sign-in"), []
    for turn in range(7):
        for name in ("X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP"):
            client.headers[name] = f"203.0.113.{turn}"
        client.headers["Forwarded"] = f"for=203.0.113.{turn}"
        statuses.append(client.post("/sign-in", page, name=f"{number}{turn}", password="ちがうパスワード"))
    with opened("", server.config.data):
        keys = {failure.address_key for failure in Failure.select()}
    assert statuses[0] == 422
    assert keys == {"127.0.0.1"}
