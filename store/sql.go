package store

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// SQL is a statement that the store cannot express, such as one with "for update skip
// locked". It bypasses rules, hooks and the change log. In contrast to [Tx.SQL], a
// conflict inside [DB.Tx] runs the transaction again, and errors are those of this
// package.
type SQL struct {
	// Text is the statement, with the parameters $1, $2 and so on for both engines. It
	// must have no other dollar signs. Make it once: prepared statements are kept by
	// their text.
	Text string

	// Args are the values of the parameters, each of the Go type of its [Kind] or a
	// slice of them. A slice is an array on PostgreSQL and a JSON array on SQLite.
	Args []any

	// Columns are the kinds of the columns of the answer, nil for a statement without
	// rows.
	Columns []Kind

	// Writes says that the statement writes. It then runs on SQLite's writer.
	Writes bool
}

// Exec runs the statement on a database or in a transaction and returns the number of
// rows it wrote.
func (q SQL) Exec(ctx context.Context, s Session) (int64, error) {
	n, err := core.SessionOf(s).Exec(ctx, q.statement(core.SessionOf(s)))
	return n, outside(core.SessionOf(s), err)
}

// Rows runs the statement and calls each with the values of every row: each in the JSON
// form of its [Kind], null for NULL. The values must not be kept.
func (q SQL) Rows(ctx context.Context, s Session, each func(values [][]byte) error) error {
	st := q.statement(core.SessionOf(s))
	st.Shape = &driver.Shape{Extra: q.Columns, EachExtra: true}
	return outside(core.SessionOf(s), core.SessionOf(s).Tuples(ctx, st, each))
}

// outside maps a conflict unless it is the transaction's to retry.
func outside(s core.Session, err error) error {
	if s.Tx != nil {
		return err
	}
	return core.Conflict(err)
}

func (q SQL) statement(s core.Session) *driver.Statement {
	return &driver.Statement{SQL: s.DB.Placeholders(q.Text), Args: q.Args, Write: q.Writes}
}

// Listener returns the signals between the processes of the database, nil on an engine
// for one process.
func (db *DB) Listener() driver.Listener { return core.SessionOf(db).DB.Listener }

// ActorFrom returns the actor of changes by trusted code with ctx: the one of
// [WithActor], else the caller of the request, else "".
func ActorFrom(ctx context.Context) string { return query.ActorOf(ctx, nil) }

// TenantFrom returns the tenant for which trusted code acts with ctx: the one of
// [WithTenant], else the caller's, else "".
func TenantFrom(ctx context.Context) string { return query.TenantFrom(ctx) }
