package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// sqlite has one writer: a transaction that has begun to write is the lock, and
// a process that dies ends it.
type sqlite struct{}

func (sqlite) name() string { return "sqlite" }

func (sqlite) bind(query string) string { return query }

func (sqlite) begin(ctx context.Context, conn *sql.Conn) (*sql.Tx, error) {
	tx, err := conn.BeginTx(ctx, nil) // the driver says "begin immediate"
	if isBusy(err) {
		return nil, nil
	}
	return tx, err
}

// isBusy reports SQLITE_BUSY, in any of its extended forms, without knowing the
// driver.
func isBusy(err error) bool {
	const busy = 5
	var coded interface{ Code() int }
	return errors.As(err, &coded) && coded.Code()&0xff == busy
}

// lock does nothing: there is no lock outside a transaction. Within a process holding
// the writer's connection has the same effect.
func (sqlite) lock(context.Context, *sql.Conn) (bool, error) { return true, nil }

func (sqlite) unlock(context.Context, *sql.Conn) error { return nil }

func (sqlite) historyTable() string {
	return `create table if not exists plinth_migrations (
	line text not null,
	version integer not null,
	name text not null,
	checksum text not null,
	applied_at text not null default (strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')),
	primary key (line, version)
)`
}

func (sqlite) historyExists() string {
	return `select exists (select 1 from sqlite_schema where type = 'table' and name = 'plinth_migrations')`
}

func (sqlite) ddl() ddl {
	return ddl{generated: "INTEGER PRIMARY KEY AUTOINCREMENT", generatedIsKey: true}
}

// columnType uses only the four plain types. Names like TIMESTAMP or JSON have
// numeric affinity, under which the text 1.0 would turn into a number.
func (sqlite) columnType(k store.Kind) string {
	switch k {
	case store.KindBool, store.KindInt:
		return "INTEGER"
	case store.KindFloat:
		return "REAL"
	case store.KindBytes:
		return "BLOB"
	case store.KindDecimal:
		return "TEXT COLLATE pl_decimal"
	}
	return "TEXT"
}

func (sqlite) literal(c constant) string {
	if c.now {
		return "(strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now'))"
	}
	switch c.kind {
	case store.KindBool, store.KindInt, store.KindFloat:
		return c.text
	case store.KindBytes:
		return "x'" + strings.TrimPrefix(c.text, `\x`) + "'"
	}
	return quoteText(c.text)
}

func (s sqlite) typed(k store.Kind, expression string) string {
	typ, collation, _ := strings.Cut(s.columnType(k), " ")
	return "(cast(" + expression + " as " + typ + ") " + collation + ")"
}

// addedCheck says of NULL what a check means: while SQLite 3.53 adds one, it takes rows for
// which the condition is NULL for rows that break it.
func (s sqlite) addedCheck(c *schema.Check) string {
	if !slices.ContainsFunc(c.Columns, func(c *store.Column) bool { return c.Nullable }) {
		return checkClause(s, c)
	}
	return "constraint " + quote(c.Name) + " check ((" + conditionSQL(s, c.Condition) + ") is not false)"
}

// misfit compares affinities, as SQLite does with declared types (section 3.1 of
// its "Datatypes").
func (s sqlite) misfit(k store.Kind, c foundColumn) string {
	have := affinity(c.typ)
	want, _, _ := strings.Cut(s.columnType(k), " ")
	switch {
	case have == want:
		return ""
	case (k == store.KindBool || k == store.KindInt) && have == "NUMERIC" && !isTimeName(c.typ):
		return "" // BOOLEAN: integers stay integers
	}
	typ := c.typ
	if typ == "" {
		typ = "no type"
	}
	return fmt.Sprintf("has type %s, want %s", typ, s.columnType(k))
}

func (sqlite) doubt(store.Kind, foundColumn) string { return "" }

// isTimeName reports whether drivers convert integers of a declared type to times.
func isTimeName(typ string) bool {
	typ = strings.ToUpper(typ)
	return strings.Contains(typ, "DATE") || strings.Contains(typ, "TIME")
}

func affinity(typ string) string {
	typ = strings.ToUpper(typ)
	has := func(names ...string) bool {
		for _, n := range names {
			if strings.Contains(typ, n) {
				return true
			}
		}
		return false
	}
	switch {
	case has("INT"):
		return "INTEGER"
	case has("CHAR", "CLOB", "TEXT"):
		return "TEXT"
	case typ == "" || has("BLOB"):
		return "BLOB"
	case has("REAL", "FLOA", "DOUB"):
		return "REAL"
	}
	return "NUMERIC"
}
