package parity_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
)

// compareState compares the rows of all tables, hidden columns and deleted rows
// included, and the change logs.
func (p *pair) compareState(t *testing.T) {
	t.Helper()
	compareLines(t, "change log", p.sqlite.log(t), p.postgres.log(t))
	for _, m := range models {
		table := p.sqlite.db.Table(m)
		compareLines(t, "table "+table.Name, p.sqlite.rows(t, m), p.postgres.rows(t, m))
	}
}

func compareLines(t *testing.T, what string, a, b []string) {
	t.Helper()
	for i := range max(len(a), len(b)) {
		line := func(list []string) string {
			if i < len(list) {
				return list[i]
			}
			return "nothing"
		}
		if line(a) != line(b) {
			t.Errorf("%s, line %d of %d and %d:\nsqlite:   %s\npostgres: %s", what, i, len(a), len(b), line(a), line(b))
			return
		}
	}
}

// log returns the change log, but for what is each database's own: numbers and
// ids of changes, and the time, which is that of the database's clock.
func (a *application) log(t *testing.T) (lines []string) {
	t.Helper()
	reader := changelog.Open(a.db, "parity", &changelog.Options{Start: changelog.FromStart})
	_, err := reader.Drain(t.Context(), func(_ context.Context, _ *store.Tx, batch []changelog.Change) error {
		for _, c := range batch {
			lines = append(lines, fmt.Sprintf("%s %v %s by %q of %q: %s to %s", c.Table, c.Op, c.Key, c.Actor, c.Tenant, c.Old, c.New))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// rows returns the rows of a table in the order of their keys, as texts read past
// the library.
func (a *application) rows(t *testing.T, model any) (lines []string) {
	t.Helper()
	table := a.db.Table(model)
	columns, keys := make([]string, len(table.Columns)), make([]string, len(table.PrimaryKey))
	for i, c := range table.Columns {
		columns[i] = a.asText(c)
	}
	for i, c := range table.PrimaryKey {
		keys[i] = `x."` + c.Name + `"`
		if c.Kind == store.KindText && a.engine == "postgres" {
			keys[i] += ` collate "C"`
		}
	}
	query := "select " + strings.Join(columns, ", ") + " from " + table.Name + " x order by " + strings.Join(keys, ", ")
	found, err := a.db.Bun().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%v: %s", err, query)
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := found.Scan(into...); err != nil {
			t.Fatal(err)
		}
		line := ""
		for i, c := range table.Columns {
			line += " " + c.Name + "=" + plain(c.Kind, values[i])
		}
		lines = append(lines, line)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// asText writes a column as text.
func (a *application) asText(c *store.Column) string {
	name := `x."` + c.Name + `"`
	if a.engine == "sqlite" {
		if c.Kind == store.KindBytes {
			return "case when " + name + " is not null then lower(hex(" + name + ")) end"
		}
		return name
	}
	switch c.Kind {
	case store.KindBytes:
		return "encode(" + name + ", 'hex')"
	case store.KindBool:
		return name + "::int::text"
	case store.KindTimestamp:
		return "to_char(" + name + ` at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')`
	case store.KindTextArray:
		return "to_json(" + name + ")::text"
	}
	return name + "::text"
}

// plain is a value in the one form that the texts of both engines have: they
// differ in the spelling of floats and in the spaces and order of documents.
func plain(kind store.Kind, value sql.NullString) string {
	switch {
	case !value.Valid:
		return "NULL"
	case kind == store.KindFloat:
		return strconv.FormatFloat(float(value.String), 'g', -1, 64)
	case kind == store.KindJSON || kind == store.KindTextArray:
		var doc any
		decoder := json.NewDecoder(strings.NewReader(value.String))
		decoder.UseNumber()
		if err := decoder.Decode(&doc); err != nil {
			return err.Error()
		}
		return string(must(json.Marshal(doc)))
	}
	return strconv.Quote(value.String)
}
