package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestNextDay lists the days of schedules.
func TestNextDay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ every, first, want string }{
		{"once", "2026-03-31", "2026-03-31 done"},
		{"week", "2026-02-24", "2026-02-24 2026-03-03 2026-03-10 2026-03-17"},
		{"month", "2026-01-31", "2026-01-31 2026-02-28 2026-03-31 2026-04-30"},
		{"month", "2027-11-30", "2027-11-30 2027-12-30 2028-01-30 2028-02-29"},
	} {
		first, err := store.ParseDate(tt.first)
		if err != nil {
			t.Fatal(err)
		}
		s := &Schedule{Every: tt.every, FirstOn: first, NextOn: first}
		got := []string{first.String()}
		for len(got) < 4 && !s.Done {
			if s.NextOn, s.Done = s.after(s.NextOn); s.Done {
				got = append(got, "done")
			} else {
				got = append(got, s.NextOn.String())
			}
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("each %s from %s on: %s, want %s", tt.every, tt.first, text, tt.want)
		}
	}
}

// TestScheduledOnce lets three processes book what is due, one on SQLite, and kills them again
// and again: each due transfer is booked once. PLINTH_TEST_LONG=1 takes more schedules.
func TestScheduledOnce(t *testing.T) {
	t.Parallel()
	schedules, limit := 25, 2*time.Minute
	if programtest.Long() {
		schedules, limit = 400, 10*time.Minute
	}
	for engine, location := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "bank.db") },
		"postgres": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := location(t)
			f := newFixture(t, url)
			const weeks = 4 // the first three are overdue
			today := store.DateOf(time.Now().In(zone))
			ada, shop := f.customer(t, 1<<30), f.open(t, nil, "Shop", 0)
			from := f.open(t, ada, "Ada", 1<<30)
			var rows []*Schedule
			for i := range schedules {
				first := today.AddDays(-7 * (weeks - 1))
				s := &Schedule{OwnerID: ada.ID, Key: fmt.Sprint(i), FromID: from.ID, ToID: shop.ID, Amount: 100, Every: "week", FirstOn: first, NextOn: first}
				if err := store.For[Schedule](f.app.DB()).Insert(t.Context(), s); err != nil {
					t.Fatal(err)
				}
				rows = append(rows, s)
			}
			processes := []*process{startProcess(t, url, sweepEnv+"=1")}
			for engine == "postgres" && len(processes) < 3 {
				processes = append(processes, startProcess(t, url, sweepEnv+"=1"))
			}
			kills := 0
			programtest.Until(t, limit, "all due transfers are booked", func() bool {
				if i := rand.IntN(len(processes)); kills == 0 || rand.IntN(3) == 0 {
					processes[i].kill()
					processes[i] = startProcess(t, url, sweepEnv+"=1")
					kills++
				}
				time.Sleep(100 * time.Millisecond)
				n, err := store.For[Schedule](f.app.DB()).Count(t.Context(), scheduleNextOn.Lte(today))
				return err == nil && n == 0
			})
			transfers, err := store.For[Transfer](f.app.DB()).List(t.Context(), store.Query{Where: transferBy.Eq(ada.ID)})
			if err != nil {
				t.Fatal(err)
			}
			booked := map[string]int{}
			for _, transfer := range transfers {
				booked[transfer.Key]++
			}
			for _, s := range rows {
				for week := range weeks {
					if key := "schedule " + s.ID.String() + " " + s.FirstOn.AddDays(7*week).String(); booked[key] != 1 {
						t.Errorf("%s was booked %d times", key, booked[key])
					}
				}
			}
			if len(transfers) != schedules*weeks || f.account(t, shop.ID).Balance != int64(schedules*weeks*100) {
				t.Errorf("%d transfers moved %d", len(transfers), f.account(t, shop.ID).Balance)
			}
			f.check(t)
			t.Logf("%d kills", kills)
		})
	}
}

// TestScheduleRefused notes why a scheduled transfer was refused, and goes on.
func TestScheduleRefused(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		ada, shop := f.customer(t, 1000), f.open(t, nil, "Shop", 0)
		from := f.open(t, ada, "Ada", 50)
		today := store.DateOf(time.Now().In(zone))
		s := &Schedule{OwnerID: ada.ID, FromID: from.ID, ToID: shop.ID, Amount: 100, Every: "week", FirstOn: today, NextOn: today}
		if err := store.For[Schedule](f.app.DB()).Insert(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		due := dueTransfer{s.ID, today}
		for range 2 { // the second one is late, and does nothing
			if err := f.app.DB().Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return bookDue(ctx, tx, due) }); err != nil {
				t.Fatal(err)
			}
		}
		after, err := store.For[Schedule](f.app.DB()).Get(t.Context(), s.ID)
		if err != nil || after.NextOn != today.AddDays(7) || !strings.Contains(after.Problem, errFunds.Text) {
			t.Errorf("%+v, %v", after, err)
		}
		f.check(t)
	})
}

// TestDue enqueues the transfers of the day that has begun for the bank.
func TestDue(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		ada, shop := f.customer(t, 1000), f.open(t, nil, "Shop", 0)
		from := f.open(t, ada, "Ada", 50)
		day := store.NewDate(2026, time.July, 2)
		for i, on := range []store.Date{day.AddDays(-1), day, day.AddDays(1)} {
			s := &Schedule{OwnerID: ada.ID, Key: fmt.Sprint(i), FromID: from.ID, ToID: shop.ID, Amount: 100, Every: "once", FirstOn: on, NextOn: on}
			if err := store.For[Schedule](f.app.DB()).Insert(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		midnight := time.Date(2026, time.July, 1, 22, 0, 0, 0, time.UTC) // in Berlin
		for at, want := range map[time.Time]int{midnight.Add(-time.Second): 1, midnight: 2, midnight.Add(24*time.Hour - time.Second): 2} {
			if _, err := f.app.Jobs().Discard(t.Context(), jobs.Filter{Kind: "schedule.book"}); err != nil {
				t.Fatal(err)
			}
			if err := f.schedule.enqueueDue(t.Context(), at); err != nil {
				t.Fatal(err)
			}
			due, err := f.app.Jobs().List(t.Context(), jobs.Filter{Kind: "schedule.book"}, 10)
			if err != nil || len(due) != want {
				t.Errorf("at %s %d transfers are due, want %d: %v", at, len(due), want, err)
			}
		}
	})
}

// TestStartOfDay begins days at midnight in Berlin, also when clocks change.
func TestStartOfDay(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{
		"2026-07-01T21:59:59Z": "2026-06-30T22:00:00Z", "2026-07-01T22:00:00Z": "2026-07-01T22:00:00Z",
		"2026-03-29T12:00:00Z": "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z": "2026-03-29T22:00:00Z", // a day of 23 hours
		"2026-10-25T22:59:59Z": "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z": "2026-10-25T23:00:00Z", // one of 25
	} {
		parsed, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := startOfDay(parsed).UTC().Format(time.RFC3339); got != want {
			t.Errorf("the day of %s begins at %s, want %s", at, got, want)
		}
	}
}
