"""What do silence, haste and signals do to contractctl serve? A worker that stands still is one that hangs."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.serving.conftest import TOKEN, Reply, Server, serving, until, write_repository

PATH = "/v1/go/gate/rename/expand"


class Asked(threading.Thread):
    """A question whose answer is not waited for."""

    def __init__(self, ask: Callable[[], Reply]) -> None:
        super().__init__()
        self._ask = ask
        self.reply: Reply | None = None
        self.start()

    def run(self) -> None:
        self.reply = self._ask()

    @property
    def status(self) -> int:
        self.join()
        assert self.reply is not None
        return self.reply.status


def hanging(server: Server) -> Asked:
    """A question to a worker that stands still."""
    for worker in server.workers():
        os.kill(worker, signal.SIGSTOP)
    asked = Asked(lambda: server.ask(PATH))
    until(lambda: b"asking 1.0" in server.ask("/metrics").body)
    return asked


def is_cut(port: int, sent: bytes) -> float:
    """After so many seconds of silence the connection is over."""
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(sent)
        while client.recv(4096):
            pass
    return time.monotonic() - started


def test_who_hangs_or_is_slow_is_cut_and_the_next_one_is_answered(tmp_path: Path) -> None:
    with serving(write_repository(tmp_path / "repository"), "--timeout", "4", "--max-concurrent", "1") as server:
        head = f"POST /v1/flagger/gate/rename/expand HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
        body = f"{head}Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{{"
        cut: list[float] = []
        slow = [
            threading.Thread(target=lambda sent=sent: cut.append(is_cut(server.port, sent)))
            for sent in (b"", head.encode(), body.encode())
        ]
        for one in slow:
            one.start()
        hangs = hanging(server)
        busy = server.ask(PATH)
        assert (busy.status, busy.headers["retry-after"]) == (503, "1")
        assert server.ask("/health/live").status == 200
        assert hangs.status == 504
        for one in slow:
            one.join()
        assert len(cut) == 3
        until(lambda: server.ask(PATH).status == 200)

        asked = hanging(server)
        os.kill(server.process.pid, signal.SIGTERM)
        time.sleep(0.2)
        for worker in server.workers():
            os.kill(worker, signal.SIGCONT)
        assert asked.status == 200
        assert server.process.wait(20) == 0


def test_a_second_signal_and_a_killed_server_leave_no_process_behind(tmp_path: Path) -> None:
    def gone(worker: int) -> bool:
        return not Path(f"/proc/{worker}").exists()

    repository = write_repository(tmp_path / "repository")
    with serving(repository, "--timeout", "60") as server:
        (worker,) = server.workers()
        os.kill(worker, signal.SIGSTOP)
        client = socket.create_connection(("127.0.0.1", server.port))
        client.sendall(f"GET {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
        until(lambda: b"asking 1.0" in server.ask("/metrics").body)
        os.kill(server.process.pid, signal.SIGTERM)
        time.sleep(0.2)
        os.kill(server.process.pid, signal.SIGTERM)
        assert server.process.wait(20) == 128 + signal.SIGTERM
        assert client.recv(4096) == b""
        client.close()
        until(lambda: gone(worker))
    with serving(repository) as server:
        (worker,) = server.workers()
        server.process.kill()
        until(lambda: gone(worker))


def status(port: int, *hosts: str) -> int:
    """Of a question that names these as its host."""
    lines = "".join(f"Host: {host}\r\n" for host in hosts)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(f"GET /health/live HTTP/1.1\r\n{lines}\r\n".encode())
        return int(client.makefile("rb").readline().split()[1])


def test_a_page_that_was_led_here_by_a_name_of_its_own_reads_nothing(tmp_path: Path) -> None:
    environment = {name: text for name, text in os.environ.items() if name != "CONTRACTCTL_SERVE_TOKEN"}
    options = ("--no-token", "--allow-host", "Shop.internal")
    with serving(write_repository(tmp_path / "repository"), *options, environment=environment) as server:
        meant = ["localhost", "LOCALHOST:80", "localhost.", "127.0.0.1", f"127.9.9.9:{server.port}", "[::1]:1",
                 "shop.internal", "SHOP.internal:8730"]  # fmt: skip
        others = ["evil.example", f"evil.example:{server.port}", "localhost.evil.example", "127.0.0.1.evil.example",
                  "evil.example@localhost", "0.0.0.0", "10.0.0.1", "[::2]", "x.shop.internal", ""]  # fmt: skip

        assert {host: status(server.port, host) for host in meant} == dict.fromkeys(meant, 200)
        assert {host: status(server.port, host) for host in others} == dict.fromkeys(others, 421)
        assert status(server.port, "localhost", "evil.example") in {400, 421}
        assert status(server.port) in {400, 421}
        assert server.ask("/v1/gate/nobody/expand", token=None).status == 404
