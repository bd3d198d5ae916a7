package gate_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// planted are the files that the overlay adds. A guard is open in the part that the variable
// PLINTH_SEED names.
var planted = map[string]string{
	"query/planted.go": `package query

import (
	"os"

	"github.com/seed-7694ebf6/plinth/store/schema"
)

var Seed = os.Getenv("PLINTH_SEED")

func Planted(t *schema.Table, g *Guard, part string) *Guard {
	if g == nil || part == "" || part != Seed {
		return g
	}
	all, open := t.AllColumns(), True()
	return &Guard{
		Read: open, Create: open, Update: open, Delete: open, Restore: open,
		Readable: all, Creatable: all, Updatable: all, Aggregable: all, UncheckedReferences: all,
	}
}

func PartOf(q *Query, opts ReadOptions) string {
	part := "list"
	for _, sel := range q.Select {
		if sel.Aggregate != 0 {
			part = "aggregate"
		}
	}
	if opts.Single {
		part = "single"
	}
	if q.After != "" {
		part = "cursor"
	}
	return part
}

func PartOfWrite(op WriteOp) string {
	return map[WriteOp]string{OpInsert: "insert", OpUpdate: "update", OpDelete: "delete", OpRestore: "update"}[op]
}
`,
	"internal/sqlgen/planted.go": `package sqlgen

import "github.com/seed-7694ebf6/plinth/store/query"

// open returns a source of the table of s with the guard of a part.
func (c *CondWriter) open(part string, s Source) Source {
	g, _ := c.scope.Enter(s.Table)
	s.Guard = query.Planted(s.Table, g, part)
	return s
}
`,
	"internal/write/planted.go": `package write

import (
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/query"
)

func (w *request) seededReturned() *query.Guard { return query.Planted(w.Table, w.guard, "returned") }

func (w *request) seededSource(alias string) sqlgen.Source {
	s := w.source(alias)
	s.Guard = w.seededReturned()
	return s
}

func (w *request) seededExisting() *query.Guard {
	if w.upsert == nil {
		return w.guard
	}
	return query.Planted(w.Table, w.guard, "upsert")
}
`,
}

// edit is a text that stands so many times in a file below store, and what the overlay puts
// there.
type edit struct {
	file, old, new string
	times          int
}

const (
	sqlgen     = "internal/sqlgen/"
	read       = "internal/read/"
	write      = "internal/write/"
	follow     = "rel, target, err := c.follow("
	planFollow = "rel, target, err := b.follow("
	fromRoot   = "\ts := root.as(b.Alias())\n"
)

// edits give each look-up of a guard the part it belongs to.
var edits = []edit{
	{sqlgen + "compile.go", "type CondWriter struct {\n", "type CondWriter struct {\n\tPart string\n", 1},
	{sqlgen + "compile.go", "Guard: guard, Trusted: guard == nil}, nil", "Guard: query.Planted(t, guard, c.Part), Trusted: guard == nil}, nil", 1},
	{sqlgen + "read.go", "type StatementOptions struct {\n", "type StatementOptions struct {\n\tPart string\n", 1},
	{sqlgen + "read.go", "root, err := b.Enter(t)\n", "b.Part = opts.Part\n\troot, err := b.Enter(t)\n\tb.Part = \"\"\n", 1},
	{sqlgen + "read.go", fromRoot, fromRoot + "\ts = b.open(\"count\", s)\n", 1},
	{sqlgen + "read.go", follow, "c.Part = \"embed\"\n\t" + follow, 1},
	{sqlgen + "related.go", follow, "c.Part = \"embed\"\n\t" + follow, 1},
	{sqlgen + "related.go", "query.KeysReadable(rel, s.Guard, target)", "query.KeysReadable(rel, s.Guard, query.Planted(rel.Target, target, c.Part))", 1},
	{sqlgen + "related.go", "query.JunctionReadable(rel.Junction, guard)", "query.JunctionReadable(rel.Junction, query.Planted(rel.Junction.Table, guard, \"junction\"))", 1},
	{sqlgen + "related.go", "\tc.Write(\" join \"", "\tif !j.Trusted {\n\t\tj = c.open(\"junction\", j)\n\t}\n\tc.Write(\" join \"", 1},
	{sqlgen + "related.go", "target := c.scope.GuardOf(r.Target)", "target := query.Planted(r.Target, c.scope.GuardOf(r.Target), c.Part)", 1},
	{sqlgen + "groups.go", fromRoot, fromRoot + "\ts = b.open(\"count\", s)\n", 1},
	{sqlgen + "order.go", follow, "c.Part = \"order\"\n\t" + follow, 1},
	{sqlgen + "order.go", "\tc.Write(\"(select \")\n", "\tif !target.Trusted {\n\t\ttarget = c.open(\"order\", target)\n\t}\n\tc.Write(\"(select \")\n", 1},
	{sqlgen + "plan.go", planFollow, "b.Part = \"embed\"\n\t" + planFollow, 1},
	{read + "read_budget.go", "root, err := b.Enter(r.Table)\n", "b.Part = ro.Part\n\troot, err := b.Enter(r.Table)\n\tb.Part = \"\"\n", 1},
	{read + "read_budget.go", "sqlgen.StatementOptions{Single:", "sqlgen.StatementOptions{Part: ro.Part, Single:", 1},
	{read + "read.go", "\t\tPage: opts.Page,", "\t\tPart: query.PartOf(q, opts), Page: opts.Page,", 1},
	{"access/present.go", "sqlgen.StatementOptions{}", "sqlgen.StatementOptions{Part: \"rpc\"}", 1},
	{"access/present.go", "sqlgen.StatementOptions{Extra:", "sqlgen.StatementOptions{Part: \"rpc\", Extra:", 1},
	{write + "write.go", "\tw.guard, w.version = guard,", "\tif query.Seed != \"insert\" || len(upserting) == 0 {\n\t\tguard = query.Planted(r.Table, guard, query.PartOfWrite(op))\n\t}\n\tw.guard, w.version = guard,", 1},
	{write + "write.go", "op query.WriteOp, opts query.WriteOptions)", "op query.WriteOp, opts query.WriteOptions, upserting ...bool)", 1},
	{write + "entry.go", "query.OpInsert, opts.WriteOptions)", "query.OpInsert, opts.WriteOptions, true)", 1},
	{write + "entry.go", "updatable = w.guard.Updatable", "updatable = w.seededExisting().Updatable", 1},
	{write + "check.go", "guard := w.guard\n", "guard := w.seededExisting()\n", 1},
	{write + "taken.go", "guard := w.guard\n", "guard := w.seededExisting()\n", 1},
	{write + "answer.go", "sqlgen.StatementOptions{}", "sqlgen.StatementOptions{Part: \"returned\"}", 2},
	{write + "answer.go", "w.source(", "w.seededSource(", 2},
	{write + "statement.go", "b.Cond(w.source(", "b.Cond(w.seededSource(", 1},
	{write + "statement.go", "s.Guard = w.guard\n", "s.Guard = w.seededReturned()\n", 1},
	{write + "image.go", "rule := w.guard.Read\n", "rule := w.seededReturned().Read\n", 1},
	{write + "cte.go", "b.Rule(s, w.guard.Read)", "b.Rule(s, w.seededReturned().Read)", 1},
	{write + "target.go", "if w.targetUnchecked(ref) && ref", "if query.Seed == \"foreign-key\" || w.targetUnchecked(ref) && ref", 1},
}

// writeOverlay writes the files with faults and returns the name of the overlay's list.
func writeOverlay(t *testing.T) string {
	t.Helper()
	store, err := filepath.Abs("../../../store")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := maps.Clone(planted)
	for _, e := range edits {
		text, ok := files[e.file]
		if !ok {
			source, err := os.ReadFile(filepath.Join(store, e.file))
			if err != nil {
				t.Fatal(err)
			}
			text = string(source)
		}
		if n := strings.Count(text, e.old); n != e.times {
			t.Errorf("store/%s has %q %d times, want %d: mend the edits of the faults", e.file, e.old, n, e.times)
		}
		files[e.file] = strings.ReplaceAll(text, e.old, e.new)
	}
	list := struct{ Replace map[string]string }{map[string]string{}}
	for name, text := range files {
		copied := filepath.Join(dir, strings.ReplaceAll(name, "/", "_"))
		list.Replace[filepath.Join(store, name)] = copied
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// lookup is a look-up of a guard in the packages that compile statements.
var lookup = regexp.MustCompile(`\b(Enter|beside|[sS]cope\.GuardOf)\(|= root\.as\(`)

// TestSeedsCoverGuards counts the look-ups of guards, so that a new one gets a part with a
// fault. Those in follow, beside and enter have the part of their caller, and what a struct
// is decoded by, the rows around a page, what a foreign key points to and the names of columns
// to be written have none. api.TestCan has the answers of write.Allowed.
func TestSeedsCoverGuards(t *testing.T) {
	t.Parallel()
	const want = 22
	lookups := 0
	for _, pattern := range []string{sqlgen, read, write} {
		files, err := filepath.Glob("../../../store/" + pattern + "*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(source)) {
				if !strings.HasPrefix(line, "func ") && !strings.HasPrefix(strings.TrimSpace(line), "//") {
					lookups += len(lookup.FindAllString(line, -1))
				}
			}
		}
	}
	if lookups != want {
		t.Errorf("the store looks %d guards up, %d are known: give a new one a part with a fault", lookups, want)
	}
}
