package logging_test

import (
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7694ebf6/plinth/internal/logging"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestECS: names are those of the schema's reference, version 8; what it does not have
// stays, and no name is translated twice.
func TestECS(t *testing.T) {
	t.Parallel()
	for short, want := range map[string]string{
		"time": "@timestamp", "level": "log.level", "msg": "message", "error": "error.message", "status": "http.response.status_code",
		"request_id": "http.request.id", "principal_id": "user.id", "route": "labels.route", "table": "table", "": "",
	} {
		got := logging.ECS(short)
		if got != want || logging.ECS(got) != got {
			t.Errorf("%q is called %q, then %q, want %q", short, got, logging.ECS(got), want)
		}
	}
}

// TestAttr: durations are in milliseconds in short fields and in nanoseconds in those of the
// schema.
func TestAttr(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]string{
		0: "duration_ms=0 event.duration=0", 1500 * time.Microsecond: "duration_ms=1.5 event.duration=1500000",
		time.Minute + time.Microsecond: "duration_ms=60000.001 event.duration=60000001000",
	} {
		short := logging.Milliseconds("duration_ms", took)
		if got := short.String() + " " + logging.Attr(short).String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for _, other := range []slog.Attr{slog.Int("duration_ms", 5), slog.String("duration_ms", "5"), slog.Any("duration_ms", nil)} {
		if got := logging.Attr(other); !got.Equal(other) { // of the application
			t.Errorf("%s, want %s", got, other)
		}
	}
	if got := logging.Attr(slog.Int("status", 200)); got.String() != "http.response.status_code=200" {
		t.Error(got)
	}
}
