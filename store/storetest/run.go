package storetest

import (
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
)

// Open returns an empty database of the engine under test, which is closed when
// tb ends. Databases it returns share nothing.
type Open func(tb testing.TB, opts store.Options) *store.DB

// topic is one subject of the suite: it gets a database of its own with the
// tables of the models.
type topic struct {
	name   string
	models []any
	store  store.Options
	test   func(t *testing.T, db *store.DB)
}

// Run checks that an engine behaves as package store promises: same answers,
// same bytes, same errors. Every expectation is written down in the suite, so
// engines that pass are equal.
func Run(t *testing.T, open Open) {
	t.Helper()
	for _, tp := range slices.Concat(valueTopics(), readTopics(), searchTopics(), writeTopics(), txTopics()) {
		t.Run(tp.name, func(t *testing.T) {
			t.Parallel()
			db := open(t, tp.store)
			prepare(t, db, tp.models)
			tp.test(t, db)
		})
	}
}
