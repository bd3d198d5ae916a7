package store_test

import (
	"fmt"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
)

// Tables and columns may have the names the compiler uses inside.
func TestNamesOfTheCompiler(t *testing.T) {
	t.Parallel()
	reviewEngines(t, func(t *testing.T, db *store.DB) {
		logs := store.For[Log](db)
		one := int64(1)
		a := add(t, db, "", &Log{Text: "a", Present: &one})
		b := add(t, db, "", &Log{Text: "b", O0: &one})
		got, err := read(t, db, nil, Log{}, store.Query{Count: true, Order: []store.Order{{Column: "text", Desc: true}}, Select: []store.Selected{{Column: "text"}, {Column: "o0"}}})
		if want := `[{"text":"b","o0":1},{"text":"a","o0":null}]`; err != nil || got != want {
			t.Errorf("list = %s, %v, want %s", got, err, want)
		}
		page, err := logs.Page(t.Context(), store.Query{Order: []store.Order{{Column: "text"}}, Limit: store.Limit(1)})
		if err != nil || len(page.Items) != 1 || page.Items[0].ID != a.ID {
			t.Errorf("page: %+v, %v", page, err)
		}
		scope := guards(db, nil, map[string]store.Guard{"log": all(), "new": all()})
		if _, err := gateInsert(t, db, db.Table(LogLine{}), scope, fmt.Sprintf(`{"log_id":%d}`, b.ID), &store.Query{}); err != nil {
			t.Errorf("insert: %v", err)
		}
		if n, err := gateUpdate(t, db, db.Table(LogLine{}), scope, fmt.Sprintf(`{"log_id":%d}`, a.ID), store.True()); n != 1 || err != nil {
			t.Errorf("update: %d, %v", n, err)
		}
	})
}
