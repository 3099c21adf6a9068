"""An OTLP collector on a loopback socket: it parses what exporters send and keeps it."""

from __future__ import annotations

import gzip
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from support import HANG_SECONDS

# How long the end of a run waits for a collector that is slow: constants of harnpy.llm.otel.
UNHURRIED = {"_EXPORT_SECONDS": HANG_SECONDS, "_FLUSH_MILLISECONDS": HANG_SECONDS * 1000}


@dataclass
class ReceivedSpan:
    name: str
    span_id: bytes
    parent_id: bytes
    trace_id: bytes
    kind: int
    start: int
    end: int
    status: tuple[int, str]
    attributes: dict[str, Any]


@dataclass
class Point:
    """One data point of a histogram."""

    attributes: dict[str, Any]
    count: int
    sum: float
    bounds: list[float]


@dataclass
class OtlpReceiver:
    """Receives from `with` to its end. raw is everything that came, unpacked."""

    spans: list[ReceivedSpan] = field(default_factory=list)
    metrics: dict[str, list[Point]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    resources: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    raw: bytes = b""

    def __enter__(self) -> OtlpReceiver:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                receiver.headers.append(dict(self.headers))
                receiver._receive(self.path, body)
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *words: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def span(self, name: str) -> ReceivedSpan:
        (found,) = [span for span in self.spans if span.name == name]
        return found

    def _receive(self, path: str, body: bytes) -> None:
        self.raw += body
        if path == "/v1/traces":
            for group in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.resources.append(_values(group.resource.attributes))
                for scope in group.scope_spans:
                    self.spans += [_span(span) for span in scope.spans]
        elif path == "/v1/metrics":
            for batch in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                for scope in batch.scope_metrics:
                    for metric in scope.metrics:
                        self.units[metric.name] = metric.unit
                        self.metrics.setdefault(metric.name, []).extend(map(_point, metric.histogram.data_points))


def _span(span: Any) -> ReceivedSpan:
    return ReceivedSpan(
        span.name,
        span.span_id,
        span.parent_span_id,
        span.trace_id,
        span.kind,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        (span.status.code, span.status.message),
        _values(span.attributes),
    )


def _point(point: Any) -> Point:
    return Point(_values(point.attributes), point.count, point.sum, list(point.explicit_bounds))


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: _value(each.value) for each in attributes}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    return [_value(item) for item in value.array_value.values] if kind == "array_value" else getattr(value, kind)
