package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// errDrain is the cause of contexts that end because the process stops.
var errDrain = errors.New("jobs: the process stops")

// held returns the attempts of this process that keep their leases.
func (js *Jobs) held() (list []outcome) {
	js.mu.Lock()
	defer js.mu.Unlock()
	for a := range js.running {
		if !a.overdue() && !a.completed.Load() {
			list = append(list, outcome{attempt: a})
		}
	}
	return list
}

// renew renews all leases by one statement. Handlers without their lease are stopped.
func (js *Jobs) renew(ctx context.Context) error {
	list := js.held()
	if len(list) == 0 {
		return nil
	}
	ctx, end := context.WithTimeout(store.WithReserve(ctx), js.config.Lease/3)
	defer end()
	begun, renewed := time.Now(), map[store.ID]string{}
	q := store.SQL{
		Text: js.sql().renew, Args: append(js.sql().leases(list), js.config.Lease.Microseconds()), Columns: []store.Kind{store.KindUUID, store.KindText}, Writes: true,
	}
	err := q.Rows(ctx, js.db, func(values [][]byte) error {
		var id store.ID
		var row string
		err := scan(values, &id, &row)
		renewed[id] = row
		return err
	})
	if err != nil {
		js.stopExpired()
		return err
	}
	js.mu.Lock()
	defer js.mu.Unlock()
	for _, o := range list {
		if row, ok := renewed[o.id]; ok {
			o.held, o.row = begun, row
		} else if _, there := js.running[o.attempt]; there && !o.completed.Load() && !o.ended.Load() {
			js.config.Logger.WarnContext(ctx, "jobs: a lease is lost: the job runs again", o.attrs()...)
			o.stop(ErrLeaseLost)
		}
	}
	return nil
}

// stopExpired stops the handlers with leases that expired while the database could not
// be reached.
func (js *Jobs) stopExpired() {
	js.mu.Lock()
	defer js.mu.Unlock()
	for a := range js.running {
		if time.Since(a.held) > js.config.Lease {
			a.stop(ErrLeaseLost)
		}
	}
}

// leased returns the attempts of the queue that have a lease here.
func (w *worker) leased() (list []outcome) {
	w.js.mu.Lock()
	defer w.js.mu.Unlock()
	for a := range w.js.running {
		if a.queue == w.queue.Name {
			list = append(list, outcome{attempt: a})
		}
	}
	return list
}

// handBack gives back the leases that are left, so that other processes run the jobs at
// once. The attempts do not count.
func (w *worker) handBack(ctx context.Context) {
	js, list := w.js, w.leased()
	if len(list) == 0 {
		return
	}
	js.forget(list...)
	if _, err := (store.SQL{Text: js.sql().handBack, Args: js.sql().leases(list), Writes: true}).Exec(store.WithReserve(ctx), js.db); err != nil {
		js.config.Logger.WarnContext(ctx, "jobs: leases were not handed back; they expire", slog.Int("count", len(list)), slog.Any("error", err))
		return
	}
	js.signals.send()
}
