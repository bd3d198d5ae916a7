// Package logname maps names of log fields to the Elastic Common Schema, so that all lines
// about a request use the same names.
package logname

import "log/slog"

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
	"duration":       "event.duration", // in nanoseconds, as JSON has a time.Duration
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
