package gate_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// planted is the file that the overlay adds to package store. A guard is open in the part
// that the variable PLINTH_SEED names.
const planted = `package store

import "os"

var fault = os.Getenv("PLINTH_SEED")

// in returns a compiler that looks guards up for a part.
func (c *compiler) in(part string) *compiler {
	d := *c
	d.part = part
	return &d
}

func planted(t *Table, g *Guard, part string) *Guard {
	if g == nil || part == "" || part != fault {
		return g
	}
	all, open := t.AllColumns(), True()
	return &Guard{
		Read: open, Create: open, Update: open, Delete: open, Restore: open,
		Readable: all, Creatable: all, Updatable: all, Aggregable: all, UncheckedReferences: all,
	}
}

func (w *write) seededReturned() *Guard { return planted(w.table, w.guard, "returned") }

func (w *write) seededExisting() *Guard {
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

const embedPart = "c.part = \"embed\"\n\trel, target, err := c.enter("

// edits give each look-up of a guard the part it belongs to.
var edits = []edit{
	{"session.go", "c := compilers.Get().(*compiler)\n", "c := compilers.Get().(*compiler)\n\tc.part = \"\"\n", 1},
	{"compile.go", "type compiler struct {\n", "type compiler struct {\n\tpart string\n", 1},
	{"compile.go", "return g, nil\n", "return planted(t, g, c.part), nil\n", 1},
	{"compile_read.go", "type readOptions struct {\n", "type readOptions struct {\n\tpart string\n", 1},
	{"compile_read.go", "guard, err := c.guarded(t)\n\tif err != nil {\n\t\treturn nil, err", "guard, err := c.in(opts.part).guarded(t)\n\tif err != nil {\n\t\treturn nil, err", 1},
	{"compile_read.go", "guard, err := c.guarded(t)\n\tif err != nil {\n\t\treturn err", "guard, err := c.in(\"count\").guarded(t)\n\tif err != nil {\n\t\treturn err", 1},
	{"compile_read.go", "rel, target, err := c.enter(", embedPart, 1},
	{"compile_related.go", "rel, target, err := c.enter(", embedPart, 1},
	{"compile_related.go", "c.guarded(rel.Junction.Table)", "c.in(\"junction\").guarded(rel.Junction.Table)", 1},
	{"compile_related.go", "c.guarded(j.table)", "c.in(\"junction\").guarded(j.table)", 1},
	{"compile_groups.go", "c.guarded(t)", "c.in(\"count\").guarded(t)", 1},
	{"compile_order.go", "rel, target, err := c.enter(", "c.part = \"order\"\n\trel, target, err := c.enter(", 1},
	{"compile_order.go", "c.guarded(target.table)", "c.in(\"order\").guarded(target.table)", 1},
	{"plan.go", "rel, target, err := c.enter(", embedPart, 1},
	{"budget.go", "c.guarded(g.table)", "c.in(ro.part).guarded(g.table)", 1},
	{"budget.go", "readOptions{single:", "readOptions{part: ro.part, single:", 1},
	{"gate.go", "ro := readOptions{page:", "ro := readOptions{part: partOf(q, opts), page:", 1},
	{"present.go", "readOptions{}", "readOptions{part: \"rpc\"}", 1},
	{"present.go", "readOptions{extra:", "readOptions{part: \"rpc\", extra:", 1},
	{"write.go", "\t\tw.guard = guard\n", "\t\tw.guard = planted(g.table, guard, partOfWrite(op))\n\t\tif fault == \"insert\" && upserts {\n\t\t\tw.guard = guard\n\t\t}\n", 1},
	{"write.go", "newWrite(ctx context.Context, op WriteOp, opts WriteOptions)", "newWrite(ctx context.Context, op WriteOp, opts WriteOptions, upserting ...bool)", 1},
	{"write.go", "\tw := &write{\n", "\tupserts := len(upserting) > 0\n\tw := &write{\n", 1},
	{"write.go", "g.newWrite(ctx, OpInsert, opts.WriteOptions)", "g.newWrite(ctx, OpInsert, opts.WriteOptions, true)", 1},
	{"write.go", "updatable = w.guard.Updatable", "updatable = w.seededExisting().Updatable", 1},
	{"write_steps.go", "guard := w.guard\n", "guard := w.seededExisting()\n", 1},
	{"write_upsert.go", "guard := w.guard\n", "guard := w.seededExisting()\n", 1},
	{"write_answer.go", "readOptions{}", "readOptions{part: \"returned\"}", 2},
	{"write_answer.go", "guard: w.guard}", "guard: w.seededReturned()}", 3},
	{"write_answer.go", "rule := w.guard.Read\n", "rule := w.seededReturned().Read\n", 1},
	{"write_direct.go", "s.guard = w.guard\n", "s.guard = w.seededReturned()\n", 1},
	{"write_insert.go", "c.ruleAlone(s, w.guard.Read)", "c.ruleAlone(s, w.seededReturned().Read)", 1},
	{"check.go", "if w.opened(ref) &&", "if fault == \"foreign-key\" || w.opened(ref) &&", 1},
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

// TestSeedsCoverGuards: each look-up of a guard is in a part that has a fault. The ones in
// enter, knows and relationship have that of their caller.
func TestSeedsCoverGuards(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../store/*.go")
	if err != nil {
		t.Fatal(err)
	}
	lookups, edited := 0, 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(file, "_test.go") {
			lookups += strings.Count(string(source), "c.guarded(")
		}
	}
	for _, e := range edits {
		edited += strings.Count(e.old, "c.guarded(")
	}
	const inherited = 3
	if lookups != edited+inherited {
		t.Errorf("package store looks %d guards up, %d have a fault", lookups, edited+inherited)
	}
}
