package store_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
)

// TestFIPS: cursors and entity tags work where only FIPS 140 cryptography is allowed.
func TestFIPS(t *testing.T) {
	const setting = "fips140=only"
	if !strings.Contains(os.Getenv("GODEBUG"), setting) {
		t.Parallel()
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFIPS$", "-test.v")
		cmd.Env = append(os.Environ(), "GODEBUG="+setting)
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS: TestFIPS") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	db := storetest.New(t, storetest.Models(Author{}, Post{}, Tag{}, PostTag{}))
	for _, name := range []string{"Ann", "Bob"} {
		if err := store.For[Author](db).Insert(t.Context(), &Author{Name: name, Hash: "h"}); err != nil {
			t.Fatal(err)
		}
	}
	gate := access.New(db, db.Table(Author{}), guards(db, nil, map[string]store.Guard{"authors": all()}))
	q := &query.Query{Select: []query.Selected{{Column: "name"}}, Order: []store.Order{{Column: "name"}}, Limit: store.Limit(1)}
	opts := query.ReadOptions{Page: true, TagForm: "application/json"}
	var first, same, second query.Rows
	for _, out := range []*query.Rows{&first, &same} {
		if err := gate.Read(t.Context(), q, opts, out); err != nil || out.Tag == "" || out.Next == "" {
			t.Fatalf("tag %q, next %q, %v", out.Tag, out.Next, err)
		}
	}
	q.After = first.Next
	if err := gate.Read(t.Context(), q, opts, &second); err != nil || string(second.Body) != `{"name":"Bob"}` {
		t.Fatalf("%s, %v", second.Body, err)
	}
	if first.Tag != same.Tag || first.Tag == second.Tag {
		t.Errorf("tags %q, %q and %q", first.Tag, same.Tag, second.Tag)
	}
}
