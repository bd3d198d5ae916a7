package store_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// Ticket is a sale.
type Ticket struct {
	bun.BaseModel `bun:"table:tickets"`
	ID            int64         `bun:",pk"`
	Day           store.Date    `bun:",notnull"`
	Shop          string        `bun:",notnull"`
	Price         store.Decimal `bun:",notnull"`
	Seats         int64         `bun:",notnull"`
	Rating        *float64
	Sold          time.Time `bun:",notnull"`
}

var (
	ticketDay    = store.ColumnOf(func(t *Ticket) *store.Date { return &t.Day })
	ticketShop   = store.TextColumn(func(t *Ticket) *string { return &t.Shop })
	ticketPrice  = store.Number(func(t *Ticket) *store.Decimal { return &t.Price })
	ticketSeats  = store.Number(func(t *Ticket) *int64 { return &t.Seats })
	ticketRating = store.ColumnOf(func(t *Ticket) **float64 { return &t.Rating })
	ticketSold   = store.ColumnOf(func(t *Ticket) *time.Time { return &t.Sold })
)

// ticketDays is a row of a dashboard.
type ticketDays struct {
	Day    store.Date
	Sales  int64
	Total  store.Decimal
	Seats  store.Decimal
	Rating *float64
	Last   time.Time
}

func TestGroups(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		ctx, tickets := t.Context(), store.For[Ticket](db)
		noon := time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
		worst, better := 1.5, 2.25
		for i, s := range []struct {
			day, shop, price string
			seats            int64
			rating           *float64
		}{
			{"2026-03-01", "a", "9007199254740993.01", 9007199254740993, &better},
			{"2026-03-01", "a", "0.1", 2, &worst},
			{"2026-03-02", "a", "3", 1, nil},
			{"2026-03-02", "b", "5", 1, nil},
		} {
			if err := tickets.Insert(ctx, &Ticket{
				ID: int64(i), Day: must(store.ParseDate(s.day)), Shop: s.shop, Price: must(store.ParseDecimal(s.price)), Seats: s.seats, Rating: s.rating,
				Sold: noon.Add(time.Duration(i) * time.Hour),
			}); err != nil {
				t.Fatal(err)
			}
		}
		parts := []store.GroupPart[Ticket, ticketDays]{
			store.GroupBy(ticketDay, func(d *ticketDays) *store.Date { return &d.Day }),
			store.CountInto[Ticket](func(d *ticketDays) *int64 { return &d.Sales }),
			store.SumInto(ticketPrice, func(d *ticketDays) *store.Decimal { return &d.Total }),
			store.SumInto(ticketSeats, func(d *ticketDays) *store.Decimal { return &d.Seats }),
			store.MinInto(ticketRating, func(d *ticketDays) **float64 { return &d.Rating }),
			store.MaxInto(ticketSold, func(d *ticketDays) *time.Time { return &d.Last }),
		}
		byDay := store.Query{Where: ticketShop.Eq("a"), Order: []store.Order{ticketDay.Desc()}}
		want := []ticketDays{
			{Day: must(store.ParseDate("2026-03-02")), Sales: 1, Total: must(store.ParseDecimal("3")), Seats: must(store.ParseDecimal("1")), Last: noon.Add(2 * time.Hour)},
			{
				Day: must(store.ParseDate("2026-03-01")), Sales: 2, Total: must(store.ParseDecimal("9007199254740993.11")),
				Seats: must(store.ParseDecimal("9007199254740995")), Rating: &worst, Last: noon.Add(time.Hour),
			},
		}
		got, err := store.Groups(ctx, tickets, byDay, parts...)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, want)
		}
		byDay.Limit, byDay.Offset = store.Limit(1), 1
		if got, err := store.Groups(ctx, tickets, byDay, parts...); err != nil || !reflect.DeepEqual(got, want[1:]) {
			t.Errorf("the second group: %+v, %v", got, err)
		}

		// Without rows there is one group, with zero values.
		none, err := store.Groups(ctx, tickets, store.Query{Where: ticketShop.Eq("c")}, parts[1:]...)
		if err != nil || !reflect.DeepEqual(none, []ticketDays{{}}) {
			t.Errorf("no rows: %+v, %v", none, err)
		}
		if none, err := store.Groups(ctx, tickets, store.Query{Where: ticketShop.Eq("c")}, parts...); err != nil || len(none) != 0 {
			t.Errorf("no days: %+v, %v", none, err)
		}

		// A scope limits the rows and the columns.
		table := db.TableNamed("tickets")
		var prices store.ColumnSet
		prices.Add(table.Column("price"))
		scope := guards(db, nil, map[string]store.Guard{"tickets": {Read: store.Eq("shop", "b"), Aggregable: prices}})
		scoped, err := store.Groups(ctx, tickets.As(scope), store.Query{}, parts[1:3]...)
		if err != nil || fmt.Sprint(scoped[0].Sales, scoped[0].Total) != "1 5" {
			t.Errorf("in a scope: %+v, %v", scoped, err)
		}
		if _, err := store.Groups(ctx, tickets.As(scope), store.Query{}, parts[3]); err == nil {
			t.Error("a column that must not be aggregated: no error")
		}
		if _, err := store.Groups(ctx, tickets.As(nil), store.Query{}, parts[1]); err == nil {
			t.Error("without a scope: no error")
		}
		for name, q := range map[string]store.Query{
			"select": {Select: []string{}}, "embed": {With: []store.Embed{{Relation: "x"}}}, "order": {Order: []store.Order{ticketShop.Asc()}},
		} {
			if _, err := store.Groups(ctx, tickets, q, parts...); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		if _, err := store.Groups[Ticket, ticketDays](ctx, tickets, store.Query{}); err == nil {
			t.Error("without a part: no error")
		}
	}, storetest.Models(Ticket{}))
}
