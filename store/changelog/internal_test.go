package changelog

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store/schema"
	"github.com/uptrace/bun"
	bunschema "github.com/uptrace/bun/schema"
)

func TestPositionLost(t *testing.T) {
	t.Parallel()
	const epoch = "e"
	gone := func(seq int64, xid uint64) purged { return purged{mark: mark{seq, xid}, Trims: 1} }
	apart := gone(9, 15)
	apart.Tables = map[string]mark{others: {5, 8}, "own": {9, 15}, "kept": {2, 3}}
	for _, test := range []struct {
		name   string
		at     position
		head   logHead
		lost   bool
		tables string
	}{
		{"sqlite, nothing trimmed", position{Seq: 5}, logHead{Last: 9}, false, ""},
		{"sqlite, trimmed up to it", position{Seq: 5}, logHead{Last: 9, Purged: gone(5, 0)}, false, ""},
		{"sqlite, trimmed beyond it", position{Seq: 5}, logHead{Last: 9, Purged: gone(6, 0)}, true, ""},
		{"sqlite, trimmed before it began", position{Trims: 1}, logHead{Last: 9, Purged: gone(6, 0)}, false, ""},
		{"sqlite, ahead of the log", position{Seq: 10}, logHead{Last: 9}, true, ""},
		{"another epoch", position{Epoch: "old", Seq: 5}, logHead{Last: 9}, true, ""},

		{"nothing trimmed", position{From: "10:12:10"}, logHead{Now: "20:20:"}, false, ""},
		{"all that is trimmed was visible", position{From: "10:12:10"}, logHead{Now: "20:20:", Purged: gone(9, 9)}, false, ""},
		{"what was open then may be trimmed", position{From: "10:12:10"}, logHead{Now: "20:20:", Purged: gone(9, 10)}, true, ""},
		{"later rows are trimmed", position{From: "10:12:"}, logHead{Now: "20:20:", Purged: gone(9, 15)}, true, ""},
		{"nothing was trimmed since", position{From: "10:12:", Trims: 1}, logHead{Now: "20:20:", Purged: gone(9, 15)}, false, ""},
		{"another server", position{From: "10:21:"}, logHead{Now: "20:20:"}, true, ""},
		{"no snapshot", position{From: "x"}, logHead{Now: "20:20:"}, true, ""},

		{"sqlite, a table with limits of its own", position{Seq: 7}, logHead{Last: 9, Purged: apart}, true, "own"},
		{"sqlite, other tables than that", position{Seq: 7}, logHead{Last: 9, Purged: apart}, false, "a,kept"},
		{"sqlite, all tables", position{Seq: 7}, logHead{Last: 9, Purged: apart}, true, ""},
		{"sqlite, tables without limits", position{Seq: 4}, logHead{Last: 9, Purged: apart}, true, "a"},
		{"sqlite, trimmed again since", position{Seq: 1, Trims: 0}, logHead{Last: 9, Purged: gone(6, 0)}, true, ""},
		{"a table with limits of its own", position{From: "10:12:"}, logHead{Now: "20:20:", Purged: apart}, true, "a,own"},
		{"other tables than that", position{From: "10:12:"}, logHead{Now: "20:20:", Purged: apart}, false, "a"},

		{
			"in a window, its rows are trimmed behind the reader",
			position{From: "3:3:", To: "16:18:", Seq: 9},
			logHead{Now: "20:20:", Purged: gone(9, 15)},
			false, "",
		},
		{
			"in a window, rows before the reader are trimmed",
			position{From: "3:3:", To: "16:18:", Seq: 8},
			logHead{Now: "20:20:", Purged: gone(9, 15)},
			true, "",
		},
		{
			"in a window, rows of the next one are trimmed",
			position{From: "3:3:", To: "15:18:15", Seq: 9},
			logHead{Now: "20:20:", Purged: gone(9, 15)},
			true, "",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.at.Epoch == "" {
				test.at.Epoch = epoch
			}
			test.head.Epoch = epoch
			var tables []string
			if test.tables != "" {
				tables = strings.Split(test.tables, ",")
			}
			if reason := test.head.lost(test.at, tables); (reason != "") != test.lost {
				t.Errorf("lost says %q", reason)
			}
		})
	}
}

func FuzzSnapshotBounds(f *testing.F) {
	f.Add("10:20:10,14")
	f.Add("3:3:")
	f.Add("::")
	f.Fuzz(func(_ *testing.T, s string) {
		_, _, _ = snapshotBounds(s)
		_, _ = parsePosition(s)
	})
}

// TestLoggedRowOfAnotherTime reads rows that were logged when the model was
// another one.
func TestLoggedRowOfAnotherTime(t *testing.T) {
	t.Parallel()
	type logged struct {
		ID   int64 `bun:"id,pk"`
		At   time.Time
		Hash string `plinth:"secret"`
	}
	registry := schema.NewRegistry(schema.RegistryOptions{
		Bun:        bun.NewDB(nil, bunschema.NewNopQueryGen().Dialect()),
		CheckRules: func(string, reflect.Type) error { return nil },
	})
	if err := registry.Register(logged{}); err != nil {
		t.Fatal(err)
	}
	table := registry.Table(logged{})
	for _, test := range []struct{ name, in, want string }{
		{"as it is", `{"at":"2026-01-02T03:04:05+00:00","id":1}`, `{"id":1,"at":"2026-01-02T03:04:05.000000+00:00"}`},
		{"a column that is gone", `{"zz": 1.50, "a": {"bb": 1, "a": 2}, "id": 1}`, `{"id":1,"a":{"a":2,"bb":1},"zz":1.50}`},
		{"a column of another type", `{"id":"one","at":true}`, `{"id":"one","at":true}`},
		{"a column that became secret", `{"id":1,"hash":"h"}`, `{"id":1}`},
		{"nulls", `{"id":null,"at":null}`, `{"id":null,"at":null}`},
		{"nothing", `{}`, `{}`},
		{"no row", `null`, ``},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := loggedRow(table, []byte(test.in))
			if err != nil || string(got) != test.want {
				t.Errorf("got %s, %v, want %s", got, err, test.want)
			}
		})
	}
	t.Run("a table that is not registered", func(t *testing.T) {
		t.Parallel()
		got, err := loggedRow((*schema.Table)(nil), []byte(`{"bb": 1, "a": 2}`))
		if err != nil || string(got) != `{"a":2,"bb":1}` {
			t.Errorf("got %s, %v", got, err)
		}
	})
}

func TestPositionText(t *testing.T) {
	t.Parallel()
	want := position{Epoch: "e", From: "10:20:10,14", To: "12:30:", Seq: 7, Trims: 1 << 60}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := parsePosition(string(text)); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if _, err := parsePosition("x"); err == nil {
		t.Error("garbage was accepted")
	}
}
