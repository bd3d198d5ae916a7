package typescript

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/api/catalog"
	"github.com/seed-7694ebf6/plinth/api/openapi"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// version is the release of PostgREST by which supabase-js decides what a server
// can do.
const version = "13"

// none is an object type without members that accepts no others either.
const none = "Record<string, never>"

// Types returns the types of a catalog. The same catalog gives the same bytes.
func Types(c *catalog.Catalog) ([]byte, error) {
	p := &printer{catalog: c, types: openapi.NewTypes("")}
	p.line("export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]")
	p.line("")
	p.block("export type Database =", func() {
		p.line("__InternalSupabase: { PostgrestVersion: %q }", version)
		p.block("public:", func() {
			p.tables("Tables:", func(t *catalog.Table) bool { return !t.Table.View })
			p.tables("Views:", func(t *catalog.Table) bool { return t.Table.View })
			p.functions()
			p.line("Enums: { [_ in never]: never }")
			p.line("CompositeTypes: { [_ in never]: never }")
		})
	})
	p.definitions()
	return []byte(p.text.String()), nil
}

// printer writes lines with their indentation.
type printer struct {
	catalog *catalog.Catalog
	types   *openapi.Types
	text    strings.Builder
	depth   int
}

func (p *printer) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if text != "" {
		p.text.WriteString(strings.Repeat("  ", p.depth) + text)
	}
	p.text.WriteByte('\n')
}

// block writes lines between brackets.
func (p *printer) block(head string, inner func()) {
	p.line("%s {", head)
	p.depth++
	inner()
	p.depth--
	p.line("}")
}

// tables writes the tables that belong under a head.
func (p *printer) tables(head string, belongs func(*catalog.Table) bool) {
	if !slices.ContainsFunc(p.catalog.Tables, belongs) {
		p.line("%s { [_ in never]: never }", head)
		return
	}
	p.block(head, func() {
		for _, t := range p.catalog.Tables {
			if belongs(t) {
				p.block(t.Table.Name+":", func() { p.table(t) })
			}
		}
	})
}

func (p *printer) table(t *catalog.Table) {
	all := func(*store.Column) bool { return true }
	p.columns(t, "Row", t.Readable, true, all)
	if !t.Table.View {
		p.columns(t, "Insert", t.Creatable, t.Create, func(c *store.Column) bool { return openapi.Required(t, c) })
		p.columns(t, "Update", t.Updatable, t.Update, func(*store.Column) bool { return false })
	}
	p.relationships(t)
}

// columns writes an object of columns, of which some must be there.
func (p *printer) columns(t *catalog.Table, name string, set store.ColumnSet, open bool, required func(*store.Column) bool) {
	if !open || set == (store.ColumnSet{}) {
		p.line("%s: %s", name, none)
		return
	}
	p.block(name+":", func() {
		for _, c := range t.Table.Columns {
			switch {
			case !set.Has(c):
			case required(c):
				p.line("%s: %s", c.Name, columnType(c))
			default:
				p.line("%s?: %s", c.Name, columnType(c))
			}
		}
	})
}

// columnType returns the type of a column's JSON form.
func columnType(c *store.Column) string {
	name := "string"
	switch c.Kind {
	case store.KindBool:
		name = "boolean"
	case store.KindInt, store.KindFloat, store.KindDecimal:
		name = "number"
	case store.KindJSON:
		return "Json" // which may be null
	case store.KindTextArray:
		name = "string[]"
	}
	if c.Enum != nil {
		values := make([]string, len(c.Enum))
		for i, v := range c.Enum {
			values[i] = quote(v)
		}
		name = strings.Join(values, " | ")
	}
	if c.Nullable {
		name += " | null"
	}
	return name
}

// relationships writes the foreign keys of a table. The types of supabase-js take
// two entries with one target for an ambiguity, so each key has one.
func (p *printer) relationships(t *catalog.Table) {
	var lines []string
	for _, f := range t.Table.ForeignKeys {
		i := slices.IndexFunc(t.Relations, func(r *schema.Relation) bool {
			return !r.Many && r.Target == f.Target && slices.Equal(r.SourceKeys, f.Columns)
		})
		if i >= 0 {
			lines = append(lines, fmt.Sprintf("{ foreignKeyName: %q; columns: %s; isOneToOne: %t; referencedRelation: %q; referencedColumns: %s },",
				t.Relations[i].Name, names(f.Columns), unique(t.Table, f.Columns), f.Target.Name, names(f.Keys)))
		}
	}
	if len(lines) == 0 {
		p.line("Relationships: []")
		return
	}
	p.line("Relationships: [")
	p.depth++
	for _, line := range lines {
		p.line("%s", line)
	}
	p.depth--
	p.line("]")
}

// names writes the names of columns as a tuple.
func names(columns []*store.Column) string {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = `"` + c.Name + `"`
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// unique reports whether at most one row can have a value in the columns.
func unique(t *store.Table, columns []*store.Column) bool {
	return slices.Equal(t.PrimaryKey, columns) ||
		slices.ContainsFunc(t.UniqueKeys, func(key []*store.Column) bool { return slices.Equal(key, columns) })
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(b)
}
