package changelog_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// parcel has fields of many kinds.
type parcel struct {
	bun.BaseModel `bun:"table:parcels"`
	store.Model
	OwnerID store.ID       `bun:",notnull"`
	Label   *string        //
	Weight  store.Decimal  `bun:",notnull"`
	Sealed  []byte         //
	Tags    []string       `bun:",array"`
	Extra   store.JSON     `bun:",notnull"`
	Sizes   map[string]int `bun:"type:jsonb"`
	Sent    time.Time      `bun:",nullzero"`
	Code    string         `bun:",notnull" plinth:"secret"`
	Note    string         `bun:",notnull" plinth:"hidden"`
}

// TestChanged: a reader gets rows as structs, equal to those of the table but for what is
// secret.
func TestChanged(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		parcels := store.For[parcel](db)
		reader := changelog.Open(db, "parcels", &changelog.Options{Start: changelog.FromStart})
		var was, is *parcel
		next := func() {
			t.Helper()
			n, err := reader.Drain(t.Context(), func(_ context.Context, tx *store.Tx, batch []changelog.Change) (err error) {
				was, is, err = changelog.Rows[parcel](tx, batch[0])
				return err
			})
			if n != 1 || err != nil {
				t.Fatalf("%d changes, %v", n, err)
			}
		}
		same := func(what string, got, want *parcel) {
			t.Helper()
			if want != nil {
				open := *want
				open.Code = ""
				want = &open
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got %+v, want %+v", what, got, want)
			}
		}
		label := "fragile \" \u2028"
		p := &parcel{
			OwnerID: store.NewID(), Label: &label, Weight: must(store.ParseDecimal("12345678901234567890.5")), Sealed: []byte{0, 255},
			Tags: []string{"a", "b"}, Extra: "null", Sizes: map[string]int{"l": 3}, Sent: time.Now(), Code: "very secret", Note: "seen by code",
		}
		if err := parcels.Insert(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		inserted := must(parcels.Get(t.Context(), p.ID))
		next()
		same("before an insert", was, nil)
		same("after an insert", is, inserted)

		updated := must(parcels.Patch(t.Context(), p.ID, store.SetTo("label", nil), store.SetTo("sent", nil)))
		next()
		same("before an update", was, inserted)
		same("after an update", is, updated)

		if err := parcels.Delete(t.Context(), p.ID); err != nil {
			t.Fatal(err)
		}
		next()
		same("before a delete", was, updated)
		same("after a delete", is, nil)
	}, storetest.Models(parcel{}))
}

// What a change cannot say to a struct is an error, and what the model lacks is left out.
func TestChangedOfAnotherModel(t *testing.T) {
	t.Parallel()
	db := storetest.New(t, storetest.Models(Tag{}))
	for _, test := range []struct{ table, row, err string }{
		{"posts", `{"id":1}`, "not one of tags"},
		{"tags", `{"id":"one"}`, "tags.id"},
		{"tags", `{"id":true}`, "tags.id"},
		{"tags", `{"id":1,"name":{}}`, "tags.name"},
		{"tags", `{"id":null,"name":"go"}`, "tags.id"},
		{"tags", `{"id":1`, "ends"},
		{"tags", `{"id":1,"colour":"red"}`, ""},
		{"tags", `{"id":"1","name":"go"}`, ""},
	} {
		_, is, err := changelog.Rows[Tag](db, changelog.Change{Table: test.table, New: json.RawMessage(test.row)})
		if test.err == "" {
			if err != nil || is == nil || is.ID != 1 {
				t.Errorf("%s: %+v, %v", test.row, is, err)
			}
		} else if err == nil || is != nil || !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %+v, %v, want an error with %q", test.row, is, err, test.err)
		}
	}
}
