"""Redirects, retries, timeouts, proxies, certificates, cancellation, many calls at once, and what passes the seam."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from http_fixtures import *  # noqa: F403
from http_programs import Caller, HttpWorld, Watcher, run
from http_server import Gathering, HttpServer, Request, Tunnel, answer, chunked, redirect
from hypothesis import given, settings
from hypothesis import strategies as st
from provider_server import Certificates, Cut, Reset, Stall
from support import PatientClock

from harnpy.builtins.http_calls import wait_ms
from harnpy.vm.effects import Repeat
from harnpy.vm.errors import HarnError, thrown
from harnpy.vm.http.proxies import is_direct
from harnpy.vm.values import Duration

_CERTIFICATES = Certificates()


@pytest.fixture
def elsewhere() -> Iterator[HttpServer]:
    """Another server, which is another host as far as credentials are concerned."""
    with HttpServer() as running:
        yield running


# --- redirects -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE"])
def test_redirects_are_followed_and_some_change_the_method(
    server: HttpServer, caller: Caller, status: int, method: str
) -> None:
    url = server.on("/", answer(b"", status, ("location", "/there")))
    server.on("/there", answer(b"" if method == "HEAD" else b"arrived"))
    caller.request(method, url, body="b", headers={"Content-Type": "text/plain", "X-Kept": "1"})
    arrived = server.requests[-1]
    keeps = status in (307, 308)
    assert arrived.target == "/there"
    assert arrived.method == (method if keeps or method == "HEAD" else "GET")
    assert arrived.body == (b"b" if keeps else b"")
    assert arrived.header("content-type") == ("text/plain" if keeps else None)
    assert arrived.header("x-kept") == "1"


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("next?x=1", "/a/next?x=1"),
        ("../up", "/up"),
        ("?q", "/a/start?q"),
        ("//HOST/p", "/p"),
        ("http://HOST/abs#fragment", "/abs"),
        ("/sp ace/ü", "/sp%20ace/%C3%BC"),
        ("/esc%2Faped", "/esc%2Faped"),
    ],
)
def test_where_a_location_leads(server: HttpServer, caller: Caller, location: str, target: str) -> None:
    host = server.url.removeprefix("http://")
    server.on("/a/start", redirect(location.replace("HOST", host)))
    server.on(target.partition("?")[0], answer(b"arrived"))
    server.on("/a/start", redirect(location.replace("HOST", host)), answer(b"arrived"))
    assert caller.get(f"{server.url}/a/start?old")["body"] == "arrived"
    assert server.requests[-1].target == target


def test_a_redirect_is_a_result_if_it_is_not_to_be_followed_or_leads_nowhere(
    server: HttpServer, caller: Caller
) -> None:
    url = server.on("/", redirect("/there", 307))
    result = caller.get(url, follow_redirects=False)
    assert (result["status"], result["headers"]["location"], result["body"]) == (307, "/there", "this way")
    assert caller.get(server.on("/none", answer(b"where?", 302)))["body"] == "where?"
    assert caller.get(server.on("/304", answer(b"", 304, ("location", "/x"))))["status"] == 304
    assert len(server.requests) == 3


def test_there_is_a_limit_to_redirects(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", redirect("/"))
    error = "http: request failed: too many redirects, {} allowed (" + url + ")"
    assert caller.error("http_get", url, {"retries": 3}) == error.format("10 redirects are")
    assert len(server.requests) == 11
    assert caller.error("http_get", url, {"max_redirects": 1}) == error.format("1 redirect is")
    assert caller.error("http_get", url, {"max_redirects": -1}) == error.format("no redirect is")
    server.on("/", redirect("/"), redirect("/"), answer(b"in time"))
    assert caller.get(url, max_redirects=2)["body"] == "in time"


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("ftp://h/x", "only http and https are followed, not ftp"),
        ("file:///etc/hostname", "only http and https are followed, not file"),
        ("javascript:alert(1)", "only http and https are followed, not javascript"),
        ("http://", "empty host"),
        ("http://h:99999/", "invalid port number"),
    ],
)
def test_redirects_that_are_refused(server: HttpServer, caller: Caller, location: str, why: str) -> None:
    url = server.on("/", redirect(location))
    assert caller.error("http_get", url + "?secret=1") == f"http: request failed: bad redirect from {url}: {why}"


def test_credentials_stay_with_their_host(server: HttpServer, elsewhere: HttpServer, caller: Caller) -> None:
    headers = {"Authorization": "A", "Cookie": "c=1", "Host": "named", "X-Other": "o"}
    server.on("/", redirect("/same"))
    server.on("/same", redirect(f"{elsewhere.url}/far"))
    elsewhere.on("/far", redirect(f"{server.url}/back"))
    server.on("/back", answer(b"done"))
    assert caller.get(f"{server.url}/", headers=headers)["body"] == "done"
    first, same, back = server.requests
    (far,) = elsewhere.requests
    assert [request.header("authorization") for request in (first, same, far, back)] == ["A", "A", None, None]
    assert [request.header("cookie") for request in (first, same, far, back)] == ["c=1", "c=1", None, None]
    assert [request.header("host") == "named" for request in (first, same, far, back)] == [True, True, False, False]
    assert far.header("x-other") == "o"


def test_userinfo_of_a_location_is_not_sent(server: HttpServer, caller: Caller) -> None:
    server.on("/", redirect(server.url.replace("//", "//u:p@") + "/there"))
    server.on("/there", answer(b"there"))
    assert caller.get(f"{server.url}/")["body"] == "there"
    assert server.requests[-1].header("authorization") is None


def test_a_retry_begins_where_the_call_began(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", redirect("/b", 303))
    server.on("/b", answer(b"no", 500), answer(b"yes"))
    assert caller.call("http_post", url, "x", {"retries": 1})["body"] == "yes"
    assert [(request.method, request.target) for request in server.requests] == [
        ("POST", "/"),
        ("GET", "/b"),
        ("POST", "/"),
        ("GET", "/b"),
    ]


# --- retries ---------------------------------------------------------------------------------------------------------


def test_server_errors_are_tried_again_with_growing_waits(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer(b"1", 500), answer(b"2", 503), answer(b"3", 599), answer(b"ok"))
    assert caller.get(url, retries=5)["body"] == "ok"
    assert caller.world.waits == [1.0, 2.0, 4.0]


def test_the_last_server_error_is_the_result(server: HttpServer, caller: Caller) -> None:
    result = caller.get(server.on("/", answer(b"1", 500), answer(b"last", 502)), retries=1, backoff=20)
    assert (result["status"], result["body"], result["ok"]) == (502, "last", False)
    assert caller.world.waits == [0.02]


@pytest.mark.parametrize("status", [200, 302, 400, 404, 408, 429, 499])
def test_other_statuses_are_not_tried_again(server: HttpServer, caller: Caller, status: int) -> None:
    assert caller.get(server.on("/", answer(b"", status)), retries=3)["status"] == status
    assert len(server.requests) == 1


@pytest.mark.parametrize("failure", [Cut(), Reset()])
def test_connections_that_fail_are_tried_again(server: HttpServer, caller: Caller, failure: Cut | Reset) -> None:
    url = server.on("/", [failure], [failure], answer(b"ok"))
    assert caller.call("http_post", url, "x", {"retries": 2, "backoff": Duration(10)})["body"] == "ok"
    assert caller.world.waits == [0.01, 0.02]


def test_the_error_of_the_last_attempt_is_thrown(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer(b"", 500), [Cut()])
    assert caller.error("http_post", url, "", {"retries": 1}).startswith("http: request failed: connection closed")


def test_what_would_fail_again_is_not_tried_again(caller: Caller) -> None:
    for url in ("ftp://h", "http://h:x", "http://"):
        caller.error("http_get", url, {"retries": 3})
    assert caller.world.waits == []


@pytest.mark.parametrize("options", [{"retries": 2.0}, {"retries": "2"}, {"retries": -1}, {"retries": None}, {}])
def test_retries_are_an_int(server: HttpServer, caller: Caller, options: dict[str, object]) -> None:
    caller.get(server.on("/", answer(b"", 500)), **options)
    assert len(server.requests) == 1


@pytest.mark.parametrize(("chance", "waits"), [(0.0, [0.75, 1.5]), (1.0 - 2**-53, [1.25, 2.5])])
def test_waits_vary_by_a_quarter(server: HttpServer, chance: float, waits: list[float]) -> None:
    with Caller(HttpWorld(chance)) as caller:
        caller.get(server.on("/", answer(b"", 500)), retries=2)
    assert caller.world.waits == pytest.approx(waits)


@settings(deadline=None)
@given(
    backoff=st.integers(0, 10**30) | st.integers(0, 200_000),
    retry=st.integers(1, 10**9) | st.integers(1, 80),
    factor=st.floats(0.75, 1.25),
)
def test_waits_are_as_the_formula_says_however_large_its_numbers(backoff: int, retry: int, factor: float) -> None:
    if retry < 500 and backoff < 10**200:
        assert wait_ms(backoff, retry, factor) == pytest.approx(min(60000, backoff * 2 ** (retry - 1) * factor))
    else:
        assert wait_ms(backoff, retry, factor) == (60000 if backoff else 0)


# --- time ------------------------------------------------------------------------------------------------------------


def client_waits(server: HttpServer, is_so: Callable[[], bool] = lambda: True) -> PatientClock:
    """A clock that goes on when the server stalls and the client's loop has had some rounds to take in what came before."""
    rounds = 0

    def reached() -> bool:
        nonlocal rounds
        rounds = rounds + 1 if server.stalls > server.departures and is_so() else 0
        return rounds > 10

    return PatientClock(reached)


_PHASES = {
    "waiting for the head": ([Stall()], "http: request failed"),
    "in the head": ([b"HTTP/1.1 200 OK\r\nx: ", Stall()], "http: request failed"),
    "reading the body": ([answer(b"abc", length=10), Stall()], "http: failed to read response body"),
    "reading chunks": ([*chunked(b"abc", end=b""), Stall()], "http: failed to read response body"),
}


@pytest.mark.parametrize("phase", _PHASES)
def test_the_timeout_ends_an_attempt_in_each_phase(server: HttpServer, phase: str) -> None:
    reply, failure = _PHASES[phase]
    with Caller(HttpWorld(clock=client_waits(server))) as caller:
        url = server.on("/", reply)
        error = caller.error("http_get", url + "?secret", {"timeout": 5000})
        assert error == f"{failure}: Deadline exceeded: no complete reply within `timeout` ({url})"
        server.wait_until(lambda: server.departures == 1)


def test_a_timeout_is_tried_again_and_each_attempt_has_its_own(server: HttpServer) -> None:
    clock = client_waits(server, lambda: server.stalls == len(world.waits) + 1)
    world = HttpWorld(clock=clock)
    with Caller(world) as caller:
        url = server.on("/", [Stall()], [*chunked(b"abc", end=b""), Stall()], answer(b"ok"))
        began = clock.now
        assert caller.get(url, timeout=Duration(3000), retries=2)["body"] == "ok"
        assert clock.now - began == pytest.approx(3 + 3)
        assert world.waits == [1, 2]


def test_the_timeout_is_for_all_redirects_together(server: HttpServer) -> None:
    clock = client_waits(server)
    with Caller(HttpWorld(clock=clock)) as caller:

        def slowly(request: Request) -> bytes:
            clock.now += 1.5
            return redirect("/b")

        server.on("/a", slowly)
        server.on("/b", [Stall()])
        began = clock.now
        assert "Deadline exceeded: no complete reply within `timeout`" in caller.error(
            "http_get", f"{server.url}/a", {"timeout": 2000}
        )
        assert clock.now - began == pytest.approx(2)


@pytest.mark.parametrize("timeout", [0, -5, Duration(0)])
def test_no_time_fails_at_once(server: HttpServer, caller: Caller, timeout: object) -> None:
    url = server.on("/", answer(b"x"))
    error = caller.error("http_get", url, {"timeout": timeout, "retries": 1})
    assert error == f"http: request failed: Deadline exceeded: no complete reply within `timeout` ({url})"
    assert caller.world.waits == [1.0]
    assert server.requests == []


@pytest.mark.parametrize("timeout", [0.0, "0", None, True, [0]])
def test_what_is_no_time_means_the_default(server: HttpServer, caller: Caller, timeout: object) -> None:
    assert caller.get(server.on("/", answer(b"x")), timeout=timeout)["body"] == "x"


def test_any_length_of_time_is_taken(server: HttpServer, caller: Caller) -> None:
    assert caller.get(server.on("/", answer(b"x")), timeout=10**40, backoff=10**40, retries=10**40)["body"] == "x"


@pytest.mark.parametrize("phase", _PHASES)
def test_a_deadline_ends_a_call_in_each_phase(server: HttpServer, phase: str, tmp_path: Path) -> None:
    url = server.on("/", _PHASES[phase][0])
    path = tmp_path / "page"
    done = run(
        f"""
        try {{ deadline 50ms {{ http_get("{url}", {{retries: 3, save_to: "{path}"}}) }} }}
        catch (e) {{ println(e) }}
        println(list_dir("{tmp_path}"))
        """,
        world=HttpWorld(clock=client_waits(server)),
    )
    assert done.lines == ["Deadline exceeded", "[]"]
    server.wait_until(lambda: server.departures == 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("phase", _PHASES)
def test_cancelling_a_task_ends_its_call_and_runs_finally(server: HttpServer, phase: str, tmp_path: Path) -> None:
    url = server.on("/", _PHASES[phase][0])
    path = tmp_path / "page"
    path.write_text("old")
    run(
        f"""
        let task = spawn {{
          try {{ http_get("{url}", {{retries: 3, save_to: "{path}"}}) }}
          finally {{ write_file("{tmp_path}/cleaned", "up") }}
        }}
        sleep(50ms)
        cancel(task)
        sleep(1ms)
        """,
        world=HttpWorld(clock=client_waits(server)),
    )
    server.wait_until(lambda: server.departures == 1)
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {"page": "old", "cleaned": "up"}


def test_the_end_of_the_program_leaves_no_part_of_a_file(server: HttpServer, tmp_path: Path) -> None:
    url = server.on("/", [*chunked(b"abc", end=b""), Stall()])
    done = run(
        f"""
        let task = spawn {{ http_get("{url}", {{save_to: "{tmp_path}/page"}}) }}
        sleep(50ms)
        println(len(list_dir("{tmp_path}")))
        """,
        world=HttpWorld(clock=client_waits(server)),
    )
    assert done.lines == ["1"]
    assert list(tmp_path.iterdir()) == []


def test_a_deadline_ends_the_wait_between_attempts(server: HttpServer) -> None:
    url = server.on("/", answer(b"", 500))
    world = HttpWorld(clock=PatientClock(lambda: bool(world.waits)), waits_by_clock=True)
    done = run(
        f'try {{ deadline 2s {{ http_get("{url}", {{retries: 9, backoff: 60000}}) }} }} catch (e) {{ println(e) }}',
        world=world,
    )
    assert (done.lines, done.waits) == (["Deadline exceeded"], [60])
    assert len(server.requests) == 1


def test_a_name_server_that_does_not_answer_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answered = threading.Event(), threading.Event()

    def look_up(*_: object, **__: object) -> list[object]:
        asked.set()
        answered.wait(30)
        return []

    monkeypatch.setattr("harnpy.vm.http.name_lookup.socket.getaddrinfo", look_up)
    try:
        with Caller(HttpWorld(clock=PatientClock(asked.is_set))) as caller:
            assert "Deadline exceeded" in caller.error("http_get", "http://slow.test/")
        # Python waits for threads at its end, but for daemons.
        waiting = [thread for thread in threading.enumerate() if thread.name == "harn-name-lookup"]
        assert [thread.daemon for thread in waiting] == [True]
    finally:
        answered.set()


def test_errors_have_the_categories_of_what_went_wrong(server: HttpServer, caller: Caller) -> None:
    def category(url: str, **options: object) -> object:
        return caller.call("error_category", caller.error("http_get", url, options))

    url = server.on("/", [answer(b"abc", length=9), Cut()])
    assert category(url) == "transient_network"
    assert category(server.on("/a", [Cut()])) == "transient_network"
    assert category("http://nobody.invalid/") == "transient_network"
    assert category(url, timeout=0) == "timeout"
    assert category("ftp://h/") == "generic"


# --- many at once ----------------------------------------------------------------------------------------------------


def test_a_thousand_calls_wait_together(server: HttpServer) -> None:
    # The server answers nobody before all are there.
    url = server.on("/", [Gathering(1000), answer(b"together")])
    done = run(
        f"""
        let bodies = parallel 1000 {{ i -> http_get("{url}", {{timeout: 60s}}).body }}
        println(len(bodies.filter({{ body -> body == "together" }})))
        """
    )
    assert done.lines == ["1000"]
    assert server.connections == 1000


def test_other_tasks_run_while_a_call_waits(server: HttpServer) -> None:
    gathering = Gathering(2)
    url = server.on("/", [gathering, answer(b"both")])
    done = run(
        f"""
        let task = spawn {{ http_get("{url}").body }}
        println(http_get("{url}").body)
        println(await(task))
        """
    )
    assert done.lines == ["both", "both"]


def test_calls_leave_nothing_behind(server: HttpServer) -> None:
    def objects_after(calls: range) -> int:
        for number in calls:
            caller.get(f"{url}?{number}")
        server.requests.clear()
        gc.collect()
        return len(gc.get_objects())

    with Caller() as caller:
        url = server.on("/", answer(b"x" * 100_000))
        before = objects_after(range(20))
        assert objects_after(range(20, 220)) - before < 50


# --- proxies and certificates ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_proxies_of_the_environment_are_used(
    server: HttpServer, caller: Caller, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, server.url.replace("//", "//user:pass@"))
    server.on("http://far.invalid/a", answer(b"through"))
    assert caller.get("http://far.invalid/a")["body"] == "through"
    assert server.requests[0].header("proxy-authorization") == "Basic dXNlcjpwYXNz"
    assert server.requests[0].header("host") == "far.invalid"


def test_hosts_of_no_proxy_are_asked_directly(
    server: HttpServer, elsewhere: HttpServer, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", elsewhere.url)
    monkeypatch.setenv("NO_PROXY", "example.com,127.0.0.1")
    assert caller.get(server.on("/", answer(b"direct")))["body"] == "direct"
    assert elsewhere.requests == []


def test_a_proxy_that_refuses_a_tunnel(server: HttpServer, caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    server.on("far.invalid:443", answer(b"", 407))
    error = caller.error("http_get", "https://far.invalid/")
    assert error.startswith("http: request failed: the proxy refused: 407")
    assert server.requests[0].method == "CONNECT"


def test_tls_goes_through_a_tunnel_of_the_proxy(
    caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _CERTIFICATES.authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with HttpServer(_CERTIFICATES) as server, Tunnel() as tunnel:
        monkeypatch.setenv("HTTPS_PROXY", tunnel.url)
        url = server.on("/", answer(b"through"))
        assert [caller.get(url)["body"] for _ in range(3)] == ["through"] * 3
        assert tunnel.asked_for == [f"127.0.0.1:{server.port}"]
        assert server.requests[0].header("authorization") is None


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")
def test_addresses_of_the_sixth_version(caller: Caller) -> None:
    with HttpServer(host="::1") as server:
        assert caller.get(server.on("/", answer(b"six")))["body"] == "six"
        assert server.requests[0].header("host") == f"[::1]:{server.port}"


def test_a_proxy_of_another_kind_is_an_error_without_its_password(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://user:pass@127.0.0.1:1")
    assert caller.error("http_get", "http://far.invalid/", {"retries": 2}) == (
        "http: failed to build client: the proxy socks5://***@127.0.0.1:1 is no HTTP proxy, and others are not supported"
    )
    assert caller.world.waits == []


@pytest.mark.parametrize(
    ("host", "port", "exceptions", "expected"),
    [
        ("h", 80, "", False),
        ("h", 80, "*", True),
        ("h", 80, "x, H ,y", True),
        ("sub.h", 80, "h", True),
        ("sub.h", 80, ".h", True),
        ("oh", 80, "h", False),
        ("h", 80, "h:80", True),
        ("h", 81, "h:80", False),
        ("::1", 80, "::1", True),
        ("::1", 80, "[::1]:80", True),
        ("::1", 81, "[::1]:80", False),
        ("10.1.2.3", 80, "10.0.0.0/8", True),
        ("11.1.2.3", 80, "10.0.0.0/8", False),
        ("h", 80, "10.0.0.0/8,x/y", False),
    ],
)
def test_exceptions_from_a_proxy(host: str, port: int, exceptions: str, expected: bool) -> None:
    assert is_direct(host, port, exceptions) is expected


def test_a_certificate_that_nobody_trusts_is_refused_without_a_retry(caller: Caller) -> None:
    with HttpServer(_CERTIFICATES) as server:
        url = server.on("/", answer(b"no"))
        error = caller.error("http_get", url, {"retries": 2})
    assert error.startswith("http: request failed: tls error: unable to get local issuer certificate")
    assert (server.requests, caller.world.waits) == ([], [])


def test_the_certificates_of_ssl_cert_file_are_trusted(
    caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _CERTIFICATES.authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with HttpServer(_CERTIFICATES) as server:
        assert caller.get(server.on("/", answer(b"safe")))["body"] == "safe"
        # A certificate is for a name.
        other = f"https://localhost:{server.port}/"
        assert caller.error("http_get", other).startswith("http: request failed: tls error: ")


def test_certificates_that_cannot_be_read_are_no_client(
    caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    error = caller.error("http_get", "https://127.0.0.1:1/", {"retries": 2})
    assert error.startswith("http: failed to build client: the trusted certificates cannot be read")


# --- the seam --------------------------------------------------------------------------------------------------------


def test_each_hop_passes_the_seam_and_names_its_host_but_no_credentials(
    server: HttpServer, elsewhere: HttpServer
) -> None:
    server.on("/", redirect(f"{elsewhere.url}/far", 307))
    elsewhere.on("/far", answer(b"", 500), answer(b"there"))
    watcher = Watcher()
    url = server.url.replace("//", "//user:secret@")
    run(f'http_post("{url}", "b", {{retries: 1, headers: {{cookie: "secret", x: 1}}}})', handler=watcher)
    calls = watcher.of("net")
    assert [(call.args[0]["host"], call.args[0]["port"]) for call in calls] == [
        ("127.0.0.1", server.port),
        ("127.0.0.1", elsewhere.port),
    ] * 2
    assert [call.builtin for call in calls] == ["http_post"] * 4
    assert "secret" not in repr([call.args for call in calls])
    assert ("x", "1") in calls[0].args[0]["headers"]
    assert len({call.key for call in watcher.calls}) == len(watcher.calls)


def test_a_policy_by_host_can_refuse_a_hop(server: HttpServer, elsewhere: HttpServer) -> None:
    server.on("/", redirect(f"{elsewhere.url}/far"))
    elsewhere.on("/far", answer(b"never"))

    def refuse(call: object) -> None:
        operation, args = call.operation, call.args  # type: ignore[attr-defined]
        if operation.effect == "net" and args[0]["port"] == elsewhere.port:
            raise thrown("no way")

    done = run(f'println(try {{ http_get("{server.url}/", {{retries: 3}}) }})', handler=Watcher(refuse))
    assert done.lines == ["Result.Err(no way)"]
    assert (len(server.requests), elsewhere.requests, done.waits) == (1, [], [])


@pytest.mark.parametrize(
    ("method", "repeat"),
    [
        ("GET", Repeat.PURE),
        ("HEAD", Repeat.PURE),
        ("PUT", Repeat.IDEMPOTENT),
        ("DELETE", Repeat.IDEMPOTENT),
        ("POST", Repeat.COMMITTED),
        ("PATCH", Repeat.COMMITTED),
        ("OTHER", Repeat.COMMITTED),
    ],
)
def test_methods_say_whether_repeating_them_is_safe(server: HttpServer, method: str, repeat: Repeat) -> None:
    watcher = Watcher()
    with Caller() as caller:
        caller.runtime.seam.attach(watcher)
        url = server.on("/", answer(b""), [Cut()])
        caller.request(method, url)
        assert watcher.of("net")[0].operation.repeat is repeat
        server.on("/", [answer(b"a", length=9), Cut()])
        with pytest.raises(HarnError) as caught:
            caller.request("GET" if method == "HEAD" else method, url)
    assert caught.value.begun is True
    assert caught.value.repeatable is (repeat is not Repeat.COMMITTED)


def test_files_pass_the_seam_by_their_names(server: HttpServer, tmp_path: Path) -> None:
    url = server.on("/", answer(b"x"))
    watcher = Watcher()
    path = f"{tmp_path}/page"
    run(f'http_get("{url}", {{save_to: "{path}"}})', handler=watcher)
    assert [(call.operation.name, call.args[-1]) for call in watcher.of("fs.write")] == [
        ("begin_file", path),
        ("finish_file", path),
    ]

    def refuse(call: object) -> None:
        if call.operation.effect == "fs.write":  # type: ignore[attr-defined]
            raise thrown("read only")

    done = run(f'println(try {{ http_get("{url}", {{save_to: "{path}2"}}) }})', handler=Watcher(refuse))
    assert done.lines == ["Result.Err(read only)"]
    assert (len(server.requests), [each.name for each in tmp_path.iterdir()]) == (1, ["page"])
