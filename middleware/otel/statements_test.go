package otel_test

import (
	"context"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/uptrace/bun"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/seed-7694ebf6/plinth/middleware/otel"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

type note struct {
	bun.BaseModel `bun:"table:notes"`
	ID            int64  `bun:",pk,autoincrement"`
	Title         string `bun:",notnull,unique"`
}

func TestStatements(t *testing.T) {
	t.Parallel()
	rc := receive(t, nil)
	spans := must(otel.New(rc.provider, otel.Options{}))
	db, err := sqlite.Open(t.Context(), ":memory:", &sqlite.Options{Store: store.Options{Tracers: []store.Tracer{spans.Tracer()}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Register((*note)(nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if got := rc.all(); len(got) > 0 {
		t.Errorf("what runs for no request has spans: %v", got)
	}
	send(spans.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		insert := func(ctx context.Context) error {
			return store.For[note](db).Insert(ctx, &note{Title: "secret title"})
		}
		if err := insert(r.Context()); err != nil {
			t.Error(err)
		}
		if err := insert(r.Context()); err == nil {
			t.Error("two have one title")
		}
		if _, err := db.Bun().NewSelect().Model((*note)(nil)).Where("title = ?", "secret title").Count(r.Context()); err != nil {
			t.Error(err)
		}
	})), get("/"))
	parent := rc.one("GET")
	inserted, failed := 0, 0
	for _, s := range rc.all() {
		if s.GetName() != "insert notes" {
			continue
		}
		inserted++
		a := attributes(s)
		if a["error.type"] != "" {
			failed++
		}
		if a["db.system.name"] != "sqlite" || a["db.operation.name"] != "insert" || a["db.collection.name"] != "notes" || !strings.Contains(a["db.query.text"], "notes") ||
			(a["error.type"] == "constraint") != (s.GetStatus().GetCode() == traces.Status_STATUS_CODE_ERROR) ||
			s.GetKind() != traces.Span_SPAN_KIND_CLIENT || hex.EncodeToString(s.GetTraceId()) != hex.EncodeToString(parent.GetTraceId()) {
			t.Errorf("%v", s)
		}
	}
	if inserted != 2 || failed != 1 {
		t.Errorf("%d inserts, %d failed", inserted, failed)
	}
	if s := rc.one("select"); hex.EncodeToString(s.GetParentSpanId()) != hex.EncodeToString(parent.GetSpanId()) {
		t.Errorf("%v", s)
	}
	if raw := string(rc.raw); strings.Contains(raw, "secret") {
		t.Errorf("a value is in %s", raw)
	}
}
