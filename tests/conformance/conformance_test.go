// Package conformance_test compares the engines. Each case runs on SQLite and on PostgreSQL, and each expectation is
// written down, so that engines that pass give the same answers, the same bytes and the same errors.
package conformance_test

import (
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// topic is a group of cases. It gets a database of its own with the tables of the models.
type topic struct {
	name   string
	models []any
	store  store.Options
	test   func(t *testing.T, db *store.DB)
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, tp := range slices.Concat(valueTopics(), readTopics(), searchTopics(), writeTopics(), txTopics()) {
		t.Run(tp.name, func(t *testing.T) {
			t.Parallel()
			storetest.Engines(t, pgtest.Source(), tp.test, storetest.Models(tp.models...), storetest.Store(tp.store))
		})
	}
}
