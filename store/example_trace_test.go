package store_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// A log of slow statements, and beside it a tracer of one's own that counts.
func ExampleLogStatements() {
	ctx := context.Background()
	slow := store.LogStatements(slog.Default(), store.LogStatementsOptions{})
	db, err := sqlite.Open(ctx, ":memory:", &sqlite.Options{Store: store.Options{Tracers: []store.Tracer{slow, counter{}}}})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Bun().ExecContext(ctx, "create table notes (title text)"); err != nil {
		log.Fatal(err)
	}
	if _, err := db.Bun().ExecContext(ctx, "insert into notes values (?)", "a secret"); err != nil {
		log.Fatal(err)
	}
	// Output:
	// create by Bun
	// insert by Bun
}

// counter prints where a program would count.
type counter struct{}

func (counter) Start(ctx context.Context, _ store.TracedStatement) context.Context { return ctx }

func (counter) End(_ context.Context, s store.TracedStatement, o store.TraceOutcome) {
	if s.Bun { // its text holds values, so tracers see the operation only
		s.SQL = "by Bun"
	}
	fmt.Println(s.Operation, s.SQL)
}
