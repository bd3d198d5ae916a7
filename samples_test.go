package plinth_test

import (
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
)

// sheet is a table that no resource serves.
type sheet struct {
	bun.BaseModel `bun:"table:sheets"`
	ID            int64 `bun:",pk"`
}

// TestSamplesAskForAResource: what development prints asks for what is served, and not for a
// table that only the program itself knows.
func TestSamplesAskForAResource(t *testing.T) {
	t.Parallel()
	app := newApp(t, testConfig(t))
	t.Cleanup(func() { _ = app.DB().Close() })
	if err := app.DB().Register(sheet{}); err != nil {
		t.Fatal(err)
	}
	app.Add(api.Resource[task]{Policy: api.OwnedBy("owner_id")})
	if _, err := app.Handler(t.Context()); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Join(app.Samples("http://127.0.0.1:8090"), "\n"); !strings.Contains(lines, "/rest/v1/tasks") || strings.Contains(lines, "sheets") {
		t.Error(lines)
	}
}
