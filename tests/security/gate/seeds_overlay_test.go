package gate_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// planted is the file that the overlay adds to package store. A guard is open in the part
// that the variable PLINTH_SEED names.
const planted = `package store

import "os"

var seed = os.Getenv("PLINTH_SEED")

// open returns a source of the table of s with the guard of a part.
func (c *conds) open(part string, s source) source {
	g, _ := c.scope.enter(s.table)
	s.guard = planted(s.table, g, part)
	return s
}

func planted(t *Table, g *Guard, part string) *Guard {
	if g == nil || part == "" || part != seed {
		return g
	}
	all, open := t.AllColumns(), True()
	return &Guard{
		Read: open, Create: open, Update: open, Delete: open, Restore: open,
		Readable: all, Creatable: all, Updatable: all, Aggregable: all, UncheckedReferences: all,
	}
}

func (w *request) seededReturned() *Guard { return planted(w.table, w.guard, "returned") }

func (w *request) seededSource(alias string) source {
	s := w.source(alias)
	s.guard = w.seededReturned()
	return s
}

func (w *request) seededExisting() *Guard {
	if w.upsert == nil {
		return w.guard
	}
	return planted(w.table, w.guard, "upsert")
}

func partOf(q *Query, opts ReadOptions) string {
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

func partOfWrite(op WriteOp) string {
	return map[WriteOp]string{OpInsert: "insert", OpUpdate: "update", OpDelete: "delete", OpRestore: "update"}[op]
}
`

// edit is a text that stands so many times in a file of package store, and what the overlay
// puts there.
type edit struct {
	file, old, new string
	times          int
}

const (
	follow     = "rel, target, err := c.follow("
	planFollow = "rel, target, err := b.follow("
	fromRoot   = "\ts := root.as(b.alias())\n"
)

// edits give each look-up of a guard the part it belongs to.
var edits = []edit{
	{"compile.go", "type conds struct {\n", "type conds struct {\n\tpart string\n", 1},
	{"compile.go", "guard: guard, trusted: guard == nil}, nil", "guard: planted(t, guard, c.part), trusted: guard == nil}, nil", 1},
	{"compile_read.go", "type readOptions struct {\n", "type readOptions struct {\n\tpart string\n", 1},
	{"compile_read.go", "root, err := b.enter(t)\n", "b.part = opts.part\n\troot, err := b.enter(t)\n\tb.part = \"\"\n", 1},
	{"compile_read.go", fromRoot, fromRoot + "\ts = b.open(\"count\", s)\n", 1},
	{"compile_read.go", follow, "c.part = \"embed\"\n\t" + follow, 1},
	{"compile_related.go", follow, "c.part = \"embed\"\n\t" + follow, 1},
	{"compile_related.go", "keysReadable(rel, s.guard, target)", "keysReadable(rel, s.guard, planted(rel.Target, target, c.part))", 1},
	{"compile_related.go", "junctionReadable(rel.Junction, guard)", "junctionReadable(rel.Junction, planted(rel.Junction.Table, guard, \"junction\"))", 1},
	{"compile_related.go", "\tc.write(\" join \"", "\tif !j.trusted {\n\t\tj = c.open(\"junction\", j)\n\t}\n\tc.write(\" join \"", 1},
	{"compile_related.go", "target := c.scope.guard(r.Target)", "target := planted(r.Target, c.scope.guard(r.Target), c.part)", 1},
	{"compile_groups.go", fromRoot, fromRoot + "\ts = b.open(\"count\", s)\n", 1},
	{"compile_order.go", follow, "c.part = \"order\"\n\t" + follow, 1},
	{"compile_order.go", "\tc.write(\"(select \")\n", "\tif !target.trusted {\n\t\ttarget = c.open(\"order\", target)\n\t}\n\tc.write(\"(select \")\n", 1},
	{"plan.go", planFollow, "b.part = \"embed\"\n\t" + planFollow, 1},
	{"read_budget.go", "root, err := b.enter(r.table)\n", "b.part = ro.part\n\troot, err := b.enter(r.table)\n\tb.part = \"\"\n", 1},
	{"read_budget.go", "readOptions{single:", "readOptions{part: ro.part, single:", 1},
	{"read.go", "\t\tpage: opts.Page,", "\t\tpart: partOf(q, opts), page: opts.Page,", 1},
	{"present.go", "readOptions{}", "readOptions{part: \"rpc\"}", 1},
	{"present.go", "readOptions{extra:", "readOptions{part: \"rpc\", extra:", 1},
	{"write.go", "\tw.guard, w.version = guard,", "\tif seed != \"insert\" || len(upserting) == 0 {\n\t\tguard = planted(r.table, guard, partOfWrite(op))\n\t}\n\tw.guard, w.version = guard,", 1},
	{"write.go", "op WriteOp, opts WriteOptions)", "op WriteOp, opts WriteOptions, upserting ...bool)", 1},
	{"access.go", "OpInsert, opts.WriteOptions)", "OpInsert, opts.WriteOptions, true)", 1},
	{"access.go", "updatable = w.guard.Updatable", "updatable = w.seededExisting().Updatable", 1},
	{"write_check.go", "guard := w.guard\n", "guard := w.seededExisting()\n", 1},
	{"write_taken.go", "guard := w.guard\n", "guard := w.seededExisting()\n", 1},
	{"write_answer.go", "readOptions{}", "readOptions{part: \"returned\"}", 2},
	{"write_answer.go", "w.source(", "w.seededSource(", 2},
	{"write_statement.go", "b.cond(w.source(", "b.cond(w.seededSource(", 1},
	{"write_statement.go", "s.guard = w.guard\n", "s.guard = w.seededReturned()\n", 1},
	{"write_image.go", "rule := w.guard.Read\n", "rule := w.seededReturned().Read\n", 1},
	{"write_insert.go", "b.rule(s, w.guard.Read)", "b.rule(s, w.seededReturned().Read)", 1},
	{"write_target.go", "if w.opened(ref) && ref", "if seed == \"foreign-key\" || w.opened(ref) && ref", 1},
}

// writeOverlay writes the files with faults and returns the name of the overlay's list.
func writeOverlay(t *testing.T) string {
	t.Helper()
	store, err := filepath.Abs("../../../store")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := map[string]string{"planted.go": planted}
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
		list.Replace[filepath.Join(store, name)] = filepath.Join(dir, name)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
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

// lookup is a look-up of a guard in the files that compile statements.
var lookup = regexp.MustCompile(`\b(enter|beside|scope\.guard)\(|= root\.as\(`)

// TestSeedsCoverGuards counts the look-ups of guards, so that a new one gets a part with a
// fault. Those in follow, beside and enter have the part of their caller, and what a struct
// is decoded by, the rows around a page and what a foreign key points to have none.
func TestSeedsCoverGuards(t *testing.T) {
	t.Parallel()
	const want = 18
	lookups := 0
	for _, pattern := range []string{"compile*.go", "plan*.go", "read*.go", "write*.go"} {
		files, err := filepath.Glob("../../../store/" + pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
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
		t.Errorf("package store looks %d guards up, %d are known: give a new one a part with a fault", lookups, want)
	}
}
