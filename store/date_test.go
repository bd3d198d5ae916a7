package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

func TestDate(t *testing.T) {
	t.Parallel()
	d := store.NewDate(2024, time.February, 29)
	if d.String() != "2024-02-29" || !d.Time().Equal(time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%s, %v", d, d.Time())
	}
	if next := d.AddDays(1); next != store.NewDate(2024, 3, 1) || next.Sub(d) != 1 || d.Compare(next) != -1 {
		t.Error(next)
	}
	if rolled := store.NewDate(2023, 2, 29); rolled.String() != "2023-03-01" {
		t.Error(rolled)
	}
	zone := time.FixedZone("", 14*60*60)
	if got := store.DateOf(time.Date(2024, 3, 1, 0, 0, 0, 0, zone)); got.String() != "2024-03-01" {
		t.Errorf("%s: the zone moved the date", got)
	}
	if zero := (store.Date{}); zero.String() != "0001-01-01" || !zero.IsZero() || zero != store.DateOf(time.Time{}) {
		t.Error(zero)
	}
	if last := store.NewDate(9999, 12, 31); last.String() != "9999-12-31" || last.Time().Year() != 9999 {
		t.Error(last)
	}
}

func TestDateForms(t *testing.T) {
	t.Parallel()
	d := store.NewDate(2024, 2, 29)
	for _, src := range []any{"2024-02-29", []byte("2024-02-29"), d.Time(), "2024-02-29T10:00:00.000Z"} {
		var got store.Date
		if err := got.Scan(src); err != nil || got != d {
			t.Errorf("scanning %v gives %s, %v", src, got, err)
		}
	}
	for _, src := range []any{nil, 5, "", "2023-02-29"} {
		if err := new(store.Date).Scan(src); err == nil {
			t.Errorf("scanning %v succeeded", src)
		}
	}
	if v, err := d.Value(); v != "2024-02-29" || err != nil {
		t.Errorf("%v, %v", v, err)
	}
	if v, err := store.NewDate(10_000, 1, 1).Value(); err == nil {
		t.Errorf("year 10000 became %v", v)
	}
	raw, err := json.Marshal(d)
	if err != nil || string(raw) != `"2024-02-29"` {
		t.Errorf("%s, %v", raw, err)
	}
	var back store.Date
	if err := json.Unmarshal(raw, &back); err != nil || back != d {
		t.Errorf("%s, %v", back, err)
	}
}
