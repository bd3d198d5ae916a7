// Package logging names the fields of log lines by the Elastic Common Schema, and limits
// repeated lines.
package logging

import (
	"log/slog"
	"math"
	"time"
)

// a constant that the language cannot express
var ecs = map[string]string{
	slog.TimeKey:     "@timestamp",
	slog.LevelKey:    "log.level",
	slog.MessageKey:  "message",
	"error":          "error.message",
	"method":         "http.request.method",
	"path":           "url.path",
	"status":         "http.response.status_code",
	"bytes":          "http.response.body.bytes",
	"duration_ms":    "event.duration", // in nanoseconds, see Attr
	"request_id":     "http.request.id",
	"client":         "client.ip",
	"route":          "labels.route",
	"principal_kind": "labels.principal_kind",
	"principal_id":   "user.id",
	"client_gone":    "labels.client_gone",
	"aborted":        "labels.aborted",
}

// ECS returns the schema's name of a field, or the name itself. Fields of the access log
// that the schema lacks are below labels.
func ECS(name string) string {
	if long, ok := ecs[name]; ok {
		return long
	}
	return name
}

// Milliseconds returns a field with a duration in milliseconds, to the microsecond. Its name
// ends in _ms.
func Milliseconds(name string, d time.Duration) slog.Attr {
	return slog.Float64(name, float64(d.Microseconds())/1000)
}

// Attr returns a field as the schema has it. Its duration is in nanoseconds. A duration_ms
// that [Milliseconds] has not made stays as it is.
func Attr(a slog.Attr) slog.Attr {
	if a.Key != "duration_ms" {
		a.Key = ECS(a.Key)
		return a
	}
	if a.Value.Kind() != slog.KindFloat64 {
		return a
	}
	return slog.Int64(ECS(a.Key), int64(math.Round(a.Value.Float64()*1e6)))
}
