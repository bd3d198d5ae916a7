package logname_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-7694ebf6/plinth/internal/logname"
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
		got := logname.ECS(short)
		if got != want || logname.ECS(got) != got {
			t.Errorf("%q is called %q, then %q, want %q", short, got, logname.ECS(got), want)
		}
	}
}
