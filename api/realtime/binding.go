package realtime

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// binding is an element of postgres_changes in the configuration of a channel. The client
// compares the answer with what it has asked for, so the values are repeated as they are.
type binding struct {
	ID     int              `json:"id"`
	Event  string           `json:"event"`
	Schema string           `json:"schema"`
	Table  *string          `json:"table,omitempty"`
	Filter *string          `json:"filter,omitempty"`
	Select []string         `json:"select,omitempty"`
	Since  changelog.Cursor `json:"since,omitempty"`

	views []tableView
}

// tableView is what a binding wants of one table.
type tableView struct {
	table   *schema.Table
	view    changelog.View
	columns []column
}

// resolve finds the tables and the filter of a binding. Without a table these are all that the
// caller may read.
func (b *binding) resolve(h *Hub, scope *store.Scope) error {
	if !slices.Contains([]string{"*", "INSERT", "UPDATE", "DELETE"}, b.Event) {
		return refuse("InvalidEvent", "the event %q is none of *, INSERT, UPDATE and DELETE", b.Event)
	}
	if b.Schema != "public" && b.Schema != "*" {
		return refuse("InvalidSchema", "there is no schema %q; use public", b.Schema)
	}
	raw, err := rawFilter(b.Filter, b.Select)
	if err != nil {
		return err
	}
	q, err := parseFilter(raw)
	if err != nil {
		return refuse("InvalidFilter", "%v", err)
	}
	var tables []*schema.Table
	if b.Table != nil && *b.Table != "" && *b.Table != "*" {
		t, err := h.table(scope, *b.Table)
		if err != nil {
			return refuse("InvalidTable", "there is no table %q", *b.Table)
		}
		tables = []*schema.Table{t}
	} else {
		if raw != "" {
			return refuse("InvalidFilter", "a filter or select needs a table")
		}
		tables = h.api.Tables()
	}
	b.views = nil
	for _, t := range tables {
		if scope.GuardOf(t) == nil {
			continue
		}
		view, err := viewOf(scope, t, &q)
		if err != nil {
			return refuse("InvalidFilter", "%v", err)
		}
		b.views = append(b.views, tableView{t, view, columnsOf(t, view)})
	}
	return nil
}

// rawFilter returns the filter and the columns of a binding as the query string of a list.
// Conditions are separated by commas.
func rawFilter(filter *string, columns []string) (string, error) {
	var parts []string
	if len(columns) > 0 {
		parts = append(parts, "select="+url.QueryEscape(strings.Join(columns, ",")))
	}
	if filter == nil || *filter == "" {
		return strings.Join(parts, "&"), nil
	}
	for _, condition := range splitConditions(*filter) {
		column, value, ok := strings.Cut(condition, "=")
		if !ok || strings.ContainsAny(column, ".()\"") || column == "select" {
			return "", refuse("InvalidFilter", "%q is not column=operator.value", condition)
		}
		parts = append(parts, url.QueryEscape(column)+"="+url.QueryEscape(value))
	}
	return strings.Join(parts, "&"), nil
}

// splitConditions splits at commas outside of parentheses and quotes.
func splitConditions(filter string) (parts []string) {
	depth, quoted, from := 0, false, 0
	for i := 0; i < len(filter); i++ {
		switch c := filter[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			parts, from = append(parts, filter[from:i]), i+1
		}
	}
	return append(parts, filter[from:])
}

// wants reports whether the binding is about an event, and as which. A row that left only the
// filter is none, as clients know it, and one that entered it is an update.
func (b *binding) wants(e *Event) (kind string, ok bool) {
	kind = strings.ToUpper(string(e.Op))
	if e.ByFilter {
		if e.Op == query.OpDelete {
			return "", false
		}
		kind = "UPDATE"
	}
	return kind, b.Event == "*" || b.Event == kind
}

// changeData is the data of an event of postgres_changes. It depends on the class of the
// subscription alone.
func changeData(v *tableView, e *Event, kind string) []byte {
	record, old := e.Row, json.RawMessage("{}")
	if record == nil {
		record = json.RawMessage("{}")
	}
	if kind != "INSERT" {
		old = e.Key
	}
	return encode(changePayload{"public", e.Table, kind, e.At, v.columns, record, old, nil})
}

type changePayload struct {
	Schema  string          `json:"schema"`
	Table   string          `json:"table"`
	Type    string          `json:"type"`
	At      time.Time       `json:"commit_timestamp"`
	Columns []column        `json:"columns"`
	Record  json.RawMessage `json:"record"`
	Old     json.RawMessage `json:"old_record"`
	Errors  []string        `json:"errors"`
}

// column is a column of a payload. Clients convert texts by its type.
type column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// typeNames are the types of PostgreSQL as clients know them.
var typeNames = map[driver.Kind]string{
	driver.KindBool: "bool", driver.KindInt: "int8", driver.KindFloat: "float8", driver.KindTimestamp: "timestamptz",
	driver.KindTextArray: "_text", driver.KindDate: "date", driver.KindUUID: "uuid", driver.KindJSON: "jsonb", driver.KindDecimal: "numeric", driver.KindBytes: "bytea",
}

// columnsOf describes what a view has of its table.
func columnsOf(t *schema.Table, v changelog.View) (list []column) {
	guard := v.Scope.GuardOf(t)
	for _, c := range t.Columns {
		if !guard.Readable.Has(c) || v.Columns != nil && !v.Columns.Has(c) {
			continue
		}
		name := typeNames[c.Kind]
		if name == "" {
			name = "text"
		}
		list = append(list, column{c.Name, name})
	}
	return list
}
