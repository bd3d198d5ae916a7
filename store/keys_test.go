package store_test

import (
	"errors"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

type seatTaken struct {
	bun.BaseModel `bun:"table:seats_taken"`
	HallID        store.ID `bun:",pk"`
	UserID        store.ID `bun:",pk"`
}

// A key of several columns is made of other rows' keys. One that was not given is
// missing: made up, it would belong to nobody.
func TestKeyOfSeveralColumnsIsNotMade(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		seats := store.For[seatTaken](db)
		err := seats.Insert(t.Context(), &seatTaken{HallID: store.NewID()})
		if e, ok := errors.AsType[*store.ConstraintError](err); !ok || e.Kind != store.NotNull || len(e.Columns) != 1 || e.Columns[0] != "user_id" {
			t.Errorf("error = %v", err)
		}
		if err := seats.Insert(t.Context(), &seatTaken{HallID: store.NewID(), UserID: store.NewID()}); err != nil {
			t.Error(err)
		}
		if n, err := seats.Count(t.Context(), store.Cond{}); n != 1 || err != nil {
			t.Errorf("%d rows, %v", n, err)
		}
	}, storetest.Models(seatTaken{}))
}
